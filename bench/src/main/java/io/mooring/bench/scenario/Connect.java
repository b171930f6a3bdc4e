package io.mooring.bench.scenario;

import io.mooring.bench.Proc;
import io.mooring.bench.ServerProcess;
import io.mooring.bench.matrix.Bench;
import io.mooring.bench.matrix.Metric;
import io.mooring.bench.matrix.Row;
import io.mooring.bench.matrix.Scenario;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;
import picocli.CommandLine.Option;

/**
 * What coming and going costs: connections with their handshake, all held, and then all ended with
 * the closing handshake. At a constant rate, since what a connection costs the client over loopback
 * is about what it costs the server, and as fast as can be it would be the client that is measured.
 */
public final class Connect implements Scenario {

    private static final int PIPELINE_MAX = 128;
    private static final int SPARE_FILES = 500;

    @Option(names = "--connections", defaultValue = "5000",
            description = "opened and then closed, in each cycle; ${DEFAULT-VALUE}")
    private int connections;

    @Option(names = "--rate", defaultValue = "2500",
            description = "begun a second; 0: as many as --pipeline holds; ${DEFAULT-VALUE}")
    private long rate;

    @Option(names = "--pipeline", defaultValue = "64", paramLabel = "N",
            description = "under way at a time, at most; ${DEFAULT-VALUE}")
    private int pipeline;

    @Option(names = "--cycles", defaultValue = "2", paramLabel = "N",
            description = "measured, per engine and round; ${DEFAULT-VALUE}")
    private int cycles;

    @Option(names = "--warmup", defaultValue = "1", paramLabel = "CYCLES",
            description = "before each, not measured; ${DEFAULT-VALUE}")
    private int warmups;

    @Option(names = "--first-warmup", defaultValue = "5", paramLabel = "CYCLES",
            description = "the same in the first round, in which JITs compile; ${DEFAULT-VALUE}")
    private int firstWarmups;

    @Override
    public String name() {
        return "connect";
    }

    @Override
    public String question() {
        return "Connections that come, with the handshake, and go, with the closing handshake: how"
                + " many per second of the server's CPU.";
    }

    @Override
    public List<String> variants() {
        return List.of(String.format(Locale.ROOT, "%,d held, %s", connections,
                rate == 0 ? "as fast as can be" : String.format(Locale.ROOT, "%,d/s", rate)));
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.CHURN_PER_CPU_S, Metric.ACCEPTS_PER_CPU_S, Metric.OPEN_P99_MS);
    }

    @Override
    public List<String> quick() {
        return List.of("--connections", "500", "--rate", "600", "--cycles", "1",
                "--first-warmup", "1");
    }

    @Override
    public Map<String, Object> options() {
        Map<String, Object> options = new LinkedHashMap<>();
        options.put("connections", connections);
        options.put("rate", rate);
        options.put("pipeline", pipeline);
        options.put("cycles", cycles);
        options.put("warmup", warmups);
        options.put("first-warmup", firstWarmups);
        return options;
    }

    @Override
    public String refusal() {
        if (connections < 1 || cycles < 1 || rate < 0 || warmups < 0 || firstWarmups < 0) {
            return "--connections and --cycles must be 1 or more, --rate, --warmup and"
                    + " --first-warmup not less than 0";
        }
        if (connections > Proc.filesMax() - SPARE_FILES) {
            return "--connections must be %,d or less: the hard limit of open files bounds the load"
                    .formatted(Proc.filesMax() - SPARE_FILES);
        }
        return pipeline >= 1 && pipeline <= PIPELINE_MAX ? null
                : "--pipeline must be from 1 to " + PIPELINE_MAX + ": all servers let so many wait";
    }

    @Override
    public Subject open(String engine, Bench bench) {
        return new Doors(bench, bench.echoServer(engine, "0.0.0.0", connections, ""),
                round -> new ConnectLoad.Plan(connections, rate, pipeline,
                        round == 1 ? Math.max(firstWarmups, warmups) : warmups, cycles));
    }

    private record Doors(Bench bench, ServerProcess server, IntFunction<ConnectLoad.Plan> plans)
            implements Subject {

        private static final double LOAD_PERCENT_MAX = 90;
        private static final double SERVER_PERCENT_FULL = 95;
        private static final double LATE_PERCENT_MAX = 1;
        private static final double NANOS_PER_SECOND = 1e9;

        @Override
        public Row measure(String variant, int round) {
            ConnectLoad.Plan plan = plans.apply(round);
            CpuWindow opening = new CpuWindow(server.pid(), () -> 0);
            CpuWindow closing = new CpuWindow(server.pid(), () -> 0);
            ConnectLoad.Result load = ConnectLoad.run(bench, server.port(), plan, part -> {
                switch (part) {
                    case "open" -> opening.start();
                    case "close" -> {
                        opening.end();
                        closing.start();
                    }
                    default -> closing.end();
                }
            });
            server.requireAlive();
            return row(new Row(server.name(), variant, round), plan, load, opening, closing);
        }

        private Row row(Row row, ConnectLoad.Plan plan, ConnectLoad.Result load,
                CpuWindow opening, CpuWindow closing) {
            double window = (load.openNs() + load.closeNs()) / NANOS_PER_SECOND;
            double loadSeconds = load.cpuNs() / NANOS_PER_SECOND;
            double server = opening.serverSeconds() + closing.serverSeconds();
            double others = opening.othersSeconds() + closing.othersSeconds() - loadSeconds;
            if (opening.serverSeconds() < CpuWindow.SECONDS_MIN) {
                row.note("round %d: %s".formatted(row.round(), CpuWindow.TOO_LITTLE));
            } else {
                row.figure(Metric.CHURN_PER_CPU_S, load.closed() / server)
                        .figure(Metric.ACCEPTS_PER_CPU_S, load.opened() / opening.serverSeconds());
            }
            return row.figure(Metric.OPEN_P99_MS,
                            load.openingNs().getValueAtPercentile(99) / 1e6)
                    .figure(Metric.SERVER_PERCENT, 100 * server / window)
                    .figure(Metric.LOAD_PERCENT, 100 * loadSeconds / window)
                    .figure(Metric.OTHERS_PERCENT, Math.max(0, 100 * others / window))
                    .times(load.openingNs()).faults(faults(load, plan,
                            100 * loadSeconds / window, 100 * server / window));
        }

        static List<String> faults(ConnectLoad.Result load, ConnectLoad.Plan plan,
                double loadPercent, double serverPercent) {
            List<String> faults = new ArrayList<>();
            long wanted = (long) plan.connections() * plan.cycles();
            if (loadPercent > LOAD_PERCENT_MAX
                    && (plan.rate() > 0 || serverPercent < SERVER_PERCENT_FULL)) {
                faults.add("the client was saturated: load at %.0f %% CPU, server at %.0f %%"
                        .formatted(loadPercent, serverPercent));
            }
            double latePercent = 100.0 * load.late() / (2 * wanted);
            if (latePercent > LATE_PERCENT_MAX) {
                faults.add("%.1f %% begun late: %,d a second are too many".formatted(latePercent,
                        plan.rate()));
            }
            if (load.errors() > 0 || load.opened() < wanted || load.closed() < wanted) {
                faults.add("%,d opened and %,d closed of %,d, %,d errors".formatted(load.opened(),
                        load.closed(), wanted, load.errors()));
            }
            return faults;
        }

        @Override
        public void close() {
            server.close();
        }
    }
}
