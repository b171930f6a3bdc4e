package io.mooring.bench.scenario;

import io.mooring.bench.matrix.Bench;
import io.mooring.bench.matrix.Metric;
import io.mooring.bench.matrix.Scenario;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Mixin;

/**
 * Server CPU per message at a constant rate below saturation, the steadiest comparison, and the
 * latency of each message since it was due. A server's CPU is utime + stime of its whole process
 * (/proc/PID/stat, 10 ms ticks) over the load's window, divided by the echoes within it.
 */
public final class EchoRate implements Scenario {

    @Mixin
    private final PacedEcho echo = new PacedEcho(50_000, 10, 5);

    @Override
    public String name() {
        return "echo-rate";
    }

    @Override
    public String question() {
        return "Echoes at a constant rate (open loop): server CPU per message, and latency since"
                + " each message was due, whatever became of those before it.";
    }

    @Override
    public List<String> variants() {
        return List.of(echo.text());
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.SERVER_US_PER_MESSAGE, Metric.LATENCY_P50_MS, Metric.LATENCY_P99_MS,
                Metric.LATENCY_P999_MS, Metric.MESSAGES_PER_S);
    }

    @Override
    public List<String> quick() {
        return List.of("--rate", "20000", "--connections", "200", "--seconds", "0.8", "--warmup",
                "0.3", "--first-warmup", "0.3");
    }

    @Override
    public Map<String, Object> options() {
        Map<String, Object> options = new LinkedHashMap<>();
        echo.describe(options);
        return options;
    }

    @Override
    public String refusal() {
        return echo.refusal();
    }

    @Override
    public Subject open(String engine, Bench bench) {
        return new EchoServer(bench, bench.echoServer(engine, "127.0.0.1", echo.connections(), ""),
                Map.of(variants().getFirst(), echo::plan), () -> 0);
    }
}
