package io.mooring.ws;

import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Sec-WebSocket-Accept: base64(SHA-1(key + GUID)) (RFC 6455, 1.3 and 4.2.2). Buffers and digest are
 * reused, so that a million handshakes leave no garbage. Not thread safe.
 */
final class AcceptKey {
    /** Bytes of Sec-WebSocket-Key: 16 in base64. */
    static final int KEY_LENGTH = 24;
    /** Bytes of Sec-WebSocket-Accept: 20 in base64. */
    static final int ACCEPT_LENGTH = 28;

    private static final byte[] GUID =
            "258EAFA5-E914-47DA-95CA-C5AB0DC85B11".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] BASE64 =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
                    .getBytes(StandardCharsets.US_ASCII);
    private static final int SHA1_LENGTH = 20;

    private final MessageDigest sha1 = sha1();
    private final byte[] input = new byte[KEY_LENGTH + GUID.length];
    private final byte[] digest = new byte[SHA1_LENGTH];

    AcceptKey() {
        System.arraycopy(GUID, 0, input, KEY_LENGTH, GUID.length);
    }

    /** True if that is the base64 of 16 bytes (4.1, 7): 22 digits and "==". */
    static boolean isKey(byte[] bytes, int start, int end) {
        if (end - start != KEY_LENGTH || bytes[end - 1] != '=' || bytes[end - 2] != '=') {
            return false;
        }
        for (int i = start; i < end - 2; i++) {
            byte b = bytes[i];
            boolean letter = (b | 0x20) >= 'a' && (b | 0x20) <= 'z';
            if (!letter && !HttpChars.is(HttpChars.DIGIT, b) && b != '+' && b != '/') {
                return false;
            }
        }
        return true;
    }

    /** Writes the {@value #ACCEPT_LENGTH} bytes that answer the key. */
    void accept(byte[] key, int keyStart, byte[] out, int outStart) {
        System.arraycopy(key, keyStart, input, 0, KEY_LENGTH);
        sha1.update(input, 0, input.length);
        try {
            sha1.digest(digest, 0, SHA1_LENGTH);
        } catch (DigestException e) {
            throw new AssertionError("SHA-1 has 20 bytes", e);
        }
        base64(digest, out, outStart);
    }

    /** Encodes all of {@code source}, padded (RFC 4648, 4). */
    static void base64(byte[] source, byte[] out, int outStart) {
        int at = outStart;
        for (int i = 0; i < source.length; i += 3) {
            int left = source.length - i;
            int bits = (source[i] & 0xff) << 16
                    | (left > 1 ? (source[i + 1] & 0xff) << 8 : 0)
                    | (left > 2 ? source[i + 2] & 0xff : 0);
            out[at++] = BASE64[bits >>> 18];
            out[at++] = BASE64[bits >>> 12 & 63];
            out[at++] = left > 1 ? BASE64[bits >>> 6 & 63] : (byte) '=';
            out[at++] = left > 2 ? BASE64[bits & 63] : (byte) '=';
        }
    }

    private static MessageDigest sha1() {
        try {
            return MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime lacks SHA-1, which every one has;"
                    + " check security.provider in its java.security", e);
        }
    }
}
