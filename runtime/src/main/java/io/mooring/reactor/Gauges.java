package io.mooring.reactor;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * One reactor's sizes, as they were when it last fell asleep: written by its thread, read by any.
 * Opaque accesses suffice, as for {@link Counters}.
 */
public final class Gauges {
    private static final int TOPICS = 0;
    private static final int SLAB_BYTES = 1;
    private static final int SPILL_USED_BYTES = 2;
    private static final int SPILL_MAPPED_BYTES = 3;

    private final AtomicLongArray values = new AtomicLongArray(4);

    void set(int topics, long slabBytes, long spillUsedBytes, long spillMappedBytes) {
        values.setOpaque(TOPICS, topics);
        values.setOpaque(SLAB_BYTES, slabBytes);
        values.setOpaque(SPILL_USED_BYTES, spillUsedBytes);
        values.setOpaque(SPILL_MAPPED_BYTES, spillMappedBytes);
    }

    /** Topics with a subscriber here. */
    public long topics() {
        return values.getOpaque(TOPICS);
    }

    /** Bytes of connection slots that have been touched. */
    public long slabBytes() {
        return values.getOpaque(SLAB_BYTES);
    }

    /** Bytes of partial messages and unsent output. */
    public long spillUsedBytes() {
        return values.getOpaque(SPILL_USED_BYTES);
    }

    /** Bytes mapped for those. */
    public long spillMappedBytes() {
        return values.getOpaque(SPILL_MAPPED_BYTES);
    }
}
