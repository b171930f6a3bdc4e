package io.mooring.swarm;

import io.mooring.epoll.EngineChoice;
import io.mooring.ring.Engine;
import io.mooring.sys.Limits;
import io.mooring.sys.SetupException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.HdrHistogram.Histogram;

/**
 * Very many WebSocket clients. One thread calls the methods; what they begin goes on in the
 * workers' threads, and {@link #status} tells how far it is.
 */
public final class Swarm implements AutoCloseable {
    /** While a broadcast comes in, a delivery may be seen this much later than it came. */
    public static final long BROADCAST_NAP_NANOS = 500_000;

    private static final int STALLED_MS = 60_000;
    private static final long NANOS_PER_MS = 1_000_000;
    /** From the order to begin a run to its first message: all workers have heard by then. */
    private static final long RUN_DELAY_NANOS = 10 * NANOS_PER_MS;
    private static final long PUBLISH_DELAY_NANOS = NANOS_PER_MS;
    private static final long POLL_NANOS = NANOS_PER_MS;
    private static final long JOIN_MS = 100;
    private static final int PERCENT = 100;

    final SwarmConfig config;
    final Broadcasts broadcasts = new Broadcasts();
    /** Tells our broadcasts from those of others on the same topic. */
    final int broadcastTag;
    private final List<Worker> workers = new ArrayList<>();
    private final AtomicInteger shards = new AtomicInteger();
    private final AtomicInteger sourceBlocks = new AtomicInteger();
    /** Connections opened, over all workers: which of them are deaf follows from it. */
    private final AtomicLong opens = new AtomicLong();
    private final Engine engine;
    private final SocketOps socketOps;
    private final int slotsPerShard;
    private final long openFiles;
    private volatile Throwable failure;
    /** Connections begun so far. */
    private long attempted;
    private int target;

    private Swarm(SwarmConfig config, Engine engine) {
        this.config = config;
        this.broadcastTag = (int) (System.nanoTime() * 0x9e37_79b9_7f4a_7c15L >>> 32) | 1 << 31;
        this.openFiles = Limits.raiseOpenFiles();
        this.engine = engine;
        // Where a socket takes a descriptor anyway, one ring holds all of a thread's.
        this.slotsPerShard = engine.usesDescriptors() ? engine.slotsMax(openFiles)
            : (int) Math.min(config.slotsPerShard(), openFiles);
        this.socketOps = SocketOps.probe(engine);
        for (int i = 0; i < config.threads(); i++) {
            workers.add(new Worker(this, i, engine, socketOps, slotsPerShard));
        }
    }

    /** The same with the engine that is chosen where nothing is said. */
    public static Swarm open(SwarmConfig config) {
        return open(config, EngineChoice.byDefault().open());
    }

    /**
     * Starts the threads; nothing is connected yet.
     *
     * @throws SetupException naming what this system lacks
     */
    public static Swarm open(SwarmConfig config, Engine engine) {
        Swarm swarm = new Swarm(config, engine);
        try {
            for (Worker worker : swarm.workers) {
                worker.start(Thread.ofPlatform().name("swarm-" + worker.index));
            }
        } catch (RuntimeException e) {
            swarm.close();
            throw e;
        }
        return swarm;
    }

    // ---- connecting

    /**
     * Begins to open connections until {@code connections} are open, each tried once.
     *
     * @throws SetupException if there are not enough ports for them, or descriptors for the rings
     */
    public void grow(int connections) {
        checkFailure();
        config.sources().check(connections, socketOps.bind());
        if (engine.usesDescriptors()) {
            RingCount.checkDescriptors(connections, config.threads(), slotsPerShard, openFiles);
        } else {
            RingCount.check(connections, config.threads(), slotsPerShard, config.slotsPerShard(),
                openFiles);
        }
        target = connections;
        long missing = connections - sum(Count.OPEN) - sum(Count.DEAF);
        if (missing <= 0) {
            return;
        }
        attempted += missing;
        // Whoever has fewest gets most, so that threads hold alike many also after losses.
        long each = connections / workers.size();
        long rest = missing;
        for (int i = 0; i < workers.size(); i++) {
            Worker worker = workers.get(i);
            long share = i == workers.size() - 1 ? rest
                : Math.clamp(each - worker.counts.get(Count.OPEN)
                    - worker.counts.get(Count.DEAF), 0, rest);
            rest -= share;
            if (share > 0) {
                int count = (int) share;
                worker.post(w -> w.connector.begin(count, System.nanoTime()));
            }
        }
    }

    /**
     * Whether connections that send do so without Nagle's delay; false where the kernel cannot set
     * TCP_NODELAY in a ring, so that latencies may include it.
     */
    public boolean isNoDelay() {
        return config.scenario() == Scenario.IDLE || socketOps.options();
    }

    /** Whether each connection that was begun is open or has failed. */
    public boolean isGrown() {
        checkFailure();
        return sum(Count.OPENED) + sum(Count.FAILED) == attempted;
    }

