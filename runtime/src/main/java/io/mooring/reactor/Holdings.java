package io.mooring.reactor;

import io.mooring.sys.MemoryUse;
import java.util.EnumMap;
import java.util.Map;

/** Who holds how much memory off the heap, as each has counted it itself. Immutable. */
public final class Holdings {
    /** Of a reactor. */
    public enum Holder { SLAB, FILE_TABLES, RINGS, RECEIVE_BUFFERS, SPILL_POOLS, TOPICS }

    private final Map<Holder, MemoryUse> uses = new EnumMap<>(Holder.class);

    private Holdings() {
    }

    /** Nobody holds anything. */
    public static Holdings none() {
        return new Holdings();
    }

    /** A reactor's, on its own thread; looks at every shard and every extent of spill memory. */
    static Holdings of(Reactor reactor) {
        Holdings all = new Holdings();
        for (Shard shard : reactor.shards) {
            all.add(Holder.SLAB, shard.table.memory());
            all.add(Holder.FILE_TABLES, shard.ring.fileMemory());
            all.add(Holder.RINGS, shard.ring.memory());
            all.add(Holder.RECEIVE_BUFFERS, shard.buffers.memory());
        }
        all.add(Holder.SPILL_POOLS, reactor.spill.memory());
        all.add(Holder.TOPICS, reactor.topics.memory());
        return all;
    }

    private void add(Holder holder, MemoryUse use) {
        uses.merge(holder, use, MemoryUse::plus);
    }

    public MemoryUse of(Holder holder) {
        return uses.getOrDefault(holder, MemoryUse.NONE);
    }

    public Holdings plus(Holdings other) {
        Holdings sum = new Holdings();
        uses.forEach(sum::add);
        other.uses.forEach(sum::add);
        return sum;
    }
}
