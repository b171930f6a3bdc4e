package io.mooring.ws;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The functions of this package put together the way a connection does it, for bytes that come in
 * pieces: what {@link ReferenceStream} is compared with.
 */
final class FrameStream {
    private final boolean masked;
    private final List<String> events = new ArrayList<>();
    private final ByteArrayOutputStream message = new ByteArrayOutputStream();
    private final ByteArrayOutputStream control = new ByteArrayOutputStream();
    private byte[] pending = {};
    private boolean ended;
    private int messageOpcode = -1;
    private int utf8 = Utf8.ACCEPT;
    private long header;
    private int key;
    private int payloadDone;

    FrameStream(boolean masked) {
        this.masked = masked;
    }

    /** What came so far: whole messages and control frames, then at most one error. */
    List<String> events() {
        return events;
    }

    void feed(byte[] bytes) {
        pending = Bytes.concat(pending, bytes);
        MemorySegment mem = MemorySegment.ofArray(pending);
        int at = 0;
        while (!ended) {
            if (header == 0) {
                header = FrameDecoder.header(mem, at, pending.length - at, masked);
                if (header <= 0) {
                    end(header == FrameDecoder.NEED_MORE ? 0 : (int) -header);
                    break;
                }
                key = masked ? FrameDecoder.maskKey(mem, at, header) : 0;
                at += FrameDecoder.headerLength(header);
                begin();
            }
            int length = Math.min(
                    FrameDecoder.payloadLength(header) - payloadDone, pending.length - at);
            payload(mem, at, length);
            at += length;
            if (payloadDone < FrameDecoder.payloadLength(header)) {
                break;
            }
            finish();
            header = 0;
        }
        pending = Arrays.copyOfRange(pending, at, pending.length);
    }

    private void begin() {
        int opcode = FrameDecoder.opcode(header);
        end(FrameDecoder.sequence(messageOpcode >= 0, opcode));
        payloadDone = 0;
        if (!Opcode.isControl(opcode) && opcode != Opcode.CONTINUATION) {
            messageOpcode = opcode;
        }
    }

    private void payload(MemorySegment mem, int at, int length) {
        if (ended) {
            return;
        }
        long high = Mask.apply(mem, at, at, length, key, payloadDone);
        payloadDone += length;
        boolean ofControl = Opcode.isControl(FrameDecoder.opcode(header));
        if (!ofControl && messageOpcode == Opcode.TEXT && (high != 0 || utf8 != Utf8.ACCEPT)) {
            utf8 = Utf8.validate(mem, at, length, utf8);
            end(utf8 == Utf8.REJECT ? CloseCode.INVALID_PAYLOAD : 0);
        }
        (ofControl ? control : message).write(pending, at, length);
    }

    private void finish() {
        int opcode = FrameDecoder.opcode(header);
        if (ended) {
            return;
        }
        if (Opcode.isControl(opcode)) {
            byte[] payload = control.toByteArray();
            control.reset();
            if (opcode == Opcode.CLOSE) {
                close(payload);
            } else {
                events.add((opcode == Opcode.PING ? "ping " : "pong ") + Bytes.hex(payload));
            }
        } else if (FrameDecoder.fin(header)) {
            if (utf8 != Utf8.ACCEPT) {
                end(CloseCode.INVALID_PAYLOAD);
                return;
            }
            events.add(messageOpcode == Opcode.TEXT
                    ? "text " + message.toString(StandardCharsets.UTF_8)
                    : "binary " + Bytes.hex(message.toByteArray()));
            message.reset();
            messageOpcode = -1;
        }
    }

    private void close(byte[] payload) {
        int code = ClosePayload.parse(MemorySegment.ofArray(payload), 0, payload.length);
        if (code < 0) {
            end(-code);
        } else {
            events.add("close " + code);
            ended = true;
        }
    }

    private void end(int code) {
        if (code != 0 && !ended) {
            events.add("error " + code);
            ended = true;
        }
    }
}
