package io.mooring.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Server CPU per delivery of a broadcast, and the time until all have it. All servers and their
 * subscribers stay up and warm; in each round each broadcasts in turn while the others idle, so
 * that neighbours in time can be compared. A server's CPU is utime + stime of its whole process
 * over the measured broadcasts, divided by what the receivers got, whole and right.
 */
@Command(name = "broadcast", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Server CPU per delivery of a broadcast, and the time until all have it.")
public final class BroadcastCommand implements Callable<Integer> {

    private static final int SIZE_BYTES_MIN = 16;
    private static final int SIZE_BYTES_MAX = 1 << 20;
    /** Descriptors that are not subscribers: listeners, rings, libraries, the publisher. */
    private static final int SPARE_FILES = 500;
    private static final int SPARE_CONNECTIONS = 16;

    @Option(names = "--engines", split = ",", paramLabel = "NAME",
            defaultValue = "mooring,netty-epoll,send-loop,uring-loop",
            description = "${DEFAULT-VALUE}")
    private List<String> engines;

    @Option(names = "--baseline", split = ",", paramLabel = "NAME",
            defaultValue = "send-loop,netty-epoll",
            description = "what the others are compared with, if it is among them;"
                    + " ${DEFAULT-VALUE}")
    private List<String> baselines;

    @Option(names = "--connections", defaultValue = "15000",
            description = "subscribers of each server; ${DEFAULT-VALUE}")
    private int connections;

    @Option(names = "--size", defaultValue = "64", paramLabel = "BYTES",
            description = "of a message's payload, 16 or more; ${DEFAULT-VALUE}")
    private int sizeBytes;

    /** A constant one keeps all engines' connections in the same state: docs/BENCHMARKS.md. */
    @Option(names = "--rate", defaultValue = "2",
            description = "broadcasts/s; 0: closed loop, the next one when all have the last;"
                    + " ${DEFAULT-VALUE}")
    private double rate;

    @Option(names = "--broadcasts", defaultValue = "20", paramLabel = "N",
            description = "measured, per engine and round; ${DEFAULT-VALUE}")
    private int broadcasts;

    @Option(names = "--warmup", defaultValue = "10", paramLabel = "N",
            description = "broadcasts not measured, on fresh connections and before each round;"
                    + " ${DEFAULT-VALUE}")
    private int warmups;

    @Option(names = "--rounds", defaultValue = "5", description = "${DEFAULT-VALUE}")
    private int rounds;

    @Option(names = "--json", paramLabel = "FILE", description = "write all figures there too")
    private Path json;

    @Option(names = "--swarm-jvm", paramLabel = "FLAGS", defaultValue =
            "${sys:mooring.swarm.jvm:--XX:+UseSerialGC"
            + " --add-exports=java.base/jdk.internal.misc=ALL-UNNAMED"
            + " --enable-native-access=ALL-UNNAMED}",
            description = "JVM flags of the receivers; by default the swarm's launcher's")
    private String swarmJvm;

    @Mixin
    private EngineOptions engineOptions;

    private final List<BroadcastRow> rows = new ArrayList<>();

    @Override
    public Integer call() {
        engineOptions.require(connections >= 1 && rounds >= 1 && broadcasts >= 1,
                "--connections, --rounds and --broadcasts must be 1 or more");
        engineOptions.require(warmups >= 0 && rate >= 0, "--warmup and --rate must be 0 or more");
        engineOptions.require(sizeBytes >= SIZE_BYTES_MIN && sizeBytes <= SIZE_BYTES_MAX,
                "--size must be from 16 to 1048576");
        Home home = Home.locate();
        NativeTools tools = new NativeTools(home);
        engineOptions.requirePlaces();
        Map<String, Engine> wanted = new LinkedHashMap<>();
        for (String name : new LinkedHashSet<>(engines)) {
            wanted.put(name, engineOptions.broadcastEngine(name, home, tools));
        }
        requireFiles(wanted.keySet().stream().allMatch(EngineOptions::isMooring));
        List<BroadcastPair> pairs = new ArrayList<>();
        try {
            System.out.println(Machine.line());
            for (Engine engine : wanted.values()) {
                pairs.add(start(engine, home));
            }
            System.out.printf("%s, %,d receivers, %d B, %d broadcasts after %d, %d rounds%n%n",
                    rate == 0 ? "closed loop" : "%s broadcasts/s".formatted(rate), connections,
                    sizeBytes, broadcasts, warmups, rounds);
            pairs.forEach(BroadcastPair::open);
            for (int round = 1; round <= rounds; round++) {
                for (BroadcastPair pair : pairs) {
                    rows.add(pair.measure(round));
                    System.out.println(rows.getLast().line());
                }
            }
        } finally {
            pairs.forEach(BroadcastPair::close);
        }
        List<String> names = List.copyOf(wanted.keySet());
        return report(new BroadcastSummary(names,
                baselines.stream().filter(names::contains).toList(), rounds, rows));
    }

    /** Only Mooring, and the swarm, hold more connections than there are descriptors. */
    private void requireFiles(boolean onlyMooring) {
        long most = Proc.filesMax() - SPARE_FILES;
        engineOptions.require(onlyMooring || connections <= most,
                "--connections must be %,d or less: the hard limit of open files bounds all engines"
                        .formatted(most) + " but mooring");
    }

    private BroadcastPair start(Engine engine, Home home) {
        ServerProcess server = ServerProcess.start(engine, "127.0.0.1",
                connections + SPARE_CONNECTIONS, engineOptions.serverCore(), home);
        try {
            List<String> swarm = new ArrayList<>(EngineOptions.java(swarmJvm, ""));
            swarm.addAll(List.of("-jar", home.runtimeJar().toString(), "swarm",
                    "ws://127.0.0.1:" + server.port() + "/topic/broadcast", "--control"));
            return new BroadcastPair(server, swarm, engineOptions.loadCore(), home,
                    new BroadcastPair.Plan(connections, sizeBytes, rate, warmups, broadcasts));
        } catch (BenchException e) {
            server.close();
            throw e;
        }
    }

    private int report(BroadcastSummary summary) {
        System.out.println();
        System.out.print(summary.table());
        if (rows.stream().anyMatch(BroadcastRow::isReceiverBound)) {
            System.out.println("RECEIVER-BOUND: the server waited for the receivers, so the time to"
                    + " completion is theirs and left out; CPU per delivery stands.");
        }
        if (rows.stream().anyMatch(BroadcastRow::isNoisy)) {
            System.out.println("NOISY: others used the cores too; for figures to quote, use a quiet"
                    + " machine.");
        }
        Map<String, Object> options = new LinkedHashMap<>();
        options.put("rate", rate);
        options.put("connections", connections);
        options.put("size", sizeBytes);
        options.put("broadcasts", broadcasts);
        options.put("warmup", warmups);
        options.put("rounds", rounds);
        options.put("baselines", summary.baselines());
        new Report("broadcast").put("options", options)
                .put("rounds", rows.stream().map(BroadcastRow::json).toList())
                .put("summary", summary.json())
                .write(json);
        List<String> unmeasured = summary.enginesWithoutValidRound();
        if (!unmeasured.isEmpty()) {
            throw new BenchException("no valid round for " + String.join(", ", unmeasured)
                    + ": see the rows' reasons");
        }
        return 0;
    }
}
