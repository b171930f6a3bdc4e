package io.mooring.server;

import static io.mooring.server.Frame.BINARY;
import static io.mooring.server.Frame.CLOSE;
import static io.mooring.server.Frame.CONTINUATION;
import static io.mooring.server.Frame.PING;
import static io.mooring.server.Frame.PONG;
import static io.mooring.server.Frame.TEXT;
import static io.mooring.server.Wire.FIN;
import static io.mooring.server.Wire.RSV1;
import static io.mooring.server.Wire.RSV2;
import static io.mooring.server.Wire.RSV3;
import static io.mooring.server.Wire.frame;
import static io.mooring.server.Wire.join;

import io.mooring.server.ConformanceCase.Table;
import java.util.ArrayList;
import java.util.List;

/** Groups 1 to 5 and 10: frames, pings, reserved bits and opcodes, fragments. */
final class FramingCases {
    private static final byte[] HELLO = Frame.utf8("Hello, world!");
    private static final byte[] NOTHING = {};
    private static final Frame HELLO_BACK = Frame.text(HELLO);
    private static final Frame PROTOCOL_ERROR = Frame.close(1002);

    private FramingCases() {
    }

    static List<ConformanceCase> all() {
        Table table = new Table();
        lengths(table);
        pings(table);
        reservedBits(table);
        reservedOpcodes(table);
        brokenFragments(table);
        fragments(table);
        headers(table);
        return table.cases();
    }

    private static void lengths(Table table) {
        int number = 1;
        for (int length : new int[] {0, 125, 126, 127, 128, 65_535, 65_536}) {
            byte[] text = Wire.utf8(length);
            table.add("1.1." + number, "text of " + length + " B", Wire.text(text),
                Frame.text(text));
            byte[] bytes = Wire.bytes(length);
            table.add("1.2." + number, "binary of " + length + " B", Wire.binary(bytes),
                Frame.binary(bytes));
            number++;
        }
        List<byte[]> sent = new ArrayList<>();
        List<Frame> back = new ArrayList<>();
        for (int length = 0; length < 300; length++) {
            byte[] bytes = Wire.bytes(length);
            sent.add(Wire.binary(bytes));
            back.add(Frame.binary(bytes));
        }
        table.add("1.2.x", "300 messages of 0 to 299 B at once", join(sent.toArray(byte[][]::new)),
            back.toArray(Frame[]::new));
        byte[] text = Wire.utf8(65_536);
        table.add("10.1.1", "text of 65,536 B in fragments of 1,300 B",
            Wire.fragments(TEXT, text, 1_300), Frame.text(text));
    }

