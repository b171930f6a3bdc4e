package io.mooring.epoll;

import io.mooring.ring.UserData;
import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.MemoryUse;
import io.mooring.sys.OffHeap;

/**
 * The slots' descriptors, as a ring's table of direct descriptors, and what is known of each: 16
 * bytes a slot, address space until it is used.
 *
 * <p>A slot remembers what epoll has said of it and nobody has acted on yet, and has a place for
 * the one operation by which nearly all sockets wait: a poll for input, or a multishot receive.
 * Their user_data names the slot in its lower half ({@link UserData}), so the upper half is kept.
 * Whatever else waits is in a list of {@link Waiting}.
 */
final class FileTable implements AutoCloseable {
    private static final int SLOT_BYTES = 16;
    private static final int FD = 0; // plus one, so that 0 is an empty slot
    private static final int STATE = 4;
    private static final int USER_DATA = 8;
    private static final int LIST = 12;

    /** Events that say that there is something to be read, the end or an error included. */
    static final int INPUT = Abi.POLLIN | Abi.POLLRDHUP | Abi.POLLHUP | Abi.POLLERR;
    /** Of those, what a read to the end of the data does not answer. */
    static final int END = Abi.POLLRDHUP | Abi.POLLHUP | Abi.POLLERR;

    // Bits of the state beside INPUT's; the upper half is the receive's buffer group.
    private static final int POLL = 0x100;
    private static final int MULTISHOT = 0x200;
    private static final int JOINED = 0x400;
    private static final int QUEUED = 0x800;
    private static final int KINDS = POLL | MULTISHOT;
    private static final int GROUP_SHIFT = 16;
    private static final int LOW = (1 << GROUP_SHIFT) - 1;

    private final int slots;
    private final long memory;
    /** Slots below this have been used. */
    private int highWater;

    FileTable(int slots) {
        this.slots = slots;
        this.memory = slots == 0 ? 0 : OffHeap.map((long) slots * SLOT_BYTES);
    }

    int highWater() {
        return highWater;
    }

    MemoryUse memory() {
        long used = (long) highWater * SLOT_BYTES;
        return new MemoryUse(OffHeap.pageAlign((long) slots * SLOT_BYTES),
            OffHeap.pageAlign(used), used);
    }

    /** Whether there is such a slot, empty or not. */
    boolean has(int slot) {
        return slot >= 0 && slot < slots;
    }

    private long at(int slot) {
        assert has(slot) : slot;
        return memory + (long) slot * SLOT_BYTES;
    }

    /** The slot's descriptor, or -EBADF. */
    int fd(int slot) {
        if (!has(slot)) {
            return -Errno.EBADF;
        }
        int fd = OffHeap.getInt(at(slot)) - 1;
        return fd < 0 ? -Errno.EBADF : fd;
    }

    /** Fills an empty slot. */
    void put(int slot, int fd) {
        OffHeap.putInt(at(slot) + FD, fd + 1);
        highWater = Math.max(highWater, slot + 1);
    }

    /** Empties a slot; nothing waits on it. */
    void clear(int slot) {
        long at = at(slot);
        assert OffHeap.getInt(at + LIST) == 0;
        OffHeap.putLong(at, 0);
        OffHeap.putLong(at + USER_DATA, 0);
    }

    // ---- what epoll has said

    private int state(int slot) {
        return OffHeap.getInt(at(slot) + STATE);
    }

    private void state(int slot, int state) {
        OffHeap.putInt(at(slot) + STATE, state);
    }

    /** Whether epoll reports the slot's events. */
    boolean isJoined(int slot) {
        return (state(slot) & JOINED) != 0;
    }

    void joined(int slot) {
        state(slot, state(slot) | JOINED);
    }

    /** Of {@link #INPUT}: reported, and not read to the end since. */
    int known(int slot) {
        return state(slot) & INPUT;
    }

    void learn(int slot, int events) {
        state(slot, state(slot) | events & INPUT);
    }

    /** The data have been read to their end; what is reported from now on is new. */
    void drained(int slot) {
        int state = state(slot);
        if ((state & END) == 0) {
            state(slot, state & ~INPUT);
        }
    }

    /** There was nothing at all to be read. */
    void forget(int slot) {
        state(slot, state(slot) & ~INPUT);
    }

    /** Whether it was not queued before, and is now. */
    boolean enqueue(int slot) {
        int state = state(slot);
        state(slot, state | QUEUED);
        return (state & QUEUED) == 0;
    }

    void dequeued(int slot) {
        state(slot, state(slot) & ~QUEUED);
    }

    // ---- the operation that waits here

    boolean hasOperation(int slot) {
        return (state(slot) & KINDS) != 0;
    }

    boolean polls(int slot) {
        return (state(slot) & POLL) != 0;
    }

    boolean receives(int slot) {
        return (state(slot) & MULTISHOT) != 0;
    }

    int group(int slot) {
        return state(slot) >>> GROUP_SHIFT;
    }

    void poll(int slot, long userData) {
        keep(slot, userData, POLL, 0);
    }

    void receive(int slot, long userData, int group) {
        keep(slot, userData, MULTISHOT, group);
    }

    private void keep(int slot, long userData, int kind, int group) {
        assert !hasOperation(slot) && UserData.slot(userData) == slot;
        state(slot, state(slot) & LOW | kind | group << GROUP_SHIFT);
        OffHeap.putInt(at(slot) + USER_DATA, (int) (userData >>> 32));
    }

    long userData(int slot) {
        return (long) OffHeap.getInt(at(slot) + USER_DATA) << 32 | slot & 0xffffffffL;
    }

    void ended(int slot) {
        state(slot, state(slot) & ~KINDS & LOW);
    }

    // ---- others that wait

    /** The first of the list, or 0. */
    int list(int slot) {
        return OffHeap.getInt(at(slot) + LIST);
    }

    void list(int slot, int first) {
        OffHeap.putInt(at(slot) + LIST, first);
    }

    @Override
    public void close() {
        if (slots > 0) {
            OffHeap.unmap(memory, (long) slots * SLOT_BYTES);
        }
    }
}
