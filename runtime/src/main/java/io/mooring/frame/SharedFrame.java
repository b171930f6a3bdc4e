package io.mooring.frame;

import io.mooring.sys.OffHeap;
import io.mooring.ws.FrameEncoder;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Header and payload of one message, encoded once, never changed, read by every reactor's sends.
 * Its memory goes when the last holder has let go.
 */
public final class SharedFrame {
    /** What a frame in flight takes on the heap, so that tiny ones are bounded too. */
    public static int overheadBytes(int holders) {
        return 128 + 80 * holders;
    }

    private final SharedFramePool pool;
    private final long address;
    private final int bytes;
    private final AtomicInteger holders;

    private SharedFrame(SharedFramePool pool, long address, int bytes, int holders) {
        this.pool = pool;
        this.address = address;
        this.bytes = bytes;
        this.holders = new AtomicInteger(holders);
    }

    /**
     * Encodes a message.
     *
     * @param opcode TEXT or BINARY
     * @param memory with the payload at {@code offset}, {@code length} bytes
     * @param holders how many will {@link #release}
     * @return null if frames in flight leave no room in the pool
     */
    public static SharedFrame encode(SharedFramePool pool, int opcode, MemorySegment memory,
        long offset, int length, int holders) {
        int total = FrameEncoder.headerLength(length) + length;
        long address = pool.take(total, overheadBytes(holders));
        if (address == 0) {
            return null;
        }
        int header = FrameEncoder.header(OffHeap.ALL, address, opcode, true, length);
        try {
            MemorySegment.copy(memory, offset, OffHeap.ALL, address + header, length);
        } catch (RuntimeException e) { // of another thread, closed, or shorter than was said
            pool.give(address);
            throw e;
        }
        return new SharedFrame(pool, address, total, holders);
    }

    /** Address of the first header byte; good until this holder's {@link #release}. */
    public long address() {
        return address;
    }

    /** Bytes of header and payload. */
    public int bytes() {
        return bytes;
    }

    /** One holder, on any thread, has no send in the kernel that reads it and will start none. */
    public void release() {
        int left = holders.decrementAndGet();
        assert left >= 0 : "released more often than held";
        if (left == 0) {
            pool.give(address);
        }
    }
}
