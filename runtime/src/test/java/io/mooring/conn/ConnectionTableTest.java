package io.mooring.conn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.sys.OffHeap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionTableTest {
    private static final int GENERATION_MAX = 0xffffff;

    @Test
    void takesFromTheBottomUpAndReusesLastInFirstOut() {
        try (ConnectionTable table = new ConnectionTable(5)) {
            assertThat(List.of(table.take(), table.take(), table.take())).containsExactly(0, 1, 2);
            assertThat(table.highWater()).isEqualTo(3);
            table.free(0);
            table.free(2);
            assertThat(table.inUse()).isEqualTo(1);
            assertThat(table.highWater()).isEqualTo(3);
            assertThat(List.of(table.take(), table.take(), table.take(), table.take()))
                .containsExactly(2, 0, 3, 4);
            assertThat(table.highWater()).isEqualTo(5);
            table.invariants();
        }
    }

    @Test
    void full() {
        try (ConnectionTable table = new ConnectionTable(2)) {
            assertThat(table.slots()).isEqualTo(2);
            table.take();
            table.take();
            assertThat(table.take()).isEqualTo(-1);
            assertThat(table.take()).isEqualTo(-1);
            assertThat(table.inUse()).isEqualTo(2);
            table.invariants();
            table.free(1);
            assertThat(table.take()).isEqualTo(1);
            assertThat(table.take()).isEqualTo(-1);
        }
    }

    /** Whatever its last use left: all zero but the generation, accepting, not on the wheel. */
    @Test
    void aTakenSlotIsClean() {
        try (ConnectionTable table = new ConnectionTable(1)) {
            long c = table.at(table.take());
            OffHeap.ALL.asSlice(c + 8, Connection.BYTES - 8).fill((byte) -1);
            OffHeap.putShort(c + 6, (short) ~Connection.FLAG_LENT); // flags
            Connection.assembly(c, 0);
            Connection.output(c, 0);
            OffHeap.putInt(c + Connection.WHEEL_NEXT, IdleWheel.NONE);
            OffHeap.putInt(c + Connection.WHEEL_PREV, IdleWheel.NONE);
            table.free(0);
            assertThat(Connection.phase(c)).isEqualTo(Phase.FREE);
            table.take();
            assertThat(Connection.generation(c)).isEqualTo(2);
            assertThat(Connection.phase(c)).isEqualTo(Phase.ACCEPTING);
            assertThat(OffHeap.getInt(c + Connection.WHEEL_NEXT)).isEqualTo(IdleWheel.NONE);
            assertThat(OffHeap.getInt(c + Connection.WHEEL_PREV)).isEqualTo(IdleWheel.NONE);
            Connection.generation(c, 0);
            Connection.phase(c, 0);
            OffHeap.putInt(c + Connection.WHEEL_NEXT, 0);
            OffHeap.putInt(c + Connection.WHEEL_PREV, 0);
            for (int i = 0; i < Connection.BYTES; i += 8) {
                assertThat(OffHeap.getLong(c + i)).as("at %d", i).isZero();
            }
        }
    }

    @Test
    void generationsStartAtOneAndTellUsesApart() {
        try (ConnectionTable table = new ConnectionTable(2)) {
            for (int generation = 1; generation <= 5; generation++) {
                assertThat(table.take()).isZero();
                assertThat(Connection.generation(table.at(0))).isEqualTo(generation);
                for (int other = 0; other <= 6; other++) {
                    assertThat(table.isCurrent(0, other)).isEqualTo(other == generation);
                }
                table.free(0);
                for (int other = 0; other <= 6; other++) {
                    assertThat(table.isCurrent(0, other)).isFalse();
                }
            }
        }
    }

    @Test
    void generationsWrapAfter24BitsPastZero() {
        try (ConnectionTable table = new ConnectionTable(1)) {
            long c = table.at(table.take());
            Connection.generation(c, GENERATION_MAX);
            assertThat(table.isCurrent(0, GENERATION_MAX)).isTrue();
            table.free(0);
            assertThat(table.isCurrent(0, 0)).isFalse();
            assertThat(table.take()).isZero();
            assertThat(Connection.generation(c)).isEqualTo(1);
            assertThat(table.isCurrent(0, 1)).isTrue();
            assertThat(table.isCurrent(0, 0)).isFalse();
            assertThat(table.isCurrent(0, GENERATION_MAX + 1)).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, 3, 4, Integer.MAX_VALUE})
    void slotsOutsideAreNobodys(int slot) {
        try (ConnectionTable table = new ConnectionTable(3)) {
            table.take();
            assertThat(table.isCurrent(slot, 1)).isFalse();
            assertThatThrownBy(() -> table.at(slot)).isInstanceOf(AssertionError.class);
        }
    }

    @Test
    void slotsNeverTakenAreNobodys() {
        try (ConnectionTable table = new ConnectionTable(3)) {
            assertThat(table.isCurrent(2, 0)).isFalse();
            assertThat(table.isCurrent(2, 1)).isFalse();
        }
    }

    @Test
    void slotsLieInCacheLinesOneAfterTheOther() {
        try (ConnectionTable table = new ConnectionTable(1_000)) {
            assertThat(table.at(0) % 64).isZero();
            for (int slot = 0; slot < 1_000; slot++) {
                assertThat(table.at(slot) - table.at(0)).isEqualTo(64L * slot);
            }
            assertThat(table.mappedBytes()).isEqualTo(OffHeap.pageAlign(64_000));
            assertThat(table.touchedBytes()).isZero();
            table.take();
            table.take();
            table.free(1);
            assertThat(table.touchedBytes()).isEqualTo(128);
        }
    }

    /** Each would end in a slot that the kernel, the pool or the wheel still refers to. */
    @Test
    void freeingTooEarlyAsserts() {
        try (ConnectionTable table = new ConnectionTable(1)) {
            IdleWheel wheel = new IdleWheel(table, 0);
            long c = table.at(table.take());
            Connection.addOp(c, Connection.OP_ACCEPT);
            assertFreeThrows(table);
            Connection.removeOp(c, Connection.OP_ACCEPT);
            Connection.assembly(c, 1);
            assertFreeThrows(table);
            Connection.assembly(c, 0);
            Connection.output(c, 1);
            assertFreeThrows(table);
            Connection.output(c, 0);
            wheel.schedule(0, 10);
            assertFreeThrows(table);
            wheel.cancel(0);
            table.free(0);
            assertFreeThrows(table);
            table.invariants();
        }
    }

    private static void assertFreeThrows(ConnectionTable table) {
        assertThatThrownBy(() -> table.free(0)).isInstanceOf(AssertionError.class)
            .hasMessageStartingWith("freed");
    }

    @Test
    void invariantsSeeDamage() {
        try (ConnectionTable table = new ConnectionTable(3)) {
            table.take();
            table.take();
            table.free(0);
            table.free(1);
            Connection.phase(table.at(0), Phase.OPEN);
            assertThatThrownBy(table::invariants).isInstanceOf(IllegalStateException.class);
            Connection.phase(table.at(0), Phase.FREE);
            table.invariants();
            OffHeap.putInt(table.at(0) + Connection.WHEEL_NEXT, 1); // a circle
            assertThatThrownBy(table::invariants).isInstanceOf(IllegalStateException.class);
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void fuzz(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int slots = 1 + random.nextInt(300);
        Deque<Integer> freed = new ArrayDeque<>();
        List<Integer> used = new ArrayList<>();
        int[] generations = new int[slots];
        int untouched = 0;
        try (ConnectionTable table = new ConnectionTable(slots)) {
            for (int step = 0; step < 10_000; step++) {
                boolean filling = step / 1_000 % 2 == 0;
                if (random.nextInt(100) < (filling ? 60 : 40)) {
                    int expected = !freed.isEmpty() ? freed.pop()
                        : untouched < slots ? untouched++ : -1;
                    int slot = table.take();
                    check(slot == expected, seed, step, "another slot");
                    if (slot >= 0) {
                        used.add(slot);
                        generations[slot] = next(generations[slot]);
                        check(Connection.generation(table.at(slot)) == generations[slot], seed,
                            step, "generation");
                        if (random.nextInt(50) == 0) { // long used
                            generations[slot] = GENERATION_MAX - random.nextInt(3);
                            Connection.generation(table.at(slot), generations[slot]);
                        }
                    }
                } else if (!used.isEmpty()) {
                    int slot = used.remove(random.nextInt(used.size()));
                    table.free(slot);
                    freed.push(slot);
                }
                int slot = random.nextInt(slots);
                check(table.isCurrent(slot, generations[slot]) == used.contains(slot), seed, step,
                    "current");
                check(!table.isCurrent(slot, next(generations[slot])), seed, step, "future");
                check(table.inUse() == used.size(), seed, step, "count");
                if (step % 100 == 0) {
                    table.invariants();
                }
            }
        }
    }

    private static int next(int generation) {
        return generation == GENERATION_MAX ? 1 : generation + 1;
    }

    private static void check(boolean holds, long seed, int step, String what) {
        if (!holds) {
            throw new AssertionError("seed " + seed + ", step " + step + ": " + what);
        }
    }
}
