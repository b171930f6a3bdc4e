package io.mooring.ring;

import io.mooring.sys.Abi;
import io.mooring.sys.OffHeap;

/**
 * The submission queue: entries are written at {@link #next} and handed over by {@link
 * Ring#submitAndWait}.
 *
 * <p>Ordering: the kernel reads the tail inside io_uring_enter, on this very thread (no SQPOLL), so
 * program order would do; the release store keeps the queue right if that ever changes and costs
 * one instruction a submit. The head is written by the kernel inside the same call and read with
 * acquire for the same reason.
 */
public final class SubmissionQueue {
    private final long head;
    private final long tail;
    private final long flags;
    private final long dropped;
    private final long entries;
    private final int mask;
    private final int capacity;

    private int localTail;
    private int submittedTail;

    SubmissionQueue(long ring, long offsets, long entries, boolean noArray) {
        this.head = ring + field(offsets, Abi.SQOFF_HEAD);
        this.tail = ring + field(offsets, Abi.SQOFF_TAIL);
        this.flags = ring + field(offsets, Abi.SQOFF_FLAGS);
        this.dropped = ring + field(offsets, Abi.SQOFF_DROPPED);
        this.entries = entries;
        this.mask = OffHeap.getInt(ring + field(offsets, Abi.SQOFF_RING_MASK));
        this.capacity = mask + 1;
        if (!noArray) {
            // Entries are used in ring order, so the indirection is the identity, written once.
            long array = ring + field(offsets, Abi.SQOFF_ARRAY);
            for (int i = 0; i < capacity; i++) {
                OffHeap.putInt(array + 4L * i, i);
            }
        }
    }

    private static int field(long offsets, int at) {
        return OffHeap.getInt(offsets + at);
    }

    /**
     * The next entry's address, not zeroed ({@link Sqe} does that).
     *
     * @throws IllegalStateException if the queue is full: callers ask {@link #room} first
     */
    public long next() {
        if (room() == 0) {
            throw new IllegalStateException("submission queue full");
        }
        return entries + (long) (localTail++ & mask) * Abi.SQE_BYTES;
    }

    /** How many entries are free until the next submit. */
    public int room() {
        return capacity - (localTail - OffHeap.getIntAcquire(head));
    }

    public int capacity() {
        return capacity;
    }

    /** Entries written and not yet consumed by the kernel. */
    public int pending() {
        return localTail - OffHeap.getIntAcquire(head);
    }

    /** Entries that the kernel discarded as malformed; anything but 0 is a defect of ours. */
    public int dropped() {
        return OffHeap.getIntAcquire(dropped);
    }

    boolean flagged(int flag) {
        return (OffHeap.getIntAcquire(flags) & flag) != 0;
    }

    /** Publishes what was written; returns how much the kernel has yet to consume. */
    int publish() {
        if (submittedTail != localTail) {
            OffHeap.putIntRelease(tail, localTail);
            submittedTail = localTail;
        }
        return pending();
    }
}
