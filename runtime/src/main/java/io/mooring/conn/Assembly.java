package io.mooring.conn;

import io.mooring.sys.OffHeap;

/**
 * A chunk in which input is put together: a request or a message that came in pieces, the state of
 * the frame that is coming, and a stash for a frame header or control frame that was cut. Of a
 * request with a body, the head comes first, and the body counts as a frame.
 *
 * <pre>
 *   0  {@link SendQueue}'s fields, once the message is sent back from here
 *  24  i32  bytes of the message (or request) so far
 *  28  i32  UTF-8 state after them
 *  32  i32  mask key of the coming frame
 *  36  i32  bytes of the coming frame still to come
 *  40  i32  bytes of the coming frame so far, modulo 4
 *  44  u8   opcode of the message, 0: none is open
 *  45  u8   whether the coming frame is the last
 *  46  u8   whether a data frame is coming
 *  48  i32  bytes in the stash
 *  52  i32  frames of the message so far
 *  64  160 bytes of stash, then 16 bytes of room for a header
 * 240  the message
 * </pre>
 */
public final class Assembly {
    public static final int STASH = 64;
    public static final int MESSAGE = 240;

    private static final int STATE = 24;
    private static final int LENGTH = 24;
    private static final int UTF8_STATE = 28;
    private static final int MASK_KEY = 32;
    private static final int REMAINING = 36;
    private static final int MASK_PHASE = 40;
    private static final int OPCODE = 44;
    private static final int FIN = 45;
    private static final int IN_FRAME = 46;
    private static final int STASHED = 48;
    private static final int FRAMES = 52;

    private Assembly() {
    }

    /** Takes a chunk with room for {@code bytes} of message, empty; 0 if the pool has none. */
    public static int open(SpillPool pool, int bytes) {
        int chunk = pool.take(MESSAGE + bytes);
        if (chunk != 0) {
            OffHeap.zero(pool.address(chunk), STASH);
        }
        return chunk;
    }

    /**
     * The same assembly with room for {@code bytes} of message in all, at least doubled if it had
     * to move; the old chunk is given back. 0, and the old one is still there, if the pool has
     * none.
     */
    public static int grow(SpillPool pool, int chunk, int bytes) {
        if (MESSAGE + bytes <= pool.capacity(chunk)) {
            return chunk;
        }
        int larger = pool.take(MESSAGE + bytes); // a power of two, so at least doubled
        if (larger != 0) {
            long from = pool.address(chunk);
            OffHeap.copy(from + STATE, pool.address(larger) + STATE,
                MESSAGE - STATE + length(from));
            pool.give(chunk);
        }
        return larger;
    }

    public static int length(long a) {
        return OffHeap.getInt(a + LENGTH);
    }

    public static void length(long a, int value) {
        OffHeap.putInt(a + LENGTH, value);
    }

    public static int utf8State(long a) {
        return OffHeap.getInt(a + UTF8_STATE);
    }

    public static void utf8State(long a, int value) {
        OffHeap.putInt(a + UTF8_STATE, value);
    }

    public static int opcode(long a) {
        return OffHeap.getByte(a + OPCODE);
    }

    public static int frames(long a) {
        return OffHeap.getInt(a + FRAMES);
    }

    /** A data frame begins; {@code opcode} is the message's. */
    public static void beginFrame(long a, int opcode, boolean fin, int maskKey, int bytes) {
        OffHeap.putByte(a + OPCODE, (byte) opcode);
        OffHeap.putByte(a + FIN, (byte) (fin ? 1 : 0));
        OffHeap.putByte(a + IN_FRAME, (byte) 1);
        OffHeap.putInt(a + MASK_KEY, maskKey);
        OffHeap.putInt(a + MASK_PHASE, 0);
        OffHeap.putInt(a + REMAINING, bytes);
        OffHeap.putInt(a + FRAMES, frames(a) + 1);
    }

    /** A request's head is whole, and a body of so many bytes is coming. */
    public static void beginBody(long a, int bytes) {
        OffHeap.putByte(a + IN_FRAME, (byte) 1);
        OffHeap.putInt(a + REMAINING, bytes);
    }

    /** {@code bytes} more of the frame have been appended. */
    public static void advanceFrame(long a, int bytes) {
        OffHeap.putInt(a + MASK_PHASE, maskPhase(a) + bytes & 3);
        OffHeap.putInt(a + REMAINING, remaining(a) - bytes);
        length(a, length(a) + bytes);
    }

    public static void endFrame(long a) {
        assert remaining(a) == 0 : remaining(a);
        OffHeap.putByte(a + IN_FRAME, (byte) 0);
    }

    /** The message has been delivered; the stash stays. */
    public static void endMessage(long a) {
        OffHeap.putByte(a + OPCODE, (byte) 0);
        OffHeap.putInt(a + FRAMES, 0);
        length(a, 0);
        utf8State(a, 0);
    }

    public static boolean isInFrame(long a) {
        return OffHeap.getByte(a + IN_FRAME) != 0;
    }

    public static boolean isLastFrame(long a) {
        return OffHeap.getByte(a + FIN) != 0;
    }

    public static int maskKey(long a) {
        return OffHeap.getInt(a + MASK_KEY);
    }

    public static int maskPhase(long a) {
        return OffHeap.getInt(a + MASK_PHASE);
    }

    public static int remaining(long a) {
        return OffHeap.getInt(a + REMAINING);
    }

    public static int stashed(long a) {
        return OffHeap.getInt(a + STASHED);
    }

    public static void stashed(long a, int bytes) {
        OffHeap.putInt(a + STASHED, bytes);
    }
}
