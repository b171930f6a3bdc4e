package io.mooring.ws;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Reads frame headers (RFC 6455, 5.2). Stateless: a header is at most 14 bytes, so with more bytes
 * the caller just asks again from the start. No extension is ever negotiated, so RSV bits and
 * reserved opcodes are errors.
 *
 * <p>A good header is packed into one positive {@code long}, so that nothing is allocated:
 * payload length in bits 0 to 30, opcode in 32 to 35, FIN in 36, header length in 40 to 43.
 */
public final class FrameDecoder {
    /** Nothing is wrong so far, but the header is not complete. */
    public static final long NEED_MORE = 0;
    /** The longest header in bytes: 2, 8 of length, 4 of mask key. */
    public static final int HEADER_LENGTH_MAX = 14;
    /** The longest payload of a control frame in bytes (5.5). */
    public static final int CONTROL_PAYLOAD_MAX = 125;

    private static final ValueLayout.OfShort SHORT_BE =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG_BE =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT_LE =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int FIN = 0x80;
    private static final int RSV = 0x70;
    private static final int MASK = 0x80;
    private static final int LENGTH_16 = 126;
    private static final int LENGTH_64 = 127;

    private static final int OPCODE_SHIFT = 32;
    private static final int FIN_SHIFT = 36;
    private static final int HEADER_SHIFT = 40;

    private static final long PROTOCOL_ERROR = -CloseCode.PROTOCOL_ERROR;

    private FrameDecoder() {
    }

    /**
     * Parses one frame header.
     *
     * @param available bytes at {@code offset}, possibly more than the header
     * @param masked    true on a server, whose peer must mask; false on a client, whose must not
     * @return {@link #NEED_MORE}; or a negated close code, as soon as the bytes show the error; or
     *         a positive header for {@link #headerLength}, {@link #opcode}, {@link #fin} and
     *         {@link #payloadLength}
     */
    public static long header(MemorySegment mem, long offset, int available, boolean masked) {
        if (available < 2) {
            return available <= 0 ? NEED_MORE
                    : firstByte(mem.get(ValueLayout.JAVA_BYTE, offset));
        }
        // Both bytes at once: the usual frame is decided by this load and a few bit tests.
        int two = mem.get(SHORT_BE, offset);
        int first = two >>> 8 & 0xff;
        if (firstByte(first) != NEED_MORE) {
            return PROTOCOL_ERROR;
        }
        if ((two & MASK) != 0 != masked) {
            return PROTOCOL_ERROR; // 5.1: a client must mask, a server must not
        }
        int length = two & 0x7f;
        int maskLength = masked ? 4 : 0;
        if (length <= CONTROL_PAYLOAD_MAX) {
            return available < 2 + maskLength ? NEED_MORE
                    : pack(first, 2 + maskLength, length);
        }
        if (Opcode.isControl(first & 0xf)) {
            return PROTOCOL_ERROR;
        }
        return length == LENGTH_16
                ? header16(mem, offset, available, first, maskLength)
                : header64(mem, offset, available, first, maskLength);
    }

    /** Bytes of the header, 2 to 14, the mask key included: the payload begins there. */
    public static int headerLength(long header) {
        return (int) (header >>> HEADER_SHIFT);
    }

    /** One of the constants of {@link Opcode}. */
    public static int opcode(long header) {
        return (int) (header >>> OPCODE_SHIFT) & 0xf;
    }

    /** True for the last or only fragment of a message, and for every control frame (5.4). */
    public static boolean fin(long header) {
        return (header >>> FIN_SHIFT & 1) != 0;
    }

    /**
     * Bytes of the payload. {@link Integer#MAX_VALUE} stands for that and anything longer: no
     * configurable message limit reaches it, so the caller's comparison with its limit rejects it.
     */
    public static int payloadLength(long header) {
        return (int) header;
    }

    /** The key of a masked frame whose {@code header} was parsed at {@code offset}. */
    public static int maskKey(MemorySegment mem, long offset, long header) {
        return mem.get(INT_LE, offset + headerLength(header) - 4);
    }

    /**
     * Where a frame may stand in the sequence of frames (5.4). Control frames may come anywhere.
     *
     * @param inMessage true after a data frame without FIN, until the one with FIN
     * @return 0, or {@link CloseCode#PROTOCOL_ERROR} for a new message inside another, or for a
     *         continuation of nothing
     */
    public static int sequence(boolean inMessage, int opcode) {
        return Opcode.isControl(opcode) || inMessage == (opcode == Opcode.CONTINUATION)
                ? 0 : CloseCode.PROTOCOL_ERROR;
    }

    private static long firstByte(int first) {
        int opcode = first & 0xf;
        boolean wrong = (first & RSV) != 0
                || Opcode.isReserved(opcode)
                || Opcode.isControl(opcode) && (first & FIN) == 0;
        return wrong ? PROTOCOL_ERROR : NEED_MORE;
    }

    private static long header16(
            MemorySegment mem, long offset, int available, int first, int maskLength) {
        if (available < 4) {
            return NEED_MORE; // the third byte alone never decides
        }
        int length = Short.toUnsignedInt(mem.get(SHORT_BE, offset + 2));
        if (length < LENGTH_16) {
            return PROTOCOL_ERROR; // 5.2: the minimal number of bytes must be used
        }
        return available < 4 + maskLength ? NEED_MORE : pack(first, 4 + maskLength, length);
    }

    private static long header64(
            MemorySegment mem, long offset, int available, int first, int maskLength) {
        if (available < 10) {
            return partial64(mem, offset, available);
        }
        long length = mem.get(LONG_BE, offset + 2);
        if (length <= 0xffff) {
            return PROTOCOL_ERROR; // negative: the top bit is set; else it fits in 16 bits
        }
        return available < 10 + maskLength ? NEED_MORE
                : pack(first, 10 + maskLength, (int) Math.min(length, Integer.MAX_VALUE));
    }

    /** A length of which one to seven bytes are here: byte 2 shows the top bit, 2 to 7 the rest. */
    private static long partial64(MemorySegment mem, long offset, int available) {
        if (available > 2 && mem.get(ValueLayout.JAVA_BYTE, offset + 2) < 0) {
            return PROTOCOL_ERROR;
        }
        if (available < 8) {
            return NEED_MORE;
        }
        // Bytes 0 to 7 in one load; the six of the length's upper part are the low 48 bits.
        return mem.get(LONG_BE, offset) << 16 == 0 ? PROTOCOL_ERROR : NEED_MORE;
    }

    private static long pack(int first, int headerLength, int payloadLength) {
        return (long) headerLength << HEADER_SHIFT
                | (long) (first >>> 7) << FIN_SHIFT
                | (long) (first & 0xf) << OPCODE_SHIFT
                | payloadLength;
    }
}
