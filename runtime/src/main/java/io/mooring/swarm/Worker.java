package io.mooring.swarm;

import io.mooring.ring.Engine;
import io.mooring.ring.RingSignals;
import io.mooring.ring.Sqe;
import io.mooring.ring.UserData;
import io.mooring.ring.WakeUp;
import io.mooring.sys.Abi;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;

/**
 * One thread of the swarm with its rings. {@link #turn}: enter all rings that have work, handle
 * what they have posted, then commands, connects, closes, and what the scenario has due; each
 * bounded. It sleeps in its first ring; the others, and other threads, wake it by an eventfd.
 *
 * <p>Rings come as connections need them: one ring's table holds as many as RLIMIT_NOFILE says.
 */
final class Worker {
    /** How often timeouts are looked for. */
    static final long SWEEP_NANOS = 100_000_000;
    private static final int COMMANDS = 256;
    /**
     * While a broadcast comes in: completions to sleep for, but no longer than {@link Swarm} says.
     * Woken for each, this thread would cost the server, on another core, an interrupt for nearly
     * every message that it sends. A small part of what a ring's queue holds.
     */
    private static final int BATCH = 64;
    private static final int BUFFER_BYTES_MIN = 2 << 10;
    private static final int BUFFER_BYTES_MAX = 16 << 10;

    /** Runs on the worker's thread. */
    @FunctionalInterface
    interface Command {
        void run(Worker worker);
    }

    final Swarm swarm;
    final SwarmConfig config;
    final int index;
    final Engine engine;
    final Counts counts = new Counts();
    final Receipts receipts;
    final FrameStream frames;
    final int bufferBytes;
    final List<Shard> shards = new ArrayList<>();
    final Closer closer = new Closer(this);
    final Echo echo = new Echo(this);
    final Publisher publisher = new Publisher(this);
    Connector connector;

    private final SocketOps socketOps;
    private final int slotsPerShard;
    private final WakeUp wakeUp = new WakeUp();
    private final RingSignals signals = new RingSignals(wakeUp.eventFd());
    private final ManyToOneConcurrentArrayQueue<Command> commands =
        new ManyToOneConcurrentArrayQueue<>(COMMANDS);
    private final CompletableFuture<Void> started = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private Shard filling;
    private boolean stopping;
    /** Messages received when it last slept. */
    private long receivedBefore;

    Worker(Swarm swarm, int index, Engine engine, SocketOps socketOps,
        int slotsPerShard) {
        this.swarm = swarm;
        this.config = swarm.config;
        this.index = index;
        this.engine = engine;
        this.socketOps = socketOps;
        this.slotsPerShard = slotsPerShard;
        this.receipts = new Receipts(config.scenario(), config.messageBytes(), swarm.broadcastTag,
            swarm.broadcasts);
        this.frames = new FrameStream(receipts);
        this.bufferBytes = Math.clamp(Integer.highestOneBit(config.messageBytes()) * 2,
            BUFFER_BYTES_MIN, BUFFER_BYTES_MAX);
    }

    // ---- the loop

    private boolean turn() {
        submitAndWait();
        for (int i = 0; i < shards.size(); i++) {
            shards.get(i).drain();
        }
        runCommands();
        long now = System.nanoTime();
        connector.turn(now);
        closer.turn(now);
        echo.turn(now);
        publisher.turn(now);
        publish();
        return !stopping;
    }

    private void submitAndWait() {
        boolean busy = shards.getFirst().isBusy();
        for (int i = 1; i < shards.size(); i++) {
            Shard shard = shards.get(i);
            if (shard.ring.hasWork() || shard.isBusy()) {
                shard.enter(0, 0);
                signals.hadWork();
                // Work that the kernel left for the next enter signals no eventfd.
                busy |= shard.isBusy() || shard.ring.hasWork();
            }
        }
        long timeoutNanos = busy ? 0 : nanosToNext();
        if (timeoutNanos == 0) {
            shards.getFirst().enter(0, 0);
            return;
        }
        if (isReceivingBroadcast()) {
            sleepForMany(earlier(timeoutNanos, Swarm.BROADCAST_NAP_NANOS));
            return;
        }
        wakeUp.willSleep();
        if (commands.isEmpty()) {
            if (signals.sleepIn(shards.getFirst(), timeoutNanos)) {
                counts.increment(Count.SIGNALS_MISSED);
            }
        } else {
            shards.getFirst().enter(0, 0);
        }
        wakeUp.awake();
    }

