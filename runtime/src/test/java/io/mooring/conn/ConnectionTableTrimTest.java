package io.mooring.conn;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.sys.OffHeap;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Memory of slots that connections have left goes back, and late completions are still told. */
class ConnectionTableTrimTest {
    private static final int PER_PAGE = OffHeap.PAGE_BYTES / Connection.BYTES;
    private static final int GENERATION_MAX = 0xffffff;

    @Test
    void givesWholePagesAboveTheHighestSlotInUseBack() {
        try (ConnectionTable table = filled(8 * PER_PAGE)) {
            for (int slot = PER_PAGE + 1; slot < 8 * PER_PAGE; slot++) {
                table.free(slot);
            }
            table.trim();
            table.invariants();
            assertThat(table.highWater()).isEqualTo(2 * PER_PAGE);
            assertThat(table.touchedBytes()).isEqualTo(2L * OffHeap.PAGE_BYTES);
            assertThat(table.inUse()).isEqualTo(PER_PAGE + 1);
            for (int slot = 0; slot <= PER_PAGE; slot++) {
                assertThat(Connection.attachment(table.at(slot))).isEqualTo(slot);
                assertThat(table.isCurrent(slot, 1)).isTrue();
            }
            // What is left is used first, from the bottom up.
            assertThat(table.take()).isEqualTo(PER_PAGE + 1);
            table.trim();
            assertThat(table.highWater()).isEqualTo(2 * PER_PAGE);
        }
    }

    @Test
    void anEmptyTableTakesNoMemory() {
        try (ConnectionTable table = filled(3 * PER_PAGE + 1)) {
            for (int slot = 0; slot <= 3 * PER_PAGE; slot++) {
                table.free(slot);
            }
            table.trim();
            table.invariants();
            assertThat(table.touchedBytes()).isZero();
            assertThat(table.take()).isZero();
            assertThat(table.take()).isEqualTo(1);
            table.invariants();
        }
    }

    /** Trimming what will soon be needed again is no gain. */
    @Test
    void keepsWhatIsWellUsed() {
        try (ConnectionTable table = filled(8 * PER_PAGE)) {
            for (int slot = 2 * PER_PAGE + 1; slot < 8 * PER_PAGE; slot++) {
                table.free(slot);
            }
            table.trim();
            assertThat(table.highWater()).isEqualTo(8 * PER_PAGE);
            assertThat(table.take()).isEqualTo(8 * PER_PAGE - 1); // last in, first out
            table.invariants();
        }
    }

    @Test
    void aSlotInUseAtTheTopKeepsAllBelow() {
        try (ConnectionTable table = filled(4 * PER_PAGE)) {
            for (int slot = 0; slot < 4 * PER_PAGE - 1; slot++) {
                table.free(slot);
            }
            table.trim();
            assertThat(table.highWater()).isEqualTo(4 * PER_PAGE);
            table.invariants();
        }
    }

    @Test
    void nothingToTrim() {
        try (ConnectionTable table = new ConnectionTable(4 * PER_PAGE)) {
            table.trim();
            assertThat(table.take()).isZero();
            table.free(0);
            table.trim();
            table.trim();
            table.invariants();
            assertThat(table.inUse()).isZero();
        }
    }

    /** A slot whose memory was given back goes on where it was, or further. */
    @Test
    void generationsGoOn() {
        try (ConnectionTable table = new ConnectionTable(2 * PER_PAGE)) {
            for (int generation = 1; generation < 20; generation++) {
                int slot = table.take();
                assertThat(slot).isZero();
                assertThat(Connection.generation(table.at(slot))).isEqualTo(generation);
                table.free(slot);
                table.trim();
                assertThat(table.isCurrent(slot, generation)).isFalse();
                assertThat(table.isCurrent(slot, 0)).isFalse();
            }
        }
    }

    /** Also where the 24 bits come to their end. */
    @ParameterizedTest
    @ValueSource(ints = {GENERATION_MAX, GENERATION_MAX - 1, GENERATION_MAX - 7})
    void generationsWrapAfterATrim(int last) {
        try (ConnectionTable table = new ConnectionTable(2 * PER_PAGE)) {
            Connection.generation(table.at(table.take()), last);
            Set<Integer> seen = new HashSet<>(Set.of(last));
            for (int i = 0; i < 50; i++) {
                table.free(0);
                if (i % 3 == 0) {
                    table.trim();
                }
                assertThat(table.take()).isZero();
                int generation = Connection.generation(table.at(0));
                assertThat(generation).isBetween(1, GENERATION_MAX);
                assertThat(seen.add(generation)).as("%d came before, use %d", generation, i)
                    .isTrue();
                assertThat(table.isCurrent(0, generation)).isTrue();
            }
        }
    }

    /** No slot has a generation twice, whatever is taken, freed and trimmed. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void fuzz(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int slots = 3 * PER_PAGE + random.nextInt(PER_PAGE);
        List<Integer> used = new ArrayList<>();
        int[] current = new int[slots]; // 0: free
        Set<Long> seen = new HashSet<>();
        try (ConnectionTable table = new ConnectionTable(slots)) {
            for (int step = 0; step < 12_000; step++) {
                boolean filling = step / 1_500 % 2 == 0;
                if (random.nextInt(100) < (filling ? 85 : 15)) {
                    int slot = table.take();
                    check((slot < 0) == (used.size() == slots), seed, step, "full");
                    if (slot >= 0) {
                        check(current[slot] == 0, seed, step, "taken twice");
                        current[slot] = Connection.generation(table.at(slot));
                        check(current[slot] > 0, seed, step, "generation");
                        check(seen.add((long) slot << 32 | current[slot]), seed, step, "again");
                        used.add(slot);
                    }
                } else if (!used.isEmpty()) {
                    int slot = used.remove(random.nextInt(used.size()));
                    table.free(slot);
                    check(!table.isCurrent(slot, current[slot]), seed, step, "stale");
                    current[slot] = 0;
                }
                if (step % 50 == 0) {
                    table.trim();
                    table.invariants();
                    for (int slot : used) {
                        check(table.isCurrent(slot, current[slot]), seed, step, "lost");
                    }
                }
                check(table.inUse() == used.size(), seed, step, "count");
            }
        }
    }

    private static ConnectionTable filled(int slots) {
        ConnectionTable table = new ConnectionTable(slots);
        for (int slot = 0; slot < slots; slot++) {
            Connection.attachment(table.at(table.take()), slot);
        }
        return table;
    }

    private static void check(boolean holds, long seed, int step, String what) {
        if (!holds) {
            throw new AssertionError("seed " + seed + ", step " + step + ": " + what);
        }
    }
}
