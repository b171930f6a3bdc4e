package io.mooring.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * All rounds of {@code broadcast}: medians and ratios of valid rows only. A ratio is taken within
 * each round, then the median of the ratios. Times to completion are those of rows where they are
 * the server's.
 */
record BroadcastSummary(List<String> engines, List<String> baselines, int rounds,
        List<BroadcastRow> rows) {

    /** Of each round; NaN where the row is not valid. */
    private double[] byRound(String engine, ToDoubleFunction<BroadcastRow> value) {
        double[] values = new double[rounds];
        Arrays.fill(values, Double.NaN);
        for (BroadcastRow row : valid(engine)) {
            values[row.round() - 1] = value.applyAsDouble(row);
        }
        return values;
    }

    private List<BroadcastRow> valid(String engine) {
        return rows.stream().filter(row -> row.engine().equals(engine) && row.isValid()).toList();
    }

    /** Server CPU per delivery, in microseconds. */
    Stats micros(String engine) {
        return Stats.of(valid(engine).stream().map(BroadcastRow::serverMicros).toList());
    }

    /** Of the CPU per delivery. */
    Stats ratio(String engine, String baseline) {
        return Stats.ofRatios(byRound(engine, BroadcastRow::serverMicros),
                byRound(baseline, BroadcastRow::serverMicros));
    }

    /** Of all broadcasts together, in milliseconds, in order. */
    List<Double> completeMs(String engine) {
        return valid(engine).stream().filter(row -> !row.isReceiverBound())
                .flatMap(row -> row.completeMs().stream()).sorted().toList();
    }

    /** Valid rows whose time to completion is the receivers'. */
    long receiverBound(String engine) {
        return valid(engine).stream().filter(BroadcastRow::isReceiverBound).count();
    }

    /** Of values in order, by nearest rank; NaN of none. */
    static double percentile(List<Double> sorted, double percent) {
        return sorted.isEmpty() ? Double.NaN
                : sorted.get((int) Math.ceil(percent / 100 * sorted.size()) - 1);
    }

    List<String> enginesWithoutValidRound() {
        return engines.stream().filter(engine -> micros(engine).count() == 0).toList();
    }

    String table() {
        List<String> heads = new ArrayList<>(List.of("engine", "valid", "us/delivery median", "min",
                "max", "spread"));
        baselines.forEach(baseline -> heads.add("x " + baseline));
        heads.addAll(List.of("complete p50 ms", "p99", "max", "receiver-bound"));
        Table table = new Table(heads.toArray(String[]::new));
        for (String engine : engines) {
            Stats micros = micros(engine);
            List<Object> cells = new ArrayList<>(List.of(engine, micros.count() + "/" + rounds,
                    text("%.2f", micros.median()), text("%.2f", micros.min()),
                    text("%.2f", micros.max()), text("%.0f %%", micros.spreadPercent())));
            baselines.forEach(baseline ->
                    cells.add(text("%.2f", ratio(engine, baseline).median())));
            List<Double> complete = completeMs(engine);
            for (double percent : new double[] {50, 99, 100}) {
                cells.add(text("%.0f", percentile(complete, percent)));
            }
            cells.add(receiverBound(engine));
            table.row(cells.toArray());
        }
        return table.toString();
    }

    private static String text(String format, double value) {
        return Double.isNaN(value) ? "-" : format.formatted(value);
    }

    List<Object> json() {
        List<Object> list = new ArrayList<>();
        for (String engine : engines) {
            Stats micros = micros(engine);
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("engine", engine);
            json.put("valid_rounds", micros.count());
            json.put("receiver_bound_rounds", receiverBound(engine));
            json.put("server_us_per_delivery_median", micros.median());
            json.put("server_us_per_delivery_min", micros.min());
            json.put("server_us_per_delivery_max", micros.max());
            for (String baseline : baselines) {
                Stats ratio = ratio(engine, baseline);
                json.put("ratio_to_" + baseline, ratio.median());
                json.put("ratio_to_" + baseline + "_min", ratio.min());
                json.put("ratio_to_" + baseline + "_max", ratio.max());
            }
            List<Double> complete = completeMs(engine);
            json.put("complete_ms_p50", percentile(complete, 50));
            json.put("complete_ms_p99", percentile(complete, 99));
            json.put("complete_ms_max", percentile(complete, 100));
            list.add(json);
        }
        return list;
    }
}
