package io.mooring.ws;

import static io.mooring.ws.HttpChars.DIGIT;
import static io.mooring.ws.HttpChars.TARGET;
import static io.mooring.ws.HttpChars.TOKEN;
import static io.mooring.ws.HttpChars.VALUE;

import java.nio.charset.StandardCharsets;

/**
 * The grammar of an HTTP/1.1 head (RFC 9112, 2 to 6), strict wherever leniency has let requests be
 * smuggled. One pass, byte by byte, in order: the first byte that is wrong decides, so a prefix of
 * a head never gets another answer than the whole, only {@link #NEED_MORE}.
 *
 * <p>{@link Handshake} and {@link ClientHandshake} fill {@link #bytes} and apply the rules of
 * RFC 6455 to what is found there. Positions are indexes of {@link #bytes}, ends exclusive.
 */
final class HttpHead {
    static final int NEED_MORE = 0;
    static final int OK = 1;

    /** Longest target in bytes; browsers and proxies fail beyond that, too. */
    static final int TARGET_MAX = 2048;
    /** Longest method in bytes; the longest one registered has 17. */
    static final int METHOD_MAX = 32;

    private static final byte[] HTTP = "HTTP/1.1".getBytes(StandardCharsets.US_ASCII);
    private static final int MAJOR = 5;
    private static final byte[] ABSOLUTE = HttpChars.lower("http");

    private static final String BAD_STATUS = "the status line has no status";
    private static final String BARE_LF = "a line of the head ends in LF instead of CRLF";

    /** The head, or as much as is here; the rest is of an earlier one. */
    final byte[] bytes;
    /** The first byte that the scan has not passed. */
    private int pos;

    /** Why the last scan failed, or "". */
    String problem;
    /** Length of the whole head with its blank line; 0 until that was reached without an error. */
    int length;
    private int headersStart;

    // The request line, or the status line.
    int methodEnd;
    int targetStart;
    int targetEnd;
    boolean http10;
    int responseStatus;

    final HttpFields fields;

    HttpHead(int bytesMax) {
        bytes = new byte[bytesMax];
        fields = new HttpFields(bytes);
    }

    /** Forgets the last head, so that nothing of it can answer for the next. */
    void reset() {
        pos = 0;
        problem = "";
        length = 0;
        headersStart = 0;
        methodEnd = 0;
        targetStart = 0;
        targetEnd = 0;
        http10 = false;
        responseStatus = 0;
        fields.reset();
    }

    /** Scans {@code end} bytes: {@link #NEED_MORE}, {@link #OK} or the HTTP status of the error. */
    int scanRequest(int end) {
        int status = method(end);
        if (status == OK) {
            status = target(end);
        }
        if (status == OK) {
            status = httpVersion(end);
        }
        if (status == OK) {
            status = lineBreak(end);
        }
        return status == OK ? headers(end) : status;
    }

    /** The same for a response, where an error's status means no more than that. */
    int scanResponse(int end) {
        int status = httpVersion(end);
        if (status == OK) {
            status = responseStatus(end);
        }
        return status == OK ? headers(end) : status;
    }

    private int method(int end) {
        // No empty lines before the request line: RFC 9112, 2.2 has a server skip them for the
        // sake of clients that sent too much after a body, and here every connection is new.
        while (pos < end && HttpChars.is(TOKEN, bytes[pos])) {
            if (++pos > METHOD_MAX) {
                return fail(400, "this is not HTTP: the method is too long");
            }
        }
        if (pos == end) {
            return NEED_MORE;
        }
        if (pos == 0 || bytes[pos] != ' ') {
            return fail(400, "this is not HTTP: a request begins with a method and a space");
        }
        methodEnd = pos;
        targetStart = ++pos;
        return OK;
    }

    private int target(int end) {
        while (pos < end && HttpChars.is(TARGET, bytes[pos])) {
            if (pos == targetStart && "/*hH".indexOf(bytes[pos]) < 0) {
                return fail(400, "the request target must begin with '/'");
            }
            if (++pos - targetStart > TARGET_MAX) {
                return fail(414, "the request target is longer than 2048 bytes");
            }
        }
        if (pos == end) {
            return NEED_MORE;
        }
        if (bytes[pos] != ' ') {
            return fail(400, "a byte in the request target must be percent-encoded");
        }
        String wrong = targetProblem(pos++);
        if (wrong != null) {
            return fail(400, wrong);
        }
        targetEnd = pos - 1;
        return OK;
    }

    /** Origin form, asterisk form or absolute form (RFC 9112, 3.2); null if it is one of them. */
    private String targetProblem(int end) {
        return switch (bytes[targetStart]) {
            case '/' -> null;
            case '*' -> end - targetStart == 1 ? null : "the request target must begin with '/'";
            default -> authorityStart(end) >= 0 ? null
                    : "the request target must begin with '/', http:// or https://";
        };
    }

    /** Where the authority of an absolute target begins, or -1 if it has none. */
    private int authorityStart(int end) {
        int colon = targetStart + ABSOLUTE.length;
        if (colon >= end || !HttpChars.equalsIgnoreCase(bytes, targetStart, colon, ABSOLUTE)) {
            return -1;
        }
        if ((bytes[colon] | 0x20) == 's') {
            colon++;
        }
        boolean absolute = end - colon > 3
                && bytes[colon] == ':' && bytes[colon + 1] == '/' && bytes[colon + 2] == '/'
                && bytes[colon + 3] != '/' && bytes[colon + 3] != '?';
        return absolute ? colon + 3 : -1;
    }

