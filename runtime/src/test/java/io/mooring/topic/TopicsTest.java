package io.mooring.topic;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.mooring.conn.Connection;
import io.mooring.conn.ConnectionTable;
import io.mooring.conn.SmallPool;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopicsTest {
    private static final int LIMIT = 1_024;

    private final TopicNames names = new TopicNames(50_000, 8L << 20, () -> false);
    private final List<ConnectionTable> tables = new ArrayList<>();
    private Topics topics;

    private void create(int shards, int slots) {
        create(shards, slots, LIMIT, 32L << 20);
    }

    private void create(int shards, int slots, int limit, long bytesMax) {
        topics = new Topics(names, shards, slots, limit, bytesMax, () -> false);
        for (int shard = 0; shard < shards; shard++) {
            ConnectionTable table = new ConnectionTable(slots);
            tables.add(table);
            for (int i = 0; i < slots; i++) {
                table.take();
            }
        }
    }

    @AfterEach
    void close() {
        topics.invariants();
        names.invariants();
        topics.close();
        names.close();
        tables.forEach(ConnectionTable::close);
    }

    private long at(int shard, int slot) {
        return tables.get(shard).at(slot);
    }

    private Join join(int shard, int slot, String name) {
        return topics.join(shard, slot, at(shard, slot), name);
    }

    private boolean leave(int shard, int slot, String name) {
        return topics.leave(shard, slot, at(shard, slot), name);
    }

    private void leaveAll(int shard, int slot) {
        topics.leaveAll(shard, slot, at(shard, slot));
    }

    private Set<Integer> walk(String name, int shard) {
        Set<Integer> found = new TreeSet<>();
        int topic = topics.find(name);
        for (int slot = topic == 0 ? -1 : topics.next(topic, shard, 0); slot >= 0;
                slot = topics.next(topic, shard, slot + 1)) {
            found.add(slot);
        }
        return found;
    }

    /** Names of every popularity: the first is everybody's, most have a subscriber or two. */
    @ParameterizedTest
    @CsvSource({"1, 1, 50", "2, 3, 700", "3, 7, 1000"})
    void agreesWithAModel(long seed, int shards, int slots) {
        create(shards, slots);
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, Set<Integer>> model = new HashMap<>();
        for (int step = 0; step < 150_000; step++) {
            int shard = random.nextInt(shards);
            int slot = random.nextInt(slots);
            int member = shard * slots + slot;
            String name = "t" + random.nextInt(1 << random.nextInt(13));
            Set<Integer> members = model.computeIfAbsent(name, key -> new HashSet<>());
            String where = "seed " + seed + ", step " + step;
            boolean growing = step / 10_000 % 3 != 2;
            int choice = random.nextInt(100);
            if (choice < 1) { // as a connection closes, and another takes its slot
                leaveAll(shard, slot);
                model.values().forEach(one -> one.remove(member));
                assertThat(Connection.subscriptions(at(shard, slot))).isZero();
            } else if (growing ? choice < 75 : choice < 25) {
                assertThat(join(shard, slot, name)).as(where)
                    .isEqualTo(members.add(member) ? Join.JOINED : Join.ALREADY);
            } else {
                assertThat(leave(shard, slot, name)).as(where).isEqualTo(members.remove(member));
            }
            if (step % 500 == 0) {
                assertThat(walk(name, shard)).as(where).isEqualTo(new TreeSet<>(members.stream()
                    .filter(one -> one / slots == shard).map(one -> one % slots).toList()));
                assertThat(topics.joined(at(shard, slot))).as(where).isEqualTo((int)
                    model.values().stream().filter(one -> one.contains(member)).count());
            }
        }
        topics.invariants();
        assertThat(topics.subscriptions())
            .isEqualTo(model.values().stream().mapToLong(Set::size).sum());
        assertThat(topics.count()).isEqualTo(names.count())
            .isEqualTo((int) model.values().stream().filter(one -> !one.isEmpty()).count());
        everybodyLeaves(shards, slots);
    }

    private void everybodyLeaves(int shards, int slots) {
        for (int shard = 0; shard < shards; shard++) {
            for (int slot = 0; slot < slots; slot++) {
                leaveAll(shard, slot);
            }
        }
        assertThat(topics.count()).isZero();
        assertThat(topics.subscriptions()).isZero();
        assertThat(names.count()).isZero();
        assertThat(topics.needsTrim()).isTrue();
        topics.trim();
        assertThat(topics.memoryBytes()).as("records and the directory").isLessThan(64 << 10);
    }

    /**
     * A walk in bursts, others joining and leaving meanwhile: who is in all the while is seen once,
     * in order, nobody twice, and who is seen is in.
     */
    @ParameterizedTest
    @CsvSource({"1, 1, 300, 100", "2, 4, 2000, 900", "3, 2, 5000, 4900", "4, 5, 400, 3"})
    void aWalkBetweenJoinsAndLeaves(long seed, int shards, int slots, int members) {
        create(shards, slots);
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 30; round++) {
            int all = shards * slots;
            Set<Integer> in = new HashSet<>();
            while (in.size() < Math.min(members, all)) {
                int member = random.nextInt(all);
                if (in.add(member)) {
                    join(member / slots, member % slots, "t");
                }
            }
            Set<Integer> stayed = new TreeSet<>(in);
            int topic = topics.find("t");
            List<Integer> seen = new ArrayList<>();
            int shard = 0;
            int slot = 0;
            while (shard < shards) {
                int next = topics.next(topic, shard, slot);
                if (next < 0) {
                    shard++;
                    slot = 0;
                    continue;
                }
                int member = shard * slots + next;
                assertThat(in.contains(member)).isTrue();
                assertThat(seen.isEmpty() || seen.getLast() < member).as("ascending").isTrue();
                seen.add(member);
                slot = next + 1;
                for (int i = random.nextInt(5); i > 0; i--) {
                    change(random.nextInt(all), slots, in, stayed);
                }
                if (in.isEmpty()) {
                    break; // the number may be another topic's now; whoever walks holds it
                }
            }
            assertThat(new HashSet<>(seen).containsAll(stayed)).as("seed %d", seed).isTrue();
            in.forEach(member -> leaveAll(member / slots, member % slots));
        }
        everybodyLeaves(shards, slots);
    }

    private void change(int member, int slots, Set<Integer> in, Set<Integer> stayed) {
        if (in.remove(member)) {
            stayed.remove(member);
            assertThat(leave(member / slots, member % slots, "t")).isTrue();
        } else {
            in.add(member);
            join(member / slots, member % slots, "t");
        }
    }

    @Test
    void aConnectionMayJoinSoManyTopics() {
        create(1, 2);
        for (int i = 0; i < LIMIT; i++) {
            assertThat(join(0, 0, "t" + i)).isEqualTo(Join.JOINED);
        }
        assertThat(join(0, 0, "one more")).isEqualTo(Join.LIMIT);
        assertThat(join(0, 0, "t7")).isEqualTo(Join.ALREADY);
        assertThat(names.find("one more")).as("not held").isZero();
        assertThat(join(0, 1, "one more")).isEqualTo(Join.JOINED);
        assertThat(leave(0, 0, "t7")).isTrue();
        assertThat(join(0, 0, "one more")).isEqualTo(Join.JOINED);
        leaveAll(0, 0);
        assertThat(topics.count()).isEqualTo(1);
        assertThat(topics.subscribers(topics.find("one more"))).isEqualTo(1);
    }

    @Test
    void theOnlyTopicIsKnownByNumber() {
        create(1, 1);
        assertThat(Topics.only(at(0, 0))).isZero();
        join(0, 0, "a");
        assertThat(Topics.only(at(0, 0))).isPositive().isEqualTo(topics.find("a"));
        join(0, 0, "b");
        assertThat(Topics.only(at(0, 0))).isZero();
        leave(0, 0, "a");
        assertThat(Topics.only(at(0, 0))).isEqualTo(topics.find("b"));
    }

    /** What is refused for want of memory leaves nothing behind. */
    @Test
    void memoryRunsOut() {
        create(2, 2_000, LIMIT, 3L * SmallPool.EXTENT_BYTES);
        SplittableRandom random = new SplittableRandom(1);
        Map<String, Set<Integer>> model = new HashMap<>();
        int full = 0;
        for (int step = 0; step < 60_000; step++) {
            int shard = random.nextInt(2);
            int slot = random.nextInt(2_000);
            int member = shard * 2_000 + slot;
            String name = "t" + random.nextInt(5_000);
            Set<Integer> members = model.computeIfAbsent(name, key -> new HashSet<>());
            if (random.nextInt(3) > 0) {
                Join join = join(shard, slot, name);
                full += join == Join.FULL ? 1 : 0;
                if (join == Join.JOINED) {
                    members.add(member);
                }
            } else {
                assertThat(leave(shard, slot, name)).isEqualTo(members.remove(member));
            }
        }
        assertThat(full).isPositive();
        assertThat(topics.subscriptions())
            .isEqualTo(model.values().stream().mapToLong(Set::size).sum());
        assertThat(names.count()).isEqualTo(topics.count());
        topics.invariants();
        everybodyLeaves(2, 2_000);
    }

    @Test
    void numbersRunOut() {
        create(1, 2);
        try (TopicNames few = new TopicNames(3, 1 << 20, () -> false);
                Topics small = new Topics(few, 1, 2, LIMIT, 1 << 20, () -> false)) {
            for (int i = 0; i < 3; i++) {
                assertThat(small.join(0, 0, at(0, 0), "t" + i)).isEqualTo(Join.JOINED);
            }
            assertThat(small.join(0, 0, at(0, 0), "more")).isEqualTo(Join.FULL);
            assertThat(small.join(0, 1, at(0, 1), "t" + 2)).isEqualTo(Join.JOINED);
            assertThat(small.join(0, 1, at(0, 1), "a".repeat(2_000))).isEqualTo(Join.FULL);
            small.leaveAll(0, 0, at(0, 0));
            assertThat(small.join(0, 1, at(0, 1), "more")).isEqualTo(Join.JOINED);
            small.leaveAll(0, 1, at(0, 1));
            assertThat(few.count()).isZero();
        }
    }

    /** In the steady state nothing is put on the heap, whatever forms the sets go through. */
    @Test
    void nothingIsAllocated() {
        create(2, 3_000);
        String[] all = new String[300];
        for (int i = 0; i < all.length; i++) {
            all[i] = "/topic/" + i;
        }
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long id = Thread.currentThread().threadId();
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 6; round++) {
            long before = threads.getThreadAllocatedBytes(id);
            comeAndGo(all);
            least = Math.min(least, threads.getThreadAllocatedBytes(id) - before);
        }
        assertThat(topics.count()).isZero();
        assertThat(least).as("bytes for 60,000 joins and leaves").isLessThan(4_096);
    }

    private void comeAndGo(String[] all) {
        for (int i = 0; i < 30_000; i++) {
            int slot = i % 3_000;
            topics.join(i & 1, slot, at(i & 1, slot), all[0]);
            topics.join(i & 1, slot, at(i & 1, slot), all[i % all.length]);
        }
        int walked = 0;
        for (int slot = topics.next(topics.find(all[0]), 1, 0); slot >= 0;
                slot = topics.next(topics.find(all[0]), 1, slot + 1)) {
            walked++;
        }
        assertThat(walked).isEqualTo(1_500);
        for (int i = 0; i < 6_000; i++) {
            topics.leaveAll(i / 3_000, i % 3_000, at(i / 3_000, i % 3_000));
        }
    }
}
