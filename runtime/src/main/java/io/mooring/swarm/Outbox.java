package io.mooring.swarm;

import io.mooring.sys.OffHeap;

/**
 * Bytes of sends that end inside the next enter and say nothing if all went out. Two halves: one is
 * filled while what became of the other one's sends is not yet known. An enter <b>seals</b> the
 * filled half; once completions are read up to the queue's tail at that time, what was not heard of
 * has succeeded, and the half is <b>settled</b>.
 */
final class Outbox implements AutoCloseable {
    private static final int BYTES_MIN = 64 << 10;
    private static final int SENDS = 1024;
    private static final int DONE = -1;

    private final int halfBytes;
    private final long memory;
    private final int[][] slots = new int[2][SENDS];
    private final int[][] starts = new int[2][SENDS];
    private final int[] counts = new int[2];
    private final int[] used = new int[2];
    private int filling;
    private boolean isSealed;
    private int sealedAt;
    private long foundAddress;
    private int foundBytes;

    /** @param sendBytesMax of one send */
    Outbox(int sendBytesMax) {
        this.halfBytes = (int) OffHeap.pageAlign(Math.max(BYTES_MIN, sendBytesMax));
        this.memory = OffHeap.map(2L * halfBytes);
    }

    boolean hasRoom(int bytes) {
        return counts[filling] < SENDS && halfBytes - used[filling] >= bytes;
    }

    /** Where the next send's bytes go. */
    long end() {
        return base(filling) + used[filling];
    }

    private long base(int half) {
        return memory + (long) half * halfBytes;
    }

    /** A send's bytes are written; the slot has none other on its way. */
    void add(int slot, int bytes) {
        int half = filling;
        slots[half][counts[half]] = slot;
        starts[half][counts[half]] = used[half];
        counts[half]++;
        used[half] += bytes;
        assert used[half] <= halfBytes : used[half];
    }

    /** All sends of the filled half are submitted; what there is to say of them is before here. */
    void seal(int completionTail) {
        if (!isSealed && counts[filling] > 0) {
            isSealed = true;
            sealedAt = completionTail;
            filling ^= 1;
            assert counts[filling] == 0 && used[filling] == 0;
        }
    }

    /** Whether sends wait for the enter that seals them. */
    boolean hasUnsealed() {
        return counts[filling] > 0;
    }

    /** How many sends can be settled, with completions read up to {@code read}. */
    int settled(int read) {
        return isSealed && read - sealedAt >= 0 ? counts[filling ^ 1] : 0;
    }

    /** The slot of a settled send, or -1 if it has been dealt with. */
    int settledSlot(int i) {
        return slots[filling ^ 1][i];
    }

    /** The settled half is free. */
    void release() {
        int half = filling ^ 1;
        counts[half] = 0;
        used[half] = 0;
        isSealed = false;
    }

    /**
     * A send of the sealed half has come back short: it is dealt with. Slow, as befits a rare case.
     *
     * @return address and length: {@link #foundAddress}, {@link #foundBytes}
     */
    void find(int slot) {
        for (int half = 0; half < 2; half++) {
            for (int i = 0; i < counts[half]; i++) {
                if (slots[half][i] == slot) {
                    int next = i + 1 < counts[half] ? starts[half][i + 1] : used[half];
                    foundAddress = base(half) + starts[half][i];
                    foundBytes = next - starts[half][i];
                    slots[half][i] = DONE;
                    return;
                }
            }
        }
        throw new IllegalStateException("slot " + slot + " has sent nothing");
    }

    long foundAddress() {
        return foundAddress;
    }

    int foundBytes() {
        return foundBytes;
    }

    @Override
    public void close() {
        OffHeap.unmap(memory, 2L * halfBytes);
    }
}
