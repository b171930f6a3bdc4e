package io.mooring.bench.matrix;

import io.mooring.bench.BenchException;
import io.mooring.bench.Stats;
import io.mooring.bench.html.Html;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** A run as one HTML file that needs nothing else: no network, no script, no font. */
record MatrixPage(Run run) {

    private static final int BARS = 2;

    void write(Path file) {
        try {
            Files.writeString(file, html());
        } catch (IOException e) {
            throw new BenchException("cannot write " + file + ": " + e.getMessage());
        }
    }

    String html() {
        StringBuilder page = new StringBuilder(128 * 1024);
        page.append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
                .append("<title>").append(Html.escape(title())).append("</title><style>")
                .append(Html.style()).append("</style></head><body><main class=\"bench\">");
        head(page);
        overview(page);
        run.results().forEach(result -> scenario(page, result));
        new MatrixAbout(run).append(page);
        return page.append("</main></body></html>\n").toString();
    }

    private String title() {
        return format("%d engines, side by side", run.engines().size());
    }

    private void head(StringBuilder page) {
        boolean all = run.unmeasured().isEmpty();
        page.append("<header><div><h1>").append(title()).append("</h1><p>Mooring, ")
                .append(DateTimeFormatter.ofPattern("d MMMM uuuu, HH:mm", Locale.ROOT)
                        .format(run.started()))
                .append(format(" &middot; %,.0f s in all &middot; Linux %s</p></div>",
                        run.seconds(), Html.escape("" + run.machine().get("kernel"))))
                .append(all ? "<b class=\"badge good\">all rows count</b>"
                        : "<b class=\"badge bad\">rows are missing</b>").append("</header>");
        if (run.quick()) {
            page.append("<p class=\"notice\">A quick run: few connections and short windows show"
                    + " that all works. Figures to quote come from a run without --quick.</p>");
        }
        long noisy = run.results().stream().flatMap(result -> result.rows().stream())
                .filter(Row::isNoisy).count();
        if (noisy > 0) {
            page.append(format("<p class=\"notice\">%d rows are noisy: other processes used more"
                    + " than %.0f %% of a core meanwhile, so light servers look heavier than they"
                    + " are.</p>", noisy, Row.OTHERS_PERCENT_MAX));
        }
        run.bench().refused().forEach((engine, why) -> page.append("<p class=\"failure\"><b>")
                .append(Html.escape(engine)).append("</b> is not compared: ")
                .append(Html.escape(why)).append("</p>"));
    }

    /** What tells most of each variant, engine by engine. */
    private void overview(StringBuilder page) {
        String baseline = run.baselines().isEmpty() ? null : run.baselines().getFirst();
        StringBuilder table = new StringBuilder("<table class=\"overview\"><thead><tr><th></th>");
        run.engines().forEach(engine -> table.append("<th class=\"n\">")
                .append(Html.escape(engine)).append("</th>"));
        table.append("</tr></thead><tbody>");
        for (Result result : run.results()) {
            for (String variant : result.scenario().variants()) {
                Metric metric = result.scenario().metrics().getFirst();
                table.append(format("<tr><td><b>%s</b> <span class=\"quiet\">%s<br>%s</span></td>",
                        Html.escape(result.scenario().name()), Html.escape(variant),
                        Html.escape(label(metric))));
                run.engines().forEach(engine -> table.append(cell(result, variant, engine, metric,
                        baseline)));
                table.append("</tr>");
            }
        }
        section(page, "At a glance", baseline == null ? "Medians of the rounds that count."
                : "Medians of the rounds that count, and their ratio to <b>"
                + Html.escape(baseline) + "</b>, taken within each round, with its 95 % interval"
                + " (bootstrap; from three rounds on). Coloured where the interval excludes 1.",
                "<div class=\"scroll\">" + table.append("</tbody></table></div>"));
    }

    private static String label(Metric metric) {
        return metric.label() + (metric.unit().isEmpty() || metric.unit().equals("/s") ? ""
                : ", " + metric.unit().replace("us", "\u00b5s"));
    }

    private static String cell(Result result, String variant, String engine, Metric metric,
            String baseline) {
        Stats stats = result.stats(engine, variant, metric);
        if (stats.count() == 0) {
            return "<td class=\"n\"><b class=\"bad\">\u2717</b><br><small class=\"bad\">"
                    + (result.validRounds(engine, variant) > 0 ? "not measured" : "invalid")
                    + "</small></td>";
        }
        String noisy = result.noisyRounds(engine, variant) > 0
                ? " <small class=\"warn\" title=\"noisy\">~</small>" : "";
        String ratio = "";
        if (baseline != null && !baseline.equals(engine)) {
            ratio = ratio(result, variant, engine, metric, baseline);
        }
        return "<td class=\"n\"><b>" + metric.text(stats.median()) + "</b>" + noisy + "<br>" + ratio
                + "</td>";
    }

