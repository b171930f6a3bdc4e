package io.mooring.kernel.plan;

import io.mooring.memory.SendPace;
import io.mooring.ws.FrameEncoder;
import java.util.Locale;

/**
 * What a message takes on Ethernet.
 *
 * @param messageBytes its payload
 */
record Wire(int messageBytes) {

    /** Of TCP with timestamps in a packet of 1,500 bytes. */
    static final int SEGMENT_BYTES = 1448;
    private static final double BITS = 8;

    /** With its WebSocket header, as a server sends it. */
    int frameBytes() {
        return FrameEncoder.headerLength(messageBytes) + messageBytes;
    }

    int segments() {
        return Math.ceilDiv(frameBytes(), SEGMENT_BYTES);
    }

    /** All of it, gaps between the packets too. */
    long wireBytes() {
        return frameBytes() + (long) segments() * SendPace.WIRE_OVERHEAD_BYTES;
    }

    /** Below this no broadcast can be complete; 0: the link is not known. */
    double seconds(long connections, long linkBitsPerSecond) {
        return linkBitsPerSecond == 0 ? 0
                : connections * wireBytes() * BITS / linkBitsPerSecond;
    }

    String explained() {
        int header = FrameEncoder.headerLength(messageBytes);
        return String.format(Locale.ROOT, "%,d payload + %d WebSocket + %s32 TCP with timestamps"
                + " + 20 IPv4 + 38 Ethernet (preamble 8, header 14, checksum 4, gap 12)%s = %,d B",
                messageBytes, header, segments() == 1 ? "" : segments() + " x (",
                segments() == 1 ? "" : ")", wireBytes());
    }
}
