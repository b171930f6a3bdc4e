package io.mooring.conn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.sys.OffHeap;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdleWheelTest {
    private static final int SLOTS = 64;
    private static final int HORIZON = IdleWheel.HORIZON_TICKS;

    private final ConnectionTable table = new ConnectionTable(SLOTS);

    IdleWheelTest() {
        for (int i = 0; i < SLOTS; i++) {
            table.take();
        }
    }

    @AfterEach
    void close() {
        table.close();
    }

    /** Ticks are free-running: a wheel may start anywhere. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 63, 64, 4095, 4096, -1, -64, Integer.MAX_VALUE,
        Integer.MAX_VALUE - 9, Integer.MIN_VALUE, Integer.MIN_VALUE + 1})
    void comesUpAtItsTick(int now) {
        IdleWheel wheel = new IdleWheel(table, now);
        assertThat(wheel.ticksToNext(now)).isEqualTo(-1);
        wheel.schedule(3, now + 10);
        wheel.schedule(4, now + 12);
        assertThat(wheel.scheduled()).isEqualTo(2);
        assertThat(wheel.ticksToNext(now)).isEqualTo(10);
        assertThat(wheel.poll(now)).isEqualTo(-1);
        assertThat(wheel.poll(now + 9)).isEqualTo(-1);
        assertThat(wheel.ticksToNext(now + 9)).isEqualTo(1);
        assertThat(wheel.poll(now + 10)).isEqualTo(3);
        assertThat(wheel.poll(now + 10)).isEqualTo(-1);
        assertThat(wheel.ticksToNext(now + 10)).isEqualTo(2);
        assertThat(wheel.poll(now + 12)).isEqualTo(4);
        assertThat(wheel.ticksToNext(now + 12)).isEqualTo(-1);
        assertThat(wheel.poll(now + 1_000_000)).isEqualTo(-1);
        wheel.invariants();
    }

    /** Due and past come up at the next tick, what is too far at the horizon. */
    @ParameterizedTest
    @CsvSource({"0, 1", "-1, 1", "-5000, 1", "-2147483648, 1", "1, 1", "2, 2", "4093, 4093",
        "4094, 4094", "4095, 4094", "4096, 4094", "1000000, 4094", "2147483647, 4094"})
    void isCutToTheNextTickAndTheHorizon(int ahead, int expected) {
        for (int now : new int[] {0, 77, Integer.MAX_VALUE, -1}) {
            IdleWheel wheel = new IdleWheel(table, now);
            wheel.schedule(0, now + ahead);
            assertThat(wheel.ticksToNext(now)).as("now %d", now).isEqualTo(expected);
            assertThat(wheel.poll(now + expected - 1)).as("now %d", now).isEqualTo(-1);
            assertThat(wheel.poll(now + expected)).as("now %d", now).isZero();
        }
        assertThat(HORIZON).isEqualTo(4094);
    }

    @Test
    void schedulingMovesASlot() {
        IdleWheel wheel = new IdleWheel(table, 0);
        wheel.schedule(1, 10);
        wheel.schedule(1, 20);
        assertThat(wheel.scheduled()).isEqualTo(1);
        assertThat(wheel.poll(19)).isEqualTo(-1);
        wheel.schedule(1, 30);
        wheel.schedule(1, 25);
        assertThat(wheel.ticksToNext(20)).isEqualTo(5);
        assertThat(wheel.poll(25)).isEqualTo(1);
        assertThat(wheel.scheduled()).isZero();
    }

    @Test
    void cancelOfWhatIsNotThereDoesNothing() {
        IdleWheel wheel = new IdleWheel(table, 0);
        wheel.cancel(5);
        wheel.schedule(5, 10);
        wheel.cancel(5);
        wheel.cancel(5);
        assertThat(wheel.scheduled()).isZero();
        assertThat(wheel.ticksToNext(0)).isEqualTo(-1);
        assertThat(wheel.poll(100)).isEqualTo(-1);
        wheel.invariants();
    }

    /** First, middle and last of a bucket's list. */
    @Test
    void manyInOneBucket() {
        IdleWheel wheel = new IdleWheel(table, 100);
        for (int slot = 0; slot < SLOTS; slot++) {
            wheel.schedule(slot, 500);
        }
        wheel.cancel(SLOTS - 1);
        wheel.cancel(SLOTS / 2);
        wheel.cancel(0);
        wheel.invariants();
        boolean[] seen = new boolean[SLOTS];
        for (int i = 0; i < SLOTS - 3; i++) {
            int slot = wheel.poll(500);
            assertThat(seen[slot]).isFalse();
            seen[slot] = true;
            wheel.invariants();
        }
        assertThat(seen[0] || seen[SLOTS / 2] || seen[SLOTS - 1]).isFalse();
        assertThat(wheel.poll(500)).isEqualTo(-1);
    }

    /** A turn is bounded: what it left behind is due at once, and nothing new overtakes it. */
    @Test
    void goesOnWhereItWasLeft() {
        IdleWheel wheel = new IdleWheel(table, 0);
        wheel.schedule(1, 10);
        wheel.schedule(2, 20);
        wheel.schedule(3, 30);
        assertThat(wheel.poll(1_000)).isEqualTo(1);
        assertThat(wheel.ticksToNext(1_000)).isZero();
        wheel.schedule(4, 2_000);
        assertThat(wheel.poll(1_000)).isEqualTo(2);
        assertThat(wheel.poll(1_000)).isEqualTo(3);
        assertThat(wheel.poll(1_000)).isEqualTo(-1);
        assertThat(wheel.ticksToNext(1_000)).isEqualTo(1_000);
        assertThat(wheel.poll(999)).isEqualTo(-1); // time that goes back
        assertThat(wheel.poll(2_000)).isEqualTo(4);
    }

    /** Longer asleep than the wheel is round. */
    @Test
    void sleepsOfAnyLength() {
        IdleWheel wheel = new IdleWheel(table, 5);
        for (int slot = 0; slot < SLOTS; slot++) {
            wheel.schedule(slot, 5 + 1 + slot * 64);
        }
        for (int slot = 0; slot < SLOTS; slot++) {
            assertThat(wheel.poll(100_000)).isEqualTo(slot);
        }
        assertThat(wheel.poll(100_000)).isEqualTo(-1);
        wheel.schedule(0, 100_007);
        assertThat(wheel.ticksToNext(100_000)).isEqualTo(7);
    }

    /** Nothing has polled for an hour: what is scheduled first counts from now all the same. */
    @Test
    void anEmptyWheelCatchesUp() {
        for (int start : new int[] {0, Integer.MAX_VALUE - 50_000, -100}) {
            IdleWheel wheel = new IdleWheel(table, start);
            int now = start + 60_000;
            wheel.catchUp(now);
            wheel.schedule(0, now + 1_000);
            assertThat(wheel.ticksToNext(now)).isEqualTo(1_000);
            assertThat(wheel.poll(now + 999)).isEqualTo(-1);
            assertThat(wheel.poll(now + 1_000)).isZero();
            wheel.catchUp(now); // time that goes back
            wheel.schedule(1, now + 1_005);
            assertThat(wheel.ticksToNext(now + 1_000)).isEqualTo(5);
            wheel.cancel(1);
        }
    }

    /** What is due must not be passed over. */
    @Test
    void aWheelWithEntriesDoesNotCatchUp() {
        IdleWheel wheel = new IdleWheel(table, 0);
        wheel.schedule(0, 10);
        wheel.catchUp(60_000);
        assertThat(wheel.ticksToNext(60_000)).isZero();
        assertThat(wheel.poll(60_000)).isZero();
        wheel.invariants();
    }

    @Test
    void invariantsSeeDamage() {
        IdleWheel wheel = new IdleWheel(table, 0);
        wheel.schedule(0, 10);
        wheel.schedule(1, 10);
        wheel.invariants();
        int prev = OffHeap.getInt(table.at(0) + Connection.WHEEL_PREV);
        OffHeap.putInt(table.at(0) + Connection.WHEEL_PREV, 7);
        assertThatThrownBy(wheel::invariants).isInstanceOf(IllegalStateException.class);
        OffHeap.putInt(table.at(0) + Connection.WHEEL_PREV, prev);
        OffHeap.putInt(table.at(1) + Connection.WHEEL_NEXT, IdleWheel.NONE);
        assertThatThrownBy(wheel::invariants).isInstanceOf(IllegalStateException.class);
    }

    /** Against a list that is searched through; its ticks are longs and do not wrap. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void fuzz(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        long start = switch ((int) (seed % 4)) {
            case 0 -> Integer.MAX_VALUE - random.nextLong(3L * HORIZON);
            case 1 -> (1L << 32) - random.nextLong(3L * HORIZON); // -1 to 0
            case 2 -> 0;
            default -> random.nextLong(1L << 32);
        };
        IdleWheel wheel = new IdleWheel(table, (int) start);
        long[] due = new long[SLOTS]; // -1: not scheduled
        Arrays.fill(due, -1);
        long now = start;
        long current = start; // how far the wheel has turned
        for (int step = 0; step < 10_000; step++) {
            int slot = random.nextInt(SLOTS);
            switch (random.nextInt(10)) {
                case 0, 1, 2, 3 -> {
                    long tick = now + ahead(random);
                    wheel.schedule(slot, (int) tick);
                    due[slot] = current + Math.clamp(tick - current, 1, HORIZON);
                }
                case 4 -> {
                    wheel.cancel(slot);
                    due[slot] = -1;
                }
                case 5 -> {
                    now += random.nextInt(10) == 0 ? random.nextInt(6_000) : random.nextInt(60);
                    if (random.nextBoolean()) {
                        wheel.catchUp((int) now);
                        current = scheduled(due) == 0 ? now : current;
                    }
                }
                default -> {
                    int next = next(due);
                    int polled = wheel.poll((int) now);
                    if (next >= 0 && due[next] <= now) {
                        check(polled >= 0 && due[polled] == due[next], seed, step, "slot polled");
                        current = due[polled];
                        due[polled] = -1;
                    } else {
                        check(polled == -1, seed, step, "polled what is not due");
                        current = now;
                    }
                }
            }
            int next = next(due);
            long ticks = next < 0 ? -1 : Math.max(0, due[next] - now);
            check(wheel.ticksToNext((int) now) == ticks, seed, step, "ticks to the next");
            check(wheel.scheduled() == scheduled(due), seed, step, "count");
            if (step % 100 == 0) {
                wheel.invariants();
            }
        }
    }

    private static int ahead(SplittableRandom random) {
        return switch (random.nextInt(8)) {
            case 0 -> random.nextInt(-100, 2);
            case 1 -> random.nextInt(4_000, 4_200);
            case 2 -> random.nextInt(1 << 20);
            case 3, 4 -> 7; // many alike
            default -> random.nextInt(300);
        };
    }

    private static int scheduled(long[] due) {
        int scheduled = 0;
        for (long tick : due) {
            scheduled += tick >= 0 ? 1 : 0;
        }
        return scheduled;
    }

    private static int next(long[] due) {
        int next = -1;
        for (int slot = 0; slot < due.length; slot++) {
            if (due[slot] >= 0 && (next < 0 || due[slot] < due[next])) {
                next = slot;
            }
        }
        return next;
    }

    private static void check(boolean holds, long seed, int step, String what) {
        if (!holds) {
            throw new AssertionError("seed " + seed + ", step " + step + ": " + what);
        }
    }
}