    private static String ratio(Result result, String variant, String engine, Metric metric,
            String baseline) {
        Stats ratio = result.ratio(engine, baseline, variant, metric);
        if (ratio.count() == 0) {
            return "";
        }
        Interval interval = Interval.ofMedian(result.ratios(engine, baseline, variant, metric));
        String colour = "quiet";
        String range = "";
        if (interval.isKnown()) {
            boolean more = interval.low() > 1;
            if (more || interval.high() < 1) {
                colour = more == metric.better() > 0 ? "good" : "bad";
            }
            range = format(" <span class=\"quiet\">%.2f\u2013%.2f</span>", interval.low(),
                    interval.high());
        }
        return format("<small><span class=\"%s\">%.2f \u00d7</span>%s</small>", colour,
                ratio.median(), range);
    }

    private static void scenario(StringBuilder page, Result result) {
        StringBuilder content = new StringBuilder();
        for (String variant : result.scenario().variants()) {
            variant(content, result, variant);
        }
        section(page, result.scenario().name(), Html.escape(result.scenario().question()),
                content.toString());
    }

    private static void variant(StringBuilder content, Result result, String variant) {
        MatrixCharts charts = new MatrixCharts(result, variant);
        List<Metric> metrics = result.metrics(variant);
        content.append("<h3 class=\"variant\">").append(Html.escape(variant)).append("</h3>")
                .append("<div class=\"scroll\">").append(charts.memory());
        if (charts.hasTimes()) {
            content.append(metrics.contains(Metric.COMPLETE_P50_MS) ? charts.completion()
                    : charts.percentiles(metrics.contains(Metric.OPEN_P99_MS)
                    ? "handshake" : "latency"));
        }
        List<Metric> bars = metrics.stream().filter(metric -> metric.better() != 0).limit(BARS)
                .toList();
        content.append("</div><div class=\"two\">");
        bars.forEach(metric -> content.append("<div>").append(charts.bars(metric))
                .append("</div>"));
        content.append("</div>").append(figures(result, variant, metrics));
    }

    private static String figures(Result result, String variant, List<Metric> metrics) {
        StringBuilder table = new StringBuilder("<div class=\"scroll\"><table><thead><tr><th>engine"
                + "</th><th class=\"n\">rounds</th>");
        metrics.forEach(metric -> table.append("<th class=\"n\">")
                .append(Html.escape(metric.head().replace("us/", "\u00b5s/"))).append("</th>"));
        for (Metric metric : List.of(Metric.SERVER_PERCENT, Metric.LOAD_PERCENT,
                Metric.OTHERS_PERCENT)) {
            table.append("<th class=\"n\">").append(metric.head()).append("</th>");
        }
        table.append("</tr></thead><tbody>");
        for (String engine : result.engines()) {
            int valid = result.validRounds(engine, variant);
            table.append(format("<tr><td>%s</td><td class=\"n%s\">%d/%d</td>", Html.escape(engine),
                    valid < result.rounds() ? " bad" : "", valid, result.rounds()));
            metrics.forEach(metric -> table.append(figure(result, variant, engine, metric)));
            for (Metric metric : List.of(Metric.SERVER_PERCENT, Metric.LOAD_PERCENT,
                    Metric.OTHERS_PERCENT)) {
                table.append(figure(result, variant, engine, metric));
            }
            table.append("</tr>");
        }
        table.append("</tbody></table></div>");
        for (String engine : result.engines()) {
            result.faults(engine, variant).forEach(fault -> table.append("<p class=\"failure\"><b>")
                    .append(Html.escape(engine)).append("</b> invalid: ")
                    .append(Html.escape(fault)).append("</p>"));
            result.notes(engine, variant).forEach(note -> table.append("<p class=\"note\"><b>")
                    .append(Html.escape(engine)).append("</b>: ").append(Html.escape(note))
                    .append("</p>"));
        }
        return table.toString();
    }

    private static String figure(Result result, String variant, String engine, Metric metric) {
        Stats stats = result.stats(engine, variant, metric);
        return format("<td class=\"n\" title=\"%s\">%s</td>", stats.count() == 0 ? ""
                : metric.text(stats.min()) + " to " + metric.text(stats.max()),
                stats.count() == 0 ? "\u2013" : metric.text(stats.median()));
    }

    static void section(StringBuilder page, String title, String intro, String content) {
        page.append("<section><h2>").append(Html.escape(title)).append("</h2>");
        if (!intro.isEmpty()) {
            page.append("<p>").append(intro).append("</p>");
        }
        page.append(content).append("</section>");
    }

    static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
