package io.mooring.reactor;

import io.mooring.api.Delivery;
import io.mooring.api.SlowReceivers;
import io.mooring.frame.SharedFrame;
import io.mooring.topic.TopicNames;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.Consumer;

/**
 * One published message: its frame, and what became of it on all reactors. Each of those has a
 * {@link Broadcast} of it, and reports here, once, when that is over.
 */
final class Publication {
    private static final Logger LOG = System.getLogger("io.mooring");

    /** The number of the topic, held until every reactor has done with it. */
    final int topic;
    private final TopicNames names;
    final SharedFrame frame;
    /** Frames that the kernel may read where they lie: see {@link ReactorGroup#lendable}. */
    final ByteBudget lendable;
    final SlowReceivers slow;
    /** A connection that is left out; 0: none. */
    final long except;
    private final Consumer<Delivery> onDelivered;

    private int reactorsLeft;
    private long delivered;
    private long queued;
    private long dropped;
    private long closed;
    private long evicted;

    /** @param onDelivered called on the last reactor's thread; null: nobody wants to know */
    Publication(TopicNames names, int topic, SharedFrame frame, ByteBudget lendable,
        SlowReceivers slow, long except, int reactors, Consumer<Delivery> onDelivered) {
        this.names = names;
        this.topic = topic;
        this.frame = frame;
        this.lendable = lendable;
        this.slow = slow;
        this.except = except;
        this.reactorsLeft = reactors;
        this.onDelivered = onDelivered;
    }

    /** One reactor has done with it; the kernel may go on reading the frame. */
    void done(Broadcast part) {
        Delivery delivery = add(part);
        if (delivery == null || onDelivered == null) {
            return;
        }
        try {
            onDelivered.accept(delivery);
        } catch (RuntimeException | Error e) {
            LOG.log(Level.ERROR, "who was told of a delivery threw", e);
        }
    }

    /** Null: not all have reported. */
    private synchronized Delivery add(Broadcast part) {
        delivered += part.delivered;
        queued += part.queued;
        dropped += part.dropped;
        closed += part.closed;
        evicted += part.evicted;
        reactorsLeft--;
        if (reactorsLeft > 0) {
            return null;
        }
        names.release(topic);
        return new Delivery(delivered + queued + dropped + closed, delivered, queued, dropped,
            closed, evicted);
    }
}
