package io.mooring.bench.storm;

import io.mooring.bench.EchoLoad;
import io.mooring.bench.Stats;
import io.mooring.bench.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** All that was measured, what is said of it, and whether it may be. */
final class Outcome {

    private static final double NANOS_PER_MS = 1e6;
    private static final double MICROS_PER_MS = 1e3;
    private static final int DIGITS = 3;
    private static final double OTHERS_PERCENT_MAX = 25;
    private static final double MISSING_ECHOES_MAX = 0.001;

    private final Histogram quiet = new Histogram(DIGITS);
    private final Histogram storm = new Histogram(DIGITS);
    private final Histogram hearing = new Histogram(DIGITS);
    private final Histogram withDeaf = new Histogram(DIGITS);
    /** Echoes of the windows, and those of them that the load itself sent late; quiet, storm. */
    private final long[] sent = new long[2];
    private final long[] late = new long[2];
    /** By round, nanoseconds; quiet, storm. */
    private final List<Double> quietP99 = new ArrayList<>();
    private final List<Double> stormP99 = new ArrayList<>();
    private final List<Double> ratios = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();
    private final List<Crowd.Account> accounts = new ArrayList<>();
    private final Map<String, Gauges.Seen> seen = new LinkedHashMap<>();

    private double othersPercent;

    void echo(boolean isStorm, EchoLoad.Result result) {
        (isStorm ? storm : quiet).add(result.latencyNs());
        (isStorm ? stormP99 : quietP99)
                .add((double) result.latencyNs().getValueAtPercentile(99));
        sent[isStorm ? 1 : 0] += result.sent();
        late[isStorm ? 1 : 0] += result.late();
        String when = isStorm ? "in the storm" : "on the quiet server";
        if (result.errors() > 0 || result.windowEchoes() == 0) {
            faults.add("%,d errors, %,d echoes %s".formatted(result.errors(),
                    result.windowEchoes(), when));
        }
        long missing = result.sent() - result.received();
        if (missing > result.sent() * MISSING_ECHOES_MAX) {
            faults.add("%,d of %,d echoes missing %s".formatted(missing, result.sent(), when));
        }
    }

    /** One round of each, in milliseconds. */
    void completions(List<Double> hearingMs, List<Double> withDeafMs) {
        hearingMs.forEach(ms -> hearing.recordValue(Math.round(ms * MICROS_PER_MS)));
        withDeafMs.forEach(ms -> withDeaf.recordValue(Math.round(ms * MICROS_PER_MS)));
        ratios.add(Stats.of(withDeafMs).median() / Stats.of(hearingMs).median());
    }

    void account(Crowd.Account account) {
        accounts.add(account);
        if (!account.isWhole()) {
            faults.add("lost among those who hear: " + account.line());
        }
    }

    void seen(String phase, Gauges.Seen what, Bounds bounds) {
        seen.put(phase, what);
        bounds.broken(what).forEach(broken -> faults.add(phase + ": " + broken));
    }

    /** What neither server, subscribers nor echoes used, in percent of one core. */
    void others(double percent) {
        othersPercent = Math.max(0, percent);
    }

    /** Of round medians, with deaf receivers to without. */
    Stats ratio() {
        return Stats.of(ratios);
    }

    /** Of a round's 99th percentiles of echoes, in the storm to quiet. */
    private Stats echoRatio() {
        return Stats.ofRatios(stormP99.stream().mapToDouble(Double::doubleValue).toArray(),
                quietP99.stream().mapToDouble(Double::doubleValue).toArray());
    }

    List<String> faults() {
        return List.copyOf(faults);
    }

    String text() {
        return "\n" + latencies() + "\n" + gauges() + "\n" + verdict();
    }

    private Table latencies() {
        return new Table("ms", "p50", "p99", "p99.9", "max", "count")
                .row(row("echo, quiet server", quiet, NANOS_PER_MS))
                .row(row("echo, in the storm", storm, NANOS_PER_MS))
                .row(row("complete, all hear", hearing, MICROS_PER_MS))
                .row(row("complete, some deaf", withDeaf, MICROS_PER_MS));
    }

