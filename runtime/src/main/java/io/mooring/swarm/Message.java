package io.mooring.swarm;

import io.mooring.sys.OffHeap;
import io.mooring.ws.FrameEncoder;
import io.mooring.ws.Mask;
import io.mooring.ws.Opcode;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

/**
 * What is sent: 4 bytes of number, 4 of sender, 8 of intended sending time (nanoTime), then a
 * stretch of one fixed random text that depends on number and sender. So each byte that comes back
 * can be told right from wrong knowing only its place, by a comparison of whole vectors.
 */
final class Message {
    static final int PREFIX = 16;
    static final int BYTES_MAX = 256 << 20;
    static final int TAG = 4;
    static final int STAMP = 8;
    private static final int HEADER_MAX = 14;

    /** The text goes round; it stands twice, so that a piece as long is in one piece anywhere. */
    private static final int ROUND = 1 << 16;
    private static final long TEXT = text();

    private Message() {
    }

    private static long text() {
        byte[] round = new byte[ROUND];
        new SplittableRandom(1).nextBytes(round);
        long address = OffHeap.map(2L * ROUND);
        OffHeap.copy(round, 0, address, ROUND);
        OffHeap.copy(round, 0, address + ROUND, ROUND);
        return address;
    }

    /** Where in the text the message begins. */
    private static int start(int number, int tag) {
        int mixed = (number * 0x9e37_79b9 ^ tag) * 0x85eb_ca6b;
        return mixed >>> 16;
    }

    /**
     * Whether these bytes are those of the message from {@code position} (at least {@link
     * #PREFIX}) on.
     */
    static boolean matches(int number, int tag, int position, long address, int bytes) {
        int start = start(number, tag);
        long end = address + bytes;
        for (long at = address; at < end; ) {
            int place = start + position & ROUND - 1;
            int piece = (int) Math.min(end - at, ROUND);
            if (MemorySegment.mismatch(OffHeap.ALL, at, at + piece, OffHeap.ALL, TEXT + place,
                    TEXT + place + piece) >= 0) {
                return false;
            }
            at += piece;
            position += piece;
        }
        return true;
    }

    /** Bytes of a client's frame around a payload. */
    static int frameBytes(int payloadBytes) {
        return FrameEncoder.headerLength(payloadBytes) + 4 + payloadBytes;
    }

    /** Writes a whole masked binary frame; returns its length. */
    static int writeFrame(long to, int payloadBytes, int number, int tag, long stamp) {
        assert payloadBytes >= PREFIX;
        int key = start(tag, number) * 0x01000193 ^ 0x5bd1e995; // never 0: masking is to cost
        int header = FrameEncoder.maskedHeader(OffHeap.ALL, to, Opcode.BINARY, true, payloadBytes,
            key);
        long payload = to + header;
        OffHeap.putInt(payload, number);
        OffHeap.putInt(payload + TAG, tag);
        OffHeap.putLong(payload + STAMP, stamp);
        Mask.apply(OffHeap.ALL, payload, payload, PREFIX, key, 0);
        int start = start(number, tag);
        for (int position = PREFIX; position < payloadBytes; ) {
            int piece = Math.min(payloadBytes - position, ROUND);
            Mask.apply(OffHeap.ALL, TEXT + (start + position & ROUND - 1), payload + position,
                piece, key, position);
            position += piece;
        }
        return header + payloadBytes;
    }

    /** Writes a masked control frame with this payload; returns its length. */
    static int writeControl(long to, int opcode, long payload, int bytes) {
        int key = 0x4d6f6f72;
        int header = FrameEncoder.maskedHeader(OffHeap.ALL, to, opcode, true, bytes, key);
        if (bytes > 0) {
            Mask.apply(OffHeap.ALL, payload, to + header, bytes, key, 0);
        }
        assert header + bytes <= HEADER_MAX + 125;
        return header + bytes;
    }
}
