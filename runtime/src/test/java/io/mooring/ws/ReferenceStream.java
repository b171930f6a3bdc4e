package io.mooring.ws;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A decoder for all bytes of a connection at once, written from the text of RFC 6455 and with
 * nothing of the code under test: bits as strings, lengths as BigInteger, UTF-8 by the JDK. Slow.
 */
final class ReferenceStream {
    private static final byte[][] CONTINUATIONS = continuations();

    private final byte[] in;
    private final boolean masked;
    private final List<String> events = new ArrayList<>();
    private String type;
    private ByteArrayOutputStream message;

    private ReferenceStream(byte[] in, boolean masked) {
        this.in = in;
        this.masked = masked;
    }

    static List<String> decode(byte[] in, boolean masked) {
        ReferenceStream reference = new ReferenceStream(in, masked);
        int at = 0;
        while (at >= 0 && at < in.length) {
            at = reference.frame(at);
        }
        return reference.events;
    }

    /** Where the next frame begins, or -1: an error, a close frame, or the end of the bytes. */
    private int frame(int start) {
        String first = bits(in[start]);
        int opcode = Integer.parseInt(first.substring(4), 2);
        boolean fin = first.charAt(0) == '1';
        boolean control = opcode > 7;
        if (!first.substring(1, 4).equals("000")
                || !List.of(0, 1, 2, 8, 9, 10).contains(opcode) || control && !fin) {
            return error(1002);
        }
        if (start + 1 == in.length) {
            return -1;
        }
        String second = bits(in[start + 1]);
        int length7 = Integer.parseInt(second.substring(1), 2);
        if (second.charAt(0) == '1' != masked || control && length7 > 125) {
            return error(1002);
        }
        int lengthBytes = length7 == 126 ? 2 : length7 == 127 ? 8 : 0;
        BigInteger length = BigInteger.valueOf(length7);
        if (lengthBytes > 0) {
            byte[] field = Arrays.copyOfRange(in, start + 2,
                    Math.min(in.length, start + 2 + lengthBytes));
            if (badLength(field, lengthBytes)) {
                return error(1002);
            }
            length = new BigInteger(1, field);
        }
        int keyAt = start + 2 + lengthBytes;
        int payloadAt = keyAt + (masked ? 4 : 0);
        if (payloadAt > in.length) {
            return -1;
        }
        if (!control && (opcode == 0) != (message != null)) {
            return error(1002);
        }
        boolean complete = length.compareTo(BigInteger.valueOf(in.length - payloadAt)) <= 0;
        byte[] payload = Arrays.copyOfRange(in, payloadAt,
                complete ? payloadAt + length.intValueExact() : in.length);
        for (int i = 0; masked && i < payload.length; i++) {
            payload[i] ^= in[keyAt + i % 4];
        }
        boolean goesOn = control ? !complete || control(opcode, payload)
                : data(opcode, fin && complete, payload);
        return goesOn && complete ? payloadAt + payload.length : -1;
    }

    /** Not minimal, or negative; as far as the first bytes of the field show it. */
    private static boolean badLength(byte[] field, int lengthBytes) {
        if (lengthBytes == 2) {
            return field.length == 2 && new BigInteger(1, field).intValue() <= 125;
        }
        String hex = Bytes.hex(field).replace(" ", "");
        return hex.matches("[89a-f].*") || hex.startsWith("000000000000");
    }

    private boolean control(int opcode, byte[] payload) {
        if (opcode != 8) {
            events.add((opcode == 9 ? "ping " : "pong ") + Bytes.hex(payload));
            return true;
        }
        if (payload.length == 0) {
            events.add("close 1005");
            return false;
        }
        int code = payload.length == 1 ? 0
                : new BigInteger(1, Arrays.copyOf(payload, 2)).intValue();
        if (!List.of(1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014)
                .contains(code) && (code < 3000 || code >= 5000)) {
            error(1002);
        } else if (!isUtf8(Arrays.copyOfRange(payload, 2, payload.length))) {
            error(1007);
        } else {
            events.add("close " + code);
        }
        return false;
    }

    private boolean data(int opcode, boolean last, byte[] payload) {
        if (opcode != 0) {
            type = opcode == 1 ? "text " : "binary ";
            message = new ByteArrayOutputStream();
        }
        message.writeBytes(payload);
        byte[] bytes = message.toByteArray();
        boolean text = type.equals("text ");
        if (text && !(last ? isUtf8(bytes) : canBecomeUtf8(bytes))) {
            error(1007);
            return false;
        }
        if (last) {
            events.add(type + (text ? new String(bytes, StandardCharsets.UTF_8)
                    : Bytes.hex(bytes)));
            message = null;
        }
        return true;
    }

    /** Tries: whatever is missing is at most three continuation bytes, and these will do. */
    private static boolean canBecomeUtf8(byte[] bytes) {
        for (byte[] rest : CONTINUATIONS) {
            if (isUtf8(Bytes.concat(bytes, rest))) {
                return true;
            }
        }
        return false;
    }

    private static byte[][] continuations() {
        List<byte[]> all = new ArrayList<>();
        all.add(new byte[0]);
        // One of each range that table 3-7 of Unicode tells apart: 80-8F, 90-9F, A0-BF.
        for (byte first : Bytes.hex("80 90 a0")) {
            all.add(new byte[] {first});
            all.add(new byte[] {first, (byte) 0x80});
            all.add(new byte[] {first, (byte) 0x80, (byte) 0x80});
        }
        return all.toArray(byte[][]::new);
    }

    private static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    private int error(int code) {
        events.add("error " + code);
        return -1;
    }

    private static String bits(byte b) {
        return Integer.toBinaryString(0x100 | b & 0xff).substring(1);
    }
}
