package io.mooring.conn;

import io.mooring.sys.OffHeap;

/**
 * Unsent output of the connections that have any: a list of chunks from the spill pool, its first
 * one in the slot. Bounds are the caller's; {@link #bytes} and {@link #frames} tell.
 *
 * <p>Published frames have chunks of their own. One that may be dropped again, while it is whole,
 * has a chunk to itself; the others are put together. All of them have a bound in common ({@link
 * FrameBudget}), so that what receivers leave unread leaves room for everything else.
 *
 * <pre>
 *  0  i32  next chunk, 0: none
 *  4  i32  first unsent byte, from the chunk's start
 *  8  i32  past the last
 * 12  i32  last chunk         (first chunk only)
 * 16  i32  bytes in all       (first chunk only)
 * 20  u16  published frames in this chunk; 0: it holds other output
 * 22  u16  the same of all    (first chunk only)
 * 24  i32  number of the topic whose frame this is, if it may be dropped, else 0 (where there are
 *          published frames; an {@link Assembly} that became output has its own fields from here)
 * 64  the bytes, where they were copied in
 * </pre>
 */
public final class SendQueue {
    private static final int NEXT = 0;
    private static final int START = 4;
    private static final int END = 8;
    private static final int LAST = 12;
    private static final int TOTAL = 16;
    private static final int FRAMES = 20;
    private static final int TOTAL_FRAMES = 22;
    private static final int TOPIC = 24;
    private static final int DATA = 64;
    /** Frames are put together in chunks that double up to this. */
    private static final int TOGETHER_BYTES_MAX = 8 * 1024;

    private final SpillPool pool;
    private final FrameBudget budget;

