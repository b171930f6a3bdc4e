package io.mooring.reactor;

import io.mooring.api.Connections;
import io.mooring.api.Payload;
import io.mooring.api.Request;
import io.mooring.api.Routes;
import io.mooring.api.SlowReceivers;
import io.mooring.api.WebSocketHandler;
import io.mooring.epoll.EngineChoice;
import io.mooring.ring.Engine;
import io.mooring.ring.IoUring;
import io.mooring.sys.Abi;
import io.mooring.sys.KernelFeatures;
import io.mooring.sys.Limits;
import io.mooring.sys.OffHeap;
import io.mooring.sys.SetupException;
import io.mooring.sys.Syscalls;
import io.mooring.ws.OriginPolicy;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Assumptions;

/** Reactors with sizes of a test's choosing: tiny rings, tables, buffers and pools. */
final class TestServer implements AutoCloseable {
    private static final int SO_SNDBUF = 7;
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(60);

    final ReactorGroup group;
    final int port;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    /** What a test may vary; the defaults are small. */
    static final class Sizes {
        int reactors = 1;
        int connectionsMax = 1000;
        int perAddressMax;
        int slots = 400;
        int slotsPerShard = 400;
        int submissions = 32;
        int completions = 64;
        int buffers = 8;
        int bufferBytes = 512;
        long spillBytes = 64L << 20;
        int messageMax = 1 << 20;
        int handshakeTimeoutMs = 60_000;
        int idleTimeoutMs;
        int closeTimeoutMs = 20_000;
        int answerTimeoutMs = 60_000;
        Arming arming = Arming.ADAPTIVE;
        long frameBytes = 8 << 20;
        int zeroCopyFrom;
        /** Of the server's sockets; 0: as the kernel likes. */
        int sendBufferBytes;
        SlowReceivers slow = SlowReceivers.of(SlowReceivers.Policy.DROP_NEWEST);
        /** Null: this kernel's own. */
        String kernelRelease;

        private ReactorConfig config() {
            return new ReactorConfig(slots, slotsPerShard, submissions, completions, buffers,
                bufferBytes, spillBytes, messageMax, 4096, handshakeTimeoutMs, idleTimeoutMs,
                closeTimeoutMs, arming, answerTimeoutMs, OriginPolicy.SAME_HOST);
        }
    }

    TestServer(Sizes sizes) {
        this(sizes, routes().build());
    }

    TestServer(Sizes sizes, Routes routes) {
        Engine engine;
        try {
            engine = EngineChoice.byDefault() == EngineChoice.EPOLL ? EngineChoice.EPOLL.open()
                : EngineChoice.IO_URING.open();
        } catch (SetupException e) {
            Assumptions.abort(e.getMessage());
            throw e;
        }
        if (sizes.kernelRelease != null && engine instanceof IoUring(KernelFeatures features)) {
            engine = new IoUring(new KernelFeatures(sizes.kernelRelease, features.setupFlags(),
                features.noSqArray(), features.registeredRing()));
        }
        if (engine.usesDescriptors()) {
            sizes.slotsPerShard = sizes.slots; // one ring holds all
        }
        Limits.raiseOpenFiles();
        Listener listener = Listener.open("127.0.0.1", 0);
        this.port = listener.port();
        setSendBuffer(listener, sizes.sendBufferBytes);
        this.group = new ReactorGroup(sizes.reactors, sizes.config(), engine, routes, listener,
            new Admission(sizes.connectionsMax, sizes.perAddressMax), new PublishConfig(
                sizes.frameBytes, new SlowReceiverRules(sizes.slow, Map.of()), Pace.FREE,
                sizes.zeroCopyFrom), failure::set);
        group.start(Thread::new);
    }

    /** Accepted sockets inherit it. */
    private static void setSendBuffer(Listener listener, int bytes) {
        if (bytes == 0) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            long value = arena.allocate(4, 4).address();
            OffHeap.putInt(value, bytes);
            check(Syscalls.setsockopt(listener.fd(), Abi.SOL_SOCKET, SO_SNDBUF, value, 4) == 0,
                "SO_SNDBUF is refused");
        }
    }

    /** {@code /echo}, and {@code /topic/*} that publishes to all but the sender. */
    static Routes.Builder routes() {
        return Routes.builder()
            .webSocket("/echo", Connections::send)
            .webSocket("/topic/*", new WebSocketHandler() {
                @Override
                public void onOpen(Connections connections, long connection, Request request) {
                    connections.subscribe(connection, request.path());
                }

                @Override
                public void onMessage(Connections connections, long connection, Payload message) {
                    connections.publish("/topic/t", message, connection);
                }
            });
    }

    long count(Counter counter) {
        return group.reactors().stream().mapToLong(r -> r.counters().get(counter)).sum();
    }

    /** Runs something on each reactor's thread and waits for it. */
    void onReactors(Mailbox.Command command) {
        for (Reactor reactor : group.reactors()) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            boolean posted = reactor.post(r -> {
                try {
                    command.run(r);
                    done.complete(null);
                } catch (Throwable e) {
                    done.completeExceptionally(e);
                }
            });
            if (!posted) {
                throw new IllegalStateException("mailbox full");
            }
            done.orTimeout(60, TimeUnit.SECONDS).join();
        }
    }

    /** Waits until something holds; fails, saying what, if it does not within a minute. */
    void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + DEADLINE_NANOS;
        while (!condition.getAsBoolean()) {
            if (failure.get() != null) {
                throw new AssertionError("the reactor failed", failure.get());
            }
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("not within a minute: " + what + "; open "
                    + group.admission().open());
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /** Waits for as long as the count still grows: a slow machine, or an emulated one, takes it. */
    void awaitCount(String what, LongSupplier count, long wanted) {
        for (long now = count.getAsLong(); now != wanted; now = count.getAsLong()) {
            long before = now;
            await(what + ": " + before + " of " + wanted, () -> count.getAsLong() != before);
        }
    }

    /**
     * Every connection is gone, and nothing of any is left: no slot, no chunk, no topic, no late
     * completion.
     */
    void awaitEmpty() {
        await("no connection open", () -> group.admission().open() == 0);
        await("no slot in use", () -> {
            int[] used = new int[1];
            onReactors(r -> {
                for (Shard shard : r.shards) {
                    used[0] += shard.connections();
                }
            });
            return used[0] == 0;
        });
        onReactors(r -> {
            for (Shard shard : r.shards) {
                shard.invariants();
                check(shard.wheel.scheduled() == 0, "an entry is left on the wheel");
            }
            check(r.spill.usedBytes() == 0, "chunks left: " + r.spill.usedBytes());
            check(r.topics.count() == 0, "topics left");
        });
        await("no frame in flight", () -> group.frameBytes() == 0);
        check(count(Counter.STALE_COMPLETIONS) == 0, "stale completions");
        check(count(Counter.ACCEPTED) == count(Counter.CLOSED), "accepted, not closed");
        check(failure.get() == null, "a reactor failed: " + failure.get());
    }

    static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    @Override
    public void close() {
        group.stop(5_000);
        if (failure.get() != null) {
            throw new AssertionError("a reactor failed", failure.get());
        }
    }
}
