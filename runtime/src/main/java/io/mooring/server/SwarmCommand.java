package io.mooring.server;

import io.mooring.epoll.EngineChoice;
import io.mooring.ring.Engine;
import io.mooring.swarm.Scenario;
import io.mooring.swarm.Sources;
import io.mooring.swarm.Swarm;
import io.mooring.swarm.SwarmConfig;
import io.mooring.swarm.Target;
import io.mooring.sys.SetupException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code mooring swarm}: very many connections to any server. Exit 0 if all that was asked for was
 * achieved, 1 if connections failed, were lost or received what is wrong.
 */
@Command(name = "swarm", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Holds very many WebSocket connections to any server, and verifies what they "
        + "receive.")
final class SwarmCommand implements Callable<Integer> {
    private static final long NANOS_PER_MS = 1_000_000;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double MS_PER_SECOND = 1e3;
    private static final long COMPLETE_MAX_NANOS = 3_600_000_000_000L;
    private static final int CLOSE_TIMEOUT_MS = 5_000;
    private static final int THREADS_MAX = 64;
    private static final int SIGNAL_EXIT = 128;
    private static final int TICK_MS = 100;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "URL",
        description = "For example ws://127.0.0.1:9001/echo")
    private String url;

    @Option(names = "--connections", paramLabel = "N", defaultValue = "1000",
        description = "How many (default: ${DEFAULT-VALUE})")
    private int connections;

    @Option(names = "--ramp", paramLabel = "N", defaultValue = "0",
        description = "Connections per second; 0: as fast as it goes (default: ${DEFAULT-VALUE})")
    private int ramp;

    @Option(names = "--hold", paramLabel = "TIME", defaultValue = "10s",
        converter = Quantities.Time.class,
        description = "How long, once all are connected (default: ${DEFAULT-VALUE})")
    private Duration hold;

    @Option(names = "--scenario", paramLabel = "idle|echo|broadcast", defaultValue = "idle",
        description = "What they do: nothing; send and want back the same; receive what one more "
            + "connection sends (default: ${DEFAULT-VALUE})")
    private Scenario scenario;

    @Option(names = "--rate", paramLabel = "N", defaultValue = "0",
        description = "Messages per second over all connections (echo) or of the publisher; 0: the "
            + "next one when the one before has come (default: ${DEFAULT-VALUE})")
    private double rate;

    @Option(names = "--size", paramLabel = "SIZE", defaultValue = "64",
        converter = Quantities.Size.class,
        description = "Of one message, 16 at least (default: ${DEFAULT-VALUE})")
    private int size;

    @Option(names = "--deaf", paramLabel = "PERCENT", defaultValue = "0",
        description = "Of a broadcast's receivers: connected, and never read from; they are "
            + "counted apart (default: ${DEFAULT-VALUE})")
    private double deaf;

    @Option(names = "--threads", paramLabel = "N",
        description = "Each with rings of its own (default: 1; 2 from four cores on)")
    private Integer threads;

    @Option(names = "--engine", paramLabel = "auto|io_uring|epoll",
        defaultValue = "${sys:mooring.engine:-auto}",
        description = "What waits for the sockets; auto: io_uring, or epoll where that is missing "
            + "or blocked, saying why; with epoll each connection takes a descriptor "
            + "(default: ${DEFAULT-VALUE})")
    private EngineChoice engine;

    @Option(names = "--source", paramLabel = "ADDRESS[-ADDRESS]",
        description = "Addresses of this machine to connect from (default: all of 127.0.0.0/8 "
            + "towards it, else the kernel's choice)")
    private String source;

    @Option(names = "--handshake-timeout", paramLabel = "TIME", defaultValue = "10s",
        converter = Quantities.Time.class,
        description = "From the first packet to the response (default: ${DEFAULT-VALUE})")
    private Duration handshakeTimeout;

    @Option(names = "--json", description = "Reports in JSON")
    private boolean json;

    @Option(names = "--control", description = "Takes commands on standard input (grow N, "
        + "broadcast COUNT BYTES, status, close, quit) and tells events in JSON")
    private boolean control;

    private final AtomicBoolean stop = new AtomicBoolean();
    private final SwarmReport report = new SwarmReport();
    private boolean achieved = true;
    private double rampSeconds;
    private long connectedAtRamp;

    @Override
    public Integer call() throws IOException {
        SwarmConfig config = config();
        handleSignals();
        Engine chosen = engine.open();
        if (chosen.usesDescriptors() && engine == EngineChoice.AUTO) {
            spec.commandLine().getErr().println("mooring: " + chosen);
        }
        try (Swarm swarm = Swarm.open(config, chosen)) {
            if (!swarm.isNoDelay()) {
                spec.commandLine().getErr().println("mooring: this kernel cannot set TCP_NODELAY "
                    + "in a ring: latencies may include Nagle's delay; Linux 6.7 or newer can");
            }
            if (control) {
                new SwarmControl(swarm, new BufferedReader(
                    new InputStreamReader(System.in, StandardCharsets.UTF_8)),
                    spec.commandLine().getOut(), stop::get).run();
                return 0;
            }
            SwarmProgress progress = new SwarmProgress(spec.commandLine().getErr());
            connect(swarm, progress);
            if (swarm.status().connected() > 0 && !stop.get()) {
                try {
                    runScenario(swarm, progress);
                } catch (SetupException e) { // the publisher could not connect, or was closed
                    progress.end();
                    spec.commandLine().getErr().println("mooring: " + e.getMessage());
                    achieved = false;
                }
            }
            finish(swarm, progress);
        }
        spec.commandLine().getOut().print(json ? report.json() + "\n" : report.table());
        spec.commandLine().getOut().flush();
        return achieved ? 0 : 1;
    }

    private SwarmConfig config() {
        if (connections < 1) {
            throw wrong("--connections is " + connections + ": it must be 1 or more");
        }
        if (ramp < 0 || !(rate >= 0)) {
            throw wrong("--ramp and --rate are 0 or more per second");
        }
        if (threads != null && (threads < 1 || threads > THREADS_MAX)) {
            throw wrong("--threads is " + threads + ": it must be from 1 to "
                + THREADS_MAX);
        }
        try {
            Target target = Target.parse(url);
            // Control broadcasts, whenever it is told to.
            SwarmConfig config = SwarmConfig
                .of(target, control ? Scenario.BROADCAST : scenario, size)
                .withRamp(ramp)
                .withTimeouts(Math.clamp(handshakeTimeout.toMillis(), 1, Integer.MAX_VALUE),
                    CLOSE_TIMEOUT_MS)
                .withDeaf(deaf);
            if (threads != null) {
                config = config.withThreads(threads);
            }
            return source == null ? config
                : config.withSources(Sources.parse(source, target));
        } catch (IllegalArgumentException e) {
            throw wrong(e.getMessage());
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private void connect(Swarm swarm, SwarmProgress progress) {
        long start = System.nanoTime();
        swarm.grow(connections);
        while (!swarm.await(() -> swarm.isGrown() || stop.get(), TICK_MS)) {
            progress.connecting(swarm.status());
        }
        double seconds = (System.nanoTime() - start) / NANOS_PER_SECOND;
        if (!swarm.isGrown()) {
            swarm.stopGrowing();
        }
        progress.end();
        rampSeconds = seconds;
        connectedAtRamp = swarm.status().connected();
    }

    private void runScenario(Swarm swarm, SwarmProgress progress) {
        switch (scenario) {
            case IDLE -> {
                long end = System.nanoTime() + hold.toNanos();
                while (!stop.get() && end - System.nanoTime() > 0) {
                    long left = (end - System.nanoTime()) / NANOS_PER_MS;
                    swarm.await(stop::get, Math.clamp(left, 1, TICK_MS));
                    progress.running("holding", swarm.status(), left);
                }
            }
            case ECHO -> echo(swarm, progress);
            case BROADCAST -> broadcast(swarm, progress);
        }
        progress.end();
    }

    private void echo(Swarm swarm, SwarmProgress progress) {
        long start = System.nanoTime();
        await(swarm, progress, "echo", swarm.echo(rate, hold.toMillis()));
        double seconds = Math.min((System.nanoTime() - start) / NANOS_PER_SECOND,
            hold.toMillis() / MS_PER_SECOND);
        Swarm.Status status = swarm.status();
        Histogram latency = swarm.latency();
        long missing = status.sent() - status.received() - status.corrupt();
        report.put("sent", "sent", status.sent());
        report.put("received", "received and right", status.received());
        report.put("missing", "missing", missing);
        report.put("corrupt", "corrupt", status.corrupt());
        report.put("late", "sent over 1 ms late", status.late());
        report.put("per_second", "echoes/s", status.received() / seconds);
        report.latency("latency_ms", "latency, ms:", latency);
        achieved &= missing == 0 && status.corrupt() == 0;
    }

    private void await(Swarm swarm, SwarmProgress progress, String what, Swarm.Run run) {
        long end = System.nanoTime() + hold.toNanos();
        boolean told = false;
        while (!swarm.await(run::isDone, TICK_MS)) {
            progress.running(what, swarm.status(), (end - System.nanoTime()) / NANOS_PER_MS);
            if (stop.get() && !told) {
                told = true;
                run.endNow();
            }
        }
    }

    private void broadcast(Swarm swarm, SwarmProgress progress) {
        swarm.openPublisher();
        long receivers = swarm.status().receivers();
        if (rate > 0) {
            await(swarm, progress, "broadcast", swarm.publish(rate, hold.toMillis()));
            awaitReceivers(swarm);
        } else {
            long end = System.nanoTime() + hold.toNanos();
            while (!stop.get() && end - System.nanoTime() > 0) {
                swarm.publish(size, swarm.broadcasts() == 0);
                awaitReceivers(swarm);
                progress.running("broadcast", swarm.status(),
                    (end - System.nanoTime()) / NANOS_PER_MS);
            }
        }
        reportBroadcasts(swarm, receivers);
    }

    /** Until it has come to all that are still there, or to nobody more. */
    private void awaitReceivers(Swarm swarm) {
        swarm.awaitReceivers(() -> swarm.isReceived() || stop.get());
    }

    private void reportBroadcasts(Swarm swarm, long receivers) {
        int count = swarm.broadcasts();
        Histogram complete = new Histogram(COMPLETE_MAX_NANOS, 3);
        for (int number = 0; number < count; number++) {
            complete.recordValue(swarm.broadcast(number).completeNanos());
        }
        Swarm.Status status = swarm.status();
        long missing = receivers * count - status.received();
        report.put("broadcasts", "broadcasts", count);
        report.put("subscribers", "receivers of each", receivers);
        if (deaf > 0) {
            report.put("deaf", "deaf, of whom nothing is expected", status.deaf());
        }
        report.put("received", "received and right", status.received());
        report.put("missing", "missing", Math.max(0, missing));
        report.put("duplicates", "duplicates", status.duplicates());
        report.put("corrupt", "corrupt", status.corrupt());
        report.put("late", "sent over 1 ms late", status.late());
        report.latency("complete_ms", "complete after, ms:", complete);
        report.latency("latency_ms", "delivery latency, ms:", swarm.latency());
        // It sleeps for many at once, so a delivery may be seen that much late.
        report.put("granularity_ms", "of that by our sleep, at most",
            SwarmReport.millis(Swarm.BROADCAST_NAP_NANOS));
        achieved &= missing == 0 && status.corrupt() == 0 && status.duplicates() == 0;
    }

    private void finish(Swarm swarm, SwarmProgress progress) {
        long start = System.nanoTime();
        Swarm.Run closing = swarm.closeAll();
        while (!swarm.await(closing::isDone, TICK_MS)) {
            progress.closing(swarm.status());
        }
        progress.end();
        Swarm.Status status = swarm.status();
        if (!swarm.isNoDelay()) {
            report.put("tcp_nodelay", "TCP_NODELAY", false);
        }
        report.connections(url, connections, status, swarm.failures(), rampSeconds,
            connectedAtRamp);
        report.put("closed", "closed in good order", status.closed());
        if (deaf > 0) {
            report.put("deaf_cut", "deaf ones, cut", status.deafCut());
        }
        report.put("close_seconds", "closing, s",
            (System.nanoTime() - start) / NANOS_PER_SECOND);
        achieved &= connectedAtRamp == connections && status.failed() == 0 && status.lost() == 0;
    }

    private void handleSignals() {
        for (String name : new String[] {"INT", "TERM"}) {
            Signals.handle(name, number -> {
                if (stop.getAndSet(true)) {
                    Runtime.getRuntime().halt(SIGNAL_EXIT + number);
                }
                if (control) {
                    Runtime.getRuntime().halt(0); // the reader of standard input cannot be woken
                }
            });
        }
    }
}