    /** Begins no more connections; those under way come to their end. */
    public void stopGrowing() {
        long before = attempted;
        long[] left = new long[workers.size()];
        List<CompletableFuture<Void>> done = new ArrayList<>();
        for (int i = 0; i < workers.size(); i++) {
            int index = i;
            CompletableFuture<Void> future = new CompletableFuture<>();
            done.add(future);
            workers.get(i).post(w -> {
                left[index] = w.connector.abandon();
                future.complete(null);
            });
        }
        done.forEach(this::join);
        for (long one : left) {
            before -= one;
        }
        attempted = before;
    }

    // ---- echo

    /**
     * Begins an echo run on all open connections.
     *
     * @param perSecond messages over all connections; 0: each sends when its echo has come
     */
    public Run echo(double perSecond, long millis) {
        checkFailure();
        long open = sum(Count.OPEN);
        long start = System.nanoTime() + RUN_DELAY_NANOS;
        long end = start + millis * NANOS_PER_MS;
        List<CompletableFuture<Void>> parts = new ArrayList<>();
        for (Worker worker : workers) {
            CompletableFuture<Void> part = new CompletableFuture<>();
            parts.add(part);
            worker.post(w -> {
                w.receipts.latency.reset();
                double share = open == 0 ? 0 : perSecond * w.counts.get(Count.OPEN) / open;
                if (perSecond > 0 && share == 0) {
                    part.complete(null); // it has no connection
                } else {
                    w.echo.begin(share, start, end, part);
                }
            });
        }
        return new Run(parts, () -> workers.forEach(
            worker -> worker.post(w -> w.echo.endNow(System.nanoTime()))));
    }

    /** Something under way. */
    public final class Run {
        private final List<CompletableFuture<Void>> parts;
        private final Runnable end;

        private Run(List<CompletableFuture<Void>> parts, Runnable end) {
            this.parts = parts;
            this.end = end;
        }

        public boolean isDone() {
            checkFailure();
            return parts.stream().allMatch(CompletableFuture::isDone);
        }

        /** Begins nothing new. */
        public void endNow() {
            end.run();
        }
    }

    // ---- broadcast

    /**
     * Connects the publisher, one connection more, which is not counted.
     *
     * @throws SetupException why it failed
     */
    public void openPublisher() {
        CompletableFuture<Void> opened = new CompletableFuture<>();
        workers.getFirst().post(w -> w.publisher.open(opened));
        join(opened);
    }

    /**
     * Has the publisher send one message; its number.
     *
     * @param resetLatency forgets the latencies so far
     * @throws SetupException if it cannot: it has been closed, or still sends the one before
     */
    public int publish(int messageBytes, boolean resetLatency) {
        checkMessageBytes(messageBytes);
        if (resetLatency) {
            resetLatency();
        }
        CompletableFuture<Integer> number = new CompletableFuture<>();
        workers.getFirst().post(w -> w.publisher.publish(messageBytes, number));
        return join(number);
    }

    /** @throws IllegalArgumentException if no message can have so many bytes */
    public void checkMessageBytes(int bytes) {
        config.withMessageBytes(bytes);
    }

    /** Begins to publish at a constant rate. */
    public Run publish(double perSecond, long millis) {
        resetLatency();
        long start = System.nanoTime() + PUBLISH_DELAY_NANOS;
        CompletableFuture<Void> done = new CompletableFuture<>();
        int bytes = config.messageBytes();
        workers.getFirst().post(w -> w.publisher.begin(perSecond, bytes, start,
            start + millis * NANOS_PER_MS, done));
        return new Run(List.of(done), () -> workers.getFirst()
            .post(w -> w.publisher.endNow(System.nanoTime())));
    }

    /** How many broadcasts there were; their numbers are below. */
    public int broadcasts() {
        return broadcasts.count();
    }

    /** Receivers of the last broadcast so far; a little late. */
    public long currentReceivers() {
        return sumOfLast(Count.CURRENT);
    }

    /**
     * Whether the last broadcast has come, in whatever state, to all that still hear; a
     * little late. Those before it have then too, or never will: a connection's come in order.
     */
    public boolean isReceived() {
        return sumOfLast(Count.CURRENT) + sumOfLast(Count.CURRENT_WRONG) >= sum(Count.OPEN);
    }

    private long sumOfLast(Count count) {
        int last = broadcasts.count() - 1;
        long sum = 0;
        for (Worker worker : workers) {
            long value = worker.counts.get(count);
            sum += (int) (value >>> 32) == last ? (int) value : 0;
        }
        return sum;
    }

    /** What became of a broadcast, when its receivers have had their time. */
    public BroadcastResult broadcast(int number) {
        long[] received = new long[workers.size()];
        long[] last = new long[workers.size()];
        onEach(w -> {
            received[w.index] = w.receipts.receivers(number);
            last[w.index] = w.receipts.lastReceipt(number);
        });
        long sum = 0;
        long latest = broadcasts.stamp(number);
        for (int i = 0; i < received.length; i++) {
            sum += received[i];
            if (received[i] > 0) {
                latest = Math.max(latest, last[i]);
            }
        }
        return new BroadcastResult(number, sum, latest - broadcasts.stamp(number));
    }

    /** When it was to be sent, nanoTime. */
    public long broadcastStamp(int number) {
        return broadcasts.stamp(number);
    }