    private static Object[] row(String name, Histogram histogram, double perMs) {
        return new Object[] {name, ms(histogram, 50, perMs), ms(histogram, 99, perMs),
            ms(histogram, 99.9, perMs), ms(histogram, 100, perMs),
            String.format(Locale.ROOT, "%,d", histogram.getTotalCount())};
    }

    private static String ms(Histogram histogram, double percent, double perMs) {
        return histogram.getTotalCount() == 0 ? "-" : String.format(Locale.ROOT, "%,.2f",
                histogram.getValueAtPercentile(percent) / perMs);
    }

    private Table gauges() {
        Table table = new Table("least to most", "server RSS", "backlog", "TCP", "collections");
        seen.forEach((phase, what) -> table.row(phase, what.rss().text(), what.backlog().text(),
                what.tcp().text(), what.collections()));
        return table;
    }

    private String verdict() {
        StringBuilder text = new StringBuilder();
        accounts.forEach(account -> text.append(account.line()).append('\n'));
        Stats echo = echoRatio();
        text.append(String.format(Locale.ROOT, "echo p99 in the storm: %.1f x the quiet one's of"
                + " its round (%.1f to %.1f)%n", echo.median(), echo.min(), echo.max()));
        text.append(String.format(Locale.ROOT, "the echo load itself sent late: %.1f %% on the"
                + " quiet server, %.1f %% in the storm%n", latePercent(0), latePercent(1)));
        text.append(String.format(Locale.ROOT, "time to completion with deaf receivers: %.2f x "
                + "without (%.2f to %.2f, %d rounds)%n", ratio().median(), ratio().min(),
                ratio().max(), ratio().count()));
        if (othersPercent > OTHERS_PERCENT_MAX) {
            text.append(String.format(Locale.ROOT, "NOISY: others used %.0f %% of a core; for times"
                    + " to quote, use a quiet machine%n", othersPercent));
        }
        faults.forEach(fault -> text.append("FAILED: ").append(fault).append('\n'));
        return text.append(faults.isEmpty() ? "PASSED: nothing was lost among those who hear, and"
                + " memory stayed within its bounds\n" : "").toString();
    }

    private double latePercent(int storm) {
        return sent[storm] == 0 ? 0 : 100.0 * late[storm] / sent[storm];
    }

    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("echo_quiet_ms", percentiles(quiet, NANOS_PER_MS));
        json.put("echo_storm_ms", percentiles(storm, NANOS_PER_MS));
        json.put("others_cpu_percent", othersPercent);
        json.put("echo_quiet_late_percent", latePercent(0));
        json.put("echo_storm_late_percent", latePercent(1));
        json.put("echo_p99_ratio", echoRatio().median());
        json.put("complete_ms", percentiles(hearing, MICROS_PER_MS));
        json.put("complete_with_deaf_ms", percentiles(withDeaf, MICROS_PER_MS));
        json.put("complete_ratios", ratios);
        json.put("complete_ratio", ratio().median());
        Map<String, Object> phases = new LinkedHashMap<>();
        seen.forEach((phase, what) -> phases.put(phase, what.json()));
        json.put("seen", phases);
        List<Object> crowds = new ArrayList<>();
        for (Crowd.Account account : accounts) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("name", account.name());
            one.put("broadcasts", account.broadcasts());
            one.put("deliveries", account.deliveries());
            one.put("missing", account.missing());
            one.put("wrong", account.wrong());
            one.put("lost", account.lost());
            one.put("deaf", account.deaf());
            crowds.add(one);
        }
        json.put("crowds", crowds);
        json.put("faults", faults);
        json.put("passed", faults.isEmpty());
        return json;
    }

    private static Map<String, Object> percentiles(Histogram histogram, double perMs) {
        Map<String, Object> json = new LinkedHashMap<>();
        for (double percent : new double[] {50, 90, 99, 99.9, 100}) {
            json.put(percent == 100 ? "max" : "p" + (percent == 99.9 ? "99.9" : (int) percent),
                    histogram.getTotalCount() == 0 ? null
                            : histogram.getValueAtPercentile(percent) / perMs);
        }
        json.put("count", histogram.getTotalCount());
        return json;
    }
}
