package io.mooring.reactor;

import io.mooring.api.Payload;
import io.mooring.conn.Assembly;
import io.mooring.conn.Connection;
import io.mooring.conn.Phase;
import io.mooring.conn.SpillPool;
import io.mooring.sys.OffHeap;
import io.mooring.ws.CloseCode;
import io.mooring.ws.ClosePayload;
import io.mooring.ws.FrameDecoder;
import io.mooring.ws.Mask;
import io.mooring.ws.Opcode;
import io.mooring.ws.Utf8;

/**
 * From bytes to messages. A message that lies whole in the receive buffer, in one frame, is
 * unmasked and delivered where it is. Anything else is put together in an {@link Assembly},
 * borrowed for as long as it takes.
 */
final class FrameReader {
    /**
     * Frames a message may have beyond one per 16 bytes: empty fragments cost us time and the peer
     * almost nothing.
     */
    private static final int FRAMES_SPARE = 1024;
    private static final int BYTES_PER_FRAME_MIN = 16;

    private final Shard shard;
    private final SpillPool spill;
    private final Counters counters;
    private final int messageBytesMax;
    private final Cork cork;
    private final Payload payload = new Payload();
    private int messages;

    FrameReader(Shard shard) {
        this.shard = shard;
        this.spill = shard.spill;
        this.counters = shard.counters;
        this.cork = shard.sender.cork();
        this.messageBytesMax = shard.config.messageBytesMax();
    }

    int messages() {
        return messages;
    }

    /** Reads frames from {@code p} to {@code end}; what is left of the last one is kept. */
    void read(int slot, long c, long p, long end) {
        int assembly = Connection.assembly(c);
        if (assembly != 0) {
            p = resume(slot, c, p, end);
        }
        while (p < end && isReading(c)) {
            p = readFrame(slot, c, p, end);
        }
        giveBackIfEmpty(c);
    }

    private static boolean isReading(long c) {
        int phase = Connection.phase(c);
        return phase == Phase.OPEN || phase == Phase.CLOSE_WAIT;
    }

    /** One frame, or the part of it that is there; returns where the next begins. */
    private long readFrame(int slot, long c, long p, long end) {
        int available = (int) (end - p);
        long header = FrameDecoder.header(OffHeap.ALL, p, available, true);
        if (header <= 0) {
            return header == FrameDecoder.NEED_MORE ? stash(slot, c, p, end)
                : fail(slot, c, (int) -header, end);
        }
        int headerBytes = FrameDecoder.headerLength(header);
        int length = FrameDecoder.payloadLength(header);
        int opcode = FrameDecoder.opcode(header);
        int key = FrameDecoder.maskKey(OffHeap.ALL, p, header);
        long body = p + headerBytes;
        if (Opcode.isControl(opcode)) {
            if (available < headerBytes + length) {
                return stash(slot, c, p, end);
            }
            Mask.apply(OffHeap.ALL, body, body, length, key, 0);
            cork.consumedTo(body + length);
            control(slot, c, opcode, body, length, body + length == end);
            return body + length;
        }
        boolean whole = FrameDecoder.fin(header) && opcode != Opcode.CONTINUATION
            && length <= available - headerBytes;
        if (!whole || openOpcode(c) != 0) {
            int begun = begin(c, opcode, FrameDecoder.fin(header), key, length);
            return begun == 0 ? append(slot, c, body, end) : fail(slot, c, begun, end);
        }
        if (length > messageBytesMax) {
            return fail(slot, c, CloseCode.MESSAGE_TOO_BIG, end);
        }
        long nonAscii = Mask.apply(OffHeap.ALL, body, body, length, key, 0);
        if (opcode == Opcode.TEXT && nonAscii != 0
                && Utf8.validate(OffHeap.ALL, body, length, Utf8.ACCEPT) != Utf8.ACCEPT) {
            return fail(slot, c, CloseCode.INVALID_PAYLOAD, end);
        }
        cork.delivering(p, body + length);
        deliver(slot, c, opcode, body, length);
        cork.consumedTo(body + length);
        return body + length;
    }

    // ---- messages in pieces

