package io.mooring.bench.scenario;

import io.mooring.bench.BenchException;
import io.mooring.bench.ServerProcess;
import io.mooring.bench.matrix.Bench;
import io.mooring.bench.matrix.Metric;
import io.mooring.bench.matrix.Scenario;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Option;

/**
 * Server CPU per delivery of a broadcast, and the time until all have it. All servers and their
 * subscribers stay up and warm, for the first messages on a fresh connection cost twice.
 */
public final class Broadcast implements Scenario {

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

    @Override
    public String name() {
        return "broadcast";
    }

    @Override
    public String question() {
        return "One message to all subscribers of a topic: server CPU per delivery (on loopback"
                + " with the receiver's half of TCP), and the time until all have it.";
    }

    @Override
    public List<String> variants() {
        return List.of(String.format(Locale.ROOT, "%s to %,d, %s", Sizes.text(sizeBytes),
                connections, rate == 0 ? "closed loop"
                : Metric.COMPLETE_P50_MS.text(rate) + "/s"));
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.SERVER_US_PER_DELIVERY, Metric.DELIVERIES_PER_CPU_S,
                Metric.COMPLETE_P50_MS, Metric.COMPLETE_MAX_MS);
    }

    @Override
    public List<String> quick() {
        return List.of("--connections", "1000", "--rate", "8", "--broadcasts", "6", "--warmup",
                "2");
    }

    @Override
    public Map<String, Object> options() {
        Map<String, Object> options = new LinkedHashMap<>();
        options.put("connections", connections);
        options.put("size", sizeBytes);
        options.put("rate", rate);
        options.put("broadcasts", broadcasts);
        options.put("warmup", warmups);
        return options;
    }

    @Override
    public String refusal() {
        if (connections < 1 || broadcasts < 1) {
            return "--connections and --broadcasts must be 1 or more";
        }
        if (warmups < 0 || rate < 0) {
            return "--warmup and --rate must be 0 or more";
        }
        return Sizes.fits(sizeBytes) ? null : Sizes.REFUSAL;
    }

    @Override
    public Subject open(String engine, Bench bench) {
        int held = bench.held(engine, connections);
        ServerProcess server = bench.topicServer(engine, held);
        BroadcastPair pair = null;
        try {
            pair = new BroadcastPair(server, bench.swarm(server, "/topic/broadcast"),
                    new BroadcastPair.Plan(held, sizeBytes, rate, warmups, broadcasts),
                    connections);
            pair.open();
            return pair;
        } catch (BenchException e) {
            if (pair != null) {
                pair.close();
            } else {
                server.close();
            }
            throw e;
        }
    }
}
