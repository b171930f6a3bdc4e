package io.mooring.swarm;

import java.util.concurrent.CompletableFuture;

/**
 * Closes all connections of a worker by the closing handshake, a bounded number at a time, and
 * tells when none is left. Deaf ones are cut: an answer would lie behind all that they never read.
 */
final class Closer {
    private static final int WINDOW = 512;
    private static final long NANOS_PER_MS = 1_000_000;

    private final Worker worker;
    private final Window window = new Window(WINDOW);
    private CompletableFuture<Void> done;
    private int shardNext;
    private int slotNext;
    private long sweptAt;

    Closer(Worker worker) {
        this.worker = worker;
    }

    /** Begins; completes {@code whenDone} once every connection has ended. */
    void begin(CompletableFuture<Void> whenDone) {
        if (done != null) {
            done.thenRun(() -> whenDone.complete(null));
            return;
        }
        done = whenDone;
        worker.connector.cancel();
        shardNext = 0;
        slotNext = 0;
    }

    void turn(long now) {
        if (done == null || worker.connector.left() > 0) {
            return; // what is still to become open would be missed
        }
        sweep(now);
        while (shardNext < worker.shards.size() && window.hasRoom()) {
            Shard shard = worker.shards.get(shardNext);
            if (slotNext == shard.table.highWater()) {
                shardNext++;
                slotNext = 0;
            } else if (!shard.hasRoom()) {
                break;
            } else {
                startClose(shard, slotNext, shard.table.at(slotNext), now);
                slotNext++;
            }
        }
        if (shardNext == worker.shards.size() && window.inUse() == 0 && worker.inUse() == 0) {
            CompletableFuture<Void> whenDone = done;
            done = null;
            worker.publish();
            whenDone.complete(null);
        }
    }

    private void startClose(Shard shard, int slot, long c, long now) {
        switch (Slot.state(c)) {
            case Slot.OPEN -> {
                worker.echo.onGone(c);
                Slot.state(c, Slot.CLOSING);
                if (Slot.is(c, Slot.PUBLISHER)) {
                    worker.publisher.onLost("it is closed");
                } else {
                    worker.counts.add(Count.OPEN, -1);
                }
                // From now on nothing is judged, and the place of the message's number is free.
                Slot.set(c, Slot.UNJUDGED | Slot.WANT_CLOSE | Slot.OURS);
                Slot.clear(c, Slot.WANT_ECHO);
                Slot.place(c, window.enter(shard, slot, now));
                shard.sending.flush(slot, c);
            }
            // The server began, and was counted.
            case Slot.CLOSING -> shard.kill(slot, c, "closed by the server");
            case Slot.DEAF -> {
                worker.counts.add(Count.DEAF, -1);
                worker.counts.increment(Count.DEAF_CUT);
                shard.kill(slot, c, "deaf");
            }
            default -> { }
        }
    }

    /** A connection has ended; one of ours, with the server's close frame, or without. */
    void onEnded(long c, String why) {
        if (!Slot.is(c, Slot.OURS)) {
            return;
        }
        Slot.clear(c, Slot.OURS);
        window.leave(Slot.place(c));
        if (Slot.is(c, Slot.PUBLISHER)) {
            return;
        }
        if (Slot.is(c, Slot.CLOSE_HEARD)) {
            worker.counts.increment(Count.CLOSED);
        } else {
            worker.counts.increment(Count.LOST, why);
        }
    }

    private void sweep(long now) {
        if (window.inUse() == 0 || now - sweptAt < Worker.SWEEP_NANOS) {
            return;
        }
        sweptAt = now;
        long timeout = worker.config.closeTimeoutMs() * NANOS_PER_MS;
        for (int place = 0; place < window.places(); place++) {
            Shard shard = window.shard(place);
            if (shard != null && now - window.since(place) >= timeout && shard.hasRoom()) {
                int slot = window.slot(place);
                shard.kill(slot, shard.table.at(slot), "close timeout");
            }
        }
    }

    /** Until something is to be done here; -1: nothing. */
    long nanosToNext() {
        if (done == null) {
            return -1;
        }
        boolean waits = worker.connector.left() > 0 || shardNext == worker.shards.size()
            || !window.hasRoom();
        return waits ? Worker.SWEEP_NANOS : 0;
    }

    void invariants() {
        for (int place = 0; place < window.places(); place++) {
            Shard shard = window.shard(place);
            if (shard != null) {
                long c = shard.table.at(window.slot(place));
                if (Slot.state(c) != Slot.CLOSING || !Slot.is(c, Slot.OURS)
                        || Slot.place(c) != place) {
                    throw new IllegalStateException("place " + place + " is of a slot in state "
                        + Slot.state(c));
                }
            }
        }
    }
}