    // ---- ending

    /** Begins the closing handshake with everyone; what is not open yet is abandoned. */
    public Run closeAll() {
        stopGrowing();
        List<CompletableFuture<Void>> parts = new ArrayList<>();
        for (Worker worker : workers) {
            CompletableFuture<Void> part = new CompletableFuture<>();
            parts.add(part);
            worker.post(w -> w.closer.begin(part));
        }
        return new Run(parts, () -> { });
    }

    /** Cuts what is left, and ends the threads: all of them, also if one has failed. */
    @Override
    public void close() {
        workers.forEach(Worker::stopIfStarted);
        RuntimeException first = null;
        for (Worker worker : workers) {
            try {
                worker.await();
            } catch (RuntimeException e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }

    // ---- how far it is

    public record BroadcastResult(int number, long received, long completeNanos) { }

    /**
     * Counts, a little late.
     *
     * @param target what {@link #grow} was asked for
     * @param connected deaf ones among them
     * @param deaf connected, and never read from: no broadcast is expected of them
     * @param deafCut deaf ones that we have ended, without a closing handshake
     * @param failed by {@link #failures} kind, together
     * @param unverified messages that nobody was to judge
     */
    public record Status(int target, long connected, long deaf, long deafCut, long failed,
        long lost, long closed, long sent, long late, long received, long corrupt, long duplicates,
        long unverified, long pings, int rings) {
        /** Of whom a broadcast is expected. */
        public long receivers() {
            return connected - deaf;
        }
    }

    public Status status() {
        checkFailure();
        long deaf = sum(Count.DEAF);
        return new Status(target, sum(Count.OPEN) + deaf, deaf, sum(Count.DEAF_CUT),
            sum(Count.FAILED), sum(Count.LOST),
            sum(Count.CLOSED), sum(Count.SENT), sum(Count.LATE), sum(Count.RECEIVED),
            sum(Count.CORRUPT), sum(Count.DUPLICATES), sum(Count.UNVERIFIED), sum(Count.PINGS),
            (int) sum(Count.SHARDS));
    }

    /** Why connections failed or were lost, by kind: "503", "connect ECONNREFUSED", ... */
    public Map<String, Long> failures() {
        return Counts.failures(workers.stream().map(worker -> worker.counts).toList());
    }

    /** Latencies in nanoseconds since the last run or broadcast began. */
    public Histogram latency() {
        Histogram[] parts = new Histogram[workers.size()];
        onEach(w -> parts[w.index] = w.receipts.latency.copy());
        Histogram sum = parts[0];
        for (int i = 1; i < parts.length; i++) {
            sum.add(parts[i]);
        }
        return sum;
    }

    /** Waits until {@code condition}, or the time is over; whether the condition held. */
    public boolean await(BooleanSupplier condition, long millis) {
        long deadline = System.nanoTime() + millis * NANOS_PER_MS;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline >= 0) {
                return false;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        return true;
    }

    /** Waits for the end of a broadcast; not if for a minute nobody more has received it. */
    public void awaitReceivers(BooleanSupplier isOver) {
        long before;
        do {
            before = currentReceivers();
        } while (!await(isOver, STALLED_MS) && currentReceivers() > before);
    }

    // ---- for the workers

    int nextShard() {
        return shards.getAndIncrement();
    }

    int nextSourceBlock() {
        return sourceBlocks.getAndIncrement() & Integer.MAX_VALUE;
    }

    /** Any worker, of each that has opened, once; so that deaf ones are evenly spread. */
    boolean isNextDeaf() {
        if (config.deafPercent() == 0) {
            return false;
        }
        long before = opens.getAndIncrement();
        return (long) (before * config.deafPercent() / PERCENT)
            < (long) ((before + 1) * config.deafPercent() / PERCENT);
    }

    void onFailed(Throwable e) {
        failure = e;
    }

    private void resetLatency() {
        onEach(w -> w.receipts.latency.reset());
    }

    void onEach(Worker.Command command) {
        List<CompletableFuture<Void>> done = new ArrayList<>();
        for (Worker worker : workers) {
            CompletableFuture<Void> future = new CompletableFuture<>();
            done.add(future);
            worker.post(w -> {
                command.run(w);
                future.complete(null);
            });
        }
        done.forEach(this::join);
    }

    private <T> T join(CompletableFuture<T> future) {
        while (true) {
            checkFailure();
            try {
                return future.get(JOIN_MS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                // looks for a failed worker, then waits on
            } catch (ExecutionException e) {
                throw e.getCause() instanceof RuntimeException cause ? cause
                    : new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted");
            }
        }
    }

    private void checkFailure() {
        Throwable e = failure;
        if (e instanceof SetupException setup) {
            throw setup;
        }
        if (e != null) {
            throw new IllegalStateException("a thread of the swarm has failed", e);
        }
    }

    private long sum(Count count) {
        long sum = 0;
        for (Worker worker : workers) {
            sum += worker.counts.get(count);
        }
        return sum;
    }

    /** For tests: throws if anything does not add up. */
    public void invariants() {
        onEach(Worker::invariants);
    }
}
