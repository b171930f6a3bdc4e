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

    private final AtomicLongArray values = new AtomicLongArray(8);

    void set(long slabBytes, long spillUsedBytes, long spillMappedBytes, int answersPending,
        long backlogBytes) {
        values.setOpaque(SLAB_BYTES, slabBytes);
        values.setOpaque(SPILL_USED_BYTES, spillUsedBytes);
        values.setOpaque(SPILL_MAPPED_BYTES, spillMappedBytes);
        values.setOpaque(ANSWERS_PENDING, answersPending);
        values.setOpaque(BACKLOG_BYTES, backlogBytes);
    }

    void setTopics(int topics, long subscriptions, long bytes) {
        values.setOpaque(TOPICS, topics);
        values.setOpaque(SUBSCRIPTIONS, subscriptions);
        values.setOpaque(TOPIC_BYTES, bytes);
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
