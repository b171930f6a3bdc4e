package io.mooring.ws;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The client's side of the opening handshake (RFC 6455, 4.1), for load generators: the key follows
 * from a seed, so that a connection under way needs to remember no more than that. One instance
 * serves all connections of a thread. Not thread safe.
 */
public final class ClientHandshake {
    /** {@link #parse}: nothing is wrong so far, but the response's head is not complete. */
    public static final int NEED_MORE = 0;
    /** {@link #parse}: the server switched protocols and proved that it read the key. */
    public static final int UPGRADE = 101;
    /** {@link #parse}: not HTTP, or a 101 that does not follow the RFC; {@link #problem} tells. */
    public static final int INVALID = -1;

    private static final byte[] GET = ascii("GET ");
    private static final byte[] HOST = ascii(" HTTP/1.1\r\nHost: ");
    private static final byte[] KEY =
            ascii("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ");
    private static final byte[] END = ascii("\r\nSec-WebSocket-Version: 13\r\n\r\n");

    private final HttpHead head;
    private final AcceptKey acceptKey = new AcceptKey();
    private final byte[] key = new byte[AcceptKey.KEY_LENGTH];
    private final byte[] accept = new byte[AcceptKey.ACCEPT_LENGTH];

    /** @param headBytesMax limit of a response's head in bytes, the blank line included */
    public ClientHandshake(int headBytesMax) {
        head = new HttpHead(headBytesMax);
        head.reset();
    }

    /**
     * Writes an upgrade request.
     *
     * @param host    value of the Host header, with the port unless it is 80; ASCII
     * @param path    of the URL, with its query, percent-encoded: begins with '/'
     * @param keySeed what {@link #parse} must be given to verify the answer
     * @return bytes written: {@link #requestLength}
     */
    public static int request(
            MemorySegment mem, long offset, String host, String path, long keySeed) {
        byte[] key = new byte[AcceptKey.KEY_LENGTH];
        key(keySeed, key);
        long at = put(mem, offset, GET);
        at = put(mem, at, ascii(path));
        at = put(mem, at, HOST);
        at = put(mem, at, ascii(host));
        at = put(mem, at, KEY);
        at = put(mem, at, key);
        at = put(mem, at, END);
        return (int) (at - offset);
    }

    /** Bytes that {@link #request} writes. */
    public static int requestLength(String host, String path) {
        return GET.length + path.length() + HOST.length + host.length() + KEY.length
                + AcceptKey.KEY_LENGTH + END.length;
    }

    /**
     * Judges a response's head (4.1, the client's list of checks).
     *
     * @param available bytes at {@code offset}, possibly more than the head
     * @param keySeed   the one of the request
     * @return {@link #NEED_MORE}, {@link #UPGRADE}, {@link #INVALID}, or the status by which the
     *         server refused: 503, for example
     */
    public int parse(MemorySegment mem, long offset, int available, long keySeed) {
        head.reset();
        int scanned = Math.clamp(available, 0, head.bytes.length);
        MemorySegment.copy(mem, ValueLayout.JAVA_BYTE, offset, head.bytes, 0, scanned);
        int status = head.scanResponse(scanned);
        if (status == HttpHead.NEED_MORE && scanned < head.bytes.length) {
            return NEED_MORE;
        }
        if (status == HttpHead.NEED_MORE) {
            return invalid("the response's head is too large");
        }
        if (status != HttpHead.OK) {
            return INVALID;
        }
        return head.responseStatus == UPGRADE ? judge(keySeed) : head.responseStatus;
    }

    /** Bytes of the parsed head, the blank line included: the server's first frame follows. */
    public int headLength() {
        return head.length;
    }

    /** Why the last response was {@link #INVALID}; "" if it was not. */
    public String problem() {
        return head.problem;
    }

    private int judge(long keySeed) {
        if (head.http10 || !head.fields.upgradeToWebSocket || !head.fields.connectionUpgrade) {
            return invalid("the 101 response does not upgrade to websocket");
        }
        if (head.fields.negotiation) {
            return invalid("the server chose a subprotocol or an extension that nobody offered");
        }
        key(keySeed, key);
        acceptKey.accept(key, 0, accept, 0);
        HttpFields.Once answer = head.fields.accept;
        if (answer.count != 1 || !Arrays.equals(
                head.bytes, answer.start, answer.end, accept, 0, accept.length)) {
            return invalid("the Sec-WebSocket-Accept does not answer the key");
        }
        return UPGRADE;
    }

    /** 16 bytes that differ for every seed (splitmix64), in base64. */
    private static void key(long keySeed, byte[] out) {
        byte[] nonce = new byte[16];
        for (int i = 0; i < 2; i++) {
            long mixed = keySeed + (i + 1) * 0x9e37_79b9_7f4a_7c15L;
            mixed = (mixed ^ mixed >>> 30) * 0xbf58_476d_1ce4_e5b9L;
            mixed = (mixed ^ mixed >>> 27) * 0x94d0_49bb_1331_11ebL;
            mixed ^= mixed >>> 31;
            for (int j = 0; j < 8; j++) {
                nonce[8 * i + j] = (byte) (mixed >>> 8 * j);
            }
        }
        AcceptKey.base64(nonce, out, 0);
    }

    private static long put(MemorySegment mem, long offset, byte[] bytes) {
        MemorySegment.copy(bytes, 0, mem, ValueLayout.JAVA_BYTE, offset, bytes.length);
        return offset + bytes.length;
    }

    private int invalid(String why) {
        head.problem = why;
        return INVALID;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
