package io.mooring.topic;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.conn.SmallPool;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SlotSetsTest {
    private static final int EVERYTHING = Integer.MAX_VALUE;

    private SmallPool pool = new SmallPool(32L << 20, () -> false);

    /** Sizes that swing through every form, in a narrow and a wide universe, and a huge one. */
    @ParameterizedTest
    @CsvSource({"1, 60, 50", "2, 5000, 4000", "3, 500000, 3000", "4, 20000, 12000",
        "5, 40000000, 9000"})
    void agreesWithAModel(long seed, int slots, int largest) {
        SplittableRandom random = new SplittableRandom(seed);
        SlotSets sets = new SlotSets(pool, slots);
        TreeSet<Integer> model = new TreeSet<>();
        int set = 0;
        int aim = 0;
        for (int step = 0; step < 150_000; step++) {
            if (model.size() == aim) {
                aim = random.nextInt(4) == 0 ? 0 : random.nextInt(largest + 1);
            }
            Integer near = model.isEmpty() ? null : model.ceiling(random.nextInt(slots));
            boolean grow = model.size() < aim;
            int slot = near != null && !grow ? near : random.nextInt(slots);
            String where = "seed " + seed + ", step " + step;
            boolean there = sets.contains(set, slot);
            assertThat(there).as(where).isEqualTo(model.contains(slot));
            if (!there) {
                set = sets.add(set, slot);
                model.add(slot);
            } else if (!grow) {
                set = sets.remove(set, slot);
                model.remove(slot);
            }
            int from = random.nextInt(slots);
            int to = from + random.nextInt(slots - from + 1);
            Integer next = model.ceiling(from);
            assertThat(sets.next(set, from, to)).as(where)
                .isEqualTo(next == null || next >= to ? -1 : next);
            assertThat(sets.size(set)).as(where).isEqualTo(model.size());
            assertThat(set == 0).as(where).isEqualTo(model.isEmpty());
            if (step % 5_000 == 0) {
                assertThat(walk(sets, set)).as(where).isEqualTo(model);
                pool.invariants();
            }
        }
        for (int slot : model) {
            set = sets.remove(set, slot);
        }
        assertThat(set).isZero();
        assertThat(pool.usedBytes()).isZero();
    }

    private static TreeSet<Integer> walk(SlotSets sets, int set) {
        TreeSet<Integer> found = new TreeSet<>();
        for (int slot = sets.next(set, 0, EVERYTHING); slot >= 0;
                slot = sets.next(set, slot + 1, EVERYTHING)) {
            assertThat(found.add(slot)).isTrue();
        }
        sets.invariants(set);
        return found;
    }

    @Test
    void oneMemberTakesNoMemory() {
        SlotSets sets = new SlotSets(pool, 100);
        int set = sets.add(0, 0);
        assertThat(set).isNegative();
        assertThat(pool.usedBytes()).isZero();
        assertThat(sets.size(set)).isEqualTo(1);
        assertThat(sets.contains(set, 0)).isTrue();
        assertThat(sets.next(set, 0, 1)).isZero();
        assertThat(sets.next(set, 1, 100)).isEqualTo(-1);
    }

    /** Around the borders between forms a set that grows and shrinks by turns stays what it is. */
    @ParameterizedTest
    @ValueSource(ints = {3, 15, 100, 254, 255, 511, 512})
    void formsHaveHysteresis(int size) {
        SlotSets sets = new SlotSets(pool, 4_096);
        int set = 0;
        for (int slot = 0; slot <= size; slot++) {
            set = sets.add(set, slot);
        }
        int kept = sets.remove(set, size);
        for (int round = 0; round < 10; round++) {
            set = sets.add(kept, size);
            assertThat(set).isEqualTo(kept);
            kept = sets.remove(set, size);
            assertThat(kept).isEqualTo(set);
        }
    }

    /** Memory that runs out, at whatever step: nothing has changed, and nothing is lost. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6})
    void refusesWholly(int extents) {
        SmallPool small = new SmallPool((long) extents * SmallPool.EXTENT_BYTES, () -> false);
        SlotSets sets = new SlotSets(small, 2_000_000);
        SplittableRandom random = new SplittableRandom(extents);
        TreeSet<Integer> model = new TreeSet<>();
        int set = 0;
        int refused = 0;
        for (int step = 0; step < 100_000; step++) {
            int slot = random.nextInt(2_000_000);
            if (step % 20_000 < 14_000 && !model.contains(slot)) {
                int grown = sets.add(set, slot);
                refused += grown == 0 ? 1 : 0;
                if (grown != 0) {
                    set = grown;
                    model.add(slot);
                }
            } else if (!model.isEmpty()) {
                Integer gone = model.ceiling(slot);
                gone = gone == null ? model.first() : gone;
                set = sets.remove(set, gone);
                model.remove(gone);
            }
        }
        assertThat(refused).isPositive();
        assertThat(walk(sets, set)).isEqualTo(model);
        small.invariants();
        while (!model.isEmpty()) {
            set = sets.remove(set, model.pollFirst());
        }
        assertThat(set).isZero();
        assertThat(small.usedBytes()).isZero();
        small.close();
    }

    @Test
    void aSetOfEverybodyTakesABitEach() {
        SlotSets sets = new SlotSets(pool, 500_000);
        int set = 0;
        for (int slot = 0; slot < 500_000; slot++) {
            set = sets.add(set, slot);
        }
        assertThat(sets.size(set)).isEqualTo(500_000);
        assertThat(pool.usedBytes()).isLessThan(500_000 / 8 * 4 / 3);
    }
}
