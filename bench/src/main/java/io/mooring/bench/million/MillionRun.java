package io.mooring.bench.million;

import io.mooring.bench.BenchException;
import io.mooring.bench.Engine;
import io.mooring.bench.Home;
import io.mooring.bench.IdleCpu;
import io.mooring.bench.JvmMemory;
import io.mooring.bench.KernelSource;
import io.mooring.bench.Place;
import io.mooring.bench.Proc;
import io.mooring.bench.ServerMetrics;
import io.mooring.bench.ServerProcess;
import io.mooring.bench.Sleep;
import io.mooring.probe.Probe;
import io.mooring.probe.ProbeException;
import io.mooring.probe.model.Report.Scope;
import io.mooring.probe.model.SlabUse;
import io.mooring.probe.source.SockStat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * The course of events: start, warm up, grow with readings in between, hold, broadcast, end, look
 * whether all memory came back. File order is the order in time. Closing it, by whichever thread,
 * ends what still runs.
 */
final class MillionRun implements AutoCloseable {

    /** Connections that are not the swarm's: the canary, and ours for the metrics. */
    static final int SPARE_CONNECTIONS = 16;

    private static final int WARM_MIN = 2_000;
    private static final int WARM_MAX = 20_000;
    private static final int WARM_BROADCASTS = 24;
    private static final int WARM_SETTLE_MS = 3_000;
    private static final int ECHOES = 20;
    private static final int AGAIN = 10_000;
    private static final int FREE_MS_MAX = 180_000;
    /** Our last request for the metrics, and a publisher's connection, may not be closed yet. */
    private static final int PASSING_CONNECTIONS = 2;
    private static final int POLL_MS = 20;
    private static final int METRICS_TRIES = 20;

    private final Options options;
    private final int connections;
    private final Engine engine;
    private final IntFunction<List<String>> swarmCommand;
    private final Home home;
    private final Progress progress;
    private final Outcome out;
    private final Timeline timeline;

    private volatile MemoryGroup group;
    private volatile ServerProcess server;
    private volatile SwarmProcess swarm;
    private volatile Canary canary;
    private Meter meter;
    private ServerMetrics metrics;
    private double openAtRest;
    private Map<String, Double> metricsAtBase = Map.of();

    /** {@code swarmCommand}: of the server's port. */
    MillionRun(Options options, Preflight preflight, Engine engine,
            IntFunction<List<String>> swarmCommand, Home home, Progress progress) {
        this.options = options;
        this.connections = preflight.connections();
        this.engine = engine;
        this.swarmCommand = swarmCommand;
        this.home = home;
        this.progress = progress;
        this.out = new Outcome(options, preflight);
        this.timeline = new Timeline(progress::elapsedMs);
    }

    Outcome outcome() {
        return out;
    }

    Timeline timeline() {
        return timeline;
    }

    /** All of it. What goes wrong is among the outcome's failures, and ends it. */
    void run() {
        timeline.start();
        try {
            start();
            warm();
            grow();
            hold();
            if (out.held() > 0) {
                broadcast();
            }
            end();
            if (options.kill()) {
                comeAgain();
            }
            stop();
            out.complete = true;
        } catch (BenchException e) {
            out.failures.add(out.phase + ": " + e.getMessage());
        } finally {
            out.totalMs = progress.elapsedMs();
            progress.end();
            readGroup();
            close();
        }
    }

    private void phase(String name) {
        out.phase = name;
        timeline.phase(name);
        progress.phase(name);
    }

    // ---- start

