package io.mooring.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.sys.OffHeap;
import io.mooring.ws.CloseCode;
import io.mooring.ws.FrameEncoder;
import io.mooring.ws.Opcode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A server's frames, in every pair of pieces and in single bytes. */
class FrameStreamTest {
    private static final int ROOM = 1 << 20;
    private static final int TAG = 0x1234_5678;
    private static final int OTHERS = 0x0bad_f00d;
    private static final long STAMP = 0x0102_0304_0506_0708L;

    private final long memory = OffHeap.map(ROOM);
    private final long build = OffHeap.map(ROOM);
    private final long c = OffHeap.map(Slot.BYTES);
    private final ByteArrayOutputStream stream = new ByteArrayOutputStream();
    private final Broadcasts broadcasts = new Broadcasts();
    private final List<String> events = new ArrayList<>();
    private Receipts receipts;
    private FrameStream frames;

    @BeforeEach
    void fill() {
        OffHeap.ALL.asSlice(memory, ROOM).fill((byte) 0x55);
    }

    @AfterEach
    void free() {
        OffHeap.unmap(memory, ROOM);
        OffHeap.unmap(build, ROOM);
        OffHeap.unmap(c, Slot.BYTES);
    }

    private void begin(Scenario scenario, int echoBytes) {
        receipts = new Receipts(scenario, echoBytes, TAG, broadcasts);
        frames = new FrameStream(receipts);
        events.clear();
        Slot.reset(c);
        Slot.state(c, Slot.OPEN);
    }

    // ---- building what a server sends

    private byte[] message(int bytes, int number, int tag) {
        int length = Message.writeFrame(build, bytes, number, tag, STAMP);
        byte[] payload = new byte[bytes];
        long at = build + length - bytes;
        int key = OffHeap.getInt(at - 4);
        for (int i = 0; i < bytes; i++) {
            payload[i] = (byte) (OffHeap.getByte(at + i) ^ key >>> 8 * (i & 3));
        }
        return payload;
    }

    private void frame(int opcode, boolean fin, byte[] payload, int from, int to) {
        int header = FrameEncoder.header(OffHeap.ALL, build, opcode, fin, to - from);
        for (int i = 0; i < header; i++) {
            stream.write(OffHeap.getByte(build + i));
        }
        stream.write(payload, from, to - from);
    }

    private void frame(int opcode, byte[] payload) {
        frame(opcode, true, payload, 0, payload.length);
    }

    // ---- reading it

    /** One receive. */
    private int receive(byte[] bytes, int from, int to) {
        OffHeap.copy(bytes, from, memory, to - from);
        long end = memory + to - from;
        int event = frames.next(c, TAG, memory, end);
        while (event > 0) {
            events.add(switch (event) {
                case FrameStream.MESSAGE -> "message " + receipts.end(c, STAMP + 5);
                case FrameStream.PING -> "ping " + control();
                default -> "close " + control();
            });
            event = frames.next(c, TAG, frames.position(), end);
        }
        if (event == FrameStream.NEED_MORE) {
            assertThat(frames.position()).isEqualTo(end);
        }
        return event;
    }

    private String control() {
        byte[] payload = new byte[frames.controlBytes()];
        OffHeap.copy(frames.controlAddress(), payload, 0, payload.length);
        return new String(payload, StandardCharsets.ISO_8859_1);
    }

