package io.mooring.bench.scenario;

import io.mooring.bench.EchoLoad;
import io.mooring.bench.matrix.Bench;
import io.mooring.bench.matrix.Metric;
import io.mooring.bench.matrix.Scenario;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Echoes as fast as they come: each connection sends the next message when it has the last. */
public final class Echo implements Scenario {

    @Option(names = "--connections", defaultValue = "1,100,1000", split = ",", paramLabel = "N",
            description = "${DEFAULT-VALUE}")
    private List<Integer> connections;

    @Option(names = "--size", defaultValue = "64,16384", split = ",", paramLabel = "BYTES",
            description = "of a message's payload, 16 or more; ${DEFAULT-VALUE}")
    private List<Integer> sizesBytes;

    @Mixin
    private final MeasuredWindow window = new MeasuredWindow(3, 1);

    @Override
    public String name() {
        return "echo";
    }

    @Override
    public String question() {
        return "Echoes in a closed loop, one message in flight on each connection: how many a"
                + " second, how many per second of the server's CPU, and how long each takes.";
    }

    private Map<String, IntFunction<EchoLoad.Plan>> plans() {
        Map<String, IntFunction<EchoLoad.Plan>> plans = new LinkedHashMap<>();
        for (int size : sizesBytes) {
            for (int count : connections) {
                plans.put(Sizes.text(count, size), round -> new EchoLoad.Plan(count, size, 0,
                        window.warmupSeconds(round), window.seconds()));
            }
        }
        return plans;
    }

    @Override
    public List<String> variants() {
        return List.copyOf(plans().keySet());
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.MESSAGES_PER_CPU_S, Metric.MESSAGES_PER_S, Metric.LATENCY_P50_MS,
                Metric.LATENCY_P99_MS, Metric.LATENCY_P999_MS);
    }

    @Override
    public List<String> quick() {
        return List.of("--connections", "1,200", "--size", "64", "--seconds", "0.5", "--warmup",
                "0.3", "--first-warmup", "0.3");
    }

    @Override
    public Map<String, Object> options() {
        Map<String, Object> options = new LinkedHashMap<>();
        options.put("connections", connections);
        options.put("size", sizesBytes);
        window.describe(options);
        return options;
    }

    @Override
    public String refusal() {
        if (connections.isEmpty() || connections.stream().anyMatch(count -> count < 1)) {
            return "--connections must be 1 or more";
        }
        if (sizesBytes.isEmpty() || !sizesBytes.stream().allMatch(Sizes::fits)) {
            return Sizes.REFUSAL;
        }
        return window.refusal();
    }

    @Override
    public Subject open(String engine, Bench bench) {
        int most = connections.stream().mapToInt(Integer::intValue).max().orElseThrow();
        return new EchoServer(bench, bench.echoServer(engine, "127.0.0.1", most, ""), plans(),
                () -> 0);
    }
}