    private void start() {
        phase("start");
        Meter.dropCaches(out.preflight.isTight(1024 * Proc.kib(
                Proc.read("/proc/meminfo"), "MemFree")));
        out.aliases = KernelSource.aliases();
        Place place = Place.apart();
        if (options.serverMemoryBytes() > 0) {
            group = MemoryGroup.create(options.serverMemoryBytes());
            // Apart last: what sets it must be the process that it is set for.
            place = group.then(place);
        }
        server = ServerProcess.start(engine, "127.0.0.1", connections + SPARE_CONNECTIONS, place,
                home);
        metrics = new ServerMetrics(server.port());
        meter = new Meter(progress::elapsedMs, out.preflight.facts().root(), group);
        out.commands.add(String.join(" ", engine.command().line(new Engine.Endpoint("127.0.0.1",
                server.port(), connections + SPARE_CONNECTIONS))));
        out.commands.add(String.join(" ", swarmCommand.apply(server.port())) + "  < commands");
        out.atRest = read(0, options.settleMs());
        swarm = startSwarm();
        timeline.processes(server.pid(), swarm.pid());
        canary = new Canary(server.port());
        openAtRest = ServerMetrics.open(metrics());
    }

    private SwarmProcess startSwarm() {
        return new SwarmProcess(swarmCommand.apply(server.port()), Place.apart(),
                home.target("logs").resolve("million-swarm.log"), server::requireAlive,
                options.silenceMs());
    }

    /**
     * A few connections come, talk, and go before the base is read: so the base holds what a
     * server that has worked holds (compiled code, rings, pools), and what comes on top is the
     * connections'. Fewer than the first reading's, which touches every slot that these did.
     */
    private void warm() {
        phase("warm up");
        int first = connectionsAt(options.stepPercents().getFirst());
        int warm = Math.min(first, Math.clamp(connections / 50, WARM_MIN, WARM_MAX));
        swarm.grow(warm, this::onProgress);
        swarm.broadcast(WARM_BROADCASTS, options.broadcastBytes(), broadcast -> { });
        canary.echo(ECHOES);
        swarm.closeAll(this::onProgress);
        timeline.connected(0);
        awaitFree(progress.elapsedMs());
        out.base = read(0, Math.max(options.settleMs(), Math.min(WARM_SETTLE_MS,
                options.backMs())));
        metricsAtBase = metrics();
    }

    private int connectionsAt(int percent) {
        // Where the server's memory bounds them, the readings must lie below that.
        int most = options.serverMemoryBytes() == 0 ? connections : Math.min(connections,
                Preflight.admitted(options.serverMemoryBytes()));
        return Math.max(1, (int) ((long) most * percent / 100));
    }

    private Memory read(int open, int msMax) {
        trim();
        return meter.settle(open, server.pid(), swarm != null && swarm.isAlive() ? swarm.pid() : 0,
                metrics(), msMax);
    }

    /** Only for steadier figures: a machine too busy to attach to its JVM does without. */
    private void trim() {
        try {
            JvmMemory.trim(server);
        } catch (BenchException e) {
            server.requireAlive();
        }
    }

    // ---- grow

    private void grow() {
        double cpuBefore = Proc.cpu(server.pid()).seconds();
        double cpuReading = 0;
        for (int percent : options.stepPercents()) {
            int target = percent == 100 ? connections : connectionsAt(percent);
            if (target <= out.held()) {
                continue;
            }
            phase("grow to " + count(target));
            timeline.connected(out.held());
            long fromMs = progress.elapsedMs();
            SwarmEvent.Grown grown = swarm.grow(target, this::onProgress);
            out.steps.add(new Outcome.Step(fromMs, progress.elapsedMs(), grown));
            out.lost = grown.lost();
            timeline.connected(grown.connected());
            if (out.refusalsExpected() && out.steps.size() == 1) {
                // The publisher stays connected: once the server is full it would be refused.
                swarm.broadcast(1, options.broadcastBytes(), broadcast -> { });
            }
            progress.phase("read memory at " + count(grown.connected()));
            double cpuGrown = Proc.cpu(server.pid()).seconds();
            out.points.add(read(grown.connected(), options.settleMs()));
            cpuReading += Proc.cpu(server.pid()).seconds() - cpuGrown;
            if (grown.connected() < target) {
                break; // refused: it goes on with those that were admitted
            }
        }
        out.rampServerCpuSeconds = Proc.cpu(server.pid()).seconds() - cpuBefore - cpuReading;
        readRefusals();
    }

