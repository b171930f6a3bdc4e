package io.mooring.server;

import static io.mooring.server.Wire.join;

import io.mooring.server.ConformanceCase.Table;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Group 6: text is UTF-8 or the connection is failed with 1007. Byte strings are in hex; whether
 * one is valid is said by the table and checked against the JDK's decoder.
 */
final class Utf8Cases {
    /** The Greek word "kosme" that the well-known UTF-8 stress test begins with. */
    private static final byte[] KOSME = hex("cebae1bdb9cf83cebcceb5");
    private static final byte[] EDITED = Frame.utf8("edited");
    private static final Frame INVALID = Frame.close(1007);
    private static final byte[] NOTHING = {};

    private Utf8Cases() {
    }

    static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits.replace(" ", ""));
    }

    static List<ConformanceCase> all() {
        Table table = new Table();
        fragments(table);
        prefixes(table);
        valid(table);
        invalid(table);
        return table.cases();
    }

    private static void fragments(Table table) {
        byte[] text =
            Frame.utf8("Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!! \ud83d\ude00");
        byte[] wrong = join(KOSME, hex("eda080"), EDITED);
        table.add("6.1.1", "empty text", Wire.text(NOTHING), Frame.text(NOTHING))
            .add("6.1.2", "three empty fragments", three(NOTHING, NOTHING, NOTHING),
                Frame.text(NOTHING))
            .add("6.1.3", "three fragments, only the middle one not empty",
                three(NOTHING, EDITED, NOTHING), Frame.text(EDITED))
            .add("6.2.1", "text", Wire.text(text), Frame.text(text))
            .add("6.2.2", "text in two fragments, between characters",
                join(Wire.frame(Frame.TEXT, Arrays.copyOf(text, 8)),
                    Wire.frame(Wire.FIN, Arrays.copyOfRange(text, 8, text.length))),
                Frame.text(text))
            .add("6.2.3", "text in fragments of one byte", Wire.fragments(Frame.TEXT, text, 1),
                Frame.text(text))
            .add("6.2.4", "kosme in fragments of one byte",
                Wire.fragments(Frame.TEXT, KOSME, 1), Frame.text(KOSME))
            .add("6.2.x", "characters across fragments of three bytes",
                Wire.fragments(Frame.TEXT, Wire.utf8(200), 3), Frame.text(Wire.utf8(200)))
            .add("6.3.1", "a surrogate in a text", Wire.text(wrong), INVALID)
            .add("6.3.2", "a surrogate in fragments of one byte",
                Wire.fragments(Frame.TEXT, wrong, 1), INVALID)
            .add("6.3.x", "a character that ends before the message does, in two fragments",
                join(Wire.frame(Frame.TEXT, hex("61e2")), Wire.frame(Wire.FIN, hex("82"))), INVALID)
            .add("6.3.y", "a text after one with its last byte missing: no state is kept",
                join(Wire.text(KOSME), Wire.text(hex("e282")), Wire.text("x")),
                Frame.text(KOSME), INVALID)
            .add("6.3.z", "the same bytes as binary are not looked at", Wire.binary(wrong),
                Frame.binary(wrong));
    }

    private static byte[] three(byte[] first, byte[] second, byte[] third) {
        return join(Wire.frame(Frame.TEXT, first), Wire.frame(Frame.CONTINUATION, second),
            Wire.frame(Wire.FIN | Frame.CONTINUATION, third));
    }

    private static void prefixes(Table table) {
        for (int length = 1; length <= KOSME.length; length++) {
            text(table, "6.6." + length, Arrays.copyOf(KOSME, length),
                List.of(2, 5, 7, 9, 11).contains(length));
        }
    }

    private static void valid(Table table) {
        String[][] groups = {
            {"6.7 first of each length", "00", "c280", "e0a080", "f0908080"},
            {"6.9 last of each length", "7f", "dfbf", "efbfbf", "f48fbfbf"},
            {"6.11 borders", "ed9fbf", "ee8080", "efbfbd", "f48fbfbf"},
            {"6.22 noncharacters", "efbfbe", "efbfbf", "f09fbfbe", "f09fbfbf", "f0afbfbe",
                "f0afbfbf", "f0bfbfbe", "f0bfbfbf", "f18fbfbe", "f18fbfbf", "f19fbfbe", "f19fbfbf",
                "f1afbfbe", "f1afbfbf", "f1bfbfbe", "f1bfbfbf", "f28fbfbe", "f28fbfbf", "f29fbfbe",
                "f29fbfbf", "f2afbfbe", "f2afbfbf", "f2bfbfbe", "f2bfbfbf", "f38fbfbe", "f38fbfbf",
                "f39fbfbe", "f39fbfbf", "f3afbfbe", "f3afbfbf", "f3bfbfbe", "f3bfbfbf", "f48fbfbe",
                "f48fbfbf"},
            {"6.23 specials", "efbfb9", "efbfba", "efbfbb", "efbfbc", "efbfbd", "efbfbe", "efbfbf"},
        };
        add(table, groups, true);
    }

    private static void invalid(Table table) {
        String[][] groups = {
            {"6.8 five and six bytes", "f888808080", "fc8480808080"},
            {"6.10 beyond the last", "f4908080", "f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf"},
            {"6.12 continuation bytes", "80", "bf", "80bf", "80bf80", "80bf80bf", "80bf80bf80",
                "80bf80bf80bf", "808182838485868788898a8b8c8d8e8f90919293949596979899"
                + "9a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbe"},
            {"6.13 starts alone",
                "c020c120c220c320c420c520c620c720c820c920ca20cb20cc20cd20ce20cf20",
                "e020e120e220e320e420e520e620e720e820e920ea20eb20ec20ed20ee20ef20",
                "f020f120f220f320f420f520f620f720", "f820f920fa20fb20", "fc20fd20"},
            {"6.14 last byte missing", "c0", "e080", "f08080", "f8808080", "fc80808080", "df",
                "efbf", "f7bfbf", "fbbfbfbf", "fdbfbfbfbf"},
            {"6.15 last bytes missing, in a row",
                "c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf"},
            {"6.16 impossible bytes", "fe", "ff", "fefeffff"},
            {"6.17 overlong slash", "c0af", "e080af", "f08080af", "f8808080af", "fc80808080af"},
            {"6.18 overlong at the border", "c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf",
                "fc83bfbfbfbf"},
            {"6.19 overlong zero", "c080", "e08080", "f0808080", "f880808080", "fc8080808080"},
            {"6.20 surrogates", "eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80",
                "edbfbf"},
            {"6.21 surrogate pairs", "eda080edb080", "eda080edbfbf", "edadbfedb080", "edadbfedbfbf",
                "edae80edb080", "edae80edbfbf", "edafbfedb080", "edafbfedbfbf"},
        };
        add(table, groups, false);
    }

    private static void add(Table table, String[][] groups, boolean valid) {
        for (String[] group : groups) {
            String id = group[0].substring(0, group[0].indexOf(' '));
            for (int i = 1; i < group.length; i++) {
                text(table, id + "." + i, hex(group[i]), valid);
            }
        }
    }

    private static void text(Table table, String id, byte[] bytes, boolean valid) {
        if (isUtf8(bytes) != valid) {
            throw new AssertionError("the table is wrong about " + id);
        }
        String digits = HexFormat.of().formatHex(bytes);
        table.add(id, (valid ? "valid " : "invalid ") + digits, Wire.text(bytes),
            valid ? Frame.text(bytes) : INVALID);
    }

    private static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    /**
     * Group 6.4: beginnings that can never become UTF-8. The server must fail them without waiting
     * for the rest, which is never sent.
     */
    static List<ConformanceCase> failFast() {
        byte[] wrong = hex("f4908080");
        byte[] head = KOSME;
        byte[] whole = Wire.text(join(head, wrong, EDITED));
        return new Table()
            .add("6.4.1", "the second fragment of three",
                join(Wire.frame(Frame.TEXT, head), Wire.frame(Frame.CONTINUATION, wrong)), INVALID)
            .add("6.4.2", "the second fragment, one byte earlier",
                join(Wire.frame(Frame.TEXT, join(head, hex("f4"))),
                    Wire.frame(Frame.CONTINUATION, hex("90"))), INVALID)
            .add("6.4.3", "inside one frame",
                Arrays.copyOf(whole, 6 + head.length + wrong.length), INVALID)
            .add("6.4.4", "inside one frame, at the byte that decides",
                Arrays.copyOf(whole, 6 + head.length + 2), INVALID)
            .add("6.4.x1", "inside a long frame, far from its end",
                Arrays.copyOf(Wire.text(join(Wire.utf8(1_500), wrong, Wire.utf8(1_000))),
                    8 + 1_500 + 2), INVALID)
            .add("6.4.x2", "a continuation byte first in a fragment",
                join(Wire.frame(Frame.TEXT, EDITED), Wire.header(0, 50, true),
                    new byte[] {(byte) (0x80 ^ 0x37)}), INVALID)
            .cases();
    }
}
