package io.mooring.swarm;

import io.mooring.sys.SetupException;
import java.util.concurrent.CompletableFuture;

/**
 * The one extra connection that sends what all the others are to receive: one message at a time,
 * now, or at a constant rate. On its first worker only.
 */
final class Publisher {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long LATE_NANOS = 1_000_000;
    private static final long GRACE_NANOS = 10 * NANOS_PER_SECOND;

    private final Worker worker;
    private CompletableFuture<Void> opened;
    private Shard shard;
    private int slot;
    private long c;
    private boolean sending;
    private String failure;

    private CompletableFuture<Integer> waiting;
    private int waitingBytes;

    private CompletableFuture<Void> done;
    private double perSecond;
    private int messageBytes;
    private long start;
    private long end;
    private long next;

    Publisher(Worker worker) {
        this.worker = worker;
    }

    /** Connects, unless it has; completes then, or fails with why. */
    void open(CompletableFuture<Void> whenOpen) {
        if (shard != null) {
            whenOpen.complete(null);
            return;
        }
        failure = null;
        opened = whenOpen;
        worker.connector.beginPublisher();
    }

    void onOpen(Shard at, int atSlot, long atC) {
        shard = at;
        slot = atSlot;
        c = atC;
        sending = false;
        opened.complete(null);
    }

    void onFailed(String kind) {
        opened.completeExceptionally(
            new SetupException("the publisher's connection failed: " + kind));
    }

    void onLost(String why) {
        shard = null;
        failure = why;
    }

    /**
     * Sends one broadcast as soon as the one before is out: all may have received that before its
     * own completion is read.
     *
     * @param number completed once the message is on its way; fails when the connection is gone
     */
    void publish(int bytes, CompletableFuture<Integer> number) {
        if (shard == null) {
            number.completeExceptionally(
                new SetupException("the publisher cannot send: " + failure));
        } else if (isReady()) {
            number.complete(send(bytes, System.nanoTime()));
        } else {
            waiting = number;
            waitingBytes = bytes;
        }
    }

    private boolean isReady() {
        if (Slot.hasOp(c, Slot.OP_SEND)) {
            shard.sending.hurry(); // a pong, which nothing else settles while all is quiet
        }
        return !sending && shard.hasRoom() && !Slot.hasOp(c, Slot.OPS_SENDING);
    }

    private void publishWaiting() {
        CompletableFuture<Integer> number = waiting;
        waiting = null;
        publish(waitingBytes, number);
    }

    /** Broadcasts at a constant rate between two times, nanoTime. */
    void begin(double rate, int bytes, long from, long until, CompletableFuture<Void> whenDone) {
        perSecond = rate;
        messageBytes = bytes;
        start = from;
        end = until;
        next = 0;
        done = whenDone;
    }

    void endNow(long now) {
        end = Math.min(end, now);
    }

    private int send(int bytes, long stamp) {
        int number = worker.swarm.broadcasts.add(bytes, stamp);
        long memory = Sending.allocate(Message.frameBytes(bytes));
        int length = Message.writeFrame(memory, bytes, number, worker.swarm.broadcastTag, stamp);
        sending = true;
        worker.counts.increment(Count.SENT);
        shard.sending.sendOwned(slot, c, memory, length);
        return number;
    }

    /** A message is out, or a pong beside them. */
    void onSent() {
        sending = false;
    }

    void turn(long now) {
        if (waiting != null) {
            publishWaiting();
        }
        if (done == null) {
            return;
        }
        if (shard != null && dueAt() < end && now >= dueAt() && isReady()) {
            if (now - dueAt() > LATE_NANOS) {
                worker.counts.increment(Count.LATE);
            }
            send(messageBytes, dueAt());
            next++;
        }
        // What was due before the end is sent, if late; but not for ever.
        if (shard == null || dueAt() >= end && !sending || now - end > GRACE_NANOS) {
            done.complete(null);
            done = null;
        }
    }

    private long dueAt() {
        return start + (long) (next / perSecond * NANOS_PER_SECOND);
    }

    /** Until something is to be done here; -1: nothing. */
    long nanosToNext(long now) {
        boolean wakesUs = shard != null && Slot.hasOp(c, Slot.OP_SEND_ALL); // when it is out
        if (waiting != null && !wakesUs) {
            return 0;
        }
        if (done == null) {
            return -1;
        }
        long due = wakesUs ? Long.MAX_VALUE : dueAt();
        return Math.clamp(due - now, 0L, Worker.SWEEP_NANOS);
    }
}
