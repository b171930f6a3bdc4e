package io.mooring.reactor;

import io.mooring.conn.Connection;
import java.util.HashMap;
import java.util.Map;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.collections.IntArrayList;
import org.roaringbitmap.RoaringBitmap;

/**
 * Which connections of this reactor have joined which topics: a bitmap of slots per topic and
 * shard. A slot knows its one topic by number, or a list of several by its complement. A topic that
 * empties is forgotten.
 */
final class Topics {
    /** One topic's subscribers on this reactor. */
    static final class Topic {
        final String name;
        private final int number;
        private final RoaringBitmap[] slots;
        private int subscribers;

        private Topic(String name, int number, int shards) {
            this.name = name;
            this.number = number;
            this.slots = new RoaringBitmap[shards];
        }

        int subscribers() {
            return subscribers;
        }

        /** The first subscribed slot of the shard's, from {@code slot} on; -1: none. */
        int next(int shard, int slot) {
            return slots[shard] == null ? -1 : (int) slots[shard].nextValue(slot);
        }
    }

    private final int shards;
    private final Map<String, Topic> byName = new HashMap<>();
    private final Int2ObjectHashMap<Topic> byNumber = new Int2ObjectHashMap<>();
    private final Int2ObjectHashMap<IntArrayList> lists = new Int2ObjectHashMap<>();
    private int lastNumber;
    private int lastList;

    Topics(int shards) {
        this.shards = shards;
    }

    /** The topic's subscribers here, or null: none. */
    Topic find(String name) {
        return byName.get(name);
    }

    int count() {
        return byName.size();
    }

    /** {@code shard}: its place within this reactor. False if it had joined before. */
    boolean join(int shard, int slot, long c, String name) {
        Topic topic = byName.get(name);
        if (topic == null) {
            topic = new Topic(name, nextNumber(), shards);
            byName.put(name, topic);
            byNumber.put(topic.number, topic);
        }
        if (topic.slots[shard] == null) {
            topic.slots[shard] = new RoaringBitmap();
        }
        if (!topic.slots[shard].checkedAdd(slot)) {
            return false;
        }
        topic.subscribers++;
        remember(c, topic.number);
        return true;
    }

    boolean leave(int shard, int slot, long c, String name) {
        Topic topic = byName.get(name);
        if (topic == null || !remove(topic, shard, slot)) {
            return false;
        }
        forget(c, topic.number);
        return true;
    }

    /** The connection closes. */
    void leaveAll(int shard, int slot, long c) {
        int joined = Connection.subscriptions(c);
        Connection.subscriptions(c, 0);
        if (joined > 0) {
            remove(byNumber.get(joined), shard, slot);
        } else if (joined < 0) {
            IntArrayList list = lists.remove(~joined);
            for (int i = 0; i < list.size(); i++) {
                remove(byNumber.get(list.getInt(i)), shard, slot);
            }
        }
    }

    private boolean remove(Topic topic, int shard, int slot) {
        if (topic.slots[shard] == null || !topic.slots[shard].checkedRemove(slot)) {
            return false;
        }
        if (--topic.subscribers == 0) {
            byName.remove(topic.name);
            byNumber.remove(topic.number);
        }
        return true;
    }

    private void remember(long c, int number) {
        int joined = Connection.subscriptions(c);
        if (joined == 0) {
            Connection.subscriptions(c, number);
        } else if (joined > 0) {
            IntArrayList list = new IntArrayList();
            list.addInt(joined);
            list.addInt(number);
            do {
                lastList = lastList + 1 & Integer.MAX_VALUE;
            } while (lists.containsKey(lastList));
            lists.put(lastList, list);
            Connection.subscriptions(c, ~lastList);
        } else {
            lists.get(~joined).addInt(number);
        }
    }

    private void forget(long c, int number) {
        int joined = Connection.subscriptions(c);
        if (joined > 0) {
            Connection.subscriptions(c, 0);
            return;
        }
        IntArrayList list = lists.get(~joined);
        list.removeInt(number);
        if (list.isEmpty()) {
            lists.remove(~joined);
            Connection.subscriptions(c, 0);
        }
    }

    private int nextNumber() {
        do {
            lastNumber = Math.max(1, lastNumber + 1);
        } while (byNumber.containsKey(lastNumber));
        return lastNumber;
    }
}
