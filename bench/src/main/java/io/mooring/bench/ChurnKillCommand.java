package io.mooring.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
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
    private static final String GAUGE = "mooring_connections_open";

    @Option(names = "--connections", defaultValue = "15000", description = "${DEFAULT-VALUE}")
    private int connections;

    @Option(names = "--json", paramLabel = "FILE", description = "write all figures there too")
    private Path json;

    @Mixin
    private EngineOptions engineOptions;

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10)).build();

    @Override
    public Integer call() {
        engineOptions.require(connections >= 1, "--connections must be 1 or more");
        Home home = Home.locate();
        NativeTools tools = new NativeTools(home);
        NativeTools.requirePinning();
        Path program = tools.program("idle_hold");
        Engine engine = engineOptions.engine(EngineOptions.MOORING, home, tools, JvmMemory.FLAGS);
        System.out.println(Machine.line());
        try (ServerProcess server = ServerProcess.start(engine, "0.0.0.0", connections + 100,
                engineOptions.serverCore(), home);
                Holder holder = new Holder(program, engineOptions.loadCore(), server.port(),
                        "/echo")) {
            // Our own request for the metrics may count as one.
            double gaugeAtRest = await(server, 0, 1);
            Proc.Memory atRest = memory(server);
            holder.grow(connections);
            double gaugeHeld = await(server, connections, connections + gaugeAtRest);
            Proc.Memory held = memory(server);
            long killedAt = System.nanoTime();
            holder.kill();
            await(server, 0, gaugeAtRest);
            double seconds = (System.nanoTime() - killedAt) / 1e9;
            Sleep.millis(1000);
            Map<String, Double> metrics = metrics(server);
            report(seconds, gaugeHeld, metrics, atRest, held, memory(server));
            return 0;
        }
    }

    private static Proc.Memory memory(ServerProcess server) {
        return JvmMemory.settle(server, true);
    }

    private double await(ServerProcess server, double min, double max) {
        double open = Double.NaN;
        for (int waitedMs = 0; waitedMs < GONE_MS_MAX; waitedMs += POLL_MS) {
            server.requireAlive();
            Double gauge = metrics(server).get(GAUGE);
            if (gauge == null) {
                throw new BenchException("/metrics has no line '" + GAUGE + " N'");
            }
            open = gauge;
            if (open >= min && open <= max) {
                return open;
            }
            Sleep.millis(POLL_MS);
        }
        throw new BenchException("%s stays at %.0f, not %.0f to %.0f, for %d s".formatted(GAUGE,
                open, min, max, GONE_MS_MAX / 1000));
    }

    private Map<String, Double> metrics(ServerProcess server) {
        URI uri = URI.create("http://127.0.0.1:" + server.port() + "/metrics");
        try {
            HttpResponse<String> answer = http.send(HttpRequest.newBuilder(uri)
                    .timeout(Duration.ofSeconds(30)).build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new BenchException("/metrics answers " + answer.statusCode());
            }
            return parseMetrics(answer.body());
        } catch (IOException e) {
            throw new BenchException("/metrics does not answer: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted");
        }
    }

    /** OpenMetrics text: samples by name (labels and all); a time stamp is ignored. */
    static Map<String, Double> parseMetrics(String text) {
        Map<String, Double> samples = new LinkedHashMap<>();
        for (String line : text.split("\n")) {
            int nameEnd = line.indexOf('}') + 1;
            nameEnd = nameEnd > 0 ? nameEnd : line.indexOf(' ');
            if (line.startsWith("#") || nameEnd <= 0) {
                continue;
            }
            String value = line.substring(nameEnd).strip().split(" ")[0];
            samples.put(line.substring(0, nameEnd), Double.valueOf(value));
        }
        return samples;
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