    /** Messages have come since it was last asked, and more are to come. */
    private boolean isReceivingBroadcast() {
        if (config.scenario() != Scenario.BROADCAST) {
            return false;
        }
        long before = receivedBefore;
        receivedBefore = receipts.received();
        int last = swarm.broadcasts.count() - 1;
        return receivedBefore != before
            && receipts.receivers(last) + receipts.wrong(last) < counts.get(Count.OPEN);
    }

    /**
     * Neither other rings nor other threads wake it: they are looked at after so short a time.
     * (Linux counts completions before it wakes since 6.4; older ones wake for each.)
     */
    private void sleepForMany(long timeoutNanos) {
        Shard bed = shards.getFirst();
        // What is received within the call is not to wait for others.
        bed.enter(bed.isReceiving() ? 1 : BATCH, timeoutNanos);
        counts.increment(Count.BATCHES);
        if (!bed.isBusy()) {
            counts.increment(Count.BATCHES_CUT);
        }
    }

    private long nanosToNext() {
        long now = System.nanoTime();
        long next = earlier(connector.nanosToNext(now), closer.nanosToNext());
        next = earlier(next, echo.nanosToNext(now));
        return earlier(next, publisher.nanosToNext(now));
    }

    private static long earlier(long nanos, long other) {
        return nanos < 0 ? other : other < 0 ? nanos : Math.min(nanos, other);
    }

    private void runCommands() {
        for (int i = 0; i < COMMANDS; i++) {
            Command command = commands.poll();
            if (command == null) {
                return;
            }
            command.run(this);
        }
    }

    private void armWakeUp() {
        Sqe.prepPollFd(shards.getFirst().sq.next(), wakeUp.eventFd(), Abi.POLLIN,
            UserData.pack(Op.WAKE, 0, 0));
    }

    /** Emptied before it is armed again, so that what comes in between fires it at once. */
    void onWakeUp() {
        wakeUp.drain();
        armWakeUp();
    }

    // ---- rings

    /** The shard that takes the next connection; a new one where all are full. */
    Shard shardWithSlot() {
        if (!filling.table.isFull()) {
            return filling;
        }
        for (Shard shard : shards) {
            if (!shard.table.isFull()) {
                filling = shard;
                return shard;
            }
        }
        filling = addShard();
        return filling;
    }

    private Shard addShard() {
        Shard shard = new Shard(this, swarm.nextShard(), slotsPerShard, bufferBytes);
        if (!shards.isEmpty()) {
            signals.add(shard.ring);
        }
        shards.add(shard);
        counts.set(Count.SHARDS, shards.size());
        return shard;
    }

    int inUse() {
        int inUse = 0;
        for (Shard shard : shards) {
            inUse += shard.table.inUse();
        }
        return inUse;
    }

    /** Makes the figures of this turn visible to other threads. */
    void publish() {
        counts.set(Count.RECEIVED, receipts.received());
        counts.set(Count.CORRUPT, receipts.corrupt());
        counts.set(Count.DUPLICATES, receipts.duplicates());
        counts.set(Count.UNVERIFIED, receipts.unverified());
        int last = swarm.broadcasts.count() - 1;
        counts.set(Count.CURRENT, (long) last << 32 | receipts.receivers(last));
        counts.set(Count.CURRENT_WRONG, (long) last << 32 | receipts.wrong(last));
    }

    // ---- start and stop

    void start(Thread.Builder builder) {
        builder.start(this::run);
        try {
            started.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private void run() {
        try {
            filling = addShard();
            connector = new Connector(this, socketOps);
            armWakeUp();
            started.complete(null);
        } catch (Throwable e) {
            close();
            started.completeExceptionally(e);
            ended.complete(null);
            return;
        }
        try {
            while (turn()) { }
            invariants();
            close();
            ended.complete(null);
        } catch (Throwable e) {
            ended.completeExceptionally(e); // first, so that nobody waits for what will not come
            swarm.onFailed(e);
            close();
        }
    }

    /** Any thread: has a command run here. What comes after the end is let go. */
    void post(Command command) {
        while (!commands.offer(command) && !ended.isDone()) {
            Thread.onSpinWait(); // it is being emptied
        }
        wakeUp.wake();
    }

    /** Any thread. */
    void stopIfStarted() {
        if (started.isDone()) {
            post(worker -> worker.stopping = true);
        } else {
            ended.complete(null);
        }
    }

    void await() {
        ended.join();
    }

    void invariants() {
        for (Shard shard : shards) {
            shard.invariants();
        }
        connector.invariants();
        closer.invariants();
        echo.invariants();
        if (counts.get(Count.STALE) != 0) {
            throw new IllegalStateException(counts.get(Count.STALE) + " stale completions");
        }
    }

    private void close() {
        for (Shard shard : shards) {
            shard.close();
        }
        frames.close();
        if (connector != null) {
            connector.close();
        }
    }
}
