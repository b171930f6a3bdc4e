package io.mooring.ws;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Writes frame headers and close frames (RFC 6455, 5.2 and 5.5.1). */
public final class FrameEncoder {
    /** The longest reason of a close frame in bytes: 125 less the code. */
    public static final int CLOSE_REASON_MAX = FrameDecoder.CONTROL_PAYLOAD_MAX - 2;

    private static final ValueLayout.OfShort SHORT_BE =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG_BE =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT_LE =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int FIN = 0x8000;
    private static final int MASK = 0x80;

    private FrameEncoder() {
    }

    /** Bytes of an unmasked header: 2 up to 125 bytes of payload, 4 up to 65,535, else 10. */
    public static int headerLength(int payloadLength) {
        return payloadLength <= 125 ? 2 : payloadLength <= 0xffff ? 4 : 10;
    }

    /**
     * Writes a server's header, unmasked (5.1).
     *
     * @return bytes written: {@link #headerLength}
     */
    public static int header(
            MemorySegment mem, long offset, int opcode, boolean fin, int payloadLength) {
        return write(mem, offset, opcode, fin, payloadLength, 0);
    }

    /**
     * Writes a client's header; the payload must then go through {@link Mask#apply} with the same
     * key and phase 0.
     *
     * @param key little endian, as {@link FrameDecoder#maskKey} reads it; the RFC wants it to be
     *            unpredictable (5.3), which a load generator need not care for
     * @return bytes written: {@link #headerLength} + 4
     */
    public static int maskedHeader(
            MemorySegment mem, long offset, int opcode, boolean fin, int payloadLength, int key) {
        int length = write(mem, offset, opcode, fin, payloadLength, MASK);
        mem.set(INT_LE, offset + length, key);
        return length + 4;
    }

    /**
     * Writes a server's whole close frame, unmasked.
     *
     * @param code       {@link CloseCode#NO_STATUS} writes an empty close frame
     * @param reasonUtf8 valid UTF-8, possibly empty; cut at a character to
     *                   {@link #CLOSE_REASON_MAX} bytes
     * @return bytes written: 2 to 127
     * @throws IllegalArgumentException if no close frame may carry the code (7.4)
     */
    public static int close(MemorySegment mem, long offset, int code, byte[] reasonUtf8) {
        if (code == CloseCode.NO_STATUS) {
            return header(mem, offset, Opcode.CLOSE, true, 0);
        }
        if (!CloseCode.validOnWire(code)) {
            throw new IllegalArgumentException("close code " + code + " is never sent;"
                    + " use NO_STATUS for a close frame without a code");
        }
        int reasonLength = closeLength(code, reasonUtf8) - 4;
        header(mem, offset, Opcode.CLOSE, true, 2 + reasonLength);
        mem.set(SHORT_BE, offset + 2, (short) code);
        MemorySegment.copy(
                reasonUtf8, 0, mem, ValueLayout.JAVA_BYTE, offset + 4, reasonLength);
        return 4 + reasonLength;
    }

    /** Bytes that {@link #close} will write. */
    public static int closeLength(int code, byte[] reasonUtf8) {
        if (code == CloseCode.NO_STATUS) {
            return 2;
        }
        int reasonLength = reasonUtf8.length;
        if (reasonLength > CLOSE_REASON_MAX) {
            reasonLength = CLOSE_REASON_MAX;
            while (reasonLength > 0 && (reasonUtf8[reasonLength] & 0xc0) == 0x80) {
                reasonLength--; // the cut would be before a continuation byte
            }
        }
        return 4 + reasonLength;
    }

    private static int write(MemorySegment mem, long offset, int opcode, boolean fin,
            int payloadLength, int mask) {
        assert payloadLength >= 0 && !Opcode.isReserved(opcode);
        assert !Opcode.isControl(opcode)
                || fin && payloadLength <= FrameDecoder.CONTROL_PAYLOAD_MAX;
        int two = (fin ? FIN : 0) | opcode << 8 | mask;
        if (payloadLength <= 125) {
            mem.set(SHORT_BE, offset, (short) (two | payloadLength));
            return 2;
        }
        if (payloadLength <= 0xffff) {
            mem.set(SHORT_BE, offset, (short) (two | 126));
            mem.set(SHORT_BE, offset + 2, (short) payloadLength);
            return 4;
        }
        mem.set(SHORT_BE, offset, (short) (two | 127));
        mem.set(LONG_BE, offset + 2, payloadLength);
        return 10;
    }
}