    /** Where the path begins: past the authority of an absolute target (RFC 9112, 3.2.2). */
    int pathStart() {
        int start = targetStart;
        if (start < targetEnd && bytes[start] != '/' && bytes[start] != '*') {
            start = authorityStart(targetEnd);
            while (start < targetEnd && bytes[start] != '/' && bytes[start] != '?') {
                start++;
            }
        }
        return start;
    }

    private int httpVersion(int end) {
        for (int i = 0; i < HTTP.length; i++, pos++) {
            if (pos == end) {
                return NEED_MORE;
            }
            byte b = bytes[pos];
            boolean digit = HttpChars.is(DIGIT, HTTP[i]);
            if (digit ? !HttpChars.is(DIGIT, b) : b != HTTP[i]) {
                return fail(400, "the first line does not say HTTP/1.1");
            }
            if (digit && b != '1' && (b != '0' || i == MAJOR)) {
                return fail(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
            }
        }
        http10 = bytes[pos - 1] == '0';
        return OK;
    }

    /** A space, three digits, and whatever reason up to the end of the line (RFC 9112, 4). */
    private int responseStatus(int end) {
        int start = pos;
        pos = HttpChars.skip(VALUE, bytes, pos, end);
        for (int i = start; i < pos && i < start + 5; i++) {
            boolean digit = i > start && i < start + 4;
            if (digit ? !HttpChars.is(DIGIT, bytes[i]) : bytes[i] != ' ') {
                return fail(400, BAD_STATUS);
            }
            responseStatus = digit ? responseStatus * 10 + bytes[i] - '0' : responseStatus;
        }
        if (pos < end && (pos - start < 4 || responseStatus < 100)) {
            return fail(400, BAD_STATUS);
        }
        return lineBreak(end);
    }

    private int headers(int end) {
        headersStart = pos;
        int status = OK;
        // Ends: every line takes at least two of at most bytes.length bytes.
        while (status == OK && length == 0) {
            status = line(end);
        }
        return status;
    }

    /** CRLF and nothing else: where two parsers disagree on lone ones, requests are smuggled. */
    private int lineBreak(int end) {
        if (pos == end) {
            return NEED_MORE;
        }
        if (bytes[pos] != '\r') {
            return fail(400, bytes[pos] == '\n' ? BARE_LF
                    : HttpChars.is(VALUE, bytes[pos])
                    ? "the first line goes on after its HTTP version"
                    : "there is a control character in the head");
        }
        if (pos + 1 == end) {
            return NEED_MORE;
        }
        if (bytes[pos + 1] != '\n') {
            return fail(400, "a CR in the head is not followed by LF");
        }
        pos += 2;
        return OK;
    }

    private int line(int end) {
        if (pos == end) {
            return NEED_MORE;
        }
        if (bytes[pos] == '\r') {
            int status = lineBreak(end);
            length = status == OK ? pos : 0;
            return status;
        }
        int nameStart = pos;
        pos = HttpChars.skip(TOKEN, bytes, pos, end);
        if (pos == end) {
            return NEED_MORE;
        }
        if (bytes[pos] != ':' || pos == nameStart) {
            return fail(400, nameProblem(pos == nameStart));
        }
        int nameEnd = pos;
        int valueEnd = HttpChars.skip(VALUE, bytes, nameEnd + 1, end);
        pos = valueEnd;
        int status = lineBreak(end);
        if (status != OK) {
            return status;
        }
        String wrong = fields.note(nameStart, nameEnd, nameEnd + 1, valueEnd);
        return wrong == null ? OK : fail(400, wrong);
    }

    private String nameProblem(boolean atStart) {
        boolean space = bytes[pos] == ' ' || bytes[pos] == '\t';
        return bytes[pos] == '\n' ? BARE_LF
                : space && atStart ? "a header line is folded (RFC 9112, 5.2)"
                : space ? "there is whitespace between a header's name and its colon"
                : "a header line has no proper name";
    }

    /**
     * The values of all headers of that name, joined by ", " (RFC 9110, 5.2), or null if there is
     * none or the head is not whole. Allocates.
     */
    String header(String name) {
        String values = null;
        int at = headersStart;
        while (at < length - 2) {
            int colon = at;
            while (bytes[colon] != ':') {
                colon++;
            }
            int lineEnd = colon;
            while (bytes[lineEnd] != '\r') {
                lineEnd++;
            }
            if (colon - at == name.length() && text(at, colon).equalsIgnoreCase(name)) {
                int start = HttpChars.skipSpace(bytes, colon + 1, lineEnd);
                String value = text(start, HttpChars.trimSpace(bytes, start, lineEnd));
                values = values == null ? value : values + ", " + value;
            }
            at = lineEnd + 2;
        }
        return values;
    }

    String text(int start, int end) {
        return new String(bytes, start, end - start, StandardCharsets.ISO_8859_1);
    }

    private int fail(int status, String why) {
        problem = why;
        return status;
    }
}
