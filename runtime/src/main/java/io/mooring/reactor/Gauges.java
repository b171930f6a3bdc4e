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
    private static final int ANSWERS_PENDING = 4;
    private static final int SUBSCRIPTIONS = 5;
    private static final int TOPIC_BYTES = 6;
    private static final int BACKLOG_BYTES = 7;

    private static final int SLAB_MAPPED_BYTES = 8;
    private static final int RING_BYTES = 9;
    private static final int BUFFERS_MAPPED_BYTES = 10;
    private static final int BUFFERS_TOUCHED_BYTES = 11;

    private final AtomicLongArray values = new AtomicLongArray(12);

    /** Before each sleep: only what is at hand. */
    void publish(Reactor reactor) {
        long slab = 0;
        for (Shard shard : reactor.shards) {
            slab += shard.table.touchedBytes();
        }
        values.setOpaque(SLAB_BYTES, slab);
        values.setOpaque(SPILL_USED_BYTES, reactor.spill.usedBytes());
        values.setOpaque(SPILL_MAPPED_BYTES, reactor.spill.mappedBytes());
        values.setOpaque(ANSWERS_PENDING, reactor.exchanges.pending());
        values.setOpaque(BACKLOG_BYTES, reactor.backlog.bytes());
        values.setOpaque(TOPICS, reactor.topics.count());
        values.setOpaque(SUBSCRIPTIONS, reactor.topics.subscriptions());
        values.setOpaque(TOPIC_BYTES, reactor.topics.memoryBytes());
    }

    /** At start: what does not change. */
    void publishMapped(Holdings held) {
        values.setOpaque(SLAB_MAPPED_BYTES, held.of(Holdings.Holder.SLAB).mapped());
        values.setOpaque(RING_BYTES, held.of(Holdings.Holder.RINGS).mapped());
        values.setOpaque(BUFFERS_MAPPED_BYTES,
            held.of(Holdings.Holder.RECEIVE_BUFFERS).mapped());
    }

    /** At each trim, every two seconds; allocates nothing, for echoes may be under way. */
    void publishTouched(Reactor reactor) {
        long buffers = 0;
        for (Shard shard : reactor.shards) {
            buffers += shard.buffers.touchedBytes();
        }
        values.setOpaque(BUFFERS_TOUCHED_BYTES, buffers);
    }

    /** Topics with a subscriber here. */
    public long topics() {
        return values.getOpaque(TOPICS);
    }

    /** Subscribers of all topics here. */
    public long subscriptions() {
        return values.getOpaque(SUBSCRIPTIONS);
    }

    /** Bytes of pages that hold who has joined what; names are the group's. */
    public long topicBytes() {
        return values.getOpaque(TOPIC_BYTES);
    }

    /** Bytes of connection slots that have been touched. */
    public long slabBytes() {
        return values.getOpaque(SLAB_BYTES);
    }

    /** Address space of all connection slots. */
    public long slabMappedBytes() {
        return values.getOpaque(SLAB_MAPPED_BYTES);
    }

    /** Bytes of the rings' queues. */
    public long ringBytes() {
        return values.getOpaque(RING_BYTES);
    }

    /** Address space of the receive buffers. */
    public long buffersMappedBytes() {
        return values.getOpaque(BUFFERS_MAPPED_BYTES);
    }

    /** Of that, what traffic had touched two seconds ago at most. */
    public long buffersTouchedBytes() {
        return values.getOpaque(BUFFERS_TOUCHED_BYTES);
    }

    /** Bytes of published frames that wait for receivers, of {@link #spillUsedBytes}. */
    public long backlogBytes() {
        return values.getOpaque(BACKLOG_BYTES);
    }

    /** Bytes of partial messages and unsent output. */
    public long spillUsedBytes() {
        return values.getOpaque(SPILL_USED_BYTES);
    }

    /** Bytes mapped for those. */
    public long spillMappedBytes() {
        return values.getOpaque(SPILL_MAPPED_BYTES);
    }

    /** Requests whose answer a handler owes. */
    public long answersPending() {
        return values.getOpaque(ANSWERS_PENDING);
    }
}
