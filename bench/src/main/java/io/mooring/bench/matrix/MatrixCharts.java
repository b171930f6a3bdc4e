package io.mooring.bench.matrix;

import io.mooring.bench.Stats;
import io.mooring.bench.html.BarChart;
import io.mooring.bench.html.StackChart;
import io.mooring.bench.html.Units;
import io.mooring.bench.html.XyChart;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** The plots of a scenario's variant: whatever it has figures for. */
record MatrixCharts(Result result, String variant) {

    private static final double NANOS_PER_MS = 1e6;
    private static final int COLOURS = 12;
    private static final int STEPS = 120;
    /** As MemoryStack of the million's report: what a socket consists of, in the kernel. */
    private static final Map<String, String> SOCKET = Map.of("TCP", "k1", "TCPv6", "k1",
            "sock_inode_cache", "k2", "filp", "k3", "dentry", "k4", "lsm_inode_cache", "k5",
            "lsm_file_cache", "k5");

    /** The same colour for an engine in all plots. */
    private String colour(String engine) {
        return "c" + (1 + result.engines().indexOf(engine) % COLOURS);
    }

    /** Medians, and the rounds. */
    String bars(Metric metric) {
        BarChart chart = new BarChart(title(metric), metric::text);
        for (String engine : result.engines()) {
            Stats stats = result.stats(engine, variant, metric);
            boolean noisy = result.noisyRounds(engine, variant) > 0;
            String mark = stats.count() > 0 ? noisy ? "noisy" : ""
                    : result.validRounds(engine, variant) > 0 ? "not measured" : "invalid";
            chart.bar(engine, colour(engine), stats.median(),
                    result.byRound(engine, variant, metric), mark);
        }
        return chart.html();
    }

    private static String title(Metric metric) {
        String unit = metric.unit().equals("us") ? "\u00b5s" : metric.unit();
        return metric.label() + (unit.isEmpty() || unit.equals("/s") ? "" : ", " + unit)
                + (metric.better() > 0 ? " (more is better)" : " (less is better)");
    }

    boolean hasTimes() {
        return result.engines().stream()
                .anyMatch(engine -> result.times(engine, variant).getTotalCount() > 0);
    }

    /** How long each took, by percentile; the further right, the rarer. */
    String percentiles(String what) {
        XyChart chart = new XyChart(XyChart.WIDE, what + " by percentile", "percentile",
                MatrixCharts::percent, what + ", ms", Units::trim).nines().logY();
        for (String engine : result.engines()) {
            List<double[]> curve = Percentiles.curve(result.times(engine, variant));
            if (!curve.isEmpty()) {
                chart.line(engine, colour(engine),
                        curve.stream().mapToDouble(point -> point[0]).toArray(),
                        curve.stream().mapToDouble(point -> point[1] / NANOS_PER_MS).toArray());
            }
        }
        return chart.html();
    }

    private static String percent(double percent) {
        return percent < 1 ? "0 %" : Units.fine(percent) + " %";
    }

    /** Which share of receivers had a message after which time. */
    String completion() {
        XyChart chart = new XyChart(XyChart.WIDE, "Receivers that have it, over time",
                "milliseconds since it was published", Units::trim, "receivers, %", Units::trim);
        for (String engine : result.engines()) {
            Histogram times = result.times(engine, variant);
            if (times.getTotalCount() > 0) {
                double[] x = new double[STEPS + 1];
                double[] y = new double[STEPS + 1];
                for (int i = 0; i <= STEPS; i++) {
                    y[i] = 100.0 * i / STEPS;
                    x[i] = i == 0 ? times.getMinValue() / NANOS_PER_MS
                            : times.getValueAtPercentile(y[i]) / NANOS_PER_MS;
                }
                chart.line(engine, colour(engine), x, y);
            }
        }
        return chart.html();
    }

    /** Bytes of one connection, user and kernel; empty where no slabs were read. */
    String memory() {
        StackChart chart = new StackChart("One connection, byte by byte, at the server's end", "B");
        boolean any = false;
        for (String engine : result.engines()) {
            Map<String, Double> slabs = result.slabs(engine, variant);
            any |= !slabs.isEmpty();
            chart.part(engine, "the process (RSS)", "u1",
                    result.stats(engine, variant, Metric.USER_BYTES).median());
            part(chart, engine, "socket (TCP)", slabs, "k1");
            part(chart, engine, "inode", slabs, "k2");
            part(chart, engine, "file", slabs, "k3");
            part(chart, engine, "dentry", slabs, "k4");
            part(chart, engine, "security labels", slabs, "k5");
            chart.part(engine, "what waiting adds", "w1", slabs.entrySet().stream()
                    .filter(slab -> !SOCKET.containsKey(slab.getKey()))
                    .mapToDouble(Map.Entry::getValue).sum());
        }
        return any ? chart.html() : "";
    }

    private static void part(StackChart chart, String engine, String name,
            Map<String, Double> slabs, String colour) {
        chart.part(engine, name, colour, slabs.entrySet().stream()
                .filter(slab -> colour.equals(SOCKET.get(slab.getKey())))
                .mapToDouble(Map.Entry::getValue).sum());
    }
}
