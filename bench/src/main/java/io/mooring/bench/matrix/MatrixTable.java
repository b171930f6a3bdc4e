package io.mooring.bench.matrix;

import io.mooring.bench.Stats;
import io.mooring.bench.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A scenario on a terminal: a table for each variant, and why what is missing is missing. */
record MatrixTable(Result result) {

    /** More columns than these do not fit a terminal; the rest is in the JSON and on the page. */
    private static final int METRICS_MAX = 5;

    String text() {
        StringBuilder text = new StringBuilder();
        for (String variant : result.scenario().variants()) {
            text.append('\n').append(result.scenario().name()).append(", ").append(variant)
                    .append('\n').append(table(variant));
            for (String engine : result.engines()) {
                result.faults(engine, variant).forEach(fault -> text.append("  INVALID ")
                        .append(engine).append(": ").append(fault).append('\n'));
                result.notes(engine, variant).forEach(note -> text.append("  ").append(engine)
                        .append(": ").append(note).append('\n'));
            }
        }
        return text.toString();
    }

    private Table table(String variant) {
        List<Metric> metrics = result.metrics(variant).stream().limit(METRICS_MAX).toList();
        List<String> heads = new ArrayList<>(List.of("engine", "valid"));
        for (Metric metric : metrics) {
            heads.add(metric.head());
            if (metric == metrics.getFirst()) {
                heads.add("min..max");
                result.baselines().forEach(baseline -> heads.add("x " + baseline));
            }
        }
        Table table = new Table(heads.toArray(String[]::new));
        for (String engine : result.engines()) {
            long noisy = result.noisyRounds(engine, variant);
            List<Object> cells = new ArrayList<>(List.of(engine, "%d/%d%s".formatted(
                    result.validRounds(engine, variant), result.rounds(),
                    noisy > 0 ? " noisy " + noisy : "")));
            for (Metric metric : metrics) {
                Stats stats = result.stats(engine, variant, metric);
                cells.add(metric.text(stats.median()));
                if (metric == metrics.getFirst()) {
                    cells.add(stats.count() == 0 ? "-"
                            : metric.text(stats.min()) + ".." + metric.text(stats.max()));
                    result.baselines().forEach(baseline ->
                            cells.add(ratio(engine, baseline, variant, metric)));
                }
            }
            table.row(cells.toArray());
        }
        return table;
    }

    private String ratio(String engine, String baseline, String variant, Metric metric) {
        Stats ratio = result.ratio(engine, baseline, variant, metric);
        if (ratio.count() == 0) {
            return "-";
        }
        Interval interval = Interval.ofMedian(result.ratios(engine, baseline, variant, metric));
        return interval.isKnown() ? String.format(Locale.ROOT, "%.2f [%.2f..%.2f]", ratio.median(),
                interval.low(), interval.high())
                : String.format(Locale.ROOT, "%.2f", ratio.median());
    }
}