    private int openOpcode(long c) {
        int assembly = Connection.assembly(c);
        return assembly == 0 ? 0 : Assembly.opcode(spill.address(assembly));
    }

    /**
     * A data frame that has to be put together begins. Returns 0, or the close code to fail with.
     */
    private int begin(long c, int opcode, boolean fin, int key, int length) {
        int open = openOpcode(c);
        int violation = FrameDecoder.sequence(open != 0, opcode);
        if (violation != 0) {
            return violation;
        }
        int assembly = Connection.assembly(c);
        int before = open == 0 ? 0 : Assembly.length(spill.address(assembly));
        if (length > messageBytesMax - before) {
            return CloseCode.MESSAGE_TOO_BIG;
        }
        if (assembly == 0) {
            assembly = Assembly.open(spill, 0); // grows with what comes, not with what is announced
            if (assembly == 0) {
                return CloseCode.TRY_AGAIN_LATER;
            }
            Connection.assembly(c, assembly);
        }
        long a = spill.address(assembly);
        if (Assembly.frames(a) >= FRAMES_SPARE + messageBytesMax / BYTES_PER_FRAME_MIN) {
            return CloseCode.POLICY_VIOLATION;
        }
        Assembly.beginFrame(a, open == 0 ? opcode : open, fin, key, length);
        return 0;
    }

    /**
     * Takes what is there of the frame that is coming; delivers the message if that completes it.
     */
    private long append(int slot, long c, long p, long end) {
        int assembly = Connection.assembly(c);
        long a = spill.address(assembly);
        int length = Assembly.length(a);
        int bytes = (int) Math.min(end - p, Assembly.remaining(a));
        int grown = Assembly.grow(spill, assembly, length + bytes);
        if (grown == 0) {
            return fail(slot, c, CloseCode.TRY_AGAIN_LATER, end);
        }
        Connection.assembly(c, grown);
        a = spill.address(grown);
        long at = a + Assembly.MESSAGE + length;
        long nonAscii = Mask.apply(OffHeap.ALL, p, at, bytes, Assembly.maskKey(a),
            Assembly.maskPhase(a));
        if (Assembly.opcode(a) == Opcode.TEXT
                && (nonAscii != 0 || Assembly.utf8State(a) != Utf8.ACCEPT)) {
            int state = Utf8.validate(OffHeap.ALL, at, bytes, Assembly.utf8State(a));
            if (state == Utf8.REJECT) {
                return fail(slot, c, CloseCode.INVALID_PAYLOAD, end);
            }
            Assembly.utf8State(a, state);
        }
        Assembly.advanceFrame(a, bytes);
        cork.consumedTo(p + bytes);
        if (Assembly.remaining(a) == 0) {
            Assembly.endFrame(a);
            if (Assembly.isLastFrame(a)) {
                complete(slot, c, a, end);
            }
        }
        return p + bytes;
    }

    private void complete(int slot, long c, long a, long end) {
        if (Assembly.utf8State(a) != Utf8.ACCEPT) {
            fail(slot, c, CloseCode.INVALID_PAYLOAD, end);
            return;
        }
        int assembly = Connection.assembly(c);
        deliver(slot, c, Assembly.opcode(a), a + Assembly.MESSAGE, Assembly.length(a));
        if (Connection.assembly(c) == assembly) {
            Assembly.endMessage(a);
        } // else the chunk has become output
    }

    /**
     * Goes on with a connection that has an assembly: a cut header or control frame, or the middle
     * of a data frame.
     */
    private long resume(int slot, long c, long p, long end) {
        long a = spill.address(Connection.assembly(c));
        if (Assembly.stashed(a) != 0) {
            return resumeStash(slot, c, p, end);
        }
        return Assembly.isInFrame(a) ? append(slot, c, p, end) : p;
    }

