package io.mooring.swarm;

/**
 * Connections that are on their way from one state to another, bounded in number, each with the
 * time when it began.
 */
final class Window {
    private final Shard[] shards;
    private final int[] slots;
    private final long[] since;
    private final int[] free;
    private int freeCount;

    Window(int places) {
        this.shards = new Shard[places];
        this.slots = new int[places];
        this.since = new long[places];
        this.free = new int[places];
        for (int place = places - 1; place >= 0; place--) {
            free[freeCount++] = place;
        }
    }

    boolean hasRoom() {
        return freeCount > 0;
    }

    int inUse() {
        return slots.length - freeCount;
    }

    int enter(Shard shard, int slot, long now) {
        int place = free[--freeCount];
        shards[place] = shard;
        slots[place] = slot;
        since[place] = now;
        return place;
    }

    void leave(int place) {
        assert shards[place] != null : place;
        shards[place] = null;
        free[freeCount++] = place;
    }

    int places() {
        return slots.length;
    }

    /** Whose place it is, or null. */
    Shard shard(int place) {
        return shards[place];
    }

    int slot(int place) {
        return slots[place];
    }

    long since(int place) {
        return since[place];
    }
}
