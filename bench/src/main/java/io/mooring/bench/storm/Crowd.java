package io.mooring.bench.storm;

import io.mooring.bench.BenchException;
import io.mooring.bench.Place;
import io.mooring.bench.Proc;
import io.mooring.bench.million.SwarmEvent;
import io.mooring.bench.million.SwarmEvent.Broadcast;
import io.mooring.bench.million.SwarmProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;

/** The subscribers of one topic, of whom some may be deaf, and what the others had of it. */
final class Crowd implements AutoCloseable {

    /** Longer than the swarm waits for the last receiver of a broadcast. */
    private static final long SILENCE_MS_MAX = 90_000;

    private final String name;
    private final SwarmProcess swarm;
    private final int sizeBytes;
    private long broadcasts;
    private long deliveries;
    private long missing;
    private long wrong;
    private int lost;
    private int deaf;

    Crowd(String name, List<String> command, Place place, Path log, Runnable server,
            int sizeBytes) {
        this.name = name;
        this.sizeBytes = sizeBytes;
        this.swarm = new SwarmProcess(command, place, log, server, SILENCE_MS_MAX);
    }

    void open(int connections) {
        SwarmEvent.Grown grown = swarm.grow(connections, progress -> { });
        if (grown.connected() < connections) {
            throw new BenchException("%,d of %,d connections %s: %s".formatted(grown.connected(),
                    connections, name, grown.failed()));
        }
        status();
    }

    /** One after the other; milliseconds until all that hear had each. */
    List<Double> publish(int count) {
        List<Double> completeMs = new ArrayList<>();
        for (Broadcast broadcast : swarm.broadcast(count, sizeBytes, each -> { })) {
            broadcasts++;
            deliveries += broadcast.received();
            missing += broadcast.missing();
            wrong += broadcast.corrupt();
            completeMs.add(broadcast.completeMs());
        }
        status();
        return completeMs;
    }

    private void status() {
        SwarmEvent.Status status = swarm.status();
        lost = status.lost();
        deaf = status.deaf();
    }

    /** Broadcasts in a closed loop from a thread of its own, until it is ended. */
    final class Storm implements AutoCloseable {
        private final CompletableFuture<Void> first = new CompletableFuture<>();
        private final CompletableFuture<Void> done = new CompletableFuture<>();
        private volatile boolean ending;

        private Storm() {
            Thread.ofPlatform().daemon().name("storm").start(this::run);
        }

        private void run() {
            try {
                publishWhile(() -> !ending, () -> first.complete(null));
                done.complete(null);
            } catch (RuntimeException e) {
                first.completeExceptionally(e);
                done.completeExceptionally(e);
            }
        }

        /** Until all have the first. */
        void awaitFirst() {
            join(first);
        }

        @Override
        public void close() {
            ending = true;
            join(done);
        }

        private static void join(CompletableFuture<Void> future) {
            try {
                future.join();
            } catch (CompletionException e) {
                throw e.getCause() instanceof RuntimeException cause ? cause : e;
            }
        }
    }

    Storm storm() {
        return new Storm();
    }

    /** The next one as soon as all have the last; at least one. */
    void publishWhile(BooleanSupplier more, Runnable each) {
        do {
            publish(1);
            each.run();
        } while (more.getAsBoolean());
    }

    /** CPU that its process has used so far. */
    double cpuSeconds() {
        return Proc.cpu(swarm.pid()).seconds();
    }

    /**
     * @param missing deliveries that those who hear should have had and had not
     * @param wrong deliveries that came corrupt or twice
     * @param lost connections that ended, and not by our wish
     */
    record Account(String name, long broadcasts, long deliveries, long missing, long wrong,
            int lost, int deaf) {

        boolean isWhole() {
            return missing == 0 && wrong == 0 && lost == 0 && deliveries > 0;
        }

        String line() {
            return ("%s: %,d broadcasts, %,d deliveries, %,d missing, %,d wrong or twice,"
                    + " %,d connections lost (%,d deaf)").formatted(name, broadcasts, deliveries,
                    missing, wrong, lost, deaf);
        }
    }

    Account account() {
        return new Account(name, broadcasts, deliveries, missing, wrong, lost, deaf);
    }

    /** Without closing handshakes. */
    @Override
    public void close() {
        swarm.kill();
        swarm.close();
    }
}
