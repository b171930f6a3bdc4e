package io.mooring.ws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Utf8Test {
    /**
     * All encoded code points, and all their proper prefixes, by length: what may stand in a valid
     * text, made by the JDK's encoder. What is in neither set cannot be continued to a valid text,
     * so this says not only what is wrong but from which byte on.
     */
    private static final BitSet[] WHOLE = new BitSet[4];
    private static final BitSet[] PREFIX = new BitSet[4];

    static {
        for (int i = 0; i < 4; i++) {
            WHOLE[i] = new BitSet();
            PREFIX[i] = new BitSet();
        }
        for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
            if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
                continue;
            }
            byte[] bytes = encoded(c);
            int packed = 0;
            for (int i = 0; i < bytes.length; i++) {
                packed = packed << 8 | bytes[i] & 0xff;
                if (i < bytes.length - 1) {
                    PREFIX[i + 1].set(packed);
                } else if (i < 3) {
                    WHOLE[i + 1].set(packed);
                }
            }
        }
    }

    /** The bytes, and after how many of them it is wrong; 0: valid; -1: valid but incomplete. */
    @ParameterizedTest
    @CsvSource({
        "'',                       0",
        "00,                       0",
        "48 65 6c 6c 6f,           0",
        "ce ba e1 bd b9 cf 83,     0",
        "f0 9f 98 80,              0",
        "ef bb bf,                 0", // a byte order mark is a character like any other
        "ef bf bf,                 0", // U+FFFF is a code point
        "f4 8f bf bf,              0", // the last one, U+10FFFF
        "ed 9f bf,                 0", // the last before the surrogates
        "ee 80 80,                 0", // the first after them
        "c3,                      -1",
        "e2 82,                   -1",
        "f0 9f 98,                -1",
        "41 f4,                   -1",
        "80,                       1",
        "bf,                       1",
        "c0 80,                    1", // overlong: the lead alone shows it
        "c1 bf,                    1",
        "e0 80 80,                 2", // overlong: the second byte shows it
        "e0 9f bf,                 2",
        "f0 80 80 80,              2",
        "f0 8f bf bf,              2",
        "ed a0 80,                 2", // surrogates
        "ed bf bf,                 2",
        "f4 90 80 80,              2", // U+110000
        "f5 80 80 80,              1",
        "ff,                       1",
        "fe,                       1",
        "c3 41,                    2",
        "e2 82 41,                 3",
        "f0 9f 98 41,              4",
        "41 42 c3 a9 80 41,        5",
        "ce ba ed a0 80 65 64,     4", // Autobahn 6.3
    })
    void table(String hex, int wrongAfter) {
        byte[] bytes = Bytes.hex(hex);
        int expected = wrongAfter > 0 ? Utf8.REJECT : Utf8.ACCEPT;
        for (int before = 0; before <= 17; before++) {
            byte[] padded = Bytes.concat(Bytes.latin1("x".repeat(before)), bytes);
            int state = everySplit(padded);
            if (wrongAfter == -1) {
                assertThat(state).isNotIn(Utf8.ACCEPT, Utf8.REJECT);
            } else {
                assertThat(state).isEqualTo(expected);
            }
            if (wrongAfter > 0) {
                int good = before + wrongAfter - 1;
                assertThat(validate(padded, 0, good, 0)).isNotEqualTo(Utf8.REJECT);
                assertThat(validate(padded, 0, good + 1, 0)).isEqualTo(Utf8.REJECT);
                byte[] after = Bytes.concat(padded, Bytes.latin1("good again"));
                assertThat(everySplit(after)).isEqualTo(Utf8.REJECT);
            }
        }
    }

    @Test
    void everyCodePointIsWhatTheJdkMakesOfIt() {
        byte[] text = new byte[16];
        MemorySegment mem = MemorySegment.ofArray(text);
        for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
            boolean surrogate = c >= 0xd800 && c <= 0xdfff;
            byte[] bytes = surrogate ? generalized(c) : encoded(c);
            int at = c % 9; // in the words, across them, and in the bytes after them
            Arrays.fill(text, (byte) 'x');
            System.arraycopy(bytes, 0, text, at, bytes.length);
            int expected = surrogate ? Utf8.REJECT : Utf8.ACCEPT;
            if (Utf8.validate(mem, 0, 16, 0) != expected
                    || Utf8.validate(mem, at, bytes.length, 0) != expected
                    || jdkAccepts(bytes) == surrogate) {
                fail("U+%04X at %d", c, at);
            }
        }
    }

    @Test
    void everySequenceOfUpToThreeBytes() {
        MemorySegment mem = MemorySegment.ofArray(new byte[3]);
        for (int a = 0; a < 256; a++) {
            mem.set(ValueLayout.JAVA_BYTE, 0, (byte) a);
            int stateA = Utf8.validate(mem, 0, 1, Utf8.ACCEPT);
            check(a, 1, stateA, reference(a, 1));
            for (int b = 0; b < 256; b++) {
                mem.set(ValueLayout.JAVA_BYTE, 1, (byte) b);
                int stateB = Utf8.validate(mem, 1, 1, stateA);
                check(a << 8 | b, 2, stateB, reference(a << 8 | b, 2));
                for (int c = 0; c < 256; c++) {
                    mem.set(ValueLayout.JAVA_BYTE, 2, (byte) c);
                    int packed = a << 16 | b << 8 | c;
                    int state = Utf8.validate(mem, 2, 1, stateB);
                    check(packed, 3, state, reference(packed, 3));
                    if (Utf8.validate(mem, 0, 3, Utf8.ACCEPT) != state) {
                        fail("%06x in one call and in three", packed);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void sampledSequencesOfFourBytes(long seed) throws CharacterCodingException {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] bytes = new byte[4];
        MemorySegment mem = MemorySegment.ofArray(bytes);
        for (int round = 0; round < 200_000; round++) {
            // Random bytes alone would hardly ever get past the second one.
            bytes[0] = (byte) (round % 4 == 0 ? random.nextInt() : 0xf0 + random.nextInt(6));
            for (int i = 1; i < 4; i++) {
                bytes[i] = (byte) (random.nextInt(8) == 0 ? random.nextInt()
                        : 0x80 + random.nextInt(64));
            }
            boolean accepted = Utf8.validate(mem, 0, 4, Utf8.ACCEPT) == Utf8.ACCEPT;
            if (accepted != jdkAccepts(bytes)) {
                fail("seed %d, round %d: %s", seed, round, Bytes.hex(bytes));
            }
        }
    }

    /** Texts of all kinds of characters with a wrong byte here and there, split at every byte. */
    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13})
    void fuzz(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 2_000; round++) {
            StringBuilder text = new StringBuilder();
            int characters = random.nextInt(24);
            for (int i = 0; i < characters; i++) {
                text.appendCodePoint(switch (random.nextInt(5)) {
                    case 0 -> 0x80 + random.nextInt(0x780);
                    case 1 -> 0x800 + random.nextInt(0xd000);
                    case 2 -> 0x10000 + random.nextInt(0x100000);
                    default -> random.nextInt(0x80);
                });
            }
            byte[] bytes = Bytes.utf8(text.toString());
            for (int i = random.nextInt(3); i > 0 && bytes.length > 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            boolean accepted = everySplit(bytes) == Utf8.ACCEPT;
            assertThat(accepted).as("seed %d, round %d: %s", seed, round, Bytes.hex(bytes))
                    .isEqualTo(jdkAccepts(bytes));
            rejectsAtTheFirstWrongByte(bytes, seed, round);
        }
    }

    private static void rejectsAtTheFirstWrongByte(byte[] bytes, long seed, int round) {
        int packed = 0;
        int length = 0;
        boolean wrong = false;
        for (int i = 0; i < bytes.length; i++) {
            packed = packed << 8 | bytes[i] & 0xff;
            length++;
            int state = wrong ? Utf8.REJECT : reference(packed, length);
            wrong = state == Utf8.REJECT;
            if (state == Utf8.ACCEPT) {
                packed = 0;
                length = 0;
            }
            boolean rejected = validate(bytes, 0, i + 1, Utf8.ACCEPT) == Utf8.REJECT;
            assertThat(rejected).as("seed %d, round %d, byte %d", seed, round, i)
                    .isEqualTo(wrong);
        }
    }

    /** The final state in one call, after checking that every split in two gives the same. */
    private static int everySplit(byte[] bytes) {
        int whole = validate(bytes, 0, bytes.length, Utf8.ACCEPT);
        int single = Utf8.ACCEPT;
        for (int cut = 0; cut < bytes.length; cut++) {
            int first = validate(bytes, 0, cut, Utf8.ACCEPT);
            int both = validate(bytes, cut, bytes.length - cut, first);
            assertThat(both).as("%s cut at %d", Bytes.hex(bytes), cut).isEqualTo(whole);
            single = validate(bytes, cut, 1, single);
        }
        assertThat(single).as("%s byte by byte", Bytes.hex(bytes)).isEqualTo(whole);
        return whole;
    }

    private static int validate(byte[] bytes, int from, int length, int state) {
        return Utf8.validate(MemorySegment.ofArray(bytes), from, length, state);
    }

    /** ACCEPT: one or more whole characters; REJECT; or -1: the beginning of a character. */
    private static int reference(int packed, int length) {
        int rest = length;
        for (int taken = 1; taken <= rest; taken++) {
            int start = packed >>> 8 * (rest - taken)
                    & (taken == 4 ? -1 : (1 << 8 * taken) - 1);
            boolean whole = taken == 4 || WHOLE[taken].get(start);
            if (!whole && !PREFIX[taken].get(start)) {
                return Utf8.REJECT;
            }
            if (whole) {
                if (taken == 4 && (start & 0xc0) != 0x80) {
                    return Utf8.REJECT; // after any good three bytes, any continuation byte
                }
                rest -= taken;
                taken = 0;
            }
        }
        return rest == 0 ? Utf8.ACCEPT : -1;
    }

    private static void check(int packed, int length, int state, int expected) {
        boolean same = expected == -1 ? state != Utf8.ACCEPT && state != Utf8.REJECT
                : state == expected;
        if (!same) {
            fail("%0" + 2 * length + "x: state %d, expected %d", packed, state, expected);
        }
    }

    private static boolean jdkAccepts(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    private static byte[] encoded(int codePoint) {
        return Character.toString(codePoint).getBytes(StandardCharsets.UTF_8);
    }

    /** A surrogate the way UTF-8 would encode it if it were allowed to. */
    private static byte[] generalized(int c) {
        return new byte[] {
            (byte) (0xe0 | c >> 12), (byte) (0x80 | c >> 6 & 0x3f), (byte) (0x80 | c & 0x3f)};
    }
}
