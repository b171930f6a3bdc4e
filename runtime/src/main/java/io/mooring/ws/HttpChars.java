package io.mooring.ws;

import java.nio.charset.StandardCharsets;

/** Which bytes may stand where in the head of an HTTP/1.1 message (RFC 9110, 5.6.2; RFC 9112). */
final class HttpChars {
    /** A method or a header's name: {@code tchar}. */
    static final int TOKEN = 1;
    /** A header's value: tab, space, visible, and the bytes from 80 up that old agents send. */
    static final int VALUE = 2;
    /** A request target, see below. */
    static final int TARGET = 4;
    /** A host's name or IPv4 address: {@code reg-name}. */
    static final int HOST = 8;
    /** Inside the brackets of an IPv6 address. */
    static final int IP6 = 16;
    static final int DIGIT = 32;

    private static final byte[] CLASSES = classes();

    private HttpChars() {
    }

    static boolean is(int charClass, byte b) {
        return (CLASSES[b & 0xff] & charClass) != 0;
    }

    /** Index of the first byte from {@code start} that is not of that class, or {@code end}. */
    static int skip(int charClass, byte[] bytes, int start, int end) {
        int i = start;
        while (i < end && is(charClass, bytes[i])) {
            i++;
        }
        return i;
    }

    /** Index of the first byte that is neither space nor tab, or {@code end}. */
    static int skipSpace(byte[] bytes, int start, int end) {
        int i = start;
        while (i < end && (bytes[i] == ' ' || bytes[i] == '\t')) {
            i++;
        }
        return i;
    }

    /** Index after the last byte that is neither space nor tab, or {@code start}. */
    static int trimSpace(byte[] bytes, int start, int end) {
        int i = end;
        while (i > start && (bytes[i - 1] == ' ' || bytes[i - 1] == '\t')) {
            i--;
        }
        return i;
    }

    /**
     * ASCII only, so that no locale has a say.
     *
     * @param lower lower-case letters and '-'
     */
    static boolean equalsIgnoreCase(byte[] bytes, int start, int end, byte[] lower) {
        if (end - start != lower.length) {
            return false;
        }
        for (int i = 0; i < lower.length; i++) {
            // 0x20 turns A-Z into a-z. The one other byte that it turns into a letter or '-' is
            // CR, which neither a name nor a value has.
            if ((bytes[start + i] | 0x20) != lower[i]) {
                return false;
            }
        }
        return true;
    }

    /** A constant for {@link #equalsIgnoreCase}. */
    static byte[] lower(String lower) {
        return lower.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] classes() {
        byte[] classes = new byte[256];
        for (int b = 0; b < 256; b++) {
            boolean digit = b >= '0' && b <= '9';
            boolean alphanumeric = digit || (b | 0x20) >= 'a' && (b | 0x20) <= 'z';
            boolean visible = b > ' ' && b < 0x7f;
            int bits = digit ? DIGIT : 0;
            if (alphanumeric || visible && "!#$%&'*+-.^_`|~".indexOf(b) >= 0) {
                bits |= TOKEN;
            }
            if (visible || b >= 0x80 || b == ' ' || b == '\t') {
                bits |= VALUE;
            }
            // More than RFC 3986 allows, but what browsers do send unescaped in a query (WHATWG
            // URL, "query percent-encode set"): a server that refused '|' would refuse real pages.
            if (visible && "\"#<>".indexOf(b) < 0) {
                bits |= TARGET;
            }
            if (alphanumeric || visible && "-._~%!$&'()*+,;=".indexOf(b) >= 0) {
                bits |= HOST;
            }
            if (digit || (b | 0x20) >= 'a' && (b | 0x20) <= 'f' || b == ':' || b == '.') {
                bits |= IP6;
            }
            classes[b] = (byte) bits;
        }
        return classes;
    }
}
