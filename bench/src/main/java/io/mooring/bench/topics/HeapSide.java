package io.mooring.bench.topics;

import io.mooring.conn.Connection;
import java.util.HashMap;
import java.util.Map;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.collections.IntArrayList;
import org.roaringbitmap.RoaringBitmap;

/**
 * The mark: what the runtime had until 2026-11-25. On the Java heap, and for each reactor, a map of
 * names and one of numbers, and for each topic and shard a RoaringBitmap; lists for connections in
 * several topics.
 */
final class HeapSide implements Side {

    private static final long STEADY_BYTES = 4_096;

    private static final class Topic {
        final String name;
        final int number;
        final RoaringBitmap[] slots;
        int subscribers;

        Topic(String name, int number, int shards) {
            this.name = name;
            this.number = number;
            this.slots = new RoaringBitmap[shards];
        }
    }

    private static final class Reactor {
        final Map<String, Topic> byName = new HashMap<>();
        final Int2ObjectHashMap<Topic> byNumber = new Int2ObjectHashMap<>();
        final Int2ObjectHashMap<IntArrayList> lists = new Int2ObjectHashMap<>();
        int lastNumber;
        int lastList;
    }

    private final Slots slots;
    private final Reactor[] reactors;
    private final long heapBefore;

    HeapSide(Slots slots) {
        this.slots = slots;
        this.reactors = new Reactor[slots.reactors()];
        for (int i = 0; i < reactors.length; i++) {
            reactors[i] = new Reactor();
        }
        this.heapBefore = heapBytes();
    }

    /** Collects until that changes nothing: some of what a collection finds goes by the next. */
    private static long heapBytes() {
        long before;
        long bytes = Long.MAX_VALUE;
        do {
            before = bytes;
            System.gc();
            bytes = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
        } while (bytes < before - STEADY_BYTES);
        return bytes;
    }

    @Override
    public void join(int connection, String name) {
        Reactor reactor = reactors[slots.reactor(connection)];
        int shard = slots.shard(connection);
        Topic topic = reactor.byName.get(name);
        if (topic == null) {
            topic = new Topic(name, ++reactor.lastNumber, slots.shards());
            reactor.byName.put(name, topic);
            reactor.byNumber.put(topic.number, topic);
        }
        if (topic.slots[shard] == null) {
            topic.slots[shard] = new RoaringBitmap();
        }
        if (topic.slots[shard].checkedAdd(slots.slot(connection))) {
            topic.subscribers++;
            remember(reactor, connection, topic.number);
        }
    }

    private void remember(Reactor reactor, int connection, int number) {
        int joined = Connection.subscriptions(slots.at(connection));
        if (joined == 0) {
            Connection.subscriptions(slots.at(connection), number);
        } else if (joined > 0) {
            IntArrayList list = new IntArrayList();
            list.addInt(joined);
            list.addInt(number);
            reactor.lists.put(++reactor.lastList, list);
            Connection.subscriptions(slots.at(connection), ~reactor.lastList);
        } else {
            reactor.lists.get(~joined).addInt(number);
        }
    }

    @Override
    public void leave(int connection, String name) {
        Reactor reactor = reactors[slots.reactor(connection)];
        Topic topic = reactor.byName.get(name);
        remove(reactor, topic, connection);
        int joined = Connection.subscriptions(slots.at(connection));
        if (joined > 0) {
            Connection.subscriptions(slots.at(connection), 0);
            return;
        }
        IntArrayList list = reactor.lists.get(~joined);
        list.removeInt(topic.number);
        if (list.isEmpty()) {
            reactor.lists.remove(~joined);
            Connection.subscriptions(slots.at(connection), 0);
        }
    }

    @Override
    public void leaveAll(int connection) {
        Reactor reactor = reactors[slots.reactor(connection)];
        int joined = Connection.subscriptions(slots.at(connection));
        Connection.subscriptions(slots.at(connection), 0);
        if (joined > 0) {
            remove(reactor, reactor.byNumber.get(joined), connection);
        } else if (joined < 0) {
            IntArrayList list = reactor.lists.remove(~joined);
            for (int i = 0; i < list.size(); i++) {
                remove(reactor, reactor.byNumber.get(list.getInt(i)), connection);
            }
        }
    }

    private void remove(Reactor reactor, Topic topic, int connection) {
        topic.slots[slots.shard(connection)].checkedRemove(slots.slot(connection));
        if (--topic.subscribers == 0) {
            reactor.byName.remove(topic.name);
            reactor.byNumber.remove(topic.number);
        }
    }

    @Override
    public int walk(String name) {
        int walked = 0;
        for (Reactor reactor : reactors) {
            Topic topic = reactor.byName.get(name);
            for (int shard = 0; shard < slots.shards() && topic != null; shard++) {
                for (int slot = next(topic, shard, 0); slot >= 0;
                        slot = next(topic, shard, slot + 1)) {
                    walked++;
                }
            }
        }
        return walked;
    }

    private static int next(Topic topic, int shard, int slot) {
        return topic.slots[shard] == null ? -1 : (int) topic.slots[shard].nextValue(slot);
    }

    @Override
    public long bytes() {
        return heapBytes() - heapBefore;
    }

    @Override
    public void close() {
        for (Reactor reactor : reactors) {
            reactor.byName.clear();
            reactor.byNumber.clear();
            reactor.lists.clear();
        }
    }
}
