package io.mooring.topic;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.conn.ConnectionTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Bytes for each subscription, all in: sets, records, names, and what connections remember beyond
 * their slots' four bytes.
 */
class TopicMemoryTest {
    private static final int SHARDS = 51;
    private static final int SLOTS = 20_000;
    private static final int CONNECTIONS = 1_000_000;

    private final List<ConnectionTable> tables = new ArrayList<>();
    private final List<Topics> reactors = new ArrayList<>();
    private TopicNames names;
    private int shardsEach;

    @AfterEach
    void close() {
        reactors.forEach(Topics::close);
        names.close();
        tables.forEach(ConnectionTable::close);
    }

    private void create(int count) {
        names = new TopicNames(1_100_000, 32L << 20, () -> false);
        shardsEach = Math.ceilDiv(SHARDS, count);
        for (int i = 0; i < count; i++) {
            reactors.add(new Topics(names, shardsEach, SLOTS, 1_024, 256L << 20, () -> false));
        }
        for (int shard = 0; shard < SHARDS; shard++) {
            ConnectionTable table = new ConnectionTable(SLOTS);
            tables.add(table);
            for (int i = 0; i < SLOTS; i++) {
                table.take();
            }
        }
    }

    /** Connections come by turns to the reactors, as accepts do. */
    private void join(int connection, String name) {
        int reactor = connection % reactors.size();
        int place = connection / reactors.size();
        int shard = place / SLOTS;
        int slot = place % SLOTS;
        long c = tables.get(reactor * shardsEach + shard).at(slot);
        if (reactors.get(reactor).join(shard, slot, c, name) != Join.JOINED) {
            throw new AssertionError(connection + " has not joined " + name);
        }
    }

    private double bytesEach() {
        long bytes = names.memoryBytes();
        long subscriptions = 0;
        for (Topics topics : reactors) {
            bytes += topics.memoryBytes();
            subscriptions += topics.subscriptions();
        }
        double each = (double) bytes / subscriptions;
        System.out.printf("%,d subscriptions of %,d topics on %d reactors: %.2f B each%n",
            subscriptions, names.count(), reactors.size(), each);
        return each;
    }

    @ParameterizedTest
    @CsvSource({"1, 4", "3, 4"})
    void oneTopicOfAll(int count, double bytesMax) {
        create(count);
        for (int i = 0; i < CONNECTIONS; i++) {
            join(i, "all");
        }
        assertThat(bytesEach()).isLessThan(bytesMax);
    }

    /** Members of a topic come one after the other, or as far apart as can be. */
    @ParameterizedTest
    @CsvSource({"1, true, 16", "1, false, 16", "3, false, 16"})
    void manySmallTopics(int count, boolean together, double bytesMax) {
        create(count);
        for (int i = 0; i < CONNECTIONS; i++) {
            join(i, "room-" + (together ? i / 10 : i % 100_000));
        }
        assertThat(bytesEach()).isLessThan(bytesMax);
    }

    @Test
    void fourTopicsEach() {
        create(1);
        for (int round = 0; round < 4; round++) {
            for (int i = 0; i < CONNECTIONS / 4; i++) {
                join(i, "room-" + round + "-" + i / 10);
            }
        }
        assertThat(bytesEach()).isLessThan(16 + 6);
    }

    /** The process grows by what we say, give or take what a JVM does by itself meanwhile. */
    @Test
    void theProcessAgrees() throws IOException {
        create(1);
        String[] rooms = new String[100_000];
        for (int i = 0; i < rooms.length; i++) {
            rooms[i] = "room-" + i;
        }
        for (int i = 0; i < CONNECTIONS / 10; i++) {
            join(i, rooms[i % 10_000]);
        }
        long saidBefore = reactors.getFirst().memoryBytes() + names.memoryBytes();
        long before = anonymousBytes();
        for (int i = CONNECTIONS / 10; i < CONNECTIONS; i++) {
            for (int topic = 0; topic < 4; topic++) {
                join(i, rooms[(i * 7 + topic * 25_000) % rooms.length]);
            }
        }
        long said = reactors.getFirst().memoryBytes() + names.memoryBytes() - saidBefore;
        long grown = anonymousBytes() - before;
        System.out.printf("says %,d KiB, the process has grown by %,d KiB%n", said >> 10,
            grown >> 10);
        assertThat(said).isGreaterThan(24L << 20);
        assertThat(grown).isBetween(said - (16L << 20), said + (32L << 20));
    }

    private static long anonymousBytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("RssAnon:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
            .findFirst().orElseThrow();
    }
}
