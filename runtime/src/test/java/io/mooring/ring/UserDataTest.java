package io.mooring.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserDataTest {
    private static final int[] GENERATIONS = {0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000,
        0xffff, 0x10000, 0x7fffff, 0x800000, 0xfffffe, 0xffffff};
    private static final int[] SLOTS = {0, 1, 2, 0xff, 0x100, 0xffff, 0x10000, 0xffffff,
        1_000_000, Integer.MAX_VALUE - 1, Integer.MAX_VALUE, Integer.MIN_VALUE, -2, -1};

    @Test
    void everyOperationWithEveryBoundary() {
        Set<Long> all = new HashSet<>();
        for (int op = 0; op < 256; op++) {
            for (int generation : GENERATIONS) {
                for (int slot : SLOTS) {
                    check(op, generation, slot, generation);
                    all.add(UserData.pack(op, generation, slot));
                }
            }
        }
        assertThat(all).hasSize(256 * GENERATIONS.length * SLOTS.length);
    }

    /** Bits above the 24 belong to nobody. */
    @ParameterizedTest
    @ValueSource(ints = {0x1000000, 0x1000001, 0x7fffffff, 0x80000000, 0xffffffff, 0xff000000})
    void onlyTheLow24BitsOfAGenerationCount(int generation) {
        for (int op : new int[] {0, 1, 127, 128, 255}) {
            for (int slot : SLOTS) {
                check(op, generation, slot, generation & 0xffffff);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 256, 257, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void anOperationOfMoreThan8BitsAsserts(int op) {
        assertThatThrownBy(() -> UserData.pack(op, 0, 0)).isInstanceOf(AssertionError.class);
    }

    @Test
    void layout() {
        assertThat(UserData.pack(0x12, 0x345678, 0x9abcdef0)).isEqualTo(0x123456789abcdef0L);
        assertThat(UserData.pack(0xff, 0xffffff, -1)).isEqualTo(-1L);
        assertThat(UserData.pack(0, 0, -1)).isEqualTo(0xffffffffL);
        assertThat(UserData.GENERATION_MASK).isEqualTo(0xffffff);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void fuzz(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 100_000; i++) {
            int generation = random.nextInt();
            check(random.nextInt(256), generation, random.nextInt(), generation & 0xffffff);
        }
    }

    private static void check(int op, int generation, int slot, int expected) {
        long packed = UserData.pack(op, generation, slot);
        if (UserData.op(packed) != op || UserData.generation(packed) != expected
            || UserData.slot(packed) != slot) {
            throw new AssertionError(op + ", " + generation + ", " + slot + " made "
                + Long.toHexString(packed));
        }
    }
}
