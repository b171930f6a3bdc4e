package io.mooring.bench.matrix;

import io.mooring.bench.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Two reports, figure by figure. What the host's weather moves is compared as its ratio to a
 * baseline that both have measured, for absolute figures of two days do not compare; memory as it
 * is. A difference counts when it is more than the tolerance and the two ranges of rounds do not
 * meet.
 */
record Comparison(List<Line> lines, List<String> notes) {

    /** One figure. {@code change}: of the medians, a ratio; {@code worse}: beyond noise. */
    record Line(String where, String engine, Metric metric, String against, Range before,
            Range after, boolean better, boolean worse) {

        double change() {
            return after.median / before.median;
        }
    }

    /** Of the rounds. */
    record Range(double median, double min, double max) {

        private static Range of(Object json) {
            Map<String, Object> map = Json.object(json);
            return new Range(number(map.get("median")), number(map.get("min")),
                    number(map.get("max")));
        }

        private boolean meets(Range other) {
            return min <= other.max && other.min <= max;
        }
    }

    static double number(Object value) {
        return value instanceof Number number ? number.doubleValue() : Double.NaN;
    }

    static Comparison of(Map<String, Object> before, Map<String, Object> after,
            double tolerancePercent) {
        List<String> notes = new ArrayList<>();
        if (!before.get("machine").equals(after.get("machine"))) {
            notes.add("the machines differ (kernel, cores, memory, limits or Java)");
        }
        if (!before.get("quick").equals(false) || !after.get("quick").equals(false)) {
            notes.add("a report is of --quick: its figures are rough");
        }
        Map<String, Map<String, Object>> old = cells(before);
        Map<String, Map<String, Object>> now = cells(after);
        Set<String> only = new LinkedHashSet<>(old.keySet());
        only.removeAll(now.keySet());
        only.forEach(cell -> notes.add("only in the first: " + cell));
        List<Line> lines = new ArrayList<>();
        now.forEach((cell, figures) -> {
            if (old.containsKey(cell)) {
                lines.addAll(lines(cell, old.get(cell), figures, tolerancePercent));
            } else {
                notes.add("only in the second: " + cell);
            }
        });
        return new Comparison(lines, notes);
    }

    /** What each engine has in each variant of each scenario, by that. */
    private static Map<String, Map<String, Object>> cells(Map<String, Object> report) {
        Map<String, Map<String, Object>> cells = new LinkedHashMap<>();
        for (Object scenario : (List<?>) report.get("scenarios")) {
            for (Object variant : (List<?>) Json.object(scenario).get("variants")) {
                for (Object engine : (List<?>) Json.object(variant).get("engines")) {
                    Map<String, Object> figures = Json.object(engine);
                    cells.put(Json.object(scenario).get("name") + ", "
                            + Json.object(variant).get("name") + ": " + figures.get("engine"),
                            figures);
                }
            }
        }
        return cells;
    }

    private static List<Line> lines(String cell, Map<String, Object> before,
            Map<String, Object> after, double tolerancePercent) {
        List<Line> lines = new ArrayList<>();
        String engine = after.get("engine").toString();
        String where = cell.substring(0, cell.length() - engine.length() - 2);
        String baseline = Json.object(after.get("ratios")).keySet().stream()
                .filter(name -> !name.equals(engine)
                        && Json.object(before.get("ratios")).containsKey(name))
                .findFirst().orElse(null);
        for (Metric metric : Metric.values()) {
            String against = metric.isOfTime() ? baseline : null;
            Object old = figure(before, metric, against);
            Object now = figure(after, metric, against);
            if (metric.better() != 0 && old != null && now != null) {
                lines.add(line(where, engine, metric, against, Range.of(old), Range.of(now),
                        tolerancePercent));
            }
        }
        return lines;
    }

    private static Object figure(Map<String, Object> cell, Metric metric, String against) {
        return against == null ? Json.object(cell.get("figures")).get(metric.key())
                : Json.object(Json.object(cell.get("ratios")).get(against)).get(metric.key());
    }

    private static Line line(String where, String engine, Metric metric, String against,
            Range before, Range after, double tolerancePercent) {
        double gain = metric.better() * (after.median / before.median - 1);
        // Without a baseline a figure of time is the weather's as much as the engine's: only said.
        boolean counts = Math.abs(gain) > tolerancePercent / 100 && !before.meets(after)
                && (against != null || !metric.isOfTime());
        return new Line(where, engine, metric, against, before, after, counts && gain > 0,
                counts && gain < 0);
    }

    List<Line> regressions() {
        return lines.stream().filter(Line::worse).toList();
    }
}
