package io.mooring.bench.topics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopicsBenchTest {

    private static final int CONNECTIONS = 50_000;

    /** Both sides do the same work, or their times could not be compared. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void theSidesAgree(int reactors) {
        SplittableRandom random = new SplittableRandom(reactors);
        // Slots of its own for each: a slot remembers what one of them has joined.
        try (Slots slots = new Slots(CONNECTIONS, reactors);
                Slots others = new Slots(CONNECTIONS, reactors);
                Side ours = new OffHeapSide(slots);
                Side mark = new HeapSide(others)) {
            for (int i = 0; i < CONNECTIONS; i++) {
                for (String name : new String[] {"all", "t" + i % 100, "own" + i}) {
                    ours.join(i, name);
                    mark.join(i, name);
                }
            }
            for (int i = 0; i < CONNECTIONS; i++) {
                if (random.nextBoolean()) {
                    ours.leave(i, "t" + i % 100);
                    mark.leave(i, "t" + i % 100);
                }
                if (random.nextInt(3) == 0) {
                    ours.leaveAll(i);
                    mark.leaveAll(i);
                }
            }
            for (String name : new String[] {"all", "t0", "t1", "t99", "own0", "own7", "none"}) {
                assertThat(ours.walk(name)).as(name).isEqualTo(mark.walk(name));
            }
            assertThat(ours.walk("all")).isBetween(CONNECTIONS / 2, CONNECTIONS * 3 / 4);
        }
    }

    @Test
    void aShapeHasAsManySubscribersAsItSays() {
        Shape shape = new Shape("", 1_000, 400, 4);
        int[] members = new int[400];
        for (int i = 0; i < 1_000; i++) {
            for (int turn = 0; turn < 4; turn++) {
                members[shape.topic(i, turn)]++;
            }
        }
        assertThat(members).containsOnly(10);
        assertThat(shape.subscriptions()).isEqualTo(4_000);
        assertThat(shape.names()).hasSize(400).doesNotHaveDuplicates();
    }

    @Test
    void everythingIsMeasured() {
        Shape shape = new Shape("", 2_000, 20, 1);
        try (Slots slots = new Slots(2_000, 1); Side side = new OffHeapSide(slots)) {
            Measured measured = Measured.of(shape, side);
            assertThat(measured.json().values()).allSatisfy(
                    value -> assertThat((double) value).isPositive());
        }
    }
}
