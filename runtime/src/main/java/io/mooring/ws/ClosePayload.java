package io.mooring.ws;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The payload of a close frame: two bytes of code, then a reason in UTF-8 (RFC 6455, 5.5.1). */
public final class ClosePayload {
    private static final ValueLayout.OfShort SHORT_BE =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private ClosePayload() {
    }

    /**
     * Judges the unmasked payload of a received close frame.
     *
     * @param length of the payload in bytes; a control frame's, so at most 125
     * @return the peer's code, {@link CloseCode#NO_STATUS} for an empty payload;
     *         {@code -PROTOCOL_ERROR} for a single byte or a code that may not be sent (7.4);
     *         {@code -INVALID_PAYLOAD} for a reason that is not whole, valid UTF-8 (8.1)
     */
    public static int parse(MemorySegment mem, long offset, int length) {
        if (length == 0) {
            return CloseCode.NO_STATUS;
        }
        if (length == 1) {
            return -CloseCode.PROTOCOL_ERROR;
        }
        int code = Short.toUnsignedInt(mem.get(SHORT_BE, offset));
        if (!CloseCode.validOnWire(code)) {
            return -CloseCode.PROTOCOL_ERROR;
        }
        return Utf8.validate(mem, offset + 2, length - 2, Utf8.ACCEPT) == Utf8.ACCEPT
                ? code : -CloseCode.INVALID_PAYLOAD;
    }
}