    private void onProgress(SwarmEvent.Progress p) {
        timeline.connected(p.connected());
        progress.update("%s of %s%s".formatted(count(p.connected()), count(p.target()),
                p.failed() > 0 ? ", " + count(p.failed()) + " failed" : ""));
    }

    /** Why the server refused: its counters' names say so. */
    private void readRefusals() {
        metrics().forEach((sample, value) -> {
            String name = sample.replaceAll("\\{.*", "");
            if (name.startsWith("mooring_connections_refused_") && name.endsWith("_total")) {
                long grown = Math.round(value - metricsAtBase.getOrDefault(sample, 0.0));
                if (grown > 0) {
                    out.refusedByServer.merge(name.substring("mooring_connections_refused_"
                            .length(), name.length() - "_total".length()), grown, Long::sum);
                }
            }
        });
    }

    // ---- hold

    private void hold() {
        phase("hold " + count(out.held()));
        if (options.holdSeconds() > 0) {
            out.idle = IdleCpu.over(server.pid(), out.held(), options.holdSeconds());
        }
        out.echoMs = canary.echo(ECHOES);
        checkLost();
        readGroup();
        witness();
    }

    /**
     * What the probe finds from outside: by counts and sizes, where the slopes have only totals.
     */
    private void witness() {
        if (!out.preflight.facts().root() || out.held() == 0) {
            return;
        }
        progress.phase("ask the probe about " + count(out.held()));
        try {
            out.probe = Probe.here(0, Probe.RINGS_MAX, 0)
                    .take(new Scope(Scope.Kind.PID, Math.toIntExact(server.pid())));
        } catch (ProbeException e) {
            server.requireAlive();
            throw new BenchException(e.getMessage());
        }
    }

    private void checkLost() {
        server.requireAlive();
        SwarmEvent.Status status = swarm.status();
        out.lost = Math.max(status.lost(), out.held() - status.connected());
    }

    /** Peak and kills are of the whole run; what is charged is told as it was while all held. */
    private void readGroup() {
        if (group != null && Files.exists(group.folder())) {
            Map<String, Long> figures = group.figures();
            figures.keySet().stream().filter(name -> name.endsWith("_bytes")
                    && !name.startsWith("peak") && out.group.containsKey(name))
                    .forEach(name -> figures.put(name, out.group.get(name)));
            out.group = figures;
        }
    }

    // ---- broadcast

    private void broadcast() {
        if (options.broadcasts() == 0) {
            return;
        }
        phase("broadcast");
        long collections = collections();
        long rssKib = Proc.memory(server.pid()).rssKib();
        long fromMs = progress.elapsedMs();
        double[] cpu = {Proc.cpu(server.pid()).seconds()};
        swarm.broadcast(options.broadcasts(), options.broadcastBytes(), broadcast -> {
            double now = Proc.cpu(server.pid()).seconds();
            out.deliveries.add(new Outcome.Delivery(broadcast, now - cpu[0]));
            cpu[0] = now;
            progress.update("%d of %d, %s of %s in %,.0f ms".formatted(broadcast.number(),
                    options.broadcasts(), count(broadcast.received()),
                    count(broadcast.receivers()), broadcast.completeMs()));
        });
        out.broadcastRssGrowthKib = Math.max(0, timeline.serverKibMax(fromMs) - rssKib);
        out.broadcastCollections = collections < 0 ? -1 : collections() - collections;
        checkLost();
    }

    /** The server's garbage collections so far, from the log that its JVM was told to keep. */
    private long collections() {
        Path log = gcLog(home);
        try {
            return Files.exists(log) ? Files.readAllLines(log).stream()
                    .filter(line -> line.contains("Pause ")).count() : -1;
        } catch (IOException e) {
            return -1;
        }
    }

