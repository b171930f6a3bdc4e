package io.mooring.conn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.sys.Seccomp;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SpillPoolTest {
    private static final int EXTENT = 256 << 10;
    private static final int SMALL = SpillPool.CHUNK_BYTES_MIN;
    private static final int SMALL_PER_EXTENT = EXTENT / SMALL;
    private static final long BOUND = 8L << 20;

    private SpillPool pool = new SpillPool(BOUND);

    @AfterEach
    void close() {
        pool.invariants();
        pool.close();
    }

    @ParameterizedTest
    @CsvSource({"1, 512", "511, 512", "512, 512", "513, 1024", "1024, 1024", "1025, 2048",
        "262144, 262144", "262145, 524288", "4194303, 4194304", "4194304, 4194304"})
    void chunksArePowersOfTwo(int asked, int given) {
        int chunk = pool.take(asked);
        assertThat(chunk).isNotZero();
        assertThat(pool.capacity(chunk)).isEqualTo(given);
        assertThat(pool.address(chunk) % 64).isZero();
        assertThat(pool.usedBytes()).isEqualTo(given);
        assertThat(pool.mappedBytes()).isEqualTo(Math.max(EXTENT, given));
        OffHeap.putByte(pool.address(chunk), (byte) 1);
        OffHeap.putByte(pool.address(chunk) + given - 1, (byte) 1);
        pool.give(chunk);
        assertThat(pool.usedBytes()).isZero();
    }

    @Test
    void nothingIsMappedBeforeItIsNeeded() {
        assertThat(pool.mappedBytes()).isZero();
        assertThat(pool.bytesMax()).isEqualTo(BOUND);
        pool.trim();
        assertThat(pool.mappedBytes()).isZero();
    }

    @Test
    void givenChunksAreTakenAgainFirst() {
        int first = pool.take(SMALL);
        int second = pool.take(SMALL);
        int third = pool.take(SMALL);
        assertThat(List.of(first, second, third)).doesNotHaveDuplicates();
        pool.give(first);
        pool.give(third);
        assertThat(pool.take(SMALL)).isEqualTo(third);
        assertThat(pool.take(SMALL)).isEqualTo(first);
        assertThat(pool.mappedBytes()).isEqualTo(EXTENT);
    }

    @Test
    void theBoundHolds() {
        List<Integer> chunks = new ArrayList<>();
        for (int chunk = pool.take(EXTENT); chunk != 0; chunk = pool.take(EXTENT)) {
            chunks.add(chunk);
            pool.invariants();
        }
        assertThat(chunks).hasSize((int) (BOUND / EXTENT)).doesNotHaveDuplicates();
        assertThat(pool.mappedBytes()).isEqualTo(BOUND);
        assertThat(pool.take(1)).isZero();
        assertThat(pool.take(1 << 30)).isZero();
        assertThat(pool.usedBytes()).isEqualTo(BOUND);
        pool.give(chunks.removeLast());
        // Of another size: what was kept empty makes room.
        int small = pool.take(1);
        assertThat(small).isNotZero();
        assertThat(pool.mappedBytes()).isEqualTo(BOUND);
        chunks.forEach(pool::give);
        pool.give(small);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE, (1 << 30) + 1, Integer.MAX_VALUE})
    void chunksOfNoSizeAreRefused(int bytes) {
        assertThatThrownBy(() -> pool.take(bytes)).isInstanceOf(IllegalArgumentException.class)
            .hasMessage("chunk of " + bytes + " bytes");
        assertThat(pool.mappedBytes()).isZero();
    }

    /** The kernel has no memory for an extent: as if the bound were reached. */
    @Test
    void aRefusedMappingIsLikeTheBound() throws Exception {
        int before = pool.take(SMALL);
        int refused = Seccomp.refusing(Abi.SYS_MMAP, 1, 1 << 20, Errno.ENOMEM, () -> {
            int none = pool.take(1 << 20);
            pool.give(pool.take(SMALL)); // others go on
            return none;
        });
        assertThat(refused).isZero();
        pool.invariants();
        assertThat(pool.mappedBytes()).isEqualTo(EXTENT);
        int after = pool.take(1 << 20);
        assertThat(after).isNotZero();
        pool.give(after);
        pool.give(before);
    }

    @Test
    void anEmptyExtentIsKeptOneOfEachSize() {
        List<Integer> chunks = new ArrayList<>();
        for (int i = 0; i < 3 * SMALL_PER_EXTENT; i++) {
            chunks.add(pool.take(SMALL));
        }
        assertThat(pool.mappedBytes()).isEqualTo(3 * EXTENT);
        chunks.forEach(pool::give);
        assertThat(pool.mappedBytes()).isEqualTo(EXTENT);
        int large = pool.take(2 * SMALL);
        pool.give(large);
        assertThat(pool.mappedBytes()).isEqualTo(2 * EXTENT);
        assertThat(pool.usedBytes()).isZero();
    }

    @Test
    void trimGivesBackWhatStaysEmpty() {
        pool.give(pool.take(SMALL));
        pool.give(pool.take(1 << 20));
        pool.trim();
        assertThat(pool.mappedBytes()).isEqualTo(EXTENT + (1 << 20));
        pool.trim();
        assertThat(pool.mappedBytes()).isZero();
    }

    @Test
    void trimSparesWhatWasUsedInBetween() {
        pool.give(pool.take(SMALL));
        pool.trim();
        pool.give(pool.take(SMALL));
        pool.trim();
        assertThat(pool.mappedBytes()).isEqualTo(EXTENT);
        int chunk = pool.take(SMALL);
        pool.trim();
        pool.trim();
        assertThat(pool.mappedBytes()).isEqualTo(EXTENT);
        pool.give(chunk);
        pool.trim();
        pool.trim();
        assertThat(pool.mappedBytes()).isZero();
    }

    /** The kept extent is not the list's first: another one has got room since. */
    @Test
    void trimFindsAnEmptyExtentBehindAnother() {
        List<Integer> full = emptyBehindAnother(pool);
        pool.trim();
        pool.trim();
        assertThat(pool.mappedBytes()).isEqualTo(EXTENT);
        full.forEach(pool::give);
    }

    /** The same, at the bound. */
    @Test
    void anEmptyExtentBehindAnotherMakesRoom() {
        pool = new SpillPool(2 * EXTENT);
        List<Integer> full = emptyBehindAnother(pool);
        int larger = pool.take(2 * SMALL);
        assertThat(larger).isNotZero();
        pool.give(larger);
        full.forEach(pool::give);
    }

    /** Leaves an extent with one place, and another one that is empty; returns what is taken. */
    private static List<Integer> emptyBehindAnother(SpillPool pool) {
        List<Integer> full = new ArrayList<>();
        for (int i = 0; i < SMALL_PER_EXTENT; i++) {
            full.add(pool.take(SMALL));
        }
        pool.give(pool.take(SMALL)); // the first of a second extent
        pool.give(full.removeLast());
        assertThat(pool.mappedBytes()).isEqualTo(2 * EXTENT);
        return full;
    }

    @Test
    void givingTwiceAsserts() {
        int chunk = pool.take(EXTENT);
        pool.give(chunk);
        assertThatThrownBy(() -> pool.give(chunk)).isInstanceOf(AssertionError.class);
    }

    /** More extents than the bookkeeping has room for at first. */
    @Test
    void manyExtents() {
        pool = new SpillPool(1L << 30);
        int extents = 700;
        int[] chunks = new int[extents];
        for (int i = 0; i < extents; i++) {
            chunks[i] = pool.take(EXTENT);
            OffHeap.putInt(pool.address(chunks[i]) + EXTENT - 4, i);
        }
        pool.invariants();
        for (int i = 0; i < extents; i++) {
            assertThat(OffHeap.getInt(pool.address(chunks[i]) + EXTENT - 4)).isEqualTo(i);
            pool.give(chunks[i]);
        }
        assertThat(pool.mappedBytes()).isEqualTo(EXTENT);
    }

    /** Chunks keep their bytes, never overlap, and the sums are right at each step. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void fuzz(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<int[]> live = new ArrayList<>(); // chunk, pattern
        long used = 0;
        int refused = 0;
        for (int step = 0; step < 6_000; step++) {
            boolean filling = step / 1_000 % 2 == 0;
            if (live.isEmpty() || random.nextInt(100) < (filling ? 70 : 35)) {
                int bytes = size(random);
                int chunk = pool.take(bytes);
                if (chunk == 0) {
                    refused++;
                    continue;
                }
                check(pool.capacity(chunk) >= bytes, seed, step, "too small");
                used += pool.capacity(chunk);
                int pattern = random.nextInt();
                fill(chunk, pattern);
                live.add(new int[] {chunk, pattern});
            } else {
                int[] last = live.removeLast();
                int index = random.nextInt(live.size() + 1);
                int[] one = index == live.size() ? last : live.set(index, last);
                check(isIntact(one[0], one[1]), seed, step, "bytes of another");
                used -= pool.capacity(one[0]);
                pool.give(one[0]);
            }
            if (step % 64 == 0) {
                pool.trim();
                pool.invariants();
            }
            check(pool.usedBytes() == used, seed, step, "sum used");
            check(pool.mappedBytes() <= BOUND, seed, step, "above the bound");
            check(pool.mappedBytes() >= used, seed, step, "sum mapped");
        }
        assertThat(refused).as("seed %d reaches the bound", seed).isPositive();
        for (int[] one : live) {
            check(isIntact(one[0], one[1]), seed, -1, "bytes of another");
            pool.give(one[0]);
        }
        pool.invariants();
        assertThat(pool.usedBytes()).as("seed %d", seed).isZero();
        pool.trim();
        pool.trim();
        assertThat(pool.mappedBytes()).as("seed %d", seed).isZero();
    }

    /** 1 B to 4 MiB, each power of two about as often; the small ones more. */
    private static int size(SplittableRandom random) {
        int shift = random.nextInt(100) < 90 ? random.nextInt(14) : random.nextInt(22);
        return 1 + random.nextInt(2 << shift) % (4 << 20);
    }

    /** Its first and last 512 bytes, so that a large one costs no more. */
    private void fill(int chunk, int pattern) {
        long at = pool.address(chunk);
        int capacity = pool.capacity(chunk);
        for (int i = 0; i < SMALL; i += 4) {
            OffHeap.putInt(at + i, pattern + i);
            OffHeap.putInt(at + capacity - SMALL + i, pattern + i);
        }
    }

    private boolean isIntact(int chunk, int pattern) {
        long at = pool.address(chunk);
        int capacity = pool.capacity(chunk);
        boolean intact = true;
        for (int i = 0; i < SMALL; i += 4) {
            intact &= OffHeap.getInt(at + i) == pattern + i
                && OffHeap.getInt(at + capacity - SMALL + i) == pattern + i;
        }
        return intact;
    }

    private static void check(boolean holds, long seed, int step, String what) {
        if (!holds) {
            throw new AssertionError("seed " + seed + ", step " + step + ": " + what);
        }
    }
}
