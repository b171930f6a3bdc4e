package io.mooring.bench.scenario;

import io.mooring.bench.BenchException;
import io.mooring.bench.EngineOptions;
import io.mooring.bench.Holder;
import io.mooring.bench.IdleCpu;
import io.mooring.bench.JvmMemory;
import io.mooring.bench.KernelMemory;
import io.mooring.bench.Proc;
import io.mooring.bench.ServerProcess;
import io.mooring.bench.matrix.Bench;
import io.mooring.bench.matrix.Metric;
import io.mooring.bench.matrix.Row;
import io.mooring.bench.matrix.Scenario;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Option;

/**
 * What an idle WebSocket costs: user memory of the server (VmRSS), kernel memory (slabs) and that
 * above a socket which a bare server accepted and never armed, and CPU while nothing happens.
 * Slopes between two counts, so that what a server costs at rest does not enter; every target
 * starts afresh in every round, the bare one first, with the same client.
 */
public final class Idle implements Scenario {

    private static final int SPARE_FILES = 500;

    @Option(names = "--low", defaultValue = "5000",
            description = "first reading at; ${DEFAULT-VALUE}")
    private int low;

    @Option(names = "--high", defaultValue = "15000", description = "second at; ${DEFAULT-VALUE}")
    private int high;

    @Option(names = "--cpu-seconds", defaultValue = "10",
            description = "for so long the CPU of the idle server is taken, in the first round;"
                    + " 0: not at all; ${DEFAULT-VALUE}")
    private int cpuSeconds;

    @Option(names = "--no-gc",
            description = "read a JVM as it is, without a full collection before each reading")
    private boolean noGc;

    @Option(names = "--settle-ms", defaultValue = "" + JvmMemory.COMPILE_MS,
            description = "how long a JVM has for compiling after a collection; ${DEFAULT-VALUE}")
    private int settleMs;

    /** By round: what the engines are compared with. */
    private final Map<Integer, IdleRun> bare = new HashMap<>();

    @Override
    public String name() {
        return "idle";
    }

    @Override
    public String question() {
        return "Connections that are open and say nothing: bytes for each, of the server's process"
                + " and of the kernel by slab cache, and the server's CPU meanwhile.";
    }

    @Override
    public List<String> variants() {
        return List.of(String.format(Locale.ROOT, "%,d to %,d", low, high));
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.USER_BYTES, Metric.WAITING_BYTES, Metric.KERNEL_BYTES,
                Metric.IDLE_CPU_PERCENT);
    }

    @Override
    public List<String> quick() {
        return List.of("--low", "1000", "--high", "5000", "--cpu-seconds", "1", "--settle-ms",
                "0");
    }

    @Override
    public Map<String, Object> options() {
        Map<String, Object> options = new LinkedHashMap<>();
        options.put("low", low);
        options.put("high", high);
        options.put("cpu_seconds", cpuSeconds);
        options.put("collect", !noGc);
        options.put("settle_ms", settleMs);
        options.put("jvm_flags_of_peers", JvmMemory.FLAGS);
        return options;
    }

    @Override
    public String refusal() {
        if (low < 1 || low >= high || cpuSeconds < 0 || settleMs < 0) {
            return "--low must be 1 or more and --high more than it, --cpu-seconds and"
                    + " --settle-ms 0 or more";
        }
        return high <= Proc.filesMax() - SPARE_FILES ? null
                : "--high must be %,d or less: the hard limit of open files bounds the client"
                .formatted(Proc.filesMax() - SPARE_FILES);
    }

    @Override
    public List<String> references() {
        return List.of(EngineOptions.BARE);
    }

    @Override
    public Subject open(String engine, Bench bench) {
        return new Sleeper(engine, bench);
    }

    private final class Sleeper implements Subject {

        private final String engine;
        private final Bench bench;

        Sleeper(String engine, Bench bench) {
            this.engine = engine;
            this.bench = bench;
        }

        private boolean isBare() {
            return engine.equals(EngineOptions.BARE);
        }

        @Override
        public Row measure(String variant, int round) {
            Row row = new Row(engine, variant, round);
            try (ServerProcess server = isBare() ? bench.bareServer(high)
                    : bench.echoServer(engine, "0.0.0.0", high, JvmMemory.FLAGS);
                    Holder holder = new Holder(bench.program("idle_hold"), bench.loadCore(),
                            server.port(), isBare() ? null : "/echo")) {
                IdleRun run = readTwice(server, holder);
                if (!isBare() && round == 1 && cpuSeconds > 0) {
                    row.figure(Metric.IDLE_CPU_PERCENT,
                            IdleCpu.over(server.pid(), high, cpuSeconds).percent());
                }
                server.requireAlive();
                holder.reset();
                return isBare() ? bare(row, run, round) : row(row, run, round);
            }
        }

        private IdleRun readTwice(ServerProcess server, Holder holder) {
            holder.grow(low);
            IdleReading first = read(server, low);
            holder.grow(high);
            return new IdleRun(first, read(server, high));
        }

        private IdleReading read(ServerProcess server, int connections) {
            Proc.Memory user = JvmMemory.settle(server, !noGc, settleMs);
            return new IdleReading(connections, user, KernelMemory.settle());
        }

        private Row bare(Row row, IdleRun run, int round) {
            bare.put(round, run);
            run.faults().forEach(row::note);
            return row.figure(Metric.KERNEL_BYTES, run.slabSlope() / 2);
        }

        private Row row(Row row, IdleRun run, int round) {
            row.figure(Metric.USER_BYTES, run.rssSlope());
            if (!KernelMemory.isReadable()) {
                return row.note("kernel memory by slab needs root (/proc/slabinfo)");
            }
            IdleRun base = bare.get(round);
            if (base == null) {
                throw new BenchException("the bare server, which it is compared with, failed");
            }
            List<String> disturbed = new ArrayList<>(run.faults());
            base.faults().forEach(fault -> disturbed.add("bare: " + fault));
            disturbed.forEach(fault -> row.note("round %d, disturbed: %s".formatted(round,
                    fault)));
            Map<String, Double> slabs = run.serverSlabs(base);
            double kernel = slabs.values().stream().mapToDouble(Double::doubleValue).sum();
            double waiting = run.waitingSlope() - base.waitingSlope();
            if (disturbed.isEmpty()) {
                row.figure(Metric.WAITING_BYTES, waiting).figure(Metric.KERNEL_BYTES, kernel);
            } else {
                row.doubtfulFigure(Metric.WAITING_BYTES, waiting)
                        .doubtfulFigure(Metric.KERNEL_BYTES, kernel);
            }
            return row.slabs(slabs);
        }

        @Override
        public void close() {
            // Nothing stays up between rounds.
        }
    }
}
