package io.mooring.bench.scenario;

import io.mooring.bench.BenchException;
import io.mooring.bench.Proc;
import io.mooring.bench.ServerProcess;
import io.mooring.bench.matrix.Bench;
import io.mooring.bench.matrix.Metric;
import io.mooring.bench.matrix.Row;
import io.mooring.bench.matrix.Scenario;
import io.mooring.bench.million.SwarmEvent;
import io.mooring.bench.million.SwarmProcess;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A few hundred busy connections among very many that say nothing. */
public final class Mixed implements Scenario {

    private static final double KIB_PER_MB = 1e6 / 1024;

    @Option(names = "--idle", defaultValue = "100000", paramLabel = "N",
            description = "connections that say nothing, or as many as the limit on open files"
                    + " lets an engine hold; ${DEFAULT-VALUE}")
    private int idle;

    @Mixin
    private final PacedEcho busy = new PacedEcho(25_000, 5, 2);

    @Override
    public String name() {
        return "mixed";
    }

    @Override
    public String question() {
        return "Echoes at a constant rate over a few connections, while very many others are open"
                + " and silent: what those cost the busy ones.";
    }

    @Override
    public List<String> variants() {
        return List.of(String.format(Locale.ROOT, "%,d idle, %s", idle, busy.text()));
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.SERVER_US_PER_MESSAGE, Metric.LATENCY_P50_MS, Metric.LATENCY_P99_MS,
                Metric.LATENCY_P999_MS, Metric.IDLE_CONNECTIONS, Metric.RSS_MB);
    }

    @Override
    public List<String> quick() {
        return List.of("--idle", "2000", "--rate", "10000", "--connections", "200", "--seconds",
                "0.8", "--warmup", "0.4", "--first-warmup", "0.4");
    }

    @Override
    public Map<String, Object> options() {
        Map<String, Object> options = new LinkedHashMap<>();
        options.put("idle", idle);
        busy.describe(options);
        return options;
    }

    @Override
    public String refusal() {
        return idle < 1 ? "--idle must be 1 or more" : busy.refusal();
    }

    @Override
    public Subject open(String engine, Bench bench) {
        int held = bench.held(engine, idle + busy.connections()) - busy.connections();
        ServerProcess server = bench.echoServer(engine, "127.0.0.1", held + busy.connections(),
                "");
        SwarmProcess swarm = null;
        try {
            swarm = bench.swarm(server, "/echo");
            SwarmEvent.Grown grown = swarm.grow(held, progress -> { });
            if (grown.connected() < held) {
                throw new BenchException("%s took %,d of %,d idle connections: %s".formatted(
                        engine, grown.connected(), held, grown.failed()));
            }
            long pid = swarm.pid();
            EchoServer echo = new EchoServer(bench, server,
                    Map.of(variants().getFirst(), busy::plan), () -> Proc.cpu(pid).seconds());
            return new Crowded(echo, swarm, held, idle);
        } catch (BenchException e) {
            if (swarm != null) {
                swarm.kill();
                swarm.close();
            }
            server.close();
            throw e;
        }
    }

    private record Crowded(EchoServer echo, SwarmProcess swarm, int held, int asked)
            implements Subject {

        @Override
        public Row measure(String variant, int round) {
            Row row = echo.measure(variant, round);
            SwarmEvent.Status status = swarm.status();
            row.figure(Metric.IDLE_CONNECTIONS, status.connected()).figure(Metric.RSS_MB,
                    Proc.memory(echo.server().pid()).rssKib() / KIB_PER_MB);
            if (status.lost() > 0) {
                row.faults(List.of("%,d idle connections lost".formatted(status.lost())));
            }
            return held == asked ? row : row.note(("%,d idle connections and not %,d: more do not"
                    + " fit the limit on open files").formatted(held, asked));
        }

        @Override
        public void close() {
            swarm.kill();
            swarm.close();
            echo.close();
        }
    }
}
