package io.mooring.bench.matrix;

import io.mooring.bench.EngineOptions;
import io.mooring.bench.Machine;
import io.mooring.bench.scenario.Scenarios;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** A run as a machine might have measured it, without the machine. */
final class Fixtures {

    static final List<String> ENGINES = List.of("mooring-io_uring", "netty-epoll", "c-loop",
            "peer <&>");
    /** By engine, of a figure that is 1 for the first. */
    private static final double[] COSTS = {1, 1.6, 0.95, 2.1};

    private Fixtures() {
    }

    static List<Scenario> scenarios() {
        List<Scenario> all = Scenarios.all();
        all.forEach(scenario -> new CommandLine(CommandSpec.forAnnotatedObject(scenario))
                .setDefaultValueProvider(new QuickDefaults(scenario, true)).parseArgs());
        return all;
    }

    static Run run(int rounds) {
        return run(rounds, 1, false);
    }

    /** {@code factor}: how much dearer the first engine is; {@code broken}: some rows are. */
    static Run run(int rounds, double factor, boolean broken) {
        Bench bench = new Bench(CommandLine.populateCommand(new EngineOptions()), null, null);
        for (String engine : ENGINES) {
            bench.commands().put(engine + " /echo", "java -Dx='<&>' --port 0");
            bench.checked().put(engine + " /echo", new SocketOptions(true, 4096, 131_072, 2_626_560,
                    "cubic", 131_072, 2_626_560, "cubic"));
        }
        if (broken) {
            bench.refused().put("peer <&>", "refused: TCP_NODELAY is not set");
        }
        Random random = new Random(7);
        List<Result> results = scenarios().stream().map(scenario ->
                result(scenario, rounds, factor, broken, random)).toList();
        return new Run("./mooring bench --peer 'x=y {port} <&>'", OffsetDateTime.parse(
                "2025-11-26T01:02:03Z"), 123.4, false, ENGINES, List.of("netty-epoll", "c-loop"),
                bench, Machine.describe(), results);
    }

    private static Result result(Scenario scenario, int rounds, double factor, boolean broken,
            Random random) {
        List<Row> rows = new ArrayList<>();
        for (int round = 1; round <= rounds; round++) {
            double weather = 0.8 + 0.4 * random.nextDouble();
            for (String variant : scenario.variants()) {
                for (int i = 0; i < ENGINES.size(); i++) {
                    double cost = COSTS[i] * (i == 0 ? factor : 1);
                    Row row = new Row(ENGINES.get(i), variant, round);
                    double noise = 0.98 + 0.04 * random.nextDouble();
                    for (Metric metric : scenario.metrics()) {
                        double way = metric.better() > 0 ? 1 / cost : cost;
                        row.figure(metric, base(metric) * way * noise
                                * (metric.isOfTime() ? weather : 1));
                    }
                    row.figure(Metric.SERVER_PERCENT, 40 * cost).figure(Metric.LOAD_PERCENT, 30)
                            .figure(Metric.OTHERS_PERCENT, i == 1 && round == 1 ? 60 : 3);
                    if (scenario.name().equals("idle")) {
                        row.slabs(slabs(i));
                    } else {
                        row.times(times(cost, random));
                    }
                    if (broken && i == 3) {
                        row.faults(List.of("the client was saturated: load at 97 % CPU"));
                    }
                    if (broken && i == 1) {
                        row.note("5,000 idle connections and not 100,000");
                    }
                    rows.add(row);
                }
            }
        }
        return new Result(scenario, ENGINES, List.of("netty-epoll", "c-loop"), rounds, rows);
    }

    private static double base(Metric metric) {
        return switch (metric.unit()) {
            case "us" -> 9;
            case "ms" -> 0.4;
            case "/s" -> 90_000;
            case "B" -> metric == Metric.USER_BYTES ? 72 : 290;
            default -> 12;
        };
    }

    private static Map<String, Double> slabs(int engine) {
        Map<String, Double> slabs = new TreeMap<>(Map.of("TCP", 2520.0, "sock_inode_cache", 862.0,
                "filp", 195.0, "dentry", 195.0, "lsm_inode_cache", 32.0));
        slabs.put(engine == 0 ? "io_kiocb" : "eventpoll_epi", 130.0 + 60 * engine);
        return slabs;
    }

    static Histogram times(double cost, Random random) {
        Histogram times = new Histogram(3);
        for (int i = 0; i < 5000; i++) {
            double tail = -Math.log(1 - random.nextDouble());
            times.recordValue((long) (cost * 1e5 * (1 + tail + (i % 500 == 0 ? 20 * tail : 0))));
        }
        return times;
    }
}
