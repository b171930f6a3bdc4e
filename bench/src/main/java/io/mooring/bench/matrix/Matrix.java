package io.mooring.bench.matrix;

import io.mooring.bench.BenchException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The order of measuring. For each scenario all engines are started and warmed; then in each round,
 * for each variant, each has its turn while the others are silent (A B C, A B C, ...), so that
 * neighbours in time can be compared. An engine that fails is left out of the rest of its scenario,
 * and the others go on.
 */
final class Matrix {

    private final Bench bench;
    private final List<String> engines;
    private final List<String> baselines;
    private final Consumer<String> say;

    Matrix(Bench bench, List<String> engines, List<String> baselines, Consumer<String> say) {
        this.bench = bench;
        this.engines = engines;
        this.baselines = baselines;
        this.say = say;
    }

    Result run(Scenario scenario, int rounds) {
        List<String> order = new ArrayList<>(scenario.references());
        order.addAll(engines);
        Map<String, Turn> turns = new LinkedHashMap<>();
        List<Row> rows = new ArrayList<>();
        try {
            order.forEach(engine -> turns.put(engine, open(scenario, engine)));
            for (int round = 1; round <= rounds; round++) {
                for (String variant : scenario.variants()) {
                    for (String engine : order) {
                        Row row = turns.get(engine).measure(engine, variant, round);
                        rows.add(row);
                        say.accept(line(scenario, row));
                    }
                }
            }
        } finally {
            turns.values().forEach(Turn::close);
        }
        return new Result(scenario, engines, baselines, rounds, rows);
    }

    private Turn open(Scenario scenario, String engine) {
        Turn turn = new Turn();
        try {
            turn.subject = scenario.open(engine, bench);
        } catch (BenchException e) {
            turn.failure = e.getMessage();
        }
        return turn;
    }

    /** An engine's place in the order: it runs, or it has failed. */
    private static final class Turn {

        private Scenario.Subject subject;
        private String failure;

        Row measure(String engine, String variant, int round) {
            if (failure == null) {
                try {
                    return subject.measure(variant, round);
                } catch (BenchException e) {
                    failure = e.getMessage();
                    close();
                }
            }
            return Row.failed(engine, variant, round, failure);
        }

        void close() {
            if (subject != null) {
                subject.close();
                subject = null;
            }
        }
    }

    private static String line(Scenario scenario, Row row) {
        StringBuilder text = new StringBuilder("%-10s %-14s %-22s %d:".formatted(scenario.name(),
                row.variant(), row.engine(), row.round()));
        row.figures().forEach((metric, value) -> {
            if (scenario.metrics().contains(metric) || metric.better() == 0) {
                text.append("  ").append(metric.text(value)).append(' ').append(metric.head());
            }
        });
        text.append(row.isNoisy() ? "  NOISY" : "");
        return text.append(row.isValid() ? ""
                : "  INVALID: " + String.join(", ", row.faults())).toString();
    }
}