    static Path gcLog(Home home) {
        return home.target("logs").resolve("million-gc.log");
    }

    // ---- end

    private void end() {
        long fromMs;
        long closedMs = 0;
        if (options.kill()) {
            phase("kill -9 of the swarm");
            fromMs = progress.elapsedMs();
            swarm.kill();
        } else {
            phase("close " + count(out.held()));
            fromMs = progress.elapsedMs();
            SwarmEvent.Closed closed = swarm.closeAll(this::onProgress);
            closedMs = progress.elapsedMs() - fromMs;
            out.lost += closed.lost();
        }
        timeline.connected(0);
        long freeMs = awaitFree(fromMs);
        phase("memory comes back");
        out.end = awaitBack(fromMs, closedMs, freeMs);
    }

    /** Until every slot is free, by the server's own gauge; milliseconds since {@code fromMs}. */
    private long awaitFree(long fromMs) {
        long deadlineMs = progress.elapsedMs() + FREE_MS_MAX;
        double open = Double.NaN;
        double rest = openAtRest + PASSING_CONNECTIONS;
        while (progress.elapsedMs() < deadlineMs) {
            server.requireAlive();
            open = ServerMetrics.open(metrics());
            if (open <= rest) {
                return progress.elapsedMs() - fromMs;
            }
            progress.update(count((long) open) + " still open at the server");
            Sleep.millis(POLL_MS);
        }
        throw new BenchException("the server still holds %,.0f connections %d s after their end"
                .formatted(open, FREE_MS_MAX / 1000));
    }

    private Outcome.End awaitBack(long fromMs, long closedMs, long freeMs) {
        long deadlineMs = progress.elapsedMs() + options.backMs();
        while (true) {
            boolean late = progress.elapsedMs() >= deadlineMs;
            Memory after = read(0, options.settleMs());
            SockStat sockets = KernelSource.sockets();
            out.end = new Outcome.End(options.kill(), closedMs, freeMs, after.atMs() - fromMs,
                    after, sockets, passing(after));
            progress.update(String.format(Locale.ROOT, "still there of what had grown:"
                    + " %.1f %% of user memory, %.1f %% of sockets",
                    out.userRest().percent(), out.slabRest().percent()));
            if (late || out.userRest().isBack() && out.slabRest().isBack()) {
                return out.end;
            }
        }
    }

    /** What sockets in TIME_WAIT hold, which the kernel keeps for a minute whoever asks. */
    private static double passing(Memory memory) {
        return memory.slabs() == null ? Double.NaN
                : memory.slabs().activeBytes(SlabUse::isPassing);
    }

    /** The slots of the killed are there for others. */
    private void comeAgain() {
        phase("a new swarm");
        swarm.close();
        swarm = startSwarm();
        timeline.processes(server.pid(), swarm.pid());
        out.again = swarm.grow(Math.min(AGAIN, out.held()), this::onProgress);
        swarm.closeAll(this::onProgress);
        timeline.connected(0);
    }

    private void stop() {
        phase("stop");
        readGroup();
        swarm.close();
        canary.close();
        server.requireAlive();
        server.close();
    }

    /** A server that is short of memory may refuse even this, for a moment. */
    private Map<String, Double> metrics() {
        for (int tried = 1;; tried++) {
            try {
                return metrics.now();
            } catch (BenchException e) {
                server.requireAlive();
                if (tried == METRICS_TRIES) {
                    throw e;
                }
                Sleep.millis(5 * POLL_MS);
            }
        }
    }

    private static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    /** Ends whatever still runs, at once, and removes the cgroup. */
    @Override
    public synchronized void close() {
        timeline.close();
        if (server != null) {
            server.kill(); // both go down at once; the waiting comes after
        }
        if (swarm != null) {
            swarm.kill();
            swarm.close();
        }
        if (canary != null) {
            canary.close();
        }
        if (server != null) {
            server.close();
        }
        if (group != null) {
            group.close();
        }
    }
}
