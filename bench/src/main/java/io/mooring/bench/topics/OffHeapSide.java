package io.mooring.bench.topics;

import io.mooring.bench.BenchException;
import io.mooring.topic.Join;
import io.mooring.topic.TopicNames;
import io.mooring.topic.Topics;

/** As the runtime keeps them; connections go to the reactors by turns. */
final class OffHeapSide implements Side {

    private static final int TOPICS_MAX = 1 << 23;
    private static final long BYTES_MAX = 4L << 30;

    private final Slots slots;
    private final TopicNames names = new TopicNames(TOPICS_MAX, BYTES_MAX, () -> false);
    private final Topics[] reactors;

    OffHeapSide(Slots slots) {
        this.slots = slots;
        this.reactors = new Topics[slots.reactors()];
        for (int i = 0; i < reactors.length; i++) {
            reactors[i] = new Topics(names, slots.shards(), Slots.PER_SHARD, 1024, BYTES_MAX,
                    () -> false);
        }
    }

    private Topics topics(int connection) {
        return reactors[slots.reactor(connection)];
    }

    @Override
    public void join(int connection, String name) {
        Join join = topics(connection).join(slots.shard(connection), slots.slot(connection),
                slots.at(connection), name);
        if (join != Join.JOINED) {
            throw new BenchException("joining " + name + ": " + join);
        }
    }

    @Override
    public void leave(int connection, String name) {
        topics(connection).leave(slots.shard(connection), slots.slot(connection),
                slots.at(connection), name);
    }

    @Override
    public void leaveAll(int connection) {
        topics(connection).leaveAll(slots.shard(connection), slots.slot(connection),
                slots.at(connection));
    }

    @Override
    public int walk(String name) {
        int walked = 0;
        for (Topics topics : reactors) {
            int topic = topics.find(name);
            for (int shard = 0; shard < slots.shards() && topic != 0; shard++) {
                for (int slot = topics.next(topic, shard, 0); slot >= 0;
                        slot = topics.next(topic, shard, slot + 1)) {
                    walked++;
                }
            }
        }
        return walked;
    }

    @Override
    public long bytes() {
        long bytes = names.memoryBytes();
        for (Topics topics : reactors) {
            bytes += topics.memoryBytes();
        }
        return bytes;
    }

    @Override
    public void close() {
        for (Topics topics : reactors) {
            topics.close();
        }
        names.close();
    }
}
