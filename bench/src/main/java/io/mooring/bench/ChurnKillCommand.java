package io.mooring.bench;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * A client that holds many connections is killed with {@code kill -9}: how long until the server
 * has freed every one of them, by its own gauge, and what becomes of its memory.
 */
@Command(name = "churn-kill", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Time until a killed client's connections are gone, by /metrics.")
public final class ChurnKillCommand implements Callable<Integer> {

    private static final int POLL_MS = 20;
    private static final int GONE_MS_MAX = 60_000;

    @Option(names = "--connections", defaultValue = "15000", description = "${DEFAULT-VALUE}")
    private int connections;

    @Option(names = "--json", paramLabel = "FILE", description = "write all figures there too")
    private Path json;

    @Mixin
    private EngineOptions engineOptions;

    @Override
    public Integer call() {
        engineOptions.require(connections >= 1, "--connections must be 1 or more");
        Home home = Home.locate();
        NativeTools tools = new NativeTools(home);
        engineOptions.cores().requirePlaces();
        Path program = tools.program("idle_hold");
        Engine engine = engineOptions.engine(EngineOptions.MOORING, home, tools, JvmMemory.FLAGS);
        System.out.println(Machine.line());
        try (ServerProcess server = ServerProcess.start(engine, "0.0.0.0", connections + 100,
                engineOptions.cores().serverCore(), home);
                Holder holder = new Holder(program, engineOptions.cores().loadCore(), server.port(),
                        "/echo")) {
            ServerMetrics metrics = new ServerMetrics(server.port());
            // Our own request for the metrics may count as one.
            double gaugeAtRest = await(server, metrics, 0, 1);
            Proc.Memory atRest = memory(server);
            holder.grow(connections);
            double gaugeHeld = await(server, metrics, connections, connections + gaugeAtRest);
            Proc.Memory held = memory(server);
            long killedAt = System.nanoTime();
            holder.kill();
            await(server, metrics, 0, gaugeAtRest);
            double seconds = (System.nanoTime() - killedAt) / 1e9;
            Sleep.millis(1000);
            report(seconds, gaugeHeld, metrics.now(), atRest, held, memory(server));
            return 0;
        }
    }

    private static Proc.Memory memory(ServerProcess server) {
        return JvmMemory.settle(server, true, JvmMemory.COMPILE_MS);
    }

    private double await(ServerProcess server, ServerMetrics metrics, double min, double max) {
        double open = Double.NaN;
        for (int waitedMs = 0; waitedMs < GONE_MS_MAX; waitedMs += POLL_MS) {
            server.requireAlive();
            open = ServerMetrics.open(metrics.now());
            if (open >= min && open <= max) {
                return open;
            }
            Sleep.millis(POLL_MS);
        }
        throw new BenchException("%s stays at %.0f, not %.0f to %.0f, for %d s".formatted(
                ServerMetrics.OPEN, open, min, max, GONE_MS_MAX / 1000));
    }

    private void report(double seconds, double gaugeHeld, Map<String, Double> metrics,
            Proc.Memory atRest, Proc.Memory held, Proc.Memory after) {
        Map<String, Double> odd = new LinkedHashMap<>();
        metrics.forEach((name, value) -> {
            if (value != 0 && name.matches(".*(stale|leak|error|overflow|lost|refused).*")) {
                odd.put(name, value);
            }
        });
        System.out.printf("%,.0f open by the gauge; all gone %.3f s after kill -9%n", gaugeHeld,
                seconds);
        System.out.printf("after a full collection each: RSS %,d KiB at rest,"
                + " %,d KiB held,"
                + " %,d KiB 1 s after the end (Pss %,d, %,d, %,d)%n", atRest.rssKib(),
                held.rssKib(), after.rssKib(), atRest.pssKib(), held.pssKib(), after.pssKib());
        System.out.println("counters of anything stale, leaked, lost or refused: "
                + (odd.isEmpty() ? "all 0" : odd));
        new Report("churn-kill").put("connections", connections).put("gone_s", seconds)
                .put("rss_at_rest_kib", atRest.rssKib()).put("rss_held_kib", held.rssKib())
                .put("rss_after_kib", after.rssKib()).put("odd_counters", odd).write(json);
    }
}
