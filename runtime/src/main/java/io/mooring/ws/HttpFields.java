package io.mooring.ws;

/**
 * What the headers of one HTTP/1.1 head say, as far as it decides something: framing (RFC 9112, 6),
 * Host (3.2) and the opening handshake (RFC 6455, 4). {@link HttpHead} finds the lines.
 */
final class HttpFields {
    /** A header that may come once at most. Where it came more often, the last one's position. */
    static final class Once {
        int count;
        int start;
        int end;

        private void reset() {
            count = 0;
            start = 0;
            end = 0;
        }

        private void note(int valueStart, int valueEnd) {
            count++;
            start = valueStart;
            end = valueEnd;
        }
    }

    private static final byte[] HOST = HttpChars.lower("host");
    private static final byte[] EXPECT = HttpChars.lower("expect");
    private static final byte[] CONTINUE = HttpChars.lower("100-continue");
    private static final byte[] UPGRADE = HttpChars.lower("upgrade");
    private static final byte[] CONNECTION = HttpChars.lower("connection");
    private static final byte[] WEBSOCKET = HttpChars.lower("websocket");
    private static final byte[] CONTENT_LENGTH = HttpChars.lower("content-length");
    private static final byte[] TRANSFER_ENCODING = HttpChars.lower("transfer-encoding");
    private static final byte[] KEY = HttpChars.lower("sec-websocket-key");
    private static final byte[] VERSION = HttpChars.lower("sec-websocket-version");
    private static final byte[] ACCEPT = HttpChars.lower("sec-websocket-accept");
    private static final byte[] PROTOCOL = HttpChars.lower("sec-websocket-protocol");
    private static final byte[] EXTENSIONS = HttpChars.lower("sec-websocket-extensions");

    private static final String BAD_HOST = "the Host header is not a host";
    private static final String TWO_LENGTHS =
            "there are both Content-Length and Transfer-Encoding";

    private final byte[] bytes;

    /** There was a Host, and it was good. */
    boolean host;
    /** Upgrade lists websocket. */
    boolean upgradeToWebSocket;
    /** Connection lists upgrade. */
    boolean connectionUpgrade;
    boolean transferEncoding;
    /** Expect is 100-continue. */
    boolean expectContinue;
    /** Expect is something else, or there are several. */
    boolean expectOther;
    /** -1 if there is none; Integer.MAX_VALUE for that and above. */
    int contentLength;
    /** A subprotocol or an extension is offered (request) or chosen (response). */
    boolean negotiation;
    final Once key = new Once();
    final Once version = new Once();
    final Once accept = new Once();

    /** @param bytes of the head, which {@link HttpHead} shares */
    HttpFields(byte[] bytes) {
        this.bytes = bytes;
    }

    void reset() {
        host = false;
        upgradeToWebSocket = false;
        connectionUpgrade = false;
        transferEncoding = false;
        expectContinue = false;
        expectOther = false;
        contentLength = -1;
        negotiation = false;
        key.reset();
        version.reset();
        accept.reset();
    }

    /** Takes note of one header; null, or why the message is malformed. */
    String note(int nameStart, int nameEnd, int rawStart, int rawEnd) {
        int start = HttpChars.skipSpace(bytes, rawStart, rawEnd);
        int end = HttpChars.trimSpace(bytes, start, rawEnd);
        // By length first: most headers of a browser need no comparison at all.
        switch (nameEnd - nameStart) {
            case 4 -> {
                return named(nameStart, nameEnd, HOST) ? host(start, end) : null;
            }
            case 6 -> {
                if (named(nameStart, nameEnd, EXPECT)) {
                    expect(start, end);
                }
            }
            case 7 -> upgradeToWebSocket |= named(nameStart, nameEnd, UPGRADE)
                    && listContains(start, end, WEBSOCKET);
            case 10 -> connectionUpgrade |= named(nameStart, nameEnd, CONNECTION)
                    && listContains(start, end, UPGRADE);
            case 14 -> {
                return named(nameStart, nameEnd, CONTENT_LENGTH)
                        ? contentLength(start, end) : null;
            }
            case 17 -> {
                if (named(nameStart, nameEnd, KEY)) {
                    key.note(start, end);
                }
                return named(nameStart, nameEnd, TRANSFER_ENCODING) ? transferEncoding() : null;
            }
            case 20 -> {
                if (named(nameStart, nameEnd, ACCEPT)) {
                    accept.note(start, end);
                }
            }
            case 21 -> {
                if (named(nameStart, nameEnd, VERSION)) {
                    version.note(start, end);
                }
            }
            case 22 -> negotiation |= named(nameStart, nameEnd, PROTOCOL);
            case 24 -> negotiation |= named(nameStart, nameEnd, EXTENSIONS);
            default -> {
                // Nothing that decides anything; header() finds it.
            }
        }
        return null;
    }

    /** {@code uri-host [ ":" port ]} (RFC 9110, 7.2), not empty: http has no URI without a host. */
    private String host(int start, int end) {
        if (host) {
            return "there are two Host headers";
        }
        boolean bracket = start < end && bytes[start] == '[';
        int hostStart = bracket ? start + 1 : start;
        int hostEnd = HttpChars.skip(
                bracket ? HttpChars.IP6 : HttpChars.HOST, bytes, hostStart, end);
        int i = hostEnd;
        if (hostEnd == hostStart || bracket && (i == end || bytes[i++] != ']')) {
            return BAD_HOST;
        }
        if (i < end && bytes[i] == ':') {
            i = HttpChars.skip(HttpChars.DIGIT, bytes, i + 1, end);
        }
        host = i == end;
        return host ? null : BAD_HOST;
    }

    /** Digits, once (RFC 9112, 6.3, 5): a list of equal lengths is legal but never sent. */
    private String contentLength(int start, int end) {
        if (contentLength >= 0) {
            return "there are two Content-Length headers";
        }
        if (transferEncoding) {
            return TWO_LENGTHS;
        }
        if (start == end || HttpChars.skip(HttpChars.DIGIT, bytes, start, end) != end) {
            return "the Content-Length is not a number";
        }
        long value = 0;
        for (int i = start; i < end; i++) {
            // Stops growing where any limit has long been passed, so that it cannot wrap.
            value = Math.min(value * 10 + bytes[i] - '0', Integer.MAX_VALUE);
        }
        contentLength = (int) value;
        return null;
    }

    private void expect(int start, int end) {
        if (!expectContinue && named(start, end, CONTINUE)) {
            expectContinue = true;
        } else {
            expectOther = true;
        }
    }

    private String transferEncoding() {
        transferEncoding = true;
        return contentLength >= 0 ? TWO_LENGTHS : null;
    }

    private boolean named(int start, int end, byte[] lower) {
        return HttpChars.equalsIgnoreCase(bytes, start, end, lower);
    }

    /** True if the comma-separated list of tokens has {@code lower} (RFC 9110, 5.6.1). */
    private boolean listContains(int start, int end, byte[] lower) {
        int item = start;
        while (item < end) {
            int comma = item;
            while (comma < end && bytes[comma] != ',') {
                comma++;
            }
            int from = HttpChars.skipSpace(bytes, item, comma);
            int to = HttpChars.trimSpace(bytes, from, comma);
            if (HttpChars.equalsIgnoreCase(bytes, from, to, lower)) {
                return true;
            }
            item = comma + 1;
        }
        return false;
    }
}
