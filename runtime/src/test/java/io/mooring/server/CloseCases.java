package io.mooring.server;

import static io.mooring.server.Wire.FIN;
import static io.mooring.server.Wire.frame;
import static io.mooring.server.Wire.join;

import io.mooring.server.ConformanceCase.Table;
import java.util.List;
import java.util.stream.IntStream;

/** Group 7: the closing handshake, its codes and its reasons. */
final class CloseCases {
    private static final byte[] HELLO = Frame.utf8("Hello, world!");
    private static final Frame PROTOCOL_ERROR = Frame.close(1002);

    /** RFC 6455 section 7.4 and the registry of section 11.7. */
    private static final List<Integer> VALID = List.of(1000, 1001, 1002, 1003, 1007, 1008, 1009,
        1010, 1011, 1012, 1013, 1014, 3000, 3001, 3999, 4000, 4001, 4999);
    private static final List<Integer> INVALID = List.of(0, 1, 255, 256, 999, 1004, 1005, 1006,
        1015, 1016, 1100, 1999, 2000, 2999, 5000, 5001, 32_767, 32_768, 65_534, 65_535);

    private CloseCases() {
    }

    static List<ConformanceCase> all() {
        Table table = new Table();
        orders(table);
        payloads(table);
        for (int code : VALID) {
            table.add("7.7." + code, "close with the valid code " + code, Wire.close(code),
                Frame.close(code));
        }
        for (int code : INVALID) {
            table.add("7.9." + code, "close with the invalid code " + code, Wire.close(code),
                PROTOCOL_ERROR);
        }
        return table.cases();
    }

    private static void orders(Table table) {
        byte[] close = Wire.close(1000);
        Frame back = Frame.close(1000);
        byte[] large = Wire.utf8(256 * 1024);
        table.add("7.1.1", "text, close", join(Wire.text(HELLO), close), Frame.text(HELLO), back)
            .addLate("7.1.2", "close twice", close, close, back)
            .addLate("7.1.3", "ping after close", close, Wire.ping(HELLO), back)
            .addLate("7.1.4", "text after close", close, Wire.text(HELLO), back)
            .addLate("7.1.5", "close between two fragments, the second after it",
                join(frame(Frame.TEXT, HELLO), close), frame(FIN | Frame.CONTINUATION, HELLO), back)
            .addLate("7.1.6", "text of 256 KiB, close, ping", join(Wire.text(large), close),
                Wire.ping(HELLO), Frame.text(large), back)
            .addLate("7.1.x", "close, then 16 KiB of anything", close, Wire.bytes(16_384), back)
            .add("7.x", "a wrong frame, then 16 KiB of anything",
                join(frame(FIN | 3, HELLO), Wire.bytes(16_384)), PROTOCOL_ERROR);
    }

    private static void payloads(Table table) {
        table.add("7.3.1", "close without payload", Wire.close(), Frame.close())
            .add("7.3.2", "close of one byte", frame(FIN | Frame.CLOSE, new byte[1]),
                PROTOCOL_ERROR)
            .add("7.3.3", "close with a code", Wire.close(1000), Frame.close(1000))
            .add("7.3.4", "close with a reason", Wire.close(1000, HELLO), Frame.close(1000))
            .add("7.3.5", "close with the longest reason", Wire.close(1000, Wire.utf8(123)),
                Frame.close(1000))
            .add("7.3.6", "close with a reason one byte too long",
                Wire.close(1000, Wire.utf8(124)), PROTOCOL_ERROR)
            .add("7.5.1", "close with a reason that is not UTF-8",
                Wire.close(1000, new byte[] {'a', (byte) 0xed, (byte) 0xa0, (byte) 0x80}),
                Frame.close(1007))
            .add("7.5.x", "close with a reason cut inside a character",
                Wire.close(1000, new byte[] {'a', (byte) 0xe2, (byte) 0x82}), Frame.close(1007));
    }

    /** Every code around each border and a sample of the rest, for a quick look at all of them. */
    static IntStream sweep() {
        return IntStream.concat(IntStream.rangeClosed(0, 5_100).filter(code -> code < 1_100
            || code % 1000 < 4 || code % 1000 > 996 || code % 97 == 0),
            IntStream.of(8_192, 32_767, 32_768, 65_535));
    }

    static boolean isValid(int code) {
        return VALID.contains(code) || code >= 3000 && code <= 4999;
    }
}
