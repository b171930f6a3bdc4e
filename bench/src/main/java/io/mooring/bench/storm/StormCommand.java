package io.mooring.bench.storm;

import io.mooring.bench.Core;
import io.mooring.bench.CoreOptions;
import io.mooring.bench.EchoLoad;
import io.mooring.bench.Engine;
import io.mooring.bench.Home;
import io.mooring.bench.Machine;
import io.mooring.bench.NativeTools;
import io.mooring.bench.Proc;
import io.mooring.bench.Report;
import io.mooring.bench.RunOptions;
import io.mooring.bench.ServerMetrics;
import io.mooring.bench.ServerProcess;
import io.mooring.bench.Stats;
import io.mooring.bench.SwarmOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * What a storm of broadcasts does to others. One server with one reactor, two topics with as many
 * subscribers each, of which one has deaf ones, and some hundred connections that echo at a
 * constant rate. All stay up; rounds are interleaved, so that neighbours in time can be compared.
 */
@Command(name = "storm", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"What a storm of broadcasts does to others: the latency of echoes on a quiet"
                + " server and while broadcasts follow each other; the time until all have a"
                + " broadcast, with and without receivers that never read; what the server and"
                + " TCP hold.", "Exits 1 if anything was lost among those who read, or memory"
                + " passed its bounds."})
public final class StormCommand implements Callable<Integer> {

    private static final double NANOS_PER_SECOND = 1e9;
    private static final int SIZE_BYTES_MIN = 16;
    private static final int SIZE_BYTES_MAX = 64 << 10;
    /** Publishers, and who asks for /metrics. */
    private static final int SPARE_CONNECTIONS = 100;
    private static final int ROUNDS = 5;
    private static final String JVM = "-XX:+UseSerialGC"
            + " --add-exports=java.base/jdk.internal.misc=ALL-UNNAMED"
            + " --enable-native-access=ALL-UNNAMED";

    @Option(names = "--connections", defaultValue = "100000", paramLabel = "N",
            description = "subscribers of each of the two topics; ${DEFAULT-VALUE}")
    private int connections;

    @Option(names = "--deaf", defaultValue = "1", paramLabel = "PERCENT",
            description = "of one topic's subscribers that never read; ${DEFAULT-VALUE}")
    private double deaf;

    @Option(names = "--size", defaultValue = "64", paramLabel = "BYTES",
            description = "of a message, published or echoed; ${DEFAULT-VALUE}")
    private int sizeBytes;

    @Option(names = "--echo-connections", defaultValue = "500", paramLabel = "N",
            description = "${DEFAULT-VALUE}")
    private int echoConnections;

    @Option(names = "--echo-rate", defaultValue = "5000", paramLabel = "N",
            description = "echoes/s over all of them, at fixed times; ${DEFAULT-VALUE}")
    private long echoRate;

    @Option(names = "--seconds", defaultValue = "5",
            description = "of echoes measured, per round, quiet and in the storm;"
                    + " ${DEFAULT-VALUE}")
    private double seconds;

    @Option(names = "--warmup", defaultValue = "2", paramLabel = "SECONDS",
            description = "of echoes before; ${DEFAULT-VALUE}")
    private double warmupSeconds;

    @Option(names = "--broadcasts", defaultValue = "5", paramLabel = "N",
            description = "timed, per topic and round; ${DEFAULT-VALUE}")
    private int broadcasts;

    @Option(names = "--minutes", defaultValue = "0", paramLabel = "M",
            description = "at the end: publishes for so long to the topic with deaf subscribers,"
                    + " without a pause; ${DEFAULT-VALUE}")
    private double minutes;

    @Option(names = "--server-args", paramLabel = "ARGS", defaultValue = "",
            description = "more arguments of 'mooring serve', as --slow-receivers latest")
    private String serverArgs;

    @Option(names = "--server-jvm", paramLabel = "FLAGS",
            defaultValue = "${sys:mooring.serve.jvm:-" + JVM + "}",
            description = "JVM flags of the server; by default its launcher's")
    private String serverJvm;

    @Mixin
    private RunOptions runOptions;

    @Mixin
    private CoreOptions cores;

