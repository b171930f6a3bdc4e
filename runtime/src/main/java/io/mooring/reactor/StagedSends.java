package io.mooring.reactor;

/**
 * Sends that end inside the next enter and say nothing if all went out, in order of submission. An
 * enter <b>seals</b> them at the completion queue's tail; once completions have been read up to
 * there, what was not heard of has succeeded: it can be <b>settled</b>.
 */
final class StagedSends {
    /** Owners of the bytes; a number >= 0 is a receive buffer. */
    static final int OWNER_OUTPUT = -1;
    static final int OWNER_FRAME = -2;
    static final int OWNER_DONE = -3;

    private final int mask;
    private final int[] slots;
    private final int[] bytes;
    private final int[] owners;
    private final long[] addresses;
    private final Broadcast[] broadcasts;

    // Free-running positions: settled <= sealed <= staged.
    private int staged;
    private int sealed;
    private int settled;
    /** The completion queue's position that ends the wait of the sealed ones. */
    private int sealedAt;

    /** @param records how many at once, a power of two */
    StagedSends(int records) {
        this.mask = records - 1;
        this.slots = new int[records];
        this.bytes = new int[records];
        this.owners = new int[records];
        this.addresses = new long[records];
        this.broadcasts = new Broadcast[records];
    }

    /** Whether there is room for one more thing to do, and {@code spare} records besides. */
    boolean hasRoom(int spare) {
        return staged - settled < mask - Shard.ROOM_MIN - spare;
    }

    /** Adds one; returns its record. {@code broadcast}: of OWNER_FRAME, else null. */
    int add(int slot, long address, int length, int owner, Broadcast broadcast) {
        int record = staged++ & mask;
        slots[record] = slot;
        addresses[record] = address;
        bytes[record] = length;
        owners[record] = owner;
        if (broadcast != null) {
            broadcasts[record] = broadcast;
        }
        return record;
    }

    /**
     * All of them are submitted; what is to be said of them is among the completions up to here.
     */
    void seal(int completionTail) {
        if (sealed == settled) {
            sealed = staged;
            sealedAt = completionTail;
        }
    }

    /** Whether none has been added since the last seal. */
    boolean areAllSealed() {
        return sealed == staged;
    }

    /** The next record that is through, or -1. {@code read}: completions are read up to here. */
    int settleNext(int read) {
        return settled == sealed || read - sealedAt < 0 ? -1 : settled++ & mask;
    }

    /** The next record, through or not: the ring is about to be closed. Or -1. */
    int abandonNext() {
        if (settled == staged) {
            return -1;
        }
        sealed = staged;
        return settled++ & mask;
    }

    int slot(int record) {
        return slots[record];
    }

    long address(int record) {
        return addresses[record];
    }

    int bytes(int record) {
        return bytes[record];
    }

    /** Who owns the bytes; OWNER_DONE: the send has been dealt with already. */
    int owner(int record) {
        return owners[record];
    }

    void markDone(int record) {
        owners[record] = OWNER_DONE;
    }

    /** Of a record of OWNER_FRAME, once: its broadcast. */
    Broadcast takeBroadcast(int record) {
        Broadcast broadcast = broadcasts[record];
        broadcasts[record] = null;
        return broadcast;
    }
}
