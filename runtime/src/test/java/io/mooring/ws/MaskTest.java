package io.mooring.ws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MaskTest {
    private static final int LENGTH_MAX = 200;
    private static final int SRC = 300;
    private static final int DISJOINT = 10 - SRC;
    private static final int SIZE = SRC + LENGTH_MAX + 16;
    /** 37 fa 21 3d: the key of RFC 6455, 5.7, read little endian. */
    private static final int RFC_KEY = 0x3d21_fa37;

    @Test
    void rfcExample() {
        byte[] bytes = Bytes.hex("7f 9f 4d 51 58");
        long high = Mask.apply(MemorySegment.ofArray(bytes), 0, 0, 5, RFC_KEY, 0);
        assertThat(bytes).isEqualTo(Bytes.utf8("Hello"));
        assertThat(high).isZero();
    }

    /** Down by 4, 8 and 14 is what an echo in place does: a header without its mask key. */
    @ParameterizedTest
    @ValueSource(ints = {0, -1, -2, -3, -4, -7, -8, -9, -14, -100, DISJOINT})
    void likeByteByByte(int move) {
        SplittableRandom random = new SplittableRandom(move);
        for (int length = 0; length <= LENGTH_MAX; length++) {
            for (int phase = 0; phase < 8; phase++) {
                byte[] before = new byte[SIZE];
                random.nextBytes(before);
                check(MemorySegment.ofArray(before.clone()), before, move, length,
                        random.nextInt(), phase);
                check(Bytes.offHeap(before, SIZE), before, move, length,
                        random.nextInt(), phase);
            }
        }
    }

    @Test
    void upwardsWhereDisjoint() {
        byte[] before = new byte[SIZE];
        new SplittableRandom(1).nextBytes(before);
        MemorySegment mem = MemorySegment.ofArray(before.clone());
        Mask.apply(mem, 0, SRC, LENGTH_MAX, 0x0102_0304, 3);
        for (int i = 0; i < LENGTH_MAX; i++) {
            assertThat(mem.get(ValueLayout.JAVA_BYTE, SRC + i))
                    .isEqualTo((byte) (before[i] ^ keyByte(0x0102_0304, 3 + i)));
        }
    }

    /** A high bit in any single place is seen, and in no place is none. */
    @Test
    void tellsAscii() {
        for (int length = 0; length <= LENGTH_MAX; length++) {
            byte[] plain = new byte[length];
            Arrays.fill(plain, (byte) 0x7f);
            assertThat(masked(plain)).as("length %d", length).isZero();
            for (int i = 0; i < length; i++) {
                plain[i] = (byte) 0x80;
                assertThat(masked(plain)).as("length %d, byte %d", length, i).isNotZero();
                plain[i] = 0;
            }
        }
    }

    @Test
    void piecesAddUp() {
        SplittableRandom random = new SplittableRandom(7);
        byte[] whole = new byte[64];
        random.nextBytes(whole);
        byte[] expected = whole.clone();
        Mask.apply(MemorySegment.ofArray(expected), 0, 0, 64, RFC_KEY, 0);
        for (int cut = 0; cut <= 64; cut++) {
            byte[] pieces = whole.clone();
            MemorySegment mem = MemorySegment.ofArray(pieces);
            Mask.apply(mem, 0, 0, cut, RFC_KEY, 0);
            Mask.apply(mem, cut, cut, 64 - cut, RFC_KEY, cut);
            assertThat(pieces).as("cut at %d", cut).isEqualTo(expected);
        }
    }

    /** Masks with a key of high bits, then unmasks; returns what the second call said. */
    private static long masked(byte[] plain) {
        byte[] bytes = plain.clone();
        MemorySegment mem = MemorySegment.ofArray(bytes);
        Mask.apply(mem, 0, 0, bytes.length, 0xf1e2_d3c4, 0);
        return Mask.apply(mem, 0, 0, bytes.length, 0xf1e2_d3c4, 0);
    }

    private static void check(
            MemorySegment mem, byte[] before, int move, int length, int key, int phase) {
        byte[] expected = before.clone();
        int high = 0;
        for (int i = 0; i < length; i++) {
            byte b = (byte) (before[SRC + i] ^ keyByte(key, phase + i));
            expected[SRC + move + i] = b;
            high |= b & 0x80;
        }
        long seen = Mask.apply(mem, SRC, SRC + move, length, key, phase);
        byte[] after = mem.toArray(ValueLayout.JAVA_BYTE);
        if (!Arrays.equals(after, expected) || (seen != 0) != (high != 0)) {
            fail("move %d, length %d, phase %d, key %08x, native %b: first difference at %d",
                    move, length, phase, key, mem.isNative(), Arrays.mismatch(after, expected));
        }
    }

    private static int keyByte(int key, int index) {
        return key >>> 8 * (index % 4) & 0xff;
    }
}
