package io.mooring.server;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Random;

/**
 * The bytes a client sends: right ones and wrong ones. Written against RFC 6455 alone, not with the
 * server's codec.
 */
final class Wire {
    static final int FIN = 0x80;
    static final int RSV1 = 0x40;
    static final int RSV2 = 0x20;
    static final int RSV3 = 0x10;

    private static final int MASK = 0x80;
    private static final byte[] KEY = {0x37, (byte) 0xfa, 0x21, 0x3d};

    private Wire() {
    }

    static byte[] text(String text) {
        return frame(FIN | Frame.TEXT, Frame.utf8(text));
    }

    static byte[] text(byte[] text) {
        return frame(FIN | Frame.TEXT, text);
    }

    static byte[] binary(byte[] bytes) {
        return frame(FIN | Frame.BINARY, bytes);
    }

    static byte[] ping(byte[] bytes) {
        return frame(FIN | Frame.PING, bytes);
    }

    static byte[] pong(byte[] bytes) {
        return frame(FIN | Frame.PONG, bytes);
    }

    static byte[] close() {
        return frame(FIN | Frame.CLOSE, new byte[0]);
    }

    static byte[] close(int code) {
        return close(code, new byte[0]);
    }

    static byte[] close(int code, byte[] reason) {
        return frame(FIN | Frame.CLOSE, Frame.closePayload(code, reason));
    }

    /** A masked frame with the shortest header. */
    static byte[] frame(int firstByte, byte[] payload) {
        byte[] header = header(firstByte, payload.length, true);
        byte[] frame = new byte[header.length + payload.length];
        System.arraycopy(header, 0, frame, 0, header.length);
        for (int i = 0; i < payload.length; i++) {
            frame[header.length + i] = (byte) (payload[i] ^ KEY[i & 3]);
        }
        return frame;
    }

    /** What no client may send: a frame without a mask. */
    static byte[] unmasked(int firstByte, byte[] payload) {
        return join(header(firstByte, payload.length, false), payload);
    }

    /** A frame's header alone, for a payload that comes later or never. */
    static byte[] header(int firstByte, long length, boolean masked) {
        int form = length < 126 ? 0 : length < 65_536 ? 2 : 8;
        return header(firstByte, length, form, masked);
    }

    /** @param form bytes of extended length: 0, 2 or 8, whether that is the shortest or not */
    static byte[] header(int firstByte, long length, int form, boolean masked) {
        ByteBuffer header = ByteBuffer.allocate(2 + form + (masked ? 4 : 0));
        int mask = masked ? MASK : 0;
        header.put((byte) firstByte);
        switch (form) {
            case 0 -> header.put((byte) (mask | length));
            case 2 -> header.put((byte) (mask | 126)).putShort((short) length);
            default -> header.put((byte) (mask | 127)).putLong(length);
        }
        return masked ? header.put(KEY).array() : header.array();
    }

    /** A message in fragments of {@code size} bytes, at least one. */
    static byte[] fragments(int opcode, byte[] message, int size) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(message.length + 64);
        int from = 0;
        do {
            int bytes = Math.min(size, message.length - from);
            byte[] part = new byte[bytes];
            System.arraycopy(message, from, part, 0, bytes);
            int first = from == 0 ? opcode : Frame.CONTINUATION;
            from += bytes;
            out.writeBytes(frame(first | (from == message.length ? FIN : 0), part));
        } while (from < message.length);
        return out.toByteArray();
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    /** Bytes that look random and are the same each time. */
    static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    /** UTF-8 of exactly {@code length} bytes, with sequences of every length in it. */
    static byte[] utf8(int length) {
        byte[] unit = Frame.utf8("Mooring: \u00e4\u20ac\ud83d\ude00 ");
        byte[] text = new byte[length];
        int whole = length / unit.length * unit.length;
        for (int i = 0; i < whole; i++) {
            text[i] = unit[i % unit.length];
        }
        for (int i = whole; i < length; i++) {
            text[i] = '*';
        }
        return text;
    }
}
