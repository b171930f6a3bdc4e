package io.mooring.topic;

import io.mooring.conn.Connection;
import io.mooring.conn.SmallPool;
import io.mooring.sys.MemoryUse;
import java.util.function.BooleanSupplier;

/**
 * Which connections of one reactor have joined which topics. A topic is the number of its name
 * ({@link TopicNames}), which is held while one of them has; its set of slots knows no names, and
 * lies off-heap. A topic that empties is forgotten. Belongs to the reactor's thread.
 *
 * <p>A connection knows its topics, so that closing leaves them: {@link TopicLists}.
 *
 * <p>A walk is a cursor of the caller's, a shard and a slot, and asks for the next subscriber from
 * there; who joins or leaves in between is seen or not by where he is.
 */
public final class Topics implements AutoCloseable {
    private final TopicNames names;
    private final int slotsPerShard;
    private final int perConnectionMax;
    private final SmallPool pool;
    private final TopicIndex index;
    private final SlotSets sets;
    private final TopicLists lists;
    private int count;
    private long subscriptions;

    /**
     * @param names of the whole server; outlives this
     * @param shards of this reactor, with so many slots each
     * @param perConnectionMax topics that one connection may have joined
     * @param bytesMax bound on the memory of sets and lists
     * @param isMemoryShort whether the process must not grow
     */
    public Topics(TopicNames names, int shards, int slotsPerShard, int perConnectionMax,
        long bytesMax, BooleanSupplier isMemoryShort) {
        this.names = names;
        this.slotsPerShard = slotsPerShard;
        this.perConnectionMax = perConnectionMax;
        this.pool = new SmallPool(bytesMax, isMemoryShort);
        this.index = new TopicIndex(pool, names.numbersMax());
        this.sets = new SlotSets(pool, Math.multiplyExact(shards, slotsPerShard));
        this.lists = new TopicLists(pool);
    }

    // ---- joining and leaving

    /** {@code shard}: its place within this reactor; {@code c}: the slot's address. */
    public Join join(int shard, int slot, long c, String name) {
        // A number that we have a set for is held by us, so it was this name's all the while.
        int number = names.find(name);
        int set = number == 0 ? 0 : index.get(number);
        int member = member(shard, slot);
        if (sets.contains(set, member)) {
            return Join.ALREADY;
        }
        int joined = Connection.subscriptions(c);
        if (lists.count(joined) >= perConnectionMax) {
            return Join.LIMIT;
        }
        if (set == 0) {
            number = names.hold(name);
        }
        if (number == 0 || !add(number, set, member)) {
            return Join.FULL;
        }
        int list = lists.add(joined, number);
        if (list == 0) {
            remove(number, member);
            return Join.FULL;
        }
        Connection.subscriptions(c, list);
        return Join.JOINED;
    }

    /** False if it had not joined. */
    public boolean leave(int shard, int slot, long c, String name) {
        int number = names.find(name);
        int set = number == 0 ? 0 : index.get(number);
        int member = member(shard, slot);
        if (!sets.contains(set, member)) {
            return false;
        }
        Connection.subscriptions(c, lists.remove(Connection.subscriptions(c), number));
        remove(number, member);
        return true;
    }

    /** The connection closes. */
    public void leaveAll(int shard, int slot, long c) {
        int list = Connection.subscriptions(c);
        Connection.subscriptions(c, 0);
        int member = member(shard, slot);
        for (int i = lists.count(list) - 1; i >= 0; i--) {
            remove(lists.get(list, i), member);
        }
        lists.free(list);
    }

    private boolean add(int number, int set, int member) {
        int grown = sets.add(set, member);
        // A topic's first member takes no memory, so if the index refuses there is none to give.
        if (grown == 0 || !index.set(number, grown)) {
            if (set == 0) {
                names.release(number);
            }
            return false;
        }
        count += set == 0 ? 1 : 0;
        subscriptions++;
        return true;
    }

    private void remove(int number, int member) {
        int set = sets.remove(index.get(number), member);
        index.set(number, set);
        subscriptions--;
        if (set == 0) {
            count--;
            names.release(number);
        }
    }

    // ---- who is in

    /** The number of a topic with a subscriber here; 0: none has that name. */
    public int find(String name) {
        int number = names.find(name);
        return number != 0 && index.get(number) != 0 ? number : 0;
    }

    /** Subscribers here. */
    public int subscribers(int topic) {
        return sets.size(index.get(topic));
    }

    /** The first subscribed slot of the shard's, from {@code slot} on; -1: none. */
    public int next(int topic, int shard, int slot) {
        int first = shard * slotsPerShard;
        int found = sets.next(index.get(topic), first + slot, first + slotsPerShard);
        return found < 0 ? -1 : found - first;
    }

    /** How many topics a connection has joined. */
    public int joined(long c) {
        return lists.count(Connection.subscriptions(c));
    }

    /** The number of the one topic that a connection has joined; 0 if it is none, or several. */
    public static int only(long c) {
        return Math.max(0, Connection.subscriptions(c));
    }

    // ---- sizes

    /** Topics with a subscriber here. */
    public int count() {
        return count;
    }

    /** Subscribers of all topics here. */
    public long subscriptions() {
        return subscriptions;
    }

    /** Bytes of pages that are taken; names are {@link TopicNames}' own. */
    public long memoryBytes() {
        return pool.memoryBytes() + index.memoryBytes();
    }

    /** The most that it may come to be. */
    public long bytesMax() {
        return pool.mappedBytes() + index.mappedBytes();
    }

    /** The same, and what is mapped by now. */
    public MemoryUse memory() {
        return pool.memory().plus(index.memory());
    }

    /** Gives pages back that have become free. Call it every few seconds. */
    public void trim() {
        pool.trim();
    }

    /** Whether {@link #trim} has something to give back. */
    public boolean needsTrim() {
        return pool.needsTrim();
    }

    /** Numbers are not released: the names' end comes with ours. */
    @Override
    public void close() {
        pool.close();
        index.close();
    }

    /** Throws if sums disagree. For tests. */
    public void invariants() {
        pool.invariants();
        int topics = 0;
        long members = 0;
        for (int number = 1; number < names.numbersMax(); number++) {
            int set = index.get(number);
            sets.invariants(set);
            topics += set == 0 ? 0 : 1;
            members += sets.size(set);
        }
        if (topics != count || members != subscriptions) {
            throw new IllegalStateException("topics " + topics + "/" + count + ", subscriptions "
                + members + "/" + subscriptions);
        }
    }

    private int member(int shard, int slot) {
        assert slot >= 0 && slot < slotsPerShard : slot;
        return shard * slotsPerShard + slot;
    }
}
