package io.mooring.reactor;

import io.mooring.conn.Connection;
import java.util.ArrayDeque;

/**
 * Published messages, one after the other, so that every receiver of this reactor gets them in the
 * same order; so many sends a turn, so that echoes and accepts go on meanwhile.
 *
 * <p>Publishers that are faster than that are held: not read from for a while.
 */
final class Broadcaster {
    private static final int SENDS_PER_TURN = 256;

    private final Reactor reactor;
    private final ArrayDeque<Broadcast> queue = new ArrayDeque<>();
    /** Connection ids of publishers that are held. */
    private final ArrayDeque<Long> publishers = new ArrayDeque<>();

    Broadcaster(Reactor reactor) {
        this.reactor = reactor;
    }

    void add(Broadcast broadcast) {
        queue.add(broadcast);
    }

    boolean isBusy() {
        return !queue.isEmpty();
    }

    // ---- publishers

    /** A connection's handler has published; it waits if too much is in flight already. */
    void onPublished() {
        if (!reactor.group.isPublishingTooFast()) {
            return;
        }
        for (Shard shard : reactor.shards) {
            int slot = shard.receiver.reading();
            if (slot >= 0) {
                long c = shard.table.at(slot);
                if (!Connection.is(c, Connection.FLAG_HELD)) {
                    shard.receiver.hold(slot, c);
                    publishers.add(shard.id(slot, c));
                }
            }
        }
    }

    boolean holdsPublishers() {
        return !publishers.isEmpty();
    }

    private void releasePublishers() {
        while (!publishers.isEmpty() && !reactor.group.isPublishingTooFast()) {
            long id = publishers.peek();
            Shard shard = reactor.shardOf(id);
            if (!shard.hasRoomToSpare()) {
                return;
            }
            publishers.remove();
            int slot = ConnectionId.slot(id);
            if (shard.table.isCurrent(slot, ConnectionId.generation(id))) {
                shard.receiver.release(slot, shard.table.at(slot));
            }
        }
    }

    // ---- the walk

    void turn() {
        int sends = SENDS_PER_TURN;
        while (sends > 0 && !queue.isEmpty()) {
            Broadcast broadcast = queue.peek();
            Topics.Topic topic = reactor.topics.find(broadcast.topic);
            if (topic != null) {
                sends = walk(topic, broadcast, sends);
            }
            if (topic == null || broadcast.shard == reactor.shards.length) {
                queue.remove();
                broadcast.walked();
            } else {
                break;
            }
        }
        releasePublishers();
    }

    /** Sends to the next subscribers; returns how many more this turn may have. */
    private int walk(Topics.Topic topic, Broadcast broadcast, int sends) {
        while (broadcast.shard < reactor.shards.length) {
            Shard shard = reactor.shards[broadcast.shard];
            int slot = topic.next(shard.place, broadcast.slot);
            if (slot < 0) {
                broadcast.shard++;
                broadcast.slot = 0;
                continue;
            }
            if (sends == 0 || !shard.hasRoomToSpare()) {
                return 0;
            }
            long c = shard.table.at(slot);
            if (shard.id(slot, c) != broadcast.except) {
                shard.sender.sendFrame(slot, c, broadcast);
                sends--;
            }
            broadcast.slot = slot + 1;
        }
        return sends;
    }

    /** The reactor ends: nobody else is sent to. */
    void abandon() {
        while (!queue.isEmpty()) {
            queue.remove().walked();
        }
    }
}
