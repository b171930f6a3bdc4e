package io.mooring.frame;

import io.mooring.sys.MemoryUse;
import io.mooring.sys.OffHeap;

/**
 * The memory of all published frames: one mapped region of fixed size, so that it can be registered
 * with rings. Any thread may take and give; one lock, held for some ten nanoseconds.
 *
 * <p>A block is found in constant time in one of 16 classes per power of two, split, and joined
 * with its free neighbours when it is given back, so an empty pool is one piece again. Small blocks
 * are cut from the front of a free one and large ones from its back: what small frames leave behind
 * lies together, and the middle stays whole for large ones.
 *
 * <p>Unless {@link #pin} was called, {@link #trim} gives memory that a burst has touched back to
 * the system.
 */
public final class SharedFramePool implements AutoCloseable {
    /** Bytes that a block takes besides the frame. */
    public static final int HEADER_BYTES = FreeBlocks.HEADER_BYTES;

    private static final long BYTES_MAX = 1L << 36;
    private static final long TRIM_INTERVAL_NANOS = 2_000_000_000L;
    /** So much may stay touched for ever: less is not worth a system call. */
    private static final long TRIM_BYTES_MIN = 256 << 10;

    private final long address;
    private final long bytes;
    private final FreeBlocks blocks;

    private long used;
    private long highWater;
    /** The most in use since the last look, and when that was. */
    private long peak;
    private long trimmedNanos = System.nanoTime();
    private boolean pinned;
    private boolean closed;
    /** Copy for those who only look. */
    private volatile long usedNow;
    private volatile boolean worthTrimming;

    /**
     * Maps the region; a page of it takes memory once a frame has been there.
     *
     * @param bytes rounded up to whole pages of this machine
     * @throws io.mooring.sys.SetupException if the kernel refuses
     */
    public SharedFramePool(long bytes) {
        if (bytes <= 0 || bytes > BYTES_MAX) {
            throw new IllegalArgumentException(
                "frame memory is " + bytes + " bytes: choose 1 to " + BYTES_MAX);
        }
        this.bytes = OffHeap.pageAlign(bytes);
        this.address = OffHeap.map(this.bytes);
        this.blocks = new FreeBlocks(address, this.bytes);
    }

    /**
     * Takes memory for one frame, with arbitrary content.
     *
     * @param overheadBytes what the frame takes elsewhere, on the heap: counts against the pool,
     *     so that tiny frames are bounded too
     * @return its address; 0 if there is no room, or the pool is closed
     */
    public synchronized long take(long frameBytes, int overheadBytes) {
        long need = FreeBlocks.sizeOf(frameBytes);
        long charge = need + overheadBytes;
        if (closed || used + charge > bytes) {
            return 0;
        }
        long block = blocks.take(need);
        if (block == 0) {
            return 0;
        }
        FreeBlocks.note(block, overheadBytes);
        used += charge;
        usedNow = used;
        peak = Math.max(peak, used);
        highWater = Math.max(highWater, used);
        return block;
    }

    /** Gives a frame's memory back; nobody reads it any more, the kernel included. */
    public synchronized void give(long frame) {
        used -= FreeBlocks.bytes(frame) + FreeBlocks.noted(frame);
        usedNow = used;
        assert used >= 0 : "more given than taken";
        blocks.give(frame);
        worthTrimming = !pinned && blocks.touchedBytes() > TRIM_BYTES_MIN;
        if (closed && used == 0) {
            OffHeap.unmap(address, bytes);
        }
    }

    /** The region, to be registered with a ring. */
    public long address() {
        return address;
    }

    /** Its size in bytes, whole pages; frames in use and their overhead are never more. */
    public long bytesMax() {
        return bytes;
    }

    /** Bytes in use: blocks and overhead. */
    public long usedBytes() {
        return usedNow;
    }

    /** The most that was ever in use. */
    public synchronized long highWaterBytes() {
        return highWater;
    }

    /**
     * What is touched is asked of the kernel: of a free block it is not known which of its pages
     * are. Some 50 microseconds, without the lock. Overhead, on the heap, is in what is used.
     */
    public MemoryUse memory() {
        return new MemoryUse(bytes, OffHeap.residentBytes(address, bytes), usedNow);
    }

    /**
     * From now on no memory is given back: a registered page that is given back and touched anew is
     * another page, and the kernel would go on sending the old one.
     */
    public synchronized void pin() {
        pinned = true;
        worthTrimming = false;
    }

    /** Whether {@link #trim} may have something to give back in a while. */
    public boolean needsTrim() {
        return worthTrimming;
    }

    /**
     * To be called every few seconds, by anybody: gives free memory back if less than half of what
     * is touched was in use lately. Whoever takes or gives meanwhile waits for it, about 1 ms for
     * each 64 MiB.
     */
    public synchronized void trim(long nowNanos) {
        if (closed || nowNanos - trimmedNanos < TRIM_INTERVAL_NANOS) {
            return;
        }
        trimmedNanos = nowNanos;
        if (!pinned && peak < (used + blocks.touchedBytes()) / 2) {
            blocks.discard();
            worthTrimming = false;
        }
        peak = used;
    }

    /** Nothing is taken any more; the region goes with the last frame that is given back. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            if (used == 0) {
                OffHeap.unmap(address, bytes);
            }
        }
    }

    /** Walks the whole region: does everything add up? */
    synchronized boolean invariants() {
        return blocks.invariants();
    }
}
