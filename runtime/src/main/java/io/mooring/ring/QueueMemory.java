package io.mooring.ring;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.sys.SetupException;

/**
 * The two queues in memory of our own, laid out as the kernel lays them out, and the kernel's half
 * of the work on them: taking submissions out, and putting completions in. Whoever has done that
 * needs no kernel that knows rings; {@link SubmissionQueue} and {@link CompletionQueue} are the
 * same. One thread does both halves, so nothing here is ordered.
 */
public final class QueueMemory implements AutoCloseable {
    private static final int ENTRIES_MAX = 1 << 15;
    private static final int COMPLETIONS_MAX = 1 << 16;

    // Where the shared words lie; entries follow.
    private static final int SQ_HEAD = 0;
    private static final int SQ_TAIL = 4;
    private static final int SQ_MASK = 8;
    private static final int SQ_FLAGS = 12;
    private static final int SQ_DROPPED = 16;
    private static final int CQ_HEAD = 20;
    private static final int CQ_TAIL = 24;
    private static final int CQ_MASK = 28;
    private static final int CQ_LOST = 32;
    private static final int CQ_FLAGS = 36;
    private static final int ENTRIES = 64;

    private final long memory;
    private final long bytes;
    private final long submissions;
    private final long completions;
    private final int sqMask;
    private final int cqCapacity;
    private final SubmissionQueue sq;
    private final CompletionQueue cq;

    private int sqHead;
    private int cqTail;
    /** Completions that found the queue full, two words each, in order; rare. */
    private long[] overflow = {};
    private int overflowFrom;
    private int overflowEnd;

    /**
     * Maps them.
     *
     * @throws SetupException for sizes that the kernel would refuse as well
     */
    public QueueMemory(int sqEntries, int cqEntries) {
        if (sqEntries < 1 || sqEntries > ENTRIES_MAX || Integer.bitCount(sqEntries) != 1
                || cqEntries < sqEntries || cqEntries > COMPLETIONS_MAX
                || Integer.bitCount(cqEntries) != 1) {
            throw new SetupException("cannot set up a ring of " + sqEntries + " entries and "
                + cqEntries + " completions: powers of two up to " + ENTRIES_MAX, Errno.EINVAL);
        }
        this.bytes = ENTRIES + (long) sqEntries * Abi.SQE_BYTES + (long) cqEntries * Abi.CQE_BYTES;
        this.memory = OffHeap.map(bytes);
        this.submissions = memory + ENTRIES;
        this.completions = submissions + (long) sqEntries * Abi.SQE_BYTES;
        this.sqMask = sqEntries - 1;
        this.cqCapacity = cqEntries;
        OffHeap.putInt(memory + SQ_MASK, sqMask);
        OffHeap.putInt(memory + CQ_MASK, cqEntries - 1);
        long offsets = OffHeap.map(Abi.PARAMS_BYTES);
        OffHeap.putInt(offsets + Abi.SQOFF_HEAD, SQ_HEAD);
        OffHeap.putInt(offsets + Abi.SQOFF_TAIL, SQ_TAIL);
        OffHeap.putInt(offsets + Abi.SQOFF_RING_MASK, SQ_MASK);
        OffHeap.putInt(offsets + Abi.SQOFF_FLAGS, SQ_FLAGS);
        OffHeap.putInt(offsets + Abi.SQOFF_DROPPED, SQ_DROPPED);
        this.sq = new SubmissionQueue(memory, offsets, submissions, true);
        OffHeap.putInt(offsets + Abi.CQOFF_HEAD, CQ_HEAD);
        OffHeap.putInt(offsets + Abi.CQOFF_TAIL, CQ_TAIL);
        OffHeap.putInt(offsets + Abi.CQOFF_RING_MASK, CQ_MASK);
        OffHeap.putInt(offsets + Abi.CQOFF_OVERFLOW, CQ_LOST);
        OffHeap.putInt(offsets + Abi.CQOFF_FLAGS, CQ_FLAGS);
        OffHeap.putInt(offsets + Abi.CQOFF_CQES, (int) (completions - memory));
        this.cq = new CompletionQueue(memory, offsets);
        OffHeap.unmap(offsets, Abi.PARAMS_BYTES);
    }

    /** Bytes mapped. */
    public long mappedBytes() {
        return OffHeap.pageAlign(bytes);
    }

    public SubmissionQueue sq() {
        return sq;
    }

    public CompletionQueue cq() {
        return cq;
    }

    // ---- submissions, as the kernel takes them

    /** How many entries have been prepared and not yet {@link #consumed}. */
    public int prepared() {
        return sq.publish();
    }

    /** The address of the entry {@code ahead} of the first one that is not consumed. */
    public long entry(int ahead) {
        return submissions + (long) (sqHead + ahead & sqMask) * Abi.SQE_BYTES;
    }

    /** So many entries have been carried out or copied; their places are free. */
    public void consumed(int count) {
        sqHead += count;
        OffHeap.putInt(memory + SQ_HEAD, sqHead);
    }

    // ---- completions, as the kernel makes them

    /** How many more fit before {@link #post} has to keep them elsewhere. */
    public int room() {
        return overflowed() ? 0 : cqCapacity - unread();
    }

    /** Posted and not read, as far as the reader has told. */
    public int unread() {
        return cqTail - OffHeap.getInt(memory + CQ_HEAD);
    }

    /** Posts one; past a full queue it waits until {@link #flush}, in order. */
    public void post(long userData, int result, int flags) {
        if (room() > 0) {
            put(userData, result, flags);
            return;
        }
        if (overflowEnd == overflow.length) {
            growOverflow();
        }
        overflow[overflowEnd++] = userData;
        overflow[overflowEnd++] = (long) flags << 32 | result & 0xffffffffL;
        OffHeap.putInt(memory + SQ_FLAGS, Abi.SQ_CQ_OVERFLOW);
    }

    /** Moves what has waited to where there is room now. */
    public void flush() {
        while (overflowed() && unread() < cqCapacity) {
            long word = overflow[overflowFrom + 1];
            put(overflow[overflowFrom], (int) word, (int) (word >>> 32));
            overflowFrom += 2;
            if (!overflowed()) {
                overflowFrom = 0;
                overflowEnd = 0;
                OffHeap.putInt(memory + SQ_FLAGS, 0);
            }
        }
    }

    public boolean overflowed() {
        return overflowFrom != overflowEnd;
    }

    private void put(long userData, int result, int flags) {
        long cqe = completions + (long) (cqTail & cqCapacity - 1) * Abi.CQE_BYTES;
        OffHeap.putLong(cqe, userData);
        OffHeap.putInt(cqe + Abi.CQE_RES, result);
        OffHeap.putInt(cqe + Abi.CQE_FLAGS, flags);
        OffHeap.putInt(memory + CQ_TAIL, ++cqTail);
    }

    private void growOverflow() {
        int length = overflowEnd - overflowFrom;
        long[] larger = length * 2 >= overflow.length
            ? new long[Math.max(128, overflow.length * 2)] : overflow;
        System.arraycopy(overflow, overflowFrom, larger, 0, length);
        overflow = larger;
        overflowFrom = 0;
        overflowEnd = length;
    }

    @Override
    public void close() {
        OffHeap.unmap(memory, bytes);
        overflow = new long[0];
    }
}
