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
 * Server CPU per message at a constant rate below saturation. All servers stay up and warm; in
 * each round each is loaded in turn while the others idle, so that neighbours in time can be
 * compared. A server's CPU is utime + stime of its whole process (/proc/PID/stat, 10 ms ticks)
 * over the load's window, divided by the echoes that arrived within it.
 */
@Command(name = "echo-rate", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Server CPU per echoed message at a constant rate (open loop).")
public final class EchoRateCommand implements Callable<Integer> {

    private static final int SIZE_BYTES_MIN = 16;
    private static final int SIZE_BYTES_MAX = 1 << 20;

    @Option(names = "--engines", split = ",", paramLabel = "NAME",
            defaultValue = "mooring,netty-epoll,c-loop", description = "${DEFAULT-VALUE}")
    private List<String> engines;

    @Option(names = "--rate", defaultValue = "50000",
            description = "messages/s over all connections; 0: closed loop, one in flight each;"
                    + " ${DEFAULT-VALUE}")
    private long rate;

    @Option(names = "--connections", defaultValue = "500", description = "${DEFAULT-VALUE}")
    private int connections;

    @Option(names = "--size", defaultValue = "64", paramLabel = "BYTES",
            description = "of a message's payload, 16 or more; ${DEFAULT-VALUE}")
    private int sizeBytes;

    @Option(names = "--seconds", defaultValue = "10",
            description = "measured, per engine and round; ${DEFAULT-VALUE}")
    private double seconds;

    @Option(names = "--warmup", defaultValue = "5", paramLabel = "SECONDS",
            description = "loaded but not measured before each; ${DEFAULT-VALUE}")
    private double warmupSeconds;

    @Option(names = "--rounds", defaultValue = "3", description = "${DEFAULT-VALUE}")
    private int rounds;

    @Option(names = "--json", paramLabel = "FILE", description = "write all figures there too")
    private Path json;

    @Mixin
    private EngineOptions engineOptions;

    private final List<EchoRow> rows = new ArrayList<>();

    @Override
    public Integer call() {
        engineOptions.require(rounds >= 1 && connections >= 1 && rate >= 0,
                "--rounds and --connections must be 1 or more, --rate 0 or more");
        engineOptions.require(sizeBytes >= SIZE_BYTES_MIN && sizeBytes <= SIZE_BYTES_MAX,
                "--size must be from 16 to 1048576");
        engineOptions.require(seconds > 0 && warmupSeconds >= 0,
                "--seconds must be more than 0, --warmup not less");
        Home home = Home.locate();
        NativeTools tools = new NativeTools(home);
        engineOptions.requirePlaces();
        Path load = tools.program("echo_load");
        Map<String, ServerProcess> servers = new LinkedHashMap<>();
        try {
            System.out.println(Machine.line());
            for (String name : new LinkedHashSet<>(engines)) {
                Engine engine = engineOptions.engine(name, home, tools, "");
                servers.put(name, ServerProcess.start(engine, "127.0.0.1", connections + 100,
                        engineOptions.serverCore(), home));
            }
            System.out.printf("%s, %d connections, %d B, window %.0f s after %.0f s, %d rounds%n%n",
                    rate == 0 ? "closed loop" : "%,d messages/s".formatted(rate), connections,
                    sizeBytes, seconds, warmupSeconds, rounds);
            for (int round = 1; round <= rounds; round++) {
                for (ServerProcess server : servers.values()) {
                    EchoRow row = measure(server, load, round);
                    rows.add(row);
                    System.out.println(row.line());
                }
            }
        } finally {
            servers.values().forEach(ServerProcess::close);
        }
        return report(new EchoSummary(List.copyOf(servers.keySet()), rounds, rows));
    }

    private EchoRow measure(ServerProcess server, Path load, int round) {
        EchoLoad.Plan plan = new EchoLoad.Plan(connections, sizeBytes, rate, warmupSeconds,
                seconds);
        Window window = new Window(server.pid());
        EchoLoad.Result result = EchoLoad.run(load, engineOptions.loadCore(), server.port(),
                plan, window::start, window::end);
        server.requireAlive();
        return new EchoRow(server.name(), round, window.serverSeconds, window.busySeconds, result);
    }

    /** CPU times at the load's marks. */
    private static final class Window {

        private final long pid;
        private double serverSeconds;
        private double busySeconds;

        Window(long pid) {
            this.pid = pid;
        }

        void start() {
            serverSeconds = -Proc.cpu(pid).seconds();
            busySeconds = -Proc.busySeconds();
        }

        void end() {
            serverSeconds += Proc.cpu(pid).seconds();
            busySeconds += Proc.busySeconds();
        }
    }

    private int report(EchoSummary summary) {
        System.out.println();
        System.out.print(summary.table());
        if (rows.stream().anyMatch(EchoRow::isNoisy)) {
            System.out.println("NOISY: others used the cores too, so light servers look heavier"
                    + " than they are; for figures to quote, use a quiet machine.");
        }
        Map<String, Object> options = new LinkedHashMap<>();
        options.put("rate", rate);
        options.put("connections", connections);
        options.put("size", sizeBytes);
        options.put("seconds", seconds);
        options.put("warmup", warmupSeconds);
        options.put("rounds", rounds);
        new Report("echo-rate").put("options", options)
                .put("rounds", rows.stream().map(EchoRow::json).toList())
                .put("summary", summary.json())
                .write(json);
        List<String> unmeasured = summary.enginesWithoutValidRound();
        if (!unmeasured.isEmpty()) {
            throw new BenchException("no valid round for " + String.join(", ", unmeasured)
                    + ": the machine was too busy or the load saturated; see the rows' reasons");
        }
        return 0;
    }
}