    /** @param budget of the published frames in all queues of this pool */
    public SendQueue(SpillPool pool, FrameBudget budget) {
        this.pool = pool;
        this.budget = budget;
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
            if (framesIn(at) == 0 && pool.capacity(last) - end >= bytes) {
                OffHeap.putInt(at + END, end + bytes);
                addTotal(first, bytes, 0);
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
        appendChunk(c, chunk, start, end, 0, 0);
    }

    private void appendChunk(long c, int chunk, int start, int end, int frames, int topic) {
        write(chunk, start, end, frames, topic);
        long at = pool.address(chunk);
        OffHeap.putInt(at + NEXT, 0);
        int first = Connection.output(c);
        if (first == 0) {
            OffHeap.putInt(at + LAST, chunk);
            OffHeap.putInt(at + TOTAL, end - start);
            OffHeap.putShort(at + TOTAL_FRAMES, (short) frames);
            Connection.output(c, chunk);
            return;
        }
        long head = pool.address(first);
        OffHeap.putInt(pool.address(OffHeap.getInt(head + LAST)) + NEXT, chunk);
        OffHeap.putInt(head + LAST, chunk);
        addTotal(first, end - start, frames);
    }

    private void write(int chunk, int start, int end, int frames, int topic) {
        long at = pool.address(chunk);
        OffHeap.putInt(at + START, start);
        OffHeap.putInt(at + END, end);
        OffHeap.putShort(at + FRAMES, (short) frames);
        if (frames > 0) {
            OffHeap.putInt(at + TOPIC, topic);
        }
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
        prependChunk(c, chunk, address, bytes, 0, 0);
        return true;
    }

    private void prependChunk(long c, int chunk, long address, int bytes, int frames, int topic) {
        write(chunk, DATA, DATA + bytes, frames, topic);
        long at = pool.address(chunk);
        OffHeap.copy(address, at + DATA, bytes);
        int first = Connection.output(c);
        OffHeap.putInt(at + NEXT, first);
        OffHeap.putInt(at + LAST, first == 0 ? chunk : OffHeap.getInt(pool.address(first) + LAST));
        OffHeap.putInt(at + TOTAL, bytes + bytes(c));
        OffHeap.putShort(at + TOTAL_FRAMES, (short) (frames + frames(c)));
        Connection.output(c, chunk);
    }

    // ---- published frames

    /**
     * Copies a frame to the end. False, and nothing is changed, if there is no room for it.
     *
     * @param topic 0: it will not be dropped again
     * @param isReplacement for one that was just dropped, whose room is this one's
     */
    public boolean appendFrame(long c, int topic, long address, int bytes,
        boolean isReplacement) {
        int first = Connection.output(c);
        int room = bytes;
        if (first != 0 && topic == 0) {
            int last = OffHeap.getInt(pool.address(first) + LAST);
            long at = pool.address(last);
            int end = OffHeap.getInt(at + END);
            if (framesIn(at) > 0 && OffHeap.getInt(at + TOPIC) == 0) {
                if (pool.capacity(last) - end >= bytes) {
                    OffHeap.copy(address, at + end, bytes);
                    OffHeap.putInt(at + END, end + bytes);
                    OffHeap.putShort(at + FRAMES, (short) (framesIn(at) + 1));
                    addTotal(first, bytes, 1);
                    return true;
                }
                int doubled = Math.min(2 * pool.capacity(last), TOGETHER_BYTES_MAX);
                room = Math.max(bytes, doubled - DATA);
            }
        }
        int chunk = isReplacement || budget.hasRoom(first == 0 || frames(c) == 0)
            ? takeForFrames(room) : 0;
        if (chunk == 0) {
            return false;
        }
        OffHeap.copy(address, pool.address(chunk) + DATA, bytes);
        appendChunk(c, chunk, DATA, DATA + bytes, 1, topic);
        return true;
    }

    /** The same before all others: a frame of which no byte was sent. */
    public boolean prependFrame(long c, int topic, long address, int bytes) {
        int chunk = budget.hasRoom(frames(c) == 0) ? takeForFrames(bytes) : 0;
        if (chunk == 0) {
            return false;
        }
        prependChunk(c, chunk, address, bytes, 1, topic);
        return true;
    }

    /** The same for the rest of a frame: it will not be dropped. */
    public boolean prependRest(long c, long address, int bytes) {
        int chunk = budget.hasRoomForRest() ? takeForFrames(bytes) : 0;
        if (chunk == 0) {
            return false;
        }
        prependChunk(c, chunk, address, bytes, 1, 0);
        return true;
    }

    private int takeForFrames(int bytes) {
        int chunk = pool.take(DATA + bytes);
        if (chunk != 0) {
            budget.take(pool.capacity(chunk));
        }
        return chunk;
    }

    /** Whether a frame of the topic waits that may be dropped, all of it unsent. */
    public boolean holdsFrame(long c, int topic) {
        for (int chunk = Connection.output(c); chunk != 0; chunk = next(chunk)) {
            if (isDroppable(chunk, topic)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Drops the first frame of the topic's that may be dropped. False: there is none.
     *
     * @param isFirstBusy the first chunk is being read by the kernel
     */
    public boolean dropFrame(long c, int topic, boolean isFirstBusy) {
        int first = Connection.output(c);
        int before = 0;
        for (int chunk = first; chunk != 0; before = chunk, chunk = next(chunk)) {
            if (!isDroppable(chunk, topic) || isFirstBusy && chunk == first) {
                continue;
            }
            long at = pool.address(chunk);
            int bytes = OffHeap.getInt(at + END) - DATA;
            if (chunk == first) {
                removeFirst(c, bytes);
            } else {
                OffHeap.putInt(pool.address(before) + NEXT, next(chunk));
                long head = pool.address(first);
                if (OffHeap.getInt(head + LAST) == chunk) {
                    OffHeap.putInt(head + LAST, before);
                }
                addTotal(first, -bytes, -1);
                give(chunk);
            }
            return true;
        }
        return false;
    }

    /**
     * Whether the topic's frames that may be dropped make room for one more of {@code bytes}.
     *
     * @param isFirstBusy the first chunk is being read by the kernel
     */
    public boolean canMakeRoom(long c, int topic, boolean isFirstBusy, int bytes, int framesMax,
        int bytesMax) {
        int first = Connection.output(c);
        int frames = frames(c);
        long left = bytes(c);
        for (int chunk = first; chunk != 0; chunk = next(chunk)) {
            if (isDroppable(chunk, topic) && !(isFirstBusy && chunk == first)) {
                frames--;
                left -= OffHeap.getInt(pool.address(chunk) + END) - DATA;
            }
        }
        return frames == 0 || frames < framesMax && left + bytes <= bytesMax;
    }

    private boolean isDroppable(int chunk, int topic) {
        long at = pool.address(chunk);
        return framesIn(at) > 0 && OffHeap.getInt(at + TOPIC) == topic
            && OffHeap.getInt(at + START) == DATA;
    }

    private int next(int chunk) {
        return OffHeap.getInt(pool.address(chunk) + NEXT);
    }

    /** Published frames that wait; one counts until its chunk is sent to the end. */
    public int frames(long c) {
        int first = Connection.output(c);
        return first == 0 ? 0
            : OffHeap.getShort(pool.address(first) + TOTAL_FRAMES) & 0xffff;
    }

    // ---- what is sent

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
            addTotal(first, -bytes, 0);
        } else {
            removeFirst(c, bytes);
        }
    }

    /** The first chunk, of which {@code bytes} are unsent. */
    private void removeFirst(long c, int bytes) {
        int first = Connection.output(c);
        long at = pool.address(first);
        int next = OffHeap.getInt(at + NEXT);
        if (next != 0) {
            long then = pool.address(next);
            OffHeap.putInt(then + LAST, OffHeap.getInt(at + LAST));
            OffHeap.putInt(then + TOTAL, OffHeap.getInt(at + TOTAL) - bytes);
            OffHeap.putShort(then + TOTAL_FRAMES, (short) (frames(c) - framesIn(at)));
        }
        Connection.output(c, next);
        give(first);
    }

    private void give(int chunk) {
        if (framesIn(pool.address(chunk)) > 0) {
            budget.give(pool.capacity(chunk));
        }
        pool.give(chunk);
    }

    /** Drops everything; no send may be in the kernel. */
    public void clear(long c) {
        int chunk = Connection.output(c);
        Connection.output(c, 0);
        while (chunk != 0) {
            int next = next(chunk);
            give(chunk);
            chunk = next;
        }
    }

    private void addTotal(int first, int bytes, int frames) {
        long at = pool.address(first);
        OffHeap.putInt(at + TOTAL, OffHeap.getInt(at + TOTAL) + bytes);
        int before = OffHeap.getShort(at + TOTAL_FRAMES) & 0xffff;
        OffHeap.putShort(at + TOTAL_FRAMES, (short) (before + frames));
    }

    private static int framesIn(long at) {
        return OffHeap.getShort(at + FRAMES) & 0xffff;
    }
}
