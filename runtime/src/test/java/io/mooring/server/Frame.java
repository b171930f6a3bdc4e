package io.mooring.server;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/** One frame of RFC 6455, unmasked: what a test expects to read, or has read. */
record Frame(boolean fin, int opcode, byte[] payload) {
    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;

    private static final int SHOWN_MAX = 40;

    static Frame text(String text) {
        return new Frame(true, TEXT, utf8(text));
    }

    static Frame text(byte[] text) {
        return new Frame(true, TEXT, text);
    }

    static Frame binary(byte[] bytes) {
        return new Frame(true, BINARY, bytes);
    }

    static Frame ping(byte[] bytes) {
        return new Frame(true, PING, bytes);
    }

    static Frame pong(byte[] bytes) {
        return new Frame(true, PONG, bytes);
    }

    static Frame close() {
        return new Frame(true, CLOSE, new byte[0]);
    }

    static Frame close(int code) {
        return close(code, "");
    }

    static Frame close(int code, String reason) {
        return new Frame(true, CLOSE, closePayload(code, utf8(reason)));
    }

    static byte[] closePayload(int code, byte[] reason) {
        return ByteBuffer.allocate(2 + reason.length).putShort((short) code).put(reason).array();
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    boolean isClose() {
        return opcode == CLOSE;
    }

    /** The code of a Close frame; 1005 if it has none. */
    int closeCode() {
        return payload.length < 2 ? 1005
            : Short.toUnsignedInt(ByteBuffer.wrap(payload).getShort());
    }

    String payloadText() {
        return new String(payload, StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Frame frame && fin == frame.fin && opcode == frame.opcode
            && Arrays.equals(payload, frame.payload);
    }

    @Override
    public int hashCode() {
        return 31 * (fin ? opcode : -opcode) + Arrays.hashCode(payload);
    }

    @Override
    public String toString() {
        String name = switch (opcode) {
            case CONTINUATION -> "continuation";
            case TEXT -> "text";
            case BINARY -> "binary";
            case CLOSE -> "close " + closeCode();
            case PING -> "ping";
            case PONG -> "pong";
            default -> "opcode " + opcode;
        };
        byte[] shown = Arrays.copyOf(payload, Math.min(payload.length, SHOWN_MAX));
        return (fin ? "" : "part of ") + name + " of " + payload.length + " B: "
            + HexFormat.of().formatHex(shown) + (shown.length < payload.length ? "..." : "");
    }
}
