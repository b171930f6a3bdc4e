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
    /** What each had sent when the run began. */
    private int[] sentBefore;
    private double perSecond;
    private long start;
    private long end;
    /** The next message of the schedule; in a closed loop, the next connection's first. */
    private long next;
    /** Places of connections that are behind. */
    private final IntQueue behind = new IntQueue();
    /** Echoes that open connections wait for or are about to ask for, of any run. */
    private long outstanding;

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
        sentBefore = new int[open];
        int n = 0;
        for (Shard shard : worker.shards) {
            for (int slot = 0; slot < shard.table.highWater(); slot++) {
                long c = shard.table.at(slot);
                if (Slot.state(c) == Slot.OPEN) {
                    shards[n] = shard;
                    sentBefore[n] = Slot.sent(c);
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
        outstanding--;
        if (done != null && perSecond == 0 && now < end) {
            want(c);
        }
    }

    private void want(long c) {
        if (!Slot.is(c, Slot.WANT_ECHO)) {
            Slot.set(c, Slot.WANT_ECHO);
            outstanding++;
        }
    }

    /** The connection is open no more: nothing is waited for. Call it before anything is reset. */
    void onGone(long c) {
        if (worker.config.scenario() == Scenario.ECHO) {
            outstanding -= outstanding(c);
        }
    }

    private static int outstanding(long c) {
        return Slot.sent(c) - Slot.expected(c) + (Slot.is(c, Slot.WANT_ECHO) ? 1 : 0);
    }

    void turn(long now) {
        if (done == null || now < start) {
            return;
        }
        if (perSecond == 0) {
            firstOfEach(now);
        } else {
            catchUp();
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
                want(c);
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
                    && !trySend(shard, slot, c, next)) {
                Slot.set(c, Slot.BEHIND);
                behind.add(place);
            }
            next++;
        }
    }

    private boolean trySend(Shard shard, int slot, long c, long message) {
        boolean sent = shard.sending.trySendEcho(slot, c, dueAt(message));
        outstanding += sent ? 1 : 0;
        return sent;
    }

    private long dueAt(long message) {
        return start + (long) (message / perSecond * NANOS_PER_SECOND);
    }

    /** Connections that could not send try again, in turn. */
    private void catchUp() {
        for (int i = Math.min(behind.size(), SENDS_PER_TURN); i > 0; i--) {
            int place = behind.remove();
            Shard shard = shards[place];
            int slot = slots[place];
            long c = shard.table.at(slot);
            if (Slot.state(c) != Slot.OPEN || !Slot.is(c, Slot.BEHIND)) {
                continue; // lost
            }
            long owed = (long) (Slot.sent(c) - sentBefore[place]) * slots.length + place;
            if (owed >= next) {
                Slot.clear(c, Slot.BEHIND);
                continue;
            }
            trySend(shard, slot, c, owed);
            behind.add(place);
        }
    }

    private boolean isAllBack() {
        boolean isAllSent = behind.isEmpty()
            && (perSecond == 0 || slots.length == 0 || dueAt(next) >= end);
        return isAllSent && outstanding == 0;
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
        sentBefore = null;
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

    /** The slow way to count. */
    void invariants() {
        long sum = 0;
        for (Shard shard : worker.shards) {
            for (int slot = 0; slot < shard.table.highWater(); slot++) {
                long c = shard.table.at(slot);
                sum += Slot.state(c) == Slot.OPEN ? outstanding(c) : 0;
            }
        }
        if (worker.config.scenario() == Scenario.ECHO && sum != outstanding) {
            throw new IllegalStateException(sum + " echoes are outstanding, not " + outstanding);
        }
    }
}
