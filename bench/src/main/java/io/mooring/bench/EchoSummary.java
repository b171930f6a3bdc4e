package io.mooring.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * All rounds of {@code echo-rate}: medians and ratios of valid rows only. A ratio is taken within
 * each round, then the median of the ratios.
 */
record EchoSummary(List<String> engines, int rounds, List<EchoRow> rows) {

    /** Server CPU per message of each round, in microseconds; NaN where the row is not valid. */
    double[] microsByRound(String engine) {
        double[] micros = new double[rounds];
        Arrays.fill(micros, Double.NaN);
        for (EchoRow row : rows) {
            if (row.engine().equals(engine) && row.isValid()) {
                micros[row.round() - 1] = row.serverMicros();
            }
        }
        return micros;
    }

    Stats micros(String engine) {
        return Stats.of(Arrays.stream(microsByRound(engine)).filter(Double::isFinite).boxed()
                .toList());
    }

    Stats ratio(String engine, String base) {
        return Stats.ofRatios(microsByRound(engine), microsByRound(base));
    }

    /** Of all valid rows together. */
    Histogram latencyNs(String engine) {
        Histogram all = new Histogram(3);
        rows.stream().filter(row -> row.engine().equals(engine) && row.isValid())
                .forEach(row -> all.add(row.load().latencyNs()));
        return all;
    }

    List<String> enginesWithoutValidRound() {
        return engines.stream().filter(engine -> micros(engine).count() == 0).toList();
    }

    private List<String> bases() {
        List<String> bases = new ArrayList<>(List.of(EngineOptions.NETTY_EPOLL,
                EngineOptions.C_LOOP));
        bases.retainAll(engines);
        return bases;
    }

    String table() {
        List<String> heads = new ArrayList<>(List.of("engine", "valid", "us/msg median", "min",
                "max", "spread"));
        bases().forEach(base -> heads.add("x " + base));
        heads.addAll(List.of("p50 ms", "p99 ms", "p99.9 ms"));
        Table table = new Table(heads.toArray(String[]::new));
        for (String engine : engines) {
            Stats micros = micros(engine);
            List<Object> cells = new ArrayList<>(List.of(engine, micros.count() + "/" + rounds,
                    two(micros.median()), two(micros.min()), two(micros.max()),
                    Double.isNaN(micros.median()) ? "-"
                            : "%.0f %%".formatted(micros.spreadPercent())));
            bases().forEach(base -> cells.add(two(ratio(engine, base).median())));
            Histogram latency = latencyNs(engine);
            for (double percent : new double[] {50, 99, 99.9}) {
                cells.add(latency.getTotalCount() == 0 ? "-"
                        : two(latency.getValueAtPercentile(percent) / 1e6));
            }
            table.row(cells.toArray());
        }
        return table.toString();
    }

    private static String two(double value) {
        return Double.isNaN(value) ? "-" : "%.2f".formatted(value);
    }

    List<Object> json() {
        List<Object> list = new ArrayList<>();
        for (String engine : engines) {
            Stats micros = micros(engine);
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("engine", engine);
            json.put("valid_rounds", micros.count());
            json.put("server_us_per_message_median", micros.median());
            json.put("server_us_per_message_min", micros.min());
            json.put("server_us_per_message_max", micros.max());
            for (String base : bases()) {
                Stats ratio = ratio(engine, base);
                json.put("ratio_to_" + base, ratio.median());
                json.put("ratio_to_" + base + "_min", ratio.min());
                json.put("ratio_to_" + base + "_max", ratio.max());
            }
            json.put("latency_ns", EchoRow.percentiles(latencyNs(engine)));
            list.add(json);
        }
        return list;
    }
}
