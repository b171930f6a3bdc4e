package io.mooring.swarm;

import io.mooring.sys.IntQueue;
import java.util.concurrent.CompletableFuture;

/**
 * A worker's part of an echo run. <b>Closed loop</b>: each connection sends when its echo has come.
 * <b>Constant rate</b>: message k is due at a time fixed beforehand, on connection k mod n; a
 * connection that cannot send then is behind, and sends what it owes as soon as it can, with the
 * times at which it was due. Those times follow from the number of messages that it has sent, so
 * nothing is stored, and latency counts from them: no coordinated omission.
 */
final class Echo {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long RETRY_NANOS = 1_000_000;
    /** How long echoes may take after the end. */
    private static final long GRACE_NANOS = 10 * NANOS_PER_SECOND;
    private static final int SENDS_PER_TURN = 4096;

    private final Worker worker;
    private CompletableFuture<Void> done;
    private Shard[] shards;
    private int[] slots;
    private double perSecond;
    private long start;
    private long end;
    /** The next message of the schedule; in a closed loop, the next connection's first. */
    private long next;
    /** Places of connections that are behind. */
    private final IntQueue behind = new IntQueue();

    Echo(Worker worker) {
        this.worker = worker;
    }

    /**
     * Begins.
     *
     * @param perSecond messages, of this worker's connections together; 0: closed loop
     */
    void begin(double perSecond, long start, long end, CompletableFuture<Void> whenDone) {
        int open = (int) worker.counts.get(Count.OPEN);
        shards = new Shard[open];
        slots = new int[open];
        int n = 0;
        for (Shard shard : worker.shards) {
            for (int slot = 0; slot < shard.table.highWater(); slot++) {
                if (Slot.state(shard.table.at(slot)) == Slot.OPEN) {
                    shards[n] = shard;
                    slots[n++] = slot;
                }
            }
        }
        assert n == open : n + " of " + open;
        this.perSecond = perSecond;
        this.start = start;
        this.end = end;
        this.next = 0;
        this.done = whenDone;
    }

    /** Any time: no further message is due. */
    void endNow(long now) {
        end = Math.min(end, now);
    }

    /** An echo has come; in a closed loop the next message goes. */
    void onEcho(long c, long now) {
        if (done != null && perSecond == 0 && now < end) {
            Slot.set(c, Slot.WANT_ECHO);
        }
    }

    void turn(long now) {
        if (done == null || now < start) {
            return;
        }
        if (perSecond == 0) {
            firstOfEach(now);
        } else {
            catchUp(now);
            due(now);
        }
        if (now >= end && (isAllBack() || now - end > GRACE_NANOS)) {
            finish();
        }
    }

    private void firstOfEach(long now) {
        for (int i = 0; i < SENDS_PER_TURN && next < slots.length && now < end; i++) {
            Shard shard = shards[(int) next];
            int slot = slots[(int) next];
            long c = shard.table.at(slot);
            if (!shard.hasRoom()) {
                return;
            }
            next++;
            if (Slot.state(c) == Slot.OPEN) {
                Slot.set(c, Slot.WANT_ECHO);
                shard.sending.flush(slot, c);
            }
        }
    }

    private void due(long now) {
        long until = Math.min(now, end);
        for (int i = 0; i < SENDS_PER_TURN && slots.length > 0 && dueAt(next) < until; i++) {
            int place = (int) (next % slots.length);
            Shard shard = shards[place];
            int slot = slots[place];
            long c = shard.table.at(slot);
            if (Slot.state(c) == Slot.OPEN && !Slot.is(c, Slot.BEHIND)
                    && !shard.sending.trySendEcho(slot, c, dueAt(next))) {
                Slot.set(c, Slot.BEHIND);
                behind.add(place);
            }
            next++;
        }
    }

    private long dueAt(long message) {
        return start + (long) (message / perSecond * NANOS_PER_SECOND);
    }

    /** Connections that could not send try again. */
    private void catchUp(long now) {
        for (int i = behind.size(); i > 0; i--) {
            int place = behind.remove();
            Shard shard = shards[place];
            int slot = slots[place];
            long c = shard.table.at(slot);
            if (Slot.state(c) != Slot.OPEN || !Slot.is(c, Slot.BEHIND)) {
                continue; // lost
            }
            long owed = (long) Slot.sent(c) * slots.length + place;
            if (owed >= next) {
                Slot.clear(c, Slot.BEHIND);
                continue;
            }
            shard.sending.trySendEcho(slot, c, dueAt(owed));
            behind.add(place);
        }
    }

    private boolean isAllBack() {
        if (!behind.isEmpty() || perSecond > 0 && slots.length > 0 && dueAt(next) < end) {
            return false;
        }
        for (int i = 0; i < slots.length; i++) {
            long c = shards[i].table.at(slots[i]);
            if (Slot.state(c) == Slot.OPEN
                    && (Slot.expected(c) != Slot.sent(c) || Slot.is(c, Slot.WANT_ECHO))) {
                return false;
            }
        }
        return true;
    }

    private void finish() {
        while (!behind.isEmpty()) {
            int place = behind.remove();
            Slot.clear(shards[place].table.at(slots[place]), Slot.BEHIND);
        }
        CompletableFuture<Void> whenDone = done;
        done = null;
        shards = null;
        slots = null;
        worker.publish();
        whenDone.complete(null);
    }

    /** Until something is to be done here; -1: nothing. */
    long nanosToNext(long now) {
        if (done == null) {
            return -1;
        }
        if (now < start) {
            return start - now;
        }
        if (now >= end) {
            return RETRY_NANOS;
        }
        long toEnd = end - now;
        if (perSecond == 0) {
            return next < slots.length ? 0 : toEnd;
        }
        if (slots.length == 0) {
            return toEnd;
        }
        long toNext = Math.max(0, dueAt(next) - now);
        return Math.min(toEnd, behind.isEmpty() ? toNext : Math.min(toNext, RETRY_NANOS));
    }
}