    @Mixin
    private SwarmOptions swarmOptions;

    @Spec
    private CommandSpec spec;

    private final Outcome outcome = new Outcome();
    private int rounds;
    private Home home;
    private boolean mayRunRealtime;
    private Path echoProgram;
    private ServerProcess server;
    private ServerMetrics metrics;
    private Bounds bounds;
    private double echoSeconds;

    @Override
    public Integer call() {
        rounds = runOptions.rounds(ROUNDS);
        require(connections >= 1 && rounds >= 1 && broadcasts >= 1 && echoConnections >= 1
                && echoRate >= 1, "--connections, --rounds, --broadcasts, --echo-connections and"
                + " --echo-rate must be 1 or more");
        require(deaf > 0 && deaf < 100 && deaf * connections >= 100,
                "--deaf must be below 100 and make one of --connections deaf at least");
        require(sizeBytes >= SIZE_BYTES_MIN && sizeBytes <= SIZE_BYTES_MAX,
                "--size must be from 16 to 65536");
        require(seconds > 0 && warmupSeconds >= 0 && minutes >= 0,
                "--seconds must be more than 0, --warmup and --minutes not less");
        home = Home.locate();
        cores.requirePlaces();
        mayRunRealtime = NativeTools.mayRunRealtime();
        echoProgram = new NativeTools(home).program("echo_load");
        System.out.println(Machine.line());
        try (ServerProcess started = ServerProcess.start(engine(), "127.0.0.1", connectionsMax(),
                cores.serverCore(), home)) {
            server = started;
            metrics = new ServerMetrics(server.port());
            bounds = Bounds.ask(planCommand(), (long) ServerMetrics.sum(metrics.now(),
                    "mooring_tcp_memory_pressure_bytes"));
            measure();
        }
        System.out.print(outcome.text());
        report();
        return outcome.faults().isEmpty() ? 0 : 1;
    }

    private void require(boolean holds, String message) {
        if (!holds) {
            throw new ParameterException(spec.commandLine(), message);
        }
    }

    // ---- measuring

    private void measure() {
        try (Crowd hearing = crowd("all hear", 0); Crowd withDeaf = crowd("some deaf", deaf)) {
            hearing.open(connections);
            withDeaf.open(connections);
            hearing.publish(broadcasts); // a fresh connection's first messages cost twice
            withDeaf.publish(broadcasts);
            System.out.printf("2 x %,d subscribers, %d B, %,d echoes/s over %,d connections%s%n",
                    connections, sizeBytes, echoRate, echoConnections, echoCore().realtime()
                    ? ", before the subscribers on the same core (SCHED_RR)" : "");
            double others = -othersSeconds(hearing, withDeaf);
            long start = System.nanoTime();
            try (Gauges gauges = gauges()) {
                for (int round = 1; round <= rounds; round++) {
                    round(round, hearing, withDeaf);
                }
                outcome.seen("rounds", gauges.end(), bounds);
            }
            others += othersSeconds(hearing, withDeaf) - echoSeconds;
            outcome.others(100 * others * NANOS_PER_SECOND / (System.nanoTime() - start));
            if (minutes > 0) {
                publishForLong(withDeaf);
            }
            outcome.account(hearing.account());
            outcome.account(withDeaf.account());
        }
    }

    /** CPU of all the machine so far, less that of server and subscribers. */
    private double othersSeconds(Crowd hearing, Crowd withDeaf) {
        return Proc.busySeconds() - Proc.cpu(server.pid()).seconds() - hearing.cpuSeconds()
                - withDeaf.cpuSeconds();
    }

    private void round(int round, Crowd hearing, Crowd withDeaf) {
        EchoLoad.Result quiet = echo();
        outcome.echo(false, quiet);
        EchoLoad.Result stormy;
        try (Crowd.Storm storm = hearing.storm()) {
            storm.awaitFirst();
            stormy = echo();
        }
        outcome.echo(true, stormy);
        List<Double> hearingMs = hearing.publish(broadcasts);
        List<Double> withDeafMs = withDeaf.publish(broadcasts);
        outcome.completions(hearingMs, withDeafMs);
        System.out.printf("round %d: echo p99 %.2f ms, in the storm %.2f ms; complete after %.1f"
                + " ms, with deaf ones %.1f ms%n", round, p99(quiet), p99(stormy),
                median(hearingMs), median(withDeafMs));
    }

