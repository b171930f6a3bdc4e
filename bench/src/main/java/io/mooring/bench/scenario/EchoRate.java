package io.mooring.bench.scenario;

import io.mooring.bench.EchoLoad;
import io.mooring.bench.matrix.Bench;
import io.mooring.bench.matrix.Metric;
import io.mooring.bench.matrix.Scenario;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Option;

/**
 * Server CPU per message at a constant rate below saturation, the steadiest comparison, and the
 * latency of each message since it was due. A server's CPU is utime + stime of its whole process
 * (/proc/PID/stat, 10 ms ticks) over the load's window, divided by the echoes within it.
 */
public final class EchoRate implements Scenario {

    @Option(names = "--rate", defaultValue = "50000",
            description = "messages/s over all connections; 0: closed loop; ${DEFAULT-VALUE}")
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
        return List.of(String.format(Locale.ROOT, "%s, %s", rate == 0 ? "closed loop"
                : String.format(Locale.ROOT, "%,d/s", rate), Sizes.text(connections, sizeBytes)));
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.SERVER_US_PER_MESSAGE, Metric.LATENCY_P50_MS, Metric.LATENCY_P99_MS,
                Metric.LATENCY_P999_MS, Metric.MESSAGES_PER_S);
    }

    @Override
    public List<String> quick() {
        return List.of("--rate", "20000", "--connections", "200", "--seconds", "0.8", "--warmup",
                "0.3");
    }

    @Override
    public int quickRounds() {
        return 2;
    }

    @Override
    public Map<String, Object> options() {
        Map<String, Object> options = new LinkedHashMap<>();
        options.put("rate", rate);
        options.put("connections", connections);
        options.put("size", sizeBytes);
        options.put("seconds", seconds);
        options.put("warmup", warmupSeconds);
        return options;
    }

    @Override
    public String refusal() {
        if (connections < 1 || rate < 0) {
            return "--connections must be 1 or more, --rate 0 or more";
        }
        if (!Sizes.fits(sizeBytes)) {
            return Sizes.REFUSAL;
        }
        return seconds > 0 && warmupSeconds >= 0 ? null
                : "--seconds must be more than 0, --warmup not less";
    }

    @Override
    public Subject open(String engine, Bench bench) {
        return new EchoServer(bench, bench.echoServer(engine, "127.0.0.1", connections, ""),
                Map.of(variants().getFirst(), new EchoLoad.Plan(connections, sizeBytes, rate,
                        warmupSeconds, seconds)), () -> 0);
    }
}
