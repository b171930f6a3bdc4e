package io.mooring.bench.matrix;

import io.mooring.bench.Stats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.HdrHistogram.Histogram;

/**
 * All rows of a scenario, and what may be said of them: medians of valid rows only; ratios within
 * each round, for neighbours in time share the host's weather, and then their median.
 */
record Result(Scenario scenario, List<String> engines, List<String> baselines, int rounds,
        List<Row> rows) {

    private static final int DIGITS = 3;

    private List<Row> valid(String engine, String variant) {
        return rows.stream().filter(row -> row.engine().equals(engine)
                && row.variant().equals(variant) && row.isValid()).toList();
    }

    /** Of each round; NaN where there is none that counts. */
    double[] byRound(String engine, String variant, Metric metric) {
        double[] values = new double[rounds];
        Arrays.fill(values, Double.NaN);
        List<Row> valid = valid(engine, variant);
        boolean anySure = valid.stream().anyMatch(row -> !row.isDoubtful(metric)
                && Double.isFinite(row.figure(metric)));
        for (Row row : valid) {
            if (!anySure || !row.isDoubtful(metric)) {
                values[row.round() - 1] = row.figure(metric);
            }
        }
        return values;
    }

    Stats stats(String engine, String variant, Metric metric) {
        return Stats.of(Arrays.stream(byRound(engine, variant, metric)).filter(Double::isFinite)
                .boxed().toList());
    }

    double[] ratios(String engine, String baseline, String variant, Metric metric) {
        double[] values = byRound(engine, variant, metric);
        double[] base = byRound(baseline, variant, metric);
        Arrays.setAll(values, i -> values[i] / base[i]);
        return values;
    }

    Stats ratio(String engine, String baseline, String variant, Metric metric) {
        return Stats.ofRatios(byRound(engine, variant, metric),
                byRound(baseline, variant, metric));
    }

    int validRounds(String engine, String variant) {
        return valid(engine, variant).size();
    }

    long noisyRounds(String engine, String variant) {
        return valid(engine, variant).stream().filter(Row::isNoisy).count();
    }

    /** Of all valid rounds together, in nanoseconds; empty where nothing was timed. */
    Histogram times(String engine, String variant) {
        Histogram all = new Histogram(DIGITS);
        valid(engine, variant).stream().filter(row -> row.times() != null)
                .forEach(row -> all.add(row.times()));
        return all;
    }

    /** Bytes per connection by cache: medians. */
    Map<String, Double> slabs(String engine, String variant) {
        TreeSet<String> caches = new TreeSet<>();
        List<Row> valid = valid(engine, variant);
        valid.forEach(row -> caches.addAll(row.slabs().keySet()));
        Map<String, Double> slabs = new TreeMap<>();
        for (String cache : caches) {
            slabs.put(cache, Stats.of(valid.stream().map(row ->
                    row.slabs().getOrDefault(cache, 0.0)).toList()).median());
        }
        return slabs;
    }

    /** Each once: what must be known of the rows, and why some do not count. */
    List<String> notes(String engine, String variant) {
        return rows.stream().filter(row -> row.engine().equals(engine)
                && row.variant().equals(variant)).flatMap(row -> row.notes().stream()).distinct()
                .toList();
    }

    /** Each once, with its rounds: why rows do not count. */
    List<String> faults(String engine, String variant) {
        Map<String, List<Integer>> rounds = new TreeMap<>();
        rows.stream().filter(row -> row.engine().equals(engine)
                && row.variant().equals(variant)).forEach(row -> row.faults().forEach(fault ->
                rounds.computeIfAbsent(fault, any -> new ArrayList<>())
                        .add(row.round())));
        return rounds.entrySet().stream().map(entry -> entry.getValue().size() == this.rounds
                ? entry.getKey() : "round " + String.join(", ", entry.getValue().stream()
                .map(String::valueOf).toList()) + ": " + entry.getKey()).toList();
    }

    /** Engines and variants without a single round that counts. */
    List<String> unmeasured() {
        return scenario.variants().stream().flatMap(variant -> engines.stream()
                .filter(engine -> validRounds(engine, variant) == 0)
                .map(engine -> "%s, %s: %s".formatted(scenario.name(), variant, engine))).toList();
    }

    /** Those of the scenario's metrics that anybody has. */
    List<Metric> metrics(String variant) {
        return scenario.metrics().stream().filter(metric -> engines.stream()
                .anyMatch(engine -> stats(engine, variant, metric).count() > 0)).toList();
    }
}
