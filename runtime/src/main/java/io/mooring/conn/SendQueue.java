package io.mooring.conn;

import io.mooring.sys.OffHeap;

/**
 * Unsent output of the connections that have any: a list of chunks from the spill pool, its first
 * one in the slot. Bounds are the caller's; {@link #bytes} tells.
 *
 * <pre>
 *  0  i32  next chunk, 0: none
 *  4  i32  first unsent byte, from the chunk's start
 *  8  i32  past the last
 * 12  i32  last chunk         (first chunk only)
 * 16  i32  bytes in all       (first chunk only)
 * 64  the bytes, where they were copied in
 * </pre>
 */
public final class SendQueue {
    private static final int NEXT = 0;
    private static final int START = 4;
    private static final int END = 8;
    private static final int LAST = 12;
    private static final int TOTAL = 16;
    private static final int DATA = 64;

    private final SpillPool pool;

    public SendQueue(SpillPool pool) {
        this.pool = pool;
    }

    /**
     * Copies {@code bytes} from {@code address} to the end. False, and nothing is changed, if the
     * pool has no room.
     */
    public boolean append(long c, long address, int bytes) {
        long room = reserve(c, bytes);
        if (room == 0) {
            return false;
        }
        OffHeap.copy(address, room, bytes);
        return true;
    }

    /**
     * Adds {@code bytes} to the end and returns where the caller writes them; 0 if the pool has no
     * room.
     */
    public long reserve(long c, int bytes) {
        int first = Connection.output(c);
        if (first != 0) {
            int last = OffHeap.getInt(pool.address(first) + LAST);
            long at = pool.address(last);
            int end = OffHeap.getInt(at + END);
            if (pool.capacity(last) - end >= bytes) {
                OffHeap.putInt(at + END, end + bytes);
                addTotal(first, bytes);
                return at + end;
            }
        }
        int chunk = pool.take(DATA + bytes);
        if (chunk == 0) {
            return 0;
        }
        appendChunk(c, chunk, DATA, DATA + bytes);
        return pool.address(chunk) + DATA;
    }

    /**
     * Adds a chunk whose bytes {@code start} to {@code end} are output already, and owns it from
     * now on.
     */
    public void appendChunk(long c, int chunk, int start, int end) {
        long at = pool.address(chunk);
        OffHeap.putInt(at + NEXT, 0);
        OffHeap.putInt(at + START, start);
        OffHeap.putInt(at + END, end);
        int first = Connection.output(c);
        if (first == 0) {
            OffHeap.putInt(at + LAST, chunk);
            OffHeap.putInt(at + TOTAL, end - start);
            Connection.output(c, chunk);
            return;
        }
        long head = pool.address(first);
        OffHeap.putInt(pool.address(OffHeap.getInt(head + LAST)) + NEXT, chunk);
        OffHeap.putInt(head + LAST, chunk);
        addTotal(first, end - start);
    }

    /**
     * Copies bytes before all others: the rest of a send that was cut short. False if the pool has
     * no room.
     */
    public boolean prepend(long c, long address, int bytes) {
        int chunk = pool.take(DATA + bytes);
        if (chunk == 0) {
            return false;
        }
        long at = pool.address(chunk);
        OffHeap.copy(address, at + DATA, bytes);
        int first = Connection.output(c);
        OffHeap.putInt(at + NEXT, first);
        OffHeap.putInt(at + START, DATA);
        OffHeap.putInt(at + END, DATA + bytes);
        OffHeap.putInt(at + LAST, first == 0 ? chunk : OffHeap.getInt(pool.address(first) + LAST));
        OffHeap.putInt(at + TOTAL, bytes + bytes(c));
        Connection.output(c, chunk);
        return true;
    }

    /** Unsent bytes in all. */
    public int bytes(long c) {
        int first = Connection.output(c);
        return first == 0 ? 0 : OffHeap.getInt(pool.address(first) + TOTAL);
    }

    /** Where the first unsent bytes lie; they stay there until {@link #sent} or {@link #clear}. */
    public long firstAddress(long c) {
        long at = pool.address(Connection.output(c));
        return at + OffHeap.getInt(at + START);
    }

    /** How many lie there in one piece. */
    public int firstBytes(long c) {
        long at = pool.address(Connection.output(c));
        return OffHeap.getInt(at + END) - OffHeap.getInt(at + START);
    }

    /** The first {@code bytes}, at most {@link #firstBytes}, have been sent. */
    public void sent(long c, int bytes) {
        int first = Connection.output(c);
        long at = pool.address(first);
        int start = OffHeap.getInt(at + START) + bytes;
        assert start <= OffHeap.getInt(at + END) : "sent more than there was";
        if (start < OffHeap.getInt(at + END)) {
            OffHeap.putInt(at + START, start);
            addTotal(first, -bytes);
            return;
        }
        int next = OffHeap.getInt(at + NEXT);
        if (next != 0) {
            long then = pool.address(next);
            OffHeap.putInt(then + LAST, OffHeap.getInt(at + LAST));
            OffHeap.putInt(then + TOTAL, OffHeap.getInt(at + TOTAL) - bytes);
        }
        Connection.output(c, next);
        pool.give(first);
    }

    /** Drops everything; no send may be in the kernel. */
    public void clear(long c) {
        int chunk = Connection.output(c);
        Connection.output(c, 0);
        while (chunk != 0) {
            int next = OffHeap.getInt(pool.address(chunk) + NEXT);
            pool.give(chunk);
            chunk = next;
        }
    }

    private void addTotal(int first, int bytes) {
        long at = pool.address(first) + TOTAL;
        OffHeap.putInt(at, OffHeap.getInt(at) + bytes);
    }
}