    /** Completes what was cut, in the stash, and acts on it there. */
    private long resumeStash(int slot, long c, long p, long end) {
        long a = spill.address(Connection.assembly(c));
        long stash = a + Assembly.STASH;
        int before = Assembly.stashed(a);
        int room = FrameDecoder.HEADER_LENGTH_MAX + FrameDecoder.CONTROL_PAYLOAD_MAX - before;
        int taken = (int) Math.min(room, end - p);
        OffHeap.copy(p, stash + before, taken);
        long header = FrameDecoder.header(OffHeap.ALL, stash, before + taken, true);
        if (header < 0) {
            return fail(slot, c, (int) -header, end);
        }
        int opcode = header == FrameDecoder.NEED_MORE ? 0 : FrameDecoder.opcode(header);
        int length = header == FrameDecoder.NEED_MORE ? 0 : FrameDecoder.payloadLength(header);
        int headerBytes = header == FrameDecoder.NEED_MORE ? Integer.MAX_VALUE
            : FrameDecoder.headerLength(header);
        boolean isControl = Opcode.isControl(opcode);
        int needed = isControl ? headerBytes + length : headerBytes;
        if (needed > before + taken) {
            Assembly.stashed(a, before + taken);
            cork.consumedTo(end);
            return end;
        }
        Assembly.stashed(a, 0);
        long next = p + needed - before;
        int key = FrameDecoder.maskKey(OffHeap.ALL, stash, header);
        cork.consumedTo(next);
        if (isControl) {
            Mask.apply(OffHeap.ALL, stash + headerBytes, stash + headerBytes, length, key, 0);
            control(slot, c, opcode, stash + headerBytes, length, next == end);
            // Between two pieces of a data frame there can be no control frame, so nothing else is
            // in the middle.
            return next;
        }
        int begun = begin(c, opcode, FrameDecoder.fin(header), key, length);
        return begun == 0 ? append(slot, c, next, end) : fail(slot, c, begun, end);
    }

    /** Keeps a cut header or control frame for the next receive. */
    private long stash(int slot, long c, long p, long end) {
        int assembly = Connection.assembly(c);
        if (assembly == 0) {
            assembly = Assembly.open(spill, 0);
            if (assembly == 0) {
                return fail(slot, c, CloseCode.TRY_AGAIN_LATER, end);
            }
            Connection.assembly(c, assembly);
        }
        long a = spill.address(assembly);
        int bytes = (int) (end - p);
        OffHeap.copy(p, a + Assembly.STASH, bytes);
        Assembly.stashed(a, bytes);
        return end;
    }

    private void giveBackIfEmpty(long c) {
        int assembly = Connection.assembly(c);
        if (assembly == 0 || !isReading(c)) {
            return;
        }
        long a = spill.address(assembly);
        if (Assembly.opcode(a) == 0 && Assembly.stashed(a) == 0) {
            spill.give(assembly);
            Connection.assembly(c, 0);
        }
    }

    // ---- what came of it

    private void deliver(int slot, long c, int opcode, long address, int length) {
        counters.increment(Counter.MESSAGES_RECEIVED);
        messages++;
        if (Connection.phase(c) != Phase.OPEN) {
            return; // after our Close frame data is read and dropped, RFC 6455 section 1.4
        }
        payload.wrap(OffHeap.ALL, address, length, opcode == Opcode.TEXT);
        try {
            shard.reactor.routes.handler(Connection.handler(c))
                .onMessage(shard.reactor.connections, shard.id(slot, c), payload);
        } catch (RuntimeException | Error e) {
            shard.closer.handlerFailed(slot, c, e);
        }
    }

    /** @param isLast nothing has been received after it */
    private void control(int slot, long c, int opcode, long address, int length, boolean isLast) {
        switch (opcode) {
            case Opcode.PING -> {
                counters.increment(Counter.PINGS_RECEIVED);
                if (Connection.phase(c) == Phase.OPEN) {
                    shard.sender.control(slot, c, Opcode.PONG, address, length);
                }
            }
            case Opcode.PONG -> counters.increment(Counter.PONGS_RECEIVED);
            default -> {
                int code = ClosePayload.parse(OffHeap.ALL, address, length);
                if (code < 0) {
                    shard.closer.fail(slot, c, -code);
                } else {
                    shard.closer.onCloseFrame(slot, c, code, isLast && !shard.receiver.hasMore());
                }
            }
        }
    }

    /** Fails the connection, RFC 6455 section 7.1.7; the rest of the input is not looked at. */
    private long fail(int slot, long c, int code, long end) {
        shard.closer.fail(slot, c, code);
        return end;
    }
}
