package io.mooring.epoll;

import io.mooring.ring.UserData;
import io.mooring.sys.Abi;
import io.mooring.sys.MemoryUse;
import io.mooring.sys.OffHeap;
import java.util.Arrays;

/**
 * Operations that wait for a socket and are not what nearly all wait by: sends to peers that are
 * slow, connects, single receives, with the rest of their chains. Each is a copy of its submission
 * entry, as the kernel's request is, in memory off the heap that grows by blocks.
 *
 * <p>A record is a number above 0. Those of one slot are linked by {@link #next}; the entries of a
 * chain, which wait for the one before, by {@link #link}.
 */
final class Waiting implements AutoCloseable {
    private static final int RECORD_BYTES = 128;
    private static final int NEXT = Abi.SQE_BYTES;
    private static final int LINK = NEXT + 4;
    /** A copy of the address that a bind or connect names: that is read at submission. */
    private static final int ADDRESS = NEXT + 16;
    private static final int ADDRESS_BYTES = RECORD_BYTES - ADDRESS;
    private static final int BLOCK_RECORDS = 512;

    private long[] blocks = {};
    private int used = 1;
    private int free;
    private int count;
    /** Records whose user_data does not name the slot they wait on. */
    private int strangers;

    /** The entry's copy. */
    long entry(int record) {
        return blocks[record / BLOCK_RECORDS] + (long) (record % BLOCK_RECORDS) * RECORD_BYTES;
    }

    int next(int record) {
        return OffHeap.getInt(entry(record) + NEXT);
    }

    void next(int record, int next) {
        OffHeap.putInt(entry(record) + NEXT, next);
    }

    int link(int record) {
        return OffHeap.getInt(entry(record) + LINK);
    }

    void link(int record, int link) {
        OffHeap.putInt(entry(record) + LINK, link);
    }

    /** Copies an entry. */
    int add(long entry) {
        int record = free;
        if (record == 0) {
            record = used++;
            if (record / BLOCK_RECORDS == blocks.length) {
                blocks = Arrays.copyOf(blocks, blocks.length + 1);
                blocks[blocks.length - 1] = OffHeap.map((long) BLOCK_RECORDS * RECORD_BYTES);
            }
        } else {
            free = next(record);
        }
        long at = entry(record);
        OffHeap.copy(entry, at, Abi.SQE_BYTES);
        OffHeap.putLong(at + NEXT, 0);
        int opcode = OffHeap.getByte(at);
        if (opcode == Abi.OP_CONNECT || opcode == Abi.OP_BIND) {
            // A connect's length is where others have an offset.
            long bytes = Math.clamp(OffHeap.getLong(at + Abi.SQE_OFF), 0, ADDRESS_BYTES);
            OffHeap.copy(OffHeap.getLong(at + Abi.SQE_ADDR), at + ADDRESS, bytes);
            OffHeap.putLong(at + Abi.SQE_ADDR, at + ADDRESS);
        }
        count++;
        strangers += isStranger(at) ? 1 : 0;
        return record;
    }

    void remove(int record) {
        count--;
        strangers -= isStranger(entry(record)) ? 1 : 0;
        next(record, free);
        free = record;
        if (count == 0 && blocks.length > 1) {
            shrink();
        }
    }

    /** None is left of what may have been a great many. */
    private void shrink() {
        for (int i = 1; i < blocks.length; i++) {
            OffHeap.unmap(blocks[i], (long) BLOCK_RECORDS * RECORD_BYTES);
        }
        blocks = Arrays.copyOf(blocks, 1);
        used = 1;
        free = 0;
    }

    private static boolean isStranger(long entry) {
        return UserData.slot(OffHeap.getLong(entry + Abi.SQE_USER_DATA))
            != OffHeap.getInt(entry + Abi.SQE_FD);
    }

    int count() {
        return count;
    }

    MemoryUse memory() {
        return new MemoryUse((long) blocks.length * BLOCK_RECORDS * RECORD_BYTES,
            OffHeap.pageAlign((long) Math.min(used, blocks.length * BLOCK_RECORDS) * RECORD_BYTES),
            (long) count * RECORD_BYTES);
    }

    /** Whether an operation may wait on another slot than its user_data says. */
    boolean hasStrangers() {
        return strangers > 0;
    }

    @Override
    public void close() {
        for (long block : blocks) {
            OffHeap.unmap(block, (long) BLOCK_RECORDS * RECORD_BYTES);
        }
        blocks = new long[0];
    }
}
