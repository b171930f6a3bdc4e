package io.mooring.ring;

import io.mooring.sys.Abi;
import io.mooring.sys.OffHeap;

/**
 * The completion queue, read in place: {@code at(head())} up to {@code tail()}, then {@link
 * #advance}.
 *
 * <p>Ordering: the tail is loaded with acquire (the entries before it are then visible: the kernel
 * publishes it with release, from another core if a wake-up ran there); the head is stored with
 * release (our reads of an entry end before the kernel may overwrite it).
 */
public final class CompletionQueue {
    private final long head;
    private final long tail;
    private final long overflow;
    private final long flags;
    private final long entries;
    private final int mask;

    private int localHead;

    CompletionQueue(long ring, long offsets) {
        this.head = ring + field(offsets, Abi.CQOFF_HEAD);
        this.tail = ring + field(offsets, Abi.CQOFF_TAIL);
        this.overflow = ring + field(offsets, Abi.CQOFF_OVERFLOW);
        this.flags = ring + field(offsets, Abi.CQOFF_FLAGS);
        this.entries = ring + field(offsets, Abi.CQOFF_CQES);
        this.mask = OffHeap.getInt(ring + field(offsets, Abi.CQOFF_RING_MASK));
        this.localHead = OffHeap.getInt(head);
    }

    private static int field(long offsets, int at) {
        return OffHeap.getInt(offsets + at);
    }

    /** Position of the next entry to read; free-running 32 bits, compare by difference. */
    public int head() {
        return localHead;
    }

    /** Position past the last entry that the kernel has posted. */
    public int tail() {
        return OffHeap.getIntAcquire(tail);
    }

    /** The entry's address; valid between {@link #head} and {@link #tail}. */
    public long at(int position) {
        return entries + (long) (position & mask) * Abi.CQE_BYTES;
    }

    /** One entry has been read. The kernel learns of it by {@link #release}. */
    public void advance() {
        localHead++;
    }

    /** Gives all that was read back to the kernel. */
    public void release() {
        OffHeap.putIntRelease(head, localHead);
    }

    public int capacity() {
        return mask + 1;
    }

    /**
     * Completions that found the queue full and no memory to wait in: lost. Anything but 0 is fatal
     * for the ring.
     */
    public int lost() {
        return OffHeap.getIntAcquire(overflow);
    }

    /** The kernel reads it on whatever core makes a completion; see {@link RingSignals}. */
    void signalEventFd(boolean on) {
        OffHeap.putIntRelease(flags, on ? 0 : Abi.CQ_EVENTFD_DISABLED);
    }

    public static long userData(long cqe) {
        return OffHeap.getLong(cqe);
    }

    /** The operation's result, or -errno. */
    public static int result(long cqe) {
        return OffHeap.getInt(cqe + Abi.CQE_RES);
    }

    public static int flags(long cqe) {
        return OffHeap.getInt(cqe + Abi.CQE_FLAGS);
    }

    /** The provided buffer that holds the data, or -1. */
    public static int buffer(int flags) {
        return (flags & Abi.CQE_F_BUFFER) == 0 ? -1 : flags >>> Abi.CQE_BUFFER_SHIFT;
    }

    /** Whether the same submission will post more. */
    public static boolean more(int flags) {
        return (flags & Abi.CQE_F_MORE) != 0;
    }

    /** Whether it is a zero-copy send's second completion: its bytes are free. */
    public static boolean isNotification(int flags) {
        return (flags & Abi.CQE_F_NOTIF) != 0;
    }

    /** Whether the bytes were copied after all, from the result of a notification that reports. */
    public static boolean wasCopied(int result) {
        return (result & Abi.NOTIF_USAGE_ZC_COPIED) != 0;
    }
}
