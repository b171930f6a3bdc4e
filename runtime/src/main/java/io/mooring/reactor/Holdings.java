package io.mooring.reactor;

import io.mooring.conn.Connection;
import io.mooring.sys.MemoryUse;
import java.util.EnumMap;
import java.util.Map;

/**
 * Who holds how much memory off the heap, as each has counted it itself.
 *
 * @param accepting slots in use that are no connection's yet: accepts wait with them
 */
public record Holdings(Map<Holder, MemoryUse> uses, int accepting) {
    /** Of a reactor. */
    public enum Holder { SLAB, FILE_TABLES, RINGS, RECEIVE_BUFFERS, SPILL_POOLS, TOPICS }

    public static final Holdings NONE = new Holdings(Map.of(), 0);
    /** Of the slab, for each connection. */
    public static final long SLOT_BYTES = Connection.BYTES;

    public Holdings {
        uses = Map.copyOf(uses);
    }

    /** A reactor's, on its own thread; looks at every shard and every extent of spill memory. */
    static Holdings of(Reactor reactor) {
        Map<Holder, MemoryUse> uses = new EnumMap<>(Holder.class);
        int accepting = 0;
        for (Shard shard : reactor.shards) {
            accepting += shard.acceptor.inFlight();
            uses.merge(Holder.SLAB, shard.table.memory(), MemoryUse::plus);
            uses.merge(Holder.FILE_TABLES, shard.ring.fileMemory(), MemoryUse::plus);
            uses.merge(Holder.RINGS, shard.ring.memory(), MemoryUse::plus);
            uses.merge(Holder.RECEIVE_BUFFERS, shard.buffers.memory(), MemoryUse::plus);
        }
        uses.put(Holder.SPILL_POOLS, reactor.spill.memory());
        uses.put(Holder.TOPICS, reactor.topics.memory());
        return new Holdings(uses, accepting);
    }

    public MemoryUse of(Holder holder) {
        return uses.getOrDefault(holder, MemoryUse.NONE);
    }

    public Holdings plus(Holdings other) {
        Map<Holder, MemoryUse> sum = new EnumMap<>(Holder.class);
        sum.putAll(uses);
        other.uses.forEach((holder, use) -> sum.merge(holder, use, MemoryUse::plus));
        return new Holdings(sum, accepting + other.accepting);
    }
}
