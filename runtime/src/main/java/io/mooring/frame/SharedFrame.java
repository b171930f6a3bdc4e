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

    private final SharedFrameBudget budget;
    private final long address;
    private final int bytes;
    private final int charge;
    private final AtomicInteger holders;

    private SharedFrame(SharedFrameBudget budget, long address, int bytes, int charge,
        int holders) {
        this.budget = budget;
        this.address = address;
        this.bytes = bytes;
        this.charge = charge;
        this.holders = new AtomicInteger(holders);
    }

    /**
     * Encodes a message.
     *
     * @param opcode TEXT or BINARY
     * @param memory with the payload at {@code offset}, {@code length} bytes
     * @param holders how many will {@link #release}
     * @return null if frames in flight use up the budget, or there is no memory
     */
    public static SharedFrame encode(SharedFrameBudget budget, int opcode, MemorySegment memory,
        long offset, int length, int holders) {
        int total = FrameEncoder.headerLength(length) + length;
        int charge = total + overheadBytes(holders);
        if (!budget.tryTake(charge)) {
            return null;
        }
        long address = OffHeap.allocate(total);
        if (address == 0) {
            budget.give(charge);
            return null;
        }
        int header = FrameEncoder.header(OffHeap.ALL, address, opcode, true, length);
        MemorySegment.copy(memory, offset, OffHeap.ALL, address + header, length);
        return new SharedFrame(budget, address, total, charge, holders);
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
            OffHeap.free(address);
            budget.give(charge);
        }
    }
}
