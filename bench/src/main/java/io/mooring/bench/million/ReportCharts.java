package io.mooring.bench.million;

import io.mooring.bench.LeastSquares;
import io.mooring.bench.html.Units;
import io.mooring.bench.html.XyChart;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The plots of the report, each of one question. */
record ReportCharts(Outcome out, Timeline timeline) {

    private static final double MB = 1e6;
    private static final double KIB_PER_MB = 1e6 / 1024;
    private static final double KIB_PER_GB = 1e9 / 1024;
    private static final double MS_SHOWN_MAX = 3_000;
    private static final String[] COLOURS = {"c1", "c2", "c3", "c4", "c5"};

    /** Connections over time, and where memory was read. */
    XyChart ramp() {
        long fromMs = out.steps.isEmpty() ? 0 : out.steps.getFirst().fromMs();
        long toMs = out.points.isEmpty() ? Long.MAX_VALUE : out.points.getLast().atMs();
        List<Timeline.Sample> samples = timeline.samples().stream()
                .filter(sample -> sample.atMs() >= fromMs && sample.atMs() <= toMs).toList();
        return new XyChart(XyChart.WIDE, "Connections over time",
                "seconds since the ramp began", Units::trim, "connections", Units::count)
                .area("connected", "c1", of(samples, s -> (s.atMs() - fromMs) / 1000.0),
                        of(samples, Timeline.Sample::connected))
                .points("memory is read", "c2",
                        of(out.points, p -> Math.max(0, p.atMs() - fromMs) / 1000.0),
                        of(out.points, Memory::connections));
    }

    /** The server's resident memory, and the line through it. */
    XyChart user() {
        return fitted("Server RSS against connections", "server RSS, MB", Memory::rssBytes, "c1");
    }

    /** Both ends' slabs, and the line through them. */
    XyChart kernel() {
        return fitted("Kernel slabs against connections", "slabs of both ends, MB",
                Memory::slabBytes, "c3");
    }

    private XyChart fitted(String title, String yTitle, ToDoubleFunction<Memory> figure,
            String colour) {
        XyChart chart = new XyChart(XyChart.HALF, title, "connections", Units::count,
                yTitle, Units::trim);
        LeastSquares fit = out.fit(figure);
        if (!Double.isNaN(fit.slope())) {
            double[] x = {0, out.points.getLast().connections()};
            chart.dashed(String.format("%,.1f B per connection", fit.slope()), colour, x,
                    new double[] {Math.max(0, fit.at(x[0])) / MB, fit.at(x[1]) / MB});
        }
        List<Memory> base = out.base == null ? List.of() : List.of(out.base);
        return chart.points("read", colour, of(out.points, Memory::connections),
                of(out.points, p -> figure.applyAsDouble(p) / MB))
                .points("base, not in the fit", "c6", of(base, Memory::connections),
                        of(base, p -> figure.applyAsDouble(p) / MB));
    }

    /** How many had a broadcast, over time. */
    XyChart broadcast() {
        boolean slow = out.deliveries.stream()
                .anyMatch(delivery -> delivery.broadcast().completeMs() > MS_SHOWN_MAX);
        double unitMs = slow ? 1000 : 1;
        XyChart chart = new XyChart(XyChart.WIDE, "Broadcast: received over time",
                (slow ? "seconds" : "milliseconds") + " since it was published", Units::trim,
                "received", Units::count);
        for (int i = 0; i < out.deliveries.size(); i++) {
            SwarmEvent.Broadcast b = out.deliveries.get(i).broadcast();
            chart.line("broadcast " + b.number(), COLOURS[i % COLOURS.length],
                    of(b.curve(), point -> point[0] / unitMs), of(b.curve(), point -> point[1]));
        }
        return chart;
    }

    /** The kernel's memory and what is left, over the whole run. */
    XyChart machineMemory() {
        XyChart chart = new XyChart(XyChart.WIDE,
                "Kernel slabs and available memory over the whole run",
                "seconds since the start", Units::trim, "GB", Units::trim);
        bands(chart);
        List<Timeline.Sample> samples = timeline.samples();
        double[] seconds = of(samples, s -> s.atMs() / 1000.0);
        return chart.line("available (MemAvailable)", "c4", seconds,
                of(samples, s -> s.availableKib() / KIB_PER_GB))
                .area("slabs, all of the machine's", "c3", seconds,
                        of(samples, s -> s.slabKib() / KIB_PER_GB));
    }

    /** Both processes' resident memory over the whole run. */
    XyChart processMemory() {
        XyChart chart = new XyChart(XyChart.WIDE,
                "Resident memory of server and swarm over the whole run",
                "seconds since the start", Units::trim, "RSS, MB", Units::trim);
        bands(chart);
        List<Timeline.Sample> samples = timeline.samples();
        double[] seconds = of(samples, s -> s.atMs() / 1000.0);
        return chart.line("swarm", "c5", seconds, of(samples, s -> s.swarmKib() / KIB_PER_MB))
                .line("server", "c1", seconds, of(samples, s -> s.serverKib() / KIB_PER_MB));
    }

    /** Neighbours of the same first word ("grow to ...") are one. */
    private void bands(XyChart chart) {
        List<Timeline.Phase> phases = new ArrayList<>();
        for (Timeline.Phase phase : timeline.phases()) {
            String name = phase.name().replaceAll("^(grow|hold|close|kill).*", "$1")
                    .replace("memory comes back", "back");
            if (phases.isEmpty() || !phases.getLast().name().equals(name)) {
                phases.add(new Timeline.Phase(phase.fromMs(), name));
            }
        }
        for (int i = 0; i < phases.size(); i++) {
            long toMs = i + 1 < phases.size() ? phases.get(i + 1).fromMs() : out.totalMs;
            chart.band(phases.get(i).fromMs() / 1000.0, toMs / 1000.0, phases.get(i).name());
        }
    }

    private static <T> double[] of(List<T> list, ToDoubleFunction<T> figure) {
        return list.stream().mapToDouble(figure).toArray();
    }
}