    private static double p99(EchoLoad.Result result) {
        return result.latencyNs().getValueAtPercentile(99) / 1e6;
    }

    private static double median(List<Double> values) {
        return Stats.of(values).median();
    }

    private EchoLoad.Result echo() {
        EchoLoad.Result result = EchoLoad.run(echoProgram, echoCore(), server.port(),
                new EchoLoad.Plan(echoConnections, sizeBytes, echoRate, warmupSeconds, seconds),
                () -> { }, () -> { });
        server.requireAlive();
        echoSeconds += result.cpuNs() / NANOS_PER_SECOND;
        return result;
    }

    private void publishForLong(Crowd withDeaf) {
        long end = System.nanoTime() + (long) (minutes * TimeUnit.MINUTES.toNanos(1));
        try (Gauges gauges = gauges()) {
            withDeaf.publishWhile(() -> System.nanoTime() - end < 0, () -> { });
            outcome.seen("%s minutes".formatted(minutes), gauges.end(), bounds);
        }
    }

    // ---- processes

    private Gauges gauges() {
        return new Gauges(server, metrics, gcLog());
    }

    private Path gcLog() {
        return home.target("logs").resolve("storm-gc.log");
    }

    /** Of their own where there are three; else the echoes go before what shares theirs. */
    private Core echoCore() {
        return Runtime.getRuntime().availableProcessors() > 2 ? new Core(2, cores.realtime())
                : new Core(1, mayRunRealtime);
    }

    private int connectionsMax() {
        return Math.addExact(Math.multiplyExact(2, connections),
                echoConnections + SPARE_CONNECTIONS);
    }

    private Engine engine() {
        return new Engine("storm-server", endpoint -> {
            List<String> line = java(serverJvm);
            line.add(1, "-Xlog:gc:file=" + gcLog() + "::filecount=0");
            line.addAll(List.of("serve", "--host", endpoint.host(), "--port",
                    "" + endpoint.port()));
            line.addAll(serveArguments());
            return line;
        });
    }

    private List<String> planCommand() {
        List<String> line = java(serverJvm);
        line.addAll(List.of("serve", "--plan", "--json"));
        line.addAll(serveArguments());
        return line;
    }

    /** Deaf ones are not to be closed for their silence. */
    private List<String> serveArguments() {
        List<String> line = new ArrayList<>(List.of("--reactors", "1", "--idle-timeout", "0",
                "--max-connections", "" + connectionsMax()));
        line.addAll(words(serverArgs));
        return line;
    }

    private Crowd crowd(String name, double deafPercent) {
        String topic = name.replace(' ', '-');
        List<String> line = swarmOptions.command(home, server.port(), "/topic/" + topic,
                "--threads", "1", "--deaf", "" + deafPercent);
        return new Crowd(name, line, new Core(1, false),
                home.target("logs").resolve("storm-" + topic + ".log"), server::requireAlive,
                sizeBytes);
    }

    private List<String> java(String jvm) {
        List<String> line = new ArrayList<>(List.of(Home.jdkTool("java")));
        line.addAll(words(jvm));
        line.addAll(List.of("-jar", home.runtimeJar().toString()));
        return line;
    }

    private static List<String> words(String text) {
        return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));
    }

    private void report() {
        Map<String, Object> options = new LinkedHashMap<>();
        options.put("connections", connections);
        options.put("deaf_percent", deaf);
        options.put("size", sizeBytes);
        options.put("echo_connections", echoConnections);
        options.put("echo_rate", echoRate);
        options.put("seconds", seconds);
        options.put("warmup", warmupSeconds);
        options.put("broadcasts", broadcasts);
        options.put("rounds", rounds);
        options.put("minutes", minutes);
        options.put("realtime", cores.realtime());
        options.put("server_args", serverArgs);
        new Report("storm").put("options", options).put("bounds", bounds.json())
                .put("results", outcome.json()).write(runOptions.json());
    }
}
