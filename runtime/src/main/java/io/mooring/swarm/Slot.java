package io.mooring.swarm;

import io.mooring.sys.OffHeap;

/**
 * A connection: 32 bytes off-heap, two to a cache line. That is enough because nothing is put
 * together: a frame is judged byte by byte as it comes, so its place in the message is all there is
 * to remember. What is still rarer (half a response head, half a ping) has its place in maps.
 *
 * <pre>
 *  0 u8  state            4 u8 first byte of the frame    8 u32 bytes left of the frame,
 *  1 u8  generation       5 u8 second byte                      or its length as far as it came
 *  2 u16 flags            6 u8 header bytes gathered     12 u32 bytes of the message so far
 *                         7 u8 operations in the kernel
 * 16 u32 number of the message that must come next
 * 20 u32 echo: messages sent; broadcast: number of the message under way; connecting,
 *              closing: place in its window
 * 24 u64 sending time of the message under way; free: the next free slot
 * </pre>
 */
final class Slot {
    static final int BYTES = 32;

    // States.
    static final int FREE = 0;
    static final int CONNECTING = 1;
    static final int OPEN = 2;
    /** A close frame was sent or has come; waits for the other one, or for the end. */
    static final int CLOSING = 3;
    /** Waits for what is in the kernel, then for the descriptor's close. */
    static final int DEAD = 4;
    /** As good as open for the server, but nothing of it is in the kernel until it is cut. */
    static final int DEAF = 5;

    // Flags.
    static final int IN_PAYLOAD = 1;
    static final int IN_MESSAGE = 1 << 1;
    static final int CORRUPT = 1 << 2;
    /** What comes is read and not judged. */
    static final int UNJUDGED = 1 << 3;
    static final int TIMED_OUT = 1 << 4;
    static final int WANT_PONG = 1 << 5;
    static final int WANT_CLOSE = 1 << 6;
    static final int WANT_ECHO = 1 << 7;
    /** Waits for a buffer or for room to receive, in the shard's queue. */
    static final int QUEUED = 1 << 8;
    /** A paced message is due that could not be sent. */
    static final int BEHIND = 1 << 9;
    /** The peer's close frame has come. */
    static final int CLOSE_HEARD = 1 << 10;
    static final int CLOSE_SENT = 1 << 11;
    /** The one that broadcasts; it is not counted. */
    static final int PUBLISHER = 1 << 12;
    /** We began to close it: it has a place in the closer's window. */
    static final int OURS = 1 << 13;
    /** Waits for room to send, or to be closed, in the queue of what is sent. */
    static final int QUEUED_TO_SEND = 1 << 14;
    /** To be shut before its descriptor is closed, or its peer would not hear of it. */
    static final int SHUT_DUE = 1 << 15;
    static final int WANTS = WANT_PONG | WANT_CLOSE | WANT_ECHO;

    // Operations in the kernel.
    static final int OP_CHAIN = 1;
    static final int OP_POLL = 1 << 1;
    static final int OP_RECV = 1 << 2;
    static final int OP_MULTI = 1 << 3;
    static final int OP_SEND = 1 << 4;
    static final int OP_SEND_ALL = 1 << 5;
    static final int OP_CLOSE = 1 << 6;
    static final int OP_SHUTDOWN = 1 << 7;
    static final int OPS_RECEIVING = OP_CHAIN | OP_POLL | OP_RECV | OP_MULTI;
    static final int OPS_SENDING = OP_SEND | OP_SEND_ALL;

    private Slot() {
    }

    static int state(long c) {
        return OffHeap.getByte(c);
    }

    static void state(long c, int state) {
        OffHeap.putByte(c, (byte) state);
    }

    static int generation(long c) {
        return OffHeap.getByte(c + 1) & 0xff;
    }

    static boolean is(long c, int flags) {
        return (OffHeap.getShort(c + 2) & flags) != 0;
    }

    static void set(long c, int flags) {
        OffHeap.putShort(c + 2, (short) (OffHeap.getShort(c + 2) | flags));
    }

    static void clear(long c, int flags) {
        OffHeap.putShort(c + 2, (short) (OffHeap.getShort(c + 2) & ~flags));
    }

    static int first(long c) {
        return OffHeap.getByte(c + 4) & 0xff;
    }

    static void first(long c, int value) {
        OffHeap.putByte(c + 4, (byte) value);
    }

    static int second(long c) {
        return OffHeap.getByte(c + 5) & 0xff;
    }

    static void second(long c, int value) {
        OffHeap.putByte(c + 5, (byte) value);
    }

    static int headerBytes(long c) {
        return OffHeap.getByte(c + 6);
    }

    static void headerBytes(long c, int count) {
        OffHeap.putByte(c + 6, (byte) count);
    }

    static boolean hasOp(long c, int ops) {
        return (OffHeap.getByte(c + 7) & ops) != 0;
    }

    static int ops(long c) {
        return OffHeap.getByte(c + 7) & 0xff;
    }

    static void addOp(long c, int op) {
        assert !hasOp(c, op) : op;
        OffHeap.putByte(c + 7, (byte) (OffHeap.getByte(c + 7) | op));
    }

    static void removeOp(long c, int op) {
        assert hasOp(c, op) : op;
        OffHeap.putByte(c + 7, (byte) (OffHeap.getByte(c + 7) & ~op));
    }

    static int left(long c) {
        return OffHeap.getInt(c + 8);
    }

    static void left(long c, int bytes) {
        OffHeap.putInt(c + 8, bytes);
    }

    static int at(long c) {
        return OffHeap.getInt(c + 12);
    }

    static void at(long c, int bytes) {
        OffHeap.putInt(c + 12, bytes);
    }

    static int expected(long c) {
        return OffHeap.getInt(c + 16);
    }

    static void expected(long c, int number) {
        OffHeap.putInt(c + 16, number);
    }

    static int sent(long c) {
        return OffHeap.getInt(c + 20);
    }

    static void sent(long c, int count) {
        OffHeap.putInt(c + 20, count);
    }

    static int number(long c) {
        return OffHeap.getInt(c + 20);
    }

    static void number(long c, int number) {
        OffHeap.putInt(c + 20, number);
    }

    static int place(long c) {
        return OffHeap.getInt(c + 20);
    }

    static void place(long c, int place) {
        OffHeap.putInt(c + 20, place);
    }

    static long stamp(long c) {
        return OffHeap.getLong(c + 24);
    }

    static void stamp(long c, long nanos) {
        OffHeap.putLong(c + 24, nanos);
    }

    /** Empties the slot for its next connection. */
    static void reset(long c) {
        int generation = generation(c) + 1;
        OffHeap.putLong(c, 0);
        OffHeap.putByte(c + 1, (byte) generation);
        OffHeap.putLong(c + 8, 0);
        OffHeap.putLong(c + 16, 0);
        OffHeap.putLong(c + 24, 0);
    }
}
