package io.mooring.reactor;

import io.mooring.api.SlowReceivers;
import io.mooring.api.SlowReceivers.Policy;
import io.mooring.conn.Connection;
import io.mooring.conn.Phase;
import io.mooring.conn.SendQueue;

/**
 * Published frames for receivers that are behind: queued up to their topic's limits, and past them
 * as its policy says. Every receiver's outcome is counted in its broadcast.
 */
final class Backlog {
    private final Shard shard;
    private final SendQueue output;
    private final Counters counters;

    Backlog(Shard shard) {
        this.shard = shard;
        this.output = shard.output;
        this.counters = shard.counters;
    }

    /** A frame for a receiver that has other output under way or waiting. */
    void offer(int slot, long c, Broadcast broadcast) {
        SlowReceivers slow = broadcast.publication.slow;
        int bytes = broadcast.bytes();
        boolean evicted = makeRoom(c, broadcast, slow, bytes);
        if (fits(c, slow, bytes) && output.appendFrame(c, number(broadcast), broadcast.address(),
                bytes, evicted)) {
            queued(broadcast);
            shard.sender.schedule(slot, c);
        } else if (slow.policy() == Policy.CLOSE) {
            broadcast.closed++;
            shard.closer.closeSlow(slot, c);
        } else {
            dropped(broadcast);
        }
    }

    /** Drops older frames of the topic, if that helps. Whether it did. */
    private boolean makeRoom(long c, Broadcast broadcast, SlowReceivers slow, int bytes) {
        if (number(broadcast) == 0 || !output.canMakeRoom(c, number(broadcast),
                shard.sender.readsOutput(c), bytes, slow.framesMax(), slow.bytesMax())) {
            return false;
        }
        boolean evicted = false;
        while ((slow.policy() == Policy.LATEST || !fits(c, slow, bytes)) && evict(c, broadcast)) {
            evicted = true;
        }
        return evicted;
    }

    /**
     * A frame comes back from the kernel, or the rest of it. What has begun must be ended; what has
     * not may still be dropped.
     *
     * @param sent bytes that went out
     * @return false if there is no memory for the rest, so that the connection must end
     */
    boolean takeBack(long c, Broadcast broadcast, int sent) {
        if (Connection.phase(c) == Phase.DEAD) {
            closed(broadcast);
            return true;
        }
        long rest = broadcast.address() + sent;
        int bytes = broadcast.bytes() - sent;
        if (sent > 0) {
            if (!output.prependRest(c, rest, bytes)) {
                closed(broadcast);
                return false;
            }
            queued(broadcast);
        } else if (isOutdated(c, broadcast)
                || !output.prependFrame(c, number(broadcast), rest, bytes)) {
            dropped(broadcast);
        } else {
            queued(broadcast);
        }
        return true;
    }

    /** Whether a newer frame of its topic waits behind it, and only that is wanted. */
    private boolean isOutdated(long c, Broadcast broadcast) {
        return broadcast.publication.slow.policy() == Policy.LATEST
            && output.holdsFrame(c, number(broadcast));
    }

    private boolean fits(long c, SlowReceivers slow, int bytes) {
        int frames = output.frames(c);
        return frames == 0
            || frames < slow.framesMax() && output.bytes(c) + (long) bytes <= slow.bytesMax();
    }

    /** The topic's number for a frame that may be dropped again, else 0. */
    private static int number(Broadcast broadcast) {
        Policy policy = broadcast.publication.slow.policy();
        return policy == Policy.DROP_OLDEST || policy == Policy.LATEST
            ? broadcast.publication.topic : 0;
    }

    private boolean evict(long c, Broadcast broadcast) {
        if (!output.dropFrame(c, number(broadcast), shard.sender.readsOutput(c))) {
            return false;
        }
        broadcast.evicted++;
        counters.increment(Counter.EVICTED);
        return true;
    }

    private void queued(Broadcast broadcast) {
        broadcast.queued++;
        counters.increment(Counter.QUEUED);
        counters.increment(Counter.MESSAGES_SENT);
    }

    private void dropped(Broadcast broadcast) {
        broadcast.dropped++;
        counters.increment(Counter.DROPPED);
    }

    private static void closed(Broadcast broadcast) {
        broadcast.closed++;
    }
}
