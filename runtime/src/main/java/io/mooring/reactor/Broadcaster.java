package io.mooring.reactor;

import io.mooring.conn.Connection;
import io.mooring.conn.Phase;
import java.util.ArrayDeque;
import org.agrona.collections.Int2ObjectHashMap;

/**
 * Published messages. Those of one topic go one after the other, so that every receiver of this
 * reactor gets them in the same order; topics take turns, so that a small one need not wait for a
 * large one. So many receivers a turn, and as many frames as the {@link Pace} allows, so that
 * echoes and accepts go on meanwhile.
 *
 * <p>Publishers that are faster than that are held: not read from for a while.
 */
final class Broadcaster {
    private static final int RECEIVERS_PER_TURN = 64;
    private static final int RECEIVERS_PER_TOPIC = 32;

    private final Reactor reactor;
    /** Topics with messages, the next one first; by number as well. */
    private final ArrayDeque<Lane> lanes = new ArrayDeque<>();
    private final Int2ObjectHashMap<Lane> byTopic = new Int2ObjectHashMap<>();
    /** Connection ids of publishers that are held. */
    private final ArrayDeque<Long> publishers = new ArrayDeque<>();
    /** Of this turn: the pace allows no frame, and is to be asked again soon. */
    private boolean paced;
    /** Of this turn: that, or a queue is full. */
    private boolean stopped;

    /** One topic's messages, in order. */
    private static final class Lane {
        final int topic;
        final ArrayDeque<Broadcast> queue = new ArrayDeque<>(2);

        Lane(int topic) {
            this.topic = topic;
        }
    }

    Broadcaster(Reactor reactor) {
        this.reactor = reactor;
    }

    void add(Broadcast broadcast) {
        int topic = broadcast.publication.topic;
        Lane lane = byTopic.get(topic);
        if (lane == null) {
            lane = new Lane(topic);
            byTopic.put(topic, lane);
            lanes.add(lane);
        }
        lane.queue.add(broadcast);
    }

    /** Whether the next turn has something to do here without waiting. */
    boolean isBusy() {
        return !lanes.isEmpty() && !paced;
    }

    /** Whether frames wait for receivers, memory or the link, which all end without a word. */
    boolean isPaced() {
        return paced;
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
                if (Connection.phase(c) == Phase.OPEN
                        && !Connection.is(c, Connection.FLAG_HELD)) {
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
        paced = false;
        stopped = false;
        int receivers = RECEIVERS_PER_TURN;
        while (receivers > 0 && !stopped && !lanes.isEmpty()) {
            Lane lane = lanes.poll();
            Broadcast broadcast = lane.queue.peek();
            int most = Math.min(receivers, RECEIVERS_PER_TOPIC);
            int frames = reactor.group.pace.take(most, broadcast.bytes());
            int visited = walk(broadcast, most, frames);
            if (isOver(broadcast)) {
                lane.queue.remove();
                broadcast.walked();
            }
            if (lane.queue.isEmpty()) {
                byTopic.remove(lane.topic);
            } else {
                lanes.add(lane);
            }
            receivers -= Math.max(1, visited);
        }
        if (paced) {
            reactor.counters.increment(Counter.BROADCASTS_PACED);
        }
        releasePublishers();
    }

    private boolean isOver(Broadcast broadcast) {
        return broadcast.shard == reactor.shards.length;
    }

    /**
     * Offers the frame to the next receivers.
     *
     * @param frames that may go to the kernel
     * @return how many receivers
     */
    private int walk(Broadcast broadcast, int receivers, int frames) {
        int visited = 0;
        int left = frames;
        while (!isOver(broadcast)) {
            Shard shard = reactor.shards[broadcast.shard];
            int slot = reactor.topics.next(broadcast.publication.topic, shard.place,
                broadcast.slot);
            if (slot < 0) {
                broadcast.shard++;
                broadcast.slot = 0;
                continue;
            }
            if (visited == receivers) {
                break;
            }
            if (left == 0 || !shard.hasRoomToSpare()) {
                paced = left == 0;
                stopped = true;
                break;
            }
            long c = shard.table.at(slot);
            broadcast.slot = slot + 1;
            if (shard.id(slot, c) != broadcast.publication.except) {
                visited++;
                if (shard.sender.sendFrame(slot, c, broadcast)) {
                    left--;
                }
            }
        }
        if (left > 0) {
            reactor.group.pace.giveBack(left, broadcast.bytes());
        }
        return visited;
    }

    /** The reactor ends: nobody else is sent to. */
    void abandon() {
        for (Lane lane : byTopic.values()) { // also one whose walk has failed
            lane.queue.forEach(Broadcast::walked);
        }
        byTopic.clear();
        lanes.clear();
    }
}