    private static void pings(Table table) {
        byte[] most = Wire.bytes(125);
        table.add("2.1", "ping without payload", Wire.ping(NOTHING), Frame.pong(NOTHING))
            .add("2.2", "ping with text", Wire.ping(HELLO), Frame.pong(HELLO))
            .add("2.3", "ping with bytes that are no UTF-8",
                Wire.ping(new byte[] {0, -1, -2, -3, -4, -5, 0, -1}),
                Frame.pong(new byte[] {0, -1, -2, -3, -4, -5, 0, -1}))
            .add("2.4", "ping of 125 B", Wire.ping(most), Frame.pong(most))
            .add("2.5", "ping of 126 B", Wire.ping(Wire.bytes(126)), PROTOCOL_ERROR)
            .add("2.5x", "pong of 126 B", Wire.pong(Wire.bytes(126)), PROTOCOL_ERROR)
            .add("2.6", "ping of 125 B, octet-wise", Wire.ping(most), Frame.pong(most))
            .add("2.7", "unsolicited pong", Wire.pong(NOTHING))
            .add("2.8", "unsolicited pong with payload", Wire.pong(HELLO))
            .add("2.9", "unsolicited pong, then ping", join(Wire.pong(HELLO), Wire.ping(most)),
                Frame.pong(most));
        List<byte[]> sent = new ArrayList<>();
        List<Frame> back = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            byte[] payload = Frame.utf8("payload-" + i);
            sent.add(Wire.ping(payload));
            back.add(Frame.pong(payload));
        }
        table.add("2.10", "10 pings", join(sent.toArray(byte[][]::new)),
            back.toArray(Frame[]::new));
        for (int i = 0; i < 10; i++) {
            sent.add(2 * i, Wire.text(HELLO));
            back.add(2 * i, HELLO_BACK);
        }
        table.add("2.11x", "10 texts and 10 pings in turn", join(sent.toArray(byte[][]::new)),
            back.toArray(Frame[]::new));
    }

    private static void reservedBits(Table table) {
        byte[] hello = Wire.text(HELLO);
        byte[] ping = Wire.ping(NOTHING);
        table.add("3.1", "text with RSV3", frame(FIN | RSV3 | TEXT, HELLO), PROTOCOL_ERROR)
            .add("3.2", "text, text with RSV2, ping",
                join(hello, frame(FIN | RSV2 | TEXT, HELLO), ping), HELLO_BACK, PROTOCOL_ERROR)
            .add("3.3", "text, text with RSV2 and 3, ping",
                join(hello, frame(FIN | RSV2 | RSV3 | TEXT, HELLO), ping), HELLO_BACK,
                PROTOCOL_ERROR)
            .add("3.4", "text, text with RSV1, ping",
                join(hello, frame(FIN | RSV1 | TEXT, HELLO), ping), HELLO_BACK, PROTOCOL_ERROR)
            .add("3.5", "binary with RSV1 and 3", frame(FIN | RSV1 | RSV3 | BINARY, HELLO),
                PROTOCOL_ERROR)
            .add("3.6", "ping with RSV1 and 2", frame(FIN | RSV1 | RSV2 | PING, HELLO),
                PROTOCOL_ERROR)
            .add("3.7", "close with all RSV bits", frame(FIN | RSV1 | RSV2 | RSV3 | CLOSE, NOTHING),
                PROTOCOL_ERROR)
            .add("3.x", "continuation with RSV1",
                join(frame(TEXT, HELLO), frame(FIN | RSV1 | CONTINUATION, HELLO)), PROTOCOL_ERROR);
    }

    private static void reservedOpcodes(Table table) {
        for (int group = 1; group <= 2; group++) {
            int first = group == 1 ? 3 : 11;
            for (int i = 0; i < 5; i++) {
                int opcode = first + i;
                String id = "4." + group + "." + (i + 1);
                byte[] reserved = frame(FIN | opcode, i == 0 ? NOTHING : HELLO);
                if (i < 2) {
                    table.add(id, "opcode " + opcode, reserved, PROTOCOL_ERROR);
                } else {
                    table.add(id, "text, opcode " + opcode + ", ping",
                        join(Wire.text(HELLO), reserved, Wire.ping(NOTHING)), HELLO_BACK,
                        PROTOCOL_ERROR);
                }
            }
        }
    }

    private static void brokenFragments(Table table) {
        byte[] hello = Wire.text(HELLO);
        byte[] start = frame(TEXT, HELLO);
        byte[] middle = frame(CONTINUATION, HELLO);
        byte[] end = frame(FIN | CONTINUATION, HELLO);
        table.add("5.1", "ping in two fragments",
                join(frame(PING, HELLO), frame(FIN | CONTINUATION, HELLO)), PROTOCOL_ERROR)
            .add("5.2", "pong in two fragments",
                join(frame(PONG, HELLO), frame(FIN | CONTINUATION, HELLO)), PROTOCOL_ERROR)
            .add("5.2x", "close without FIN", frame(CLOSE, NOTHING), PROTOCOL_ERROR)
            .add("5.9", "the end of nothing, text", join(end, hello), PROTOCOL_ERROR)
            .add("5.10", "the empty end of nothing, text",
                join(frame(FIN | CONTINUATION, NOTHING), hello), PROTOCOL_ERROR)
            .add("5.12", "the middle of nothing, text", join(middle, hello), PROTOCOL_ERROR)
            .add("5.15", "text in two fragments, the middle of nothing, text",
                join(start, end, middle, hello), Frame.text(join(HELLO, HELLO)), PROTOCOL_ERROR)
            .add("5.16", "twice: middle of nothing, start, end",
                join(middle, start, end, middle, start, end), PROTOCOL_ERROR)
            .add("5.17", "twice: end of nothing, start, end",
                join(end, start, end, end, start, end), PROTOCOL_ERROR)
            .add("5.18", "a text begins inside another", join(start, frame(FIN | TEXT, HELLO)),
                PROTOCOL_ERROR)
            .add("5.18x", "a binary begins inside a text", join(start, frame(BINARY, HELLO), end),
                PROTOCOL_ERROR);
    }

    private static void fragments(Table table) {
        byte[] start = frame(TEXT, Frame.utf8("fragment1"));
        byte[] end = frame(FIN | CONTINUATION, Frame.utf8("fragment2"));
        Frame both = Frame.text("fragment1fragment2");
        byte[] ping = Wire.ping(Frame.utf8("ping"));
        Frame pong = Frame.pong(Frame.utf8("ping"));
        byte[] one = frame(CONTINUATION, Frame.utf8("+"));
        byte[] none = frame(CONTINUATION, NOTHING);
        table.add("5.3", "text in two fragments", join(start, end), both)
            .add("5.6", "ping between two fragments", join(start, ping, end), pong, both)
            .add("5.6x", "pong between two fragments", join(start, Wire.pong(HELLO), end), both)
            .add("5.7", "text again after fragments with a ping between",
                join(start, ping, end, Wire.text(HELLO)), pong, both, HELLO_BACK)
            .add("5.19", "five fragments, two pings among them",
                join(start, one, ping, one, one, ping, end), pong, pong,
                Frame.text("fragment1+++fragment2"))
            .add("5.20", "two fragmented messages, pings among them",
                join(start, ping, end, start, one, ping, end), pong, both, pong,
                Frame.text("fragment1+fragment2"))
            .add("5.x1", "empty fragments around",
                join(frame(TEXT, NOTHING), none, one, none, end), Frame.text("+fragment2"))
            .add("5.x2", "close between two fragments", join(start, Wire.close(1001)),
                Frame.close(1001))
            .add("5.x3", "binary of 1,000 B in fragments of 1 B",
                Wire.fragments(BINARY, Wire.bytes(1_000), 1), Frame.binary(Wire.bytes(1_000)))
            .add("5.x4", "binary in fragments, then whole, then in fragments",
                join(Wire.fragments(BINARY, HELLO, 5), Wire.binary(HELLO),
                    Wire.fragments(BINARY, HELLO, 3)),
                Frame.binary(HELLO), Frame.binary(HELLO), Frame.binary(HELLO));
    }

    /**
     * Headers that no fuzzing client sends, but a broken or hostile one does. RFC 6455, sections
     * 5.1 and 5.2.
     */
    private static void headers(Table table) {
        table.add("x.1", "text without a mask", Wire.unmasked(FIN | TEXT, HELLO), PROTOCOL_ERROR)
            .add("x.2", "close without a mask", Wire.unmasked(FIN | CLOSE, NOTHING), PROTOCOL_ERROR)
            .add("x.3", "ping without a mask, inside a message",
                join(frame(TEXT, HELLO), Wire.unmasked(FIN | PING, HELLO)), PROTOCOL_ERROR)
            .add("x.4", "length 125 in 16 bits", Wire.header(FIN | BINARY, 125, 2, true),
                PROTOCOL_ERROR)
            .add("x.5", "length 65,535 in 64 bits", Wire.header(FIN | BINARY, 65_535, 8, true),
                PROTOCOL_ERROR)
            .add("x.6", "length 0 in 64 bits", Wire.header(FIN | BINARY, 0, 8, true),
                PROTOCOL_ERROR)
            .add("x.7", "length with the top bit set",
                Wire.header(FIN | BINARY, Long.MIN_VALUE, 8, true), PROTOCOL_ERROR)
            .add("x.8", "length of 2^63 - 1", Wire.header(FIN | BINARY, Long.MAX_VALUE, 8, true),
                Frame.close(1009))
            .add("x.9", "ping with a length in 16 bits", Wire.header(FIN | PING, 126, 2, true),
                PROTOCOL_ERROR);
    }
}
