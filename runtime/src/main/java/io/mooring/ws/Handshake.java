package io.mooring.ws;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The server's side of the opening handshake (RFC 6455, 4.2), and as much of HTTP/1.1 (RFC 9112) as
 * routing a plain request takes. One instance serves all connections of a reactor, one after the
 * other: {@link #parse} overwrites what it found before. Not thread safe.
 *
 * <p>Keeps no state between calls: with more bytes the caller parses again from the start. The cost
 * of a peer that dribbles is bounded by {@code headBytesMax} bytes a call, and whatever can be
 * judged from a prefix is refused with the prefix.
 */
public final class Handshake {
    /** {@link #parse}: nothing is wrong so far, but the head is not complete. */
    public static final int NEED_MORE = 0;
    /** {@link #parse}: a well-formed upgrade to WebSocket; answer with {@link #response}. */
    public static final int UPGRADE = 101;
    /** {@link #parse}: a well-formed HTTP/1.x request for something else. */
    public static final int PLAIN = 200;

    /** Bytes of the 101 response. */
    public static final int RESPONSE_LENGTH = 129;

    private static final byte[] GET = "GET".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] VERSION = "13".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] RESPONSE_START = ("HTTP/1.1 101 Switching Protocols\r\n"
            + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ")
            .getBytes(StandardCharsets.US_ASCII);

    private final HttpHead head;
    private final AcceptKey acceptKey = new AcceptKey();
    private final byte[] response = new byte[RESPONSE_LENGTH];
    private int result;

    /**
     * @param headBytesMax limit of a request's head in bytes, the blank line included; so much
     *                     memory is kept for a copy of it
     */
    public Handshake(int headBytesMax) {
        if (headBytesMax < 64) {
            throw new IllegalArgumentException("headBytesMax " + headBytesMax
                    + " is too small for any request; 8192 is usual");
        }
        head = new HttpHead(headBytesMax);
        head.reset();
        System.arraycopy(RESPONSE_START, 0, response, 0, RESPONSE_START.length);
        response[RESPONSE_LENGTH - 4] = '\r';
        response[RESPONSE_LENGTH - 3] = '\n';
        response[RESPONSE_LENGTH - 2] = '\r';
        response[RESPONSE_LENGTH - 1] = '\n';
        assert RESPONSE_START.length + AcceptKey.ACCEPT_LENGTH + 4 == RESPONSE_LENGTH;
    }

    /**
     * Judges a request's head. Takes a copy, so that the bytes may be overwritten right after.
     *
     * @param available bytes at {@code offset} from the start of the request, possibly more than
     *                  the head
     * @return {@link #NEED_MORE}, {@link #UPGRADE}, {@link #PLAIN}, or the HTTP status to refuse
     *         the request with, which {@link #problem} explains: 400 malformed; 405 an otherwise
     *         good upgrade that is no GET; 414 target longer than 2,048 bytes; 426 a
     *         Sec-WebSocket-Version other than 13, or none; 431 head longer than the limit; 505
     *         neither HTTP/1.1 nor 1.0
     */
    public int parse(MemorySegment mem, long offset, int available) {
        head.reset();
        int scanned = Math.clamp(available, 0, head.bytes.length);
        MemorySegment.copy(mem, ValueLayout.JAVA_BYTE, offset, head.bytes, 0, scanned);
        int status = head.scanRequest(scanned);
        if (status == HttpHead.OK) {
            result = judge();
        } else if (status == HttpHead.NEED_MORE && scanned == head.bytes.length) {
            result = fail(431, "the request's head is too large");
        } else {
            result = status;
        }
        assert invariants();
        return result;
    }

    /** Bytes of the parsed head, the blank line included: the first frame, or the body, follows. */
    public int headLength() {
        return head.length;
    }

    /** The method of the parsed request, as it was sent: methods are case-sensitive. Allocates. */
    public String method() {
        return head.text(0, head.methodEnd);
    }

    /**
     * The path of the parsed request, not percent-decoded, without query; "/" where an absolute
     * target has none, "*" for {@code OPTIONS *}. Allocates.
     */
    public String path() {
        int start = head.pathStart();
        int end = queryMark(start);
        return start == end && head.targetEnd > head.targetStart ? "/" : head.text(start, end);
    }

    /** What follows the first '?' of the target, not percent-decoded, "" if none. Allocates. */
    public String query() {
        int mark = queryMark(head.pathStart());
        return mark < head.targetEnd ? head.text(mark + 1, head.targetEnd) : "";
    }

    /**
     * The value of a header of a request that {@link #parse} read to its end, without the spaces
     * around it, in ISO 8859-1; several of the same name are joined by ", " (RFC 9110, 5.2), so
     * that a doubled Origin equals no allowed one. Allocates.
     *
     * @param name in any case
     * @return null if there is no such header
     */
    public String header(String name) {
        return head.header(name);
    }

    /**
     * Bytes of the body that follows the head, -1 if the request does not say; {@link
     * Integer#MAX_VALUE} stands for that and anything larger.
     */
    public int contentLength() {
        return head.fields.contentLength;
    }

    /**
     * True if the body comes in chunks (RFC 9112, 6.1) and {@link #contentLength} is therefore -1.
     * A server that does not read them answers 411.
     */
    public boolean hasTransferEncoding() {
        return head.fields.transferEncoding;
    }

    /**
     * True if the peer waits for "100 Continue" before it sends the body. HTTP/1.0 has no such
     * thing, and what is sent there is ignored (RFC 9110, 10.1.1).
     */
    public boolean expectsContinue() {
        return head.fields.expectContinue && !head.fields.expectOther && !head.http10;
    }

    /** True if the peer expects what nobody here knows, which is answered 417. */
    public boolean expectsOther() {
        return head.fields.expectOther && !head.http10;
    }

    /**
     * Copies the parsed head, {@link #headLength} bytes, to where the caller keeps it for a second
     * {@link #parse}; it comes from the copy, wherever the request itself was.
     */
    public void copyHead(MemorySegment mem, long offset) {
        MemorySegment.copy(head.bytes, 0, mem, ValueLayout.JAVA_BYTE, offset, head.length);
    }

    /** Why the last request was refused, for the response's body and the log; "" if it was not. */
    public String problem() {
        return head.problem;
    }

    /**
     * Writes the 101 response to the request that {@link #parse} found to be {@link #UPGRADE}
     * (4.2.2). {@code offset} may be where the request was.
     *
     * @return bytes written: {@link #RESPONSE_LENGTH}
     * @throws IllegalStateException if the last result was not UPGRADE
     */
    public int response(MemorySegment mem, long offset) {
        if (result != UPGRADE) {
            throw new IllegalStateException("the last request was no upgrade but " + result);
        }
        acceptKey.accept(head.bytes, head.fields.key.start, response, RESPONSE_START.length);
        MemorySegment.copy(response, 0, mem, ValueLayout.JAVA_BYTE, offset, RESPONSE_LENGTH);
        return RESPONSE_LENGTH;
    }

    /**
     * A whole response that ends the connection: status line, Content-Type, Content-Length (but
     * for 204 and 304: RFC 9110, 8.6), Connection: close, extra lines, body. 426 also
     * offers WebSocket version 13; 405 allows GET unless an extra line says otherwise. There is no
     * Date: nothing here has a clock.
     *
     * @param contentType      null for a response without a body
     * @param extraHeaderLines such as "Retry-After: 5", without line breaks
     * @throws IllegalArgumentException for control characters in a header, which could split the
     *                                  response
     */
    public static byte[] httpResponse(
            int status, String contentType, byte[] body, String... extraHeaderLines) {
        return HttpResponses.build(status, contentType, body, extraHeaderLines);
    }

    /** What only the whole head shows: RFC 9112, 3.2 and 6.1, then RFC 6455, 4.2.1. */
    private int judge() {
        if (!head.http10 && !head.fields.host) {
            return fail(400, "HTTP/1.1 needs a Host header");
        }
        if (head.http10 && head.fields.transferEncoding) {
            return fail(400, "HTTP/1.0 has no Transfer-Encoding");
        }
        if (head.bytes[head.targetStart] == '*' && !"OPTIONS".equals(method())) {
            return fail(400, "only OPTIONS has the request target *");
        }
        return head.fields.upgradeToWebSocket ? judgeUpgrade() : PLAIN;
    }

    private int judgeUpgrade() {
        if (head.http10) {
            return fail(400, "an upgrade needs HTTP/1.1");
        }
        if (!head.fields.connectionUpgrade) {
            return fail(400, "Upgrade: websocket without Connection: Upgrade; is there a proxy?");
        }
        if (head.fields.transferEncoding || head.fields.contentLength > 0) {
            // Otherwise one party takes for a body what the other takes for frames.
            return fail(400, "an upgrade has no body");
        }
        HttpFields.Once version = head.fields.version;
        if (version.count > 1) {
            return fail(400, "there are two Sec-WebSocket-Version headers");
        }
        // Before the key: another version may have other keys.
        if (!is(version.start, version.end, VERSION)) {
            return fail(426, "only Sec-WebSocket-Version 13 is spoken here");
        }
        HttpFields.Once key = head.fields.key;
        if (key.count != 1) {
            return fail(400, key.count == 0 ? "there is no Sec-WebSocket-Key"
                    : "there are two Sec-WebSocket-Key headers");
        }
        if (!AcceptKey.isKey(head.bytes, key.start, key.end)) {
            return fail(400, "the Sec-WebSocket-Key is not the base64 of 16 bytes");
        }
        return is(0, head.methodEnd, GET) ? UPGRADE : fail(405, "an upgrade must be a GET");
    }

    private boolean is(int start, int end, byte[] wanted) {
        return Arrays.equals(head.bytes, start, end, wanted, 0, wanted.length);
    }

    private int queryMark(int start) {
        int mark = start;
        while (mark < head.targetEnd && head.bytes[mark] != '?') {
            mark++;
        }
        return mark;
    }

    private int fail(int status, String why) {
        head.problem = why;
        return status;
    }

    /** True, or the parser is broken: a result and what was found for it go together. */
    boolean invariants() {
        boolean whole = result == UPGRADE || result == PLAIN;
        return head.length <= head.bytes.length
                && head.problem.isEmpty() == (whole || result == NEED_MORE)
                && (!whole || head.length > 0);
    }
}
