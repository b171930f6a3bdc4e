package io.mooring.reactor;

import io.mooring.api.Delivery;
import io.mooring.api.SendResult;
import io.mooring.api.SlowReceivers;
import io.mooring.frame.SharedFrame;
import io.mooring.frame.SharedFramePool;
import io.mooring.topic.TopicNames;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * Messages for topics' subscribers on all reactors. Any thread.
 *
 * <p>Each reactor's queue gets them in one and the same order, so that all receivers do; where that
 * would not be, two publishers' messages might cross on their way to two reactors.
 */
final class Publisher {
    private static final Delivery NOBODY = new Delivery(0, 0, 0, 0, 0, 0);

    private final Reactor[] reactors;
    private final TopicNames names;
    private final SharedFramePool frames;
    private final ByteBudget lendable;
    private final SlowReceiverRules slow;
    private final Object order = new Object();
    private final LongAdder published = new LongAdder();
    private final LongAdder refused = new LongAdder();

    Publisher(Reactor[] reactors, TopicNames names, SharedFramePool frames,
        ByteBudget lendable, SlowReceiverRules slow) {
        this.reactors = reactors;
        this.names = names;
        this.frames = frames;
        this.lendable = lendable;
        this.slow = slow;
    }

    /**
     * One message.
     *
     * @param except a connection that does not get it; 0: none
     * @param onDelivered told what became of it, on a reactor's thread, or here if there are no
     *     subscribers; or null
     * @return QUEUED, or FULL: frames in flight leave no room, nothing is sent and nobody told
     */
    SendResult publish(String topic, int opcode, MemorySegment memory, long offset, int length,
        long except, Consumer<Delivery> onDelivered) {
        int number = names.holdKnown(topic, 1);
        if (number != 0) {
            return publishHeld(number, slow.of(topic), opcode, memory, offset, length, except,
                onDelivered);
        }
        published.increment();
        if (onDelivered != null) {
            onDelivered.accept(NOBODY);
        }
        return SendResult.QUEUED;
    }

    /** The same for a topic that the caller has joined, and so holds, until this has returned. */
    SendResult publish(int topic, int opcode, MemorySegment memory, long offset, int length,
        long except) {
        names.hold(topic, 1);
        SlowReceivers policy = slow.isUniform() ? slow.others() : slow.of(names.name(topic));
        return publishHeld(topic, policy, opcode, memory, offset, length, except, null);
    }

    /** {@code topic}: held once for this. */
    private SendResult publishHeld(int topic, SlowReceivers policy, int opcode,
        MemorySegment memory, long offset, int length, long except,
        Consumer<Delivery> onDelivered) {
        SharedFrame frame;
        try {
            frame = SharedFrame.encode(frames, opcode, memory, offset, length, reactors.length);
        } catch (RuntimeException e) {
            names.release(topic);
            throw e;
        }
        if (frame == null) {
            names.release(topic);
            refused.increment();
            return SendResult.FULL;
        }
        Publication publication = new Publication(names, topic, frame, lendable, policy,
            except, reactors.length, onDelivered);
        synchronized (order) {
            for (Reactor reactor : reactors) {
                reactor.enqueue(new Broadcast(publication));
            }
        }
        for (Reactor reactor : reactors) {
            reactor.onEnqueued();
        }
        published.increment();
        return SendResult.QUEUED;
    }

    /** Messages published so far. */
    long published() {
        return published.sum();
    }

    /** Messages not published: frames on their way left no room. */
    long refused() {
        return refused.sum();
    }
}
