package io.mooring.topic;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.conn.SmallPool;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopicNamesTest {
    private static final int TOPICS = 200_000;

    private final TopicNames names = new TopicNames(TOPICS, 16L << 20, () -> false);

    @AfterEach
    void close() {
        names.invariants();
        names.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void agreesWithAModel(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, Integer> holders = new HashMap<>();
        Map<String, Integer> numbers = new HashMap<>();
        for (int step = 0; step < 200_000; step++) {
            // Phases with many names and with few, so that the table grows and shrinks.
            int range = step / 20_000 % 2 == 0 ? 20_000 : 200;
            String name = "room-" + random.nextInt(range);
            String where = "seed " + seed + ", step " + step;
            int held = holders.getOrDefault(name, 0);
            assertThat(names.find(name)).as(where).isEqualTo(numbers.getOrDefault(name, 0));
            switch (random.nextInt(4)) {
                case 0 -> {
                    int number = names.hold(name);
                    assertThat(number).as(where).isPositive().isLessThan(names.numbersMax());
                    assertThat(numbers.getOrDefault(name, number)).as(where).isEqualTo(number);
                    numbers.put(name, number);
                    holders.put(name, held + 1);
                }
                case 1 -> {
                    assertThat(names.holdKnown(name, 2)).as(where)
                        .isEqualTo(numbers.getOrDefault(name, 0));
                    holders.computeIfPresent(name, (key, count) -> count + 2);
                }
                default -> {
                    String other = held > 0 || holders.isEmpty() ? name
                        : holders.keySet().iterator().next();
                    if (numbers.containsKey(other)) {
                        names.release(numbers.get(other));
                        if (holders.merge(other, -1, Integer::sum) == 0) {
                            holders.remove(other);
                            numbers.remove(other);
                        }
                    }
                }
            }
            if (step % 10_000 == 0) {
                names.invariants();
                names.trim();
                assertThat(new HashSet<>(numbers.values())).hasSameSizeAs(numbers.keySet());
            }
            assertThat(names.count()).as(where).isEqualTo(numbers.size());
        }
    }

    @Test
    void namesAreTakenLetterByLetter() {
        List<String> all = List.of("", "a", "b", "aa", "a\0", "\0", "\0\0", "a".repeat(6),
            "a".repeat(7), "a".repeat(1_024), "\u00e9", "e\u0301", "\u20ac", "\ud83d\ude00",
            "\ud83d", "\ude00\ud83d", "12345678", "123456789");
        Set<Integer> numbers = new HashSet<>();
        for (String name : all) {
            int number = names.hold(name);
            assertThat(number).isPositive();
            assertThat(numbers.add(number)).as(name).isTrue();
        }
        for (String name : all) {
            assertThat(numbers).contains(names.find(new String(name)));
            assertThat(names.name(names.find(name))).isEqualTo(name);
        }
        assertThat(names.count()).isEqualTo(all.size());
    }

    @Test
    void aNameHasALength() {
        assertThat(names.hold("a".repeat(1_025))).isZero();
        assertThat(names.hold("\u20ac".repeat(341) + "a")).as("1,024 bytes").isPositive();
        assertThat(names.hold("\u20ac".repeat(341) + "ab")).isZero();
        assertThat(names.hold("\u20ac".repeat(342))).isZero();
        assertThat(names.find("a".repeat(100_000))).isZero();
        assertThat(names.count()).isEqualTo(1);
    }

    @Test
    void boundsHold() {
        try (TopicNames few = new TopicNames(10, 1 << 20, () -> false)) {
            for (int i = 0; i < 10; i++) {
                assertThat(few.hold("n" + i)).isPositive();
            }
            assertThat(few.hold("more")).isZero();
            assertThat(few.hold("n3")).as("known").isPositive();
            few.release(few.find("n4"));
            assertThat(few.hold("more")).isPositive();
        }
        try (TopicNames narrow = new TopicNames(TOPICS, SmallPool.EXTENT_BYTES, () -> false)) {
            int held = 0;
            while (narrow.hold("a".repeat(900) + held) != 0) {
                held++;
            }
            assertThat(held).isEqualTo(SmallPool.EXTENT_BYTES / SmallPool.capacityFor(905));
            assertThat(narrow.count()).isEqualTo(held);
            narrow.invariants();
        }
    }

    @Test
    void memoryComesBack() {
        assertThat(names.memoryBytes()).isZero();
        int number = names.hold("stays");
        long before = names.memoryBytes();
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            numbers.add(names.hold("/topic/" + i));
        }
        assertThat(names.memoryBytes()).isGreaterThan(100_000L * 36).isLessThan(100_000L * 40);
        assertThat(names.memoryBytes()).isLessThan(names.bytesMax());
        numbers.forEach(names::release);
        names.trim();
        assertThat(names.memoryBytes()).isLessThan(before + (64 << 10));
        assertThat(names.find("stays")).isEqualTo(number);
    }

    @Test
    void afterTheEndEveryNameIsUnknown() {
        TopicNames ended = new TopicNames(10, 1 << 20, () -> false);
        int number = ended.hold("a");
        ended.close();
        ended.release(number);
        ended.hold(number, 2);
        assertThat(ended.find("a")).isZero();
        assertThat(ended.hold("a")).isZero();
        assertThat(ended.holdKnown("a", 1)).isZero();
        assertThat(ended.memoryBytes()).isZero();
        ended.close();
    }

    /** While anybody holds a name its number is that name's, for all threads. */
    @Test
    void severalThreads() throws Exception {
        int threads = 4;
        Map<Integer, String> owners = new ConcurrentHashMap<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Future<?>> work = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int seed = t;
                work.add(pool.submit(() -> holdAndRelease(seed, owners)));
            }
            for (Future<?> one : work) {
                one.get();
            }
        }
        assertThat(names.count()).isZero();
    }

    private void holdAndRelease(int seed, Map<Integer, String> owners) {
        SplittableRandom random = new SplittableRandom(seed);
        List<int[]> held = new ArrayList<>();
        for (int step = 0; step < 100_000; step++) {
            if (held.size() < 40 && random.nextInt(5) < 3) {
                int key = random.nextInt(60);
                int number = names.hold("t" + key);
                if (seed == key % 4) {
                    // Of these names, the one thread that says whose a number is.
                    String before = owners.put(number, "t" + key);
                    assertThat(before == null || before.equals("t" + key)
                        || names.find(before) != number).isTrue();
                }
                assertThat(names.find("t" + key)).isEqualTo(number);
                held.add(new int[] {number, key});
            } else if (!held.isEmpty()) {
                int[] one = held.remove(random.nextInt(held.size()));
                assertThat(names.find("t" + one[1])).isEqualTo(one[0]);
                names.release(one[0]);
            }
        }
        held.forEach(one -> names.release(one[0]));
    }
}