    private void inEveryWay(Scenario scenario, int echoBytes, Runnable check) {
        byte[] bytes = stream.toByteArray();
        for (int cut = 0; cut <= bytes.length; cut++) {
            begin(scenario, echoBytes);
            Slot.sent(c, 4);
            assertThat(receive(bytes, 0, cut)).isZero();
            assertThat(receive(bytes, cut, bytes.length)).isZero();
            check.run();
        }
        begin(scenario, echoBytes);
        Slot.sent(c, 4);
        for (int i = 0; i < bytes.length; i++) {
            assertThat(receive(bytes, i, i + 1)).isZero();
        }
        check.run();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 17, 100, 125, 126, 300})
    void echoes(int bytes) {
        for (int number = 0; number < 3; number++) {
            frame(Opcode.BINARY, message(bytes, number, TAG));
        }
        inEveryWay(Scenario.ECHO, bytes, () -> {
            assertThat(events).containsExactly("message true", "message true", "message true");
            assertThat(receipts.received()).isEqualTo(3);
            assertThat(receipts.corrupt()).isZero();
            assertThat(receipts.latency.getMaxValue()).isEqualTo(5);
            assertThat(Slot.expected(c)).isEqualTo(3);
        });
    }

    /** Fragments, with control frames between them, empty frames, and a close at the end. */
    @ParameterizedTest
    @EnumSource(names = {"ECHO", "BROADCAST"})
    void fragmentsAndControls(Scenario scenario) {
        broadcasts.add(60, 0);
        byte[] payload = message(60, 0, TAG);
        frame(Opcode.PONG, ascii("unasked"));
        frame(Opcode.BINARY, false, payload, 0, 0);
        frame(Opcode.CONTINUATION, false, payload, 0, 3);
        frame(Opcode.PING, ascii("p"));
        frame(Opcode.CONTINUATION, false, payload, 3, 11);
        frame(Opcode.PING, ascii(""));
        frame(Opcode.CONTINUATION, false, payload, 11, 40);
        frame(Opcode.PING, ascii("0123456789"));
        frame(Opcode.CONTINUATION, true, payload, 40, 60);
        frame(Opcode.CLOSE, ascii("\u0003\u00e8bye"));
        inEveryWay(scenario, 60, () -> {
            assertThat(events).containsExactly("ping p", "ping ", "ping 0123456789",
                "message " + (scenario == Scenario.ECHO), "close \u0003\u00e8bye");
            assertThat(receipts.received()).isEqualTo(1);
            assertThat(receipts.corrupt()).isZero();
        });
    }

    /** A length of 8 bytes; cut where it matters, or the test would take too long. */
    @Test
    void large() {
        int bytes = 70_000;
        broadcasts.add(bytes, 0);
        frame(Opcode.BINARY, message(bytes, 0, TAG));
        byte[] all = stream.toByteArray();
        for (int cut = 0; cut < 40; cut++) {
            begin(Scenario.BROADCAST, 64);
            for (int i = 0; i < cut; i++) {
                assertThat(receive(all, i, i + 1)).isZero();
            }
            for (int at = cut; at < all.length; at += 1000) {
                assertThat(receive(all, at, Math.min(all.length, at + 1000))).isZero();
            }
            assertThat(receipts.received()).isEqualTo(1);
            assertThat(receipts.receivers(0)).isEqualTo(1);
            assertThat(receipts.lastReceipt(0)).isEqualTo(STAMP + 5);
        }
    }

    @Test
    void everyWrongByteOfAnEchoIsSeen() {
        frame(Opcode.BINARY, message(40, 0, TAG));
        byte[] right = stream.toByteArray();
        for (int at = 2; at < right.length; at++) {
            boolean stamp = at >= 2 + Message.STAMP && at < 2 + Message.PREFIX;
            byte[] wrong = right.clone();
            wrong[at] ^= 0x10;
            for (int cut : new int[] {0, at, at + 1}) {
                begin(Scenario.ECHO, 40);
                Slot.sent(c, 1);
                receive(wrong, 0, cut);
                receive(wrong, cut, wrong.length);
                // The time of sending is what the latency is counted from; it proves nothing.
                assertThat(receipts.corrupt()).as("byte %d, cut at %d", at, cut)
                    .isEqualTo(stamp ? 0 : 1);
                assertThat(receipts.received()).isEqualTo(stamp ? 1 : 0);
            }
        }
    }

    @Test
    void wrongEchoes() {
        begin(Scenario.ECHO, 40);
        frame(Opcode.BINARY, message(40, 0, TAG));       // nothing was sent
        receive(stream.toByteArray(), 0, stream.size());
        assertThat(events).containsExactly("message false");
        assertThat(receipts.corrupt()).isEqualTo(1);
        Slot.sent(c, 3);
        stream.reset();
        frame(Opcode.BINARY, message(41, 0, TAG));       // too long
        frame(Opcode.BINARY, message(40, 0, TAG));       // the one before again
        frame(Opcode.BINARY, message(40, 2, OTHERS));    // another connection's
        receive(stream.toByteArray(), 0, stream.size());
        assertThat(receipts.corrupt()).isEqualTo(4);
        assertThat(receipts.received()).isZero();
    }

    @Test
    void broadcastsThatAreMissedOrComeAgain() {
        begin(Scenario.BROADCAST, 64);
        for (int i = 0; i < 40; i++) {
            broadcasts.add(20, 0);
        }
        for (int number : new int[] {0, 2, 2, 1, 39}) {
            frame(Opcode.BINARY, message(20, number, TAG));
        }
        frame(Opcode.BINARY, message(20, 40, TAG));      // was never sent
        frame(Opcode.BINARY, message(20, 5, OTHERS));    // somebody else's
        frame(Opcode.BINARY, message(30, 5, TAG));       // not so long
        frame(Opcode.TEXT, new byte[0]);
        receive(stream.toByteArray(), 0, stream.size());
        assertThat(receipts.received()).isEqualTo(3);
        assertThat(receipts.duplicates()).isEqualTo(2);
        assertThat(receipts.corrupt()).isEqualTo(4);
        assertThat(receipts.receivers(2)).isEqualTo(1);
        assertThat(receipts.receivers(1)).isZero();
        assertThat(receipts.receivers(39)).isEqualTo(1);
    }

    @Test
    void idleOnesOnlyCount() {
        frame(Opcode.TEXT, ascii("anything"));
        frame(Opcode.BINARY, ascii(""));
        inEveryWay(Scenario.IDLE, 64, () -> assertThat(receipts.unverified()).isEqualTo(2));
    }

    @Test
    void errors() {
        error(CloseCode.PROTOCOL_ERROR, 0x82, 0x80, 0, 0, 0, 0);                // masked
        error(CloseCode.PROTOCOL_ERROR, 0xc2, 1, 0);                            // RSV1
        error(CloseCode.PROTOCOL_ERROR, 0x83, 0);                               // reserved
        error(CloseCode.PROTOCOL_ERROR, 0x80, 0);                               // continues nothing
        error(CloseCode.PROTOCOL_ERROR, 0x02, 0, 0x82, 0);                      // inside another
        error(CloseCode.PROTOCOL_ERROR, 0x89, 126, 0, 126);                     // long ping
        error(CloseCode.PROTOCOL_ERROR, 0x82, 126, 0, 125);                     // not minimal
        error(CloseCode.PROTOCOL_ERROR, 0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff);
        error(CloseCode.PROTOCOL_ERROR, 0x82, 127, 0x80, 0, 0, 0, 0, 1, 0, 0);
        error(CloseCode.MESSAGE_TOO_BIG, 0x82, 127, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff);
        error(CloseCode.MESSAGE_TOO_BIG, 0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0);
    }

    private void error(int code, int... bytes) {
        byte[] all = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            all[i] = (byte) bytes[i];
        }
        for (int cut = 0; cut <= all.length; cut++) {
            begin(Scenario.IDLE, 64);
            int event = receive(all, 0, cut);
            if (event == 0) {
                event = receive(all, cut, all.length);
            }
            assertThat(event).as("cut at %d", cut).isEqualTo(-code);
        }
        begin(Scenario.IDLE, 64);
        int event = 0;
        for (int i = 0; i < all.length && event == 0; i++) {
            event = receive(all, i, i + 1);
        }
        assertThat(event).as("in bytes").isEqualTo(-code);
    }
}
