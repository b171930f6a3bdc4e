package io.mooring.reactor;

/**
 * A connection as the application holds it: generation 24 | shard 16 | slot 24. Never 0: the
 * generation of a slot in use counts from 1.
 */
final class ConnectionId {
    static final int SLOTS_MAX = 1 << 24;
    static final int SHARDS_MAX = 1 << 16;

    private ConnectionId() {
    }

    static long pack(int generation, int shard, int slot) {
        return (long) (generation & 0xffffff) << 40 | (long) shard << 24 | slot;
    }

    static int generation(long id) {
        return (int) (id >>> 40);
    }

    static int shard(long id) {
        return (int) (id >>> 24) & 0xffff;
    }

    static int slot(long id) {
        return (int) id & 0xffffff;
    }
}
