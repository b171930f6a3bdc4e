package io.mooring.server;

import io.mooring.swarm.Swarm;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** The figures of one swarm run, as a table or as JSON. */
final class SwarmReport {
    private static final double NANOS_PER_MS = 1e6;

    private final Map<String, Object> figures = new LinkedHashMap<>();
    private final Map<String, Object> table = new LinkedHashMap<>();

    static double millis(long nanos) {
        return nanos / NANOS_PER_MS;
    }

    static Map<String, Object> percentiles(Histogram nanos) {
        if (nanos.getTotalCount() == 0) {
            return JsonText.object("p50", null, "p90", null, "p99", null, "p99.9", null, "max",
                null);
        }
        return JsonText.object(
            "p50", millis(nanos.getValueAtPercentile(50)),
            "p90", millis(nanos.getValueAtPercentile(90)),
            "p99", millis(nanos.getValueAtPercentile(99)),
            "p99.9", millis(nanos.getValueAtPercentile(99.9)),
            "max", millis(nanos.getMaxValue()));
    }

    void put(String name, String label, Object value) {
        figures.put(name, value);
        table.put(label, value);
    }

    void connections(String url, int asked, Swarm.Status status, Map<String, Long> failures,
        double rampSeconds, long connectedAtRamp) {
        put("url", "target", url);
        put("connections", "connections asked for", asked);
        put("connected", "connected", connectedAtRamp);
        put("failed_total", "failed", status.failed());
        put("lost", "lost", status.lost());
        put("failures", " ", new TreeMap<>(failures));
        put("rings", "rings", status.rings());
        put("ramp_seconds", "ramp, s", rampSeconds);
        put("ramp_per_second", "ramp, connections/s", connectedAtRamp / rampSeconds);
    }

    void latency(String name, String label, Histogram nanos) {
        put(name, label, percentiles(nanos));
    }

    String json() {
        return JsonText.of(figures);
    }

    String table() {
        StringBuilder out = new StringBuilder();
        table.forEach((label, value) -> {
            if (value instanceof Map<?, ?> map) {
                map.forEach((name, each) -> row(out, label + " " + name, each));
            } else {
                row(out, label, value);
            }
        });
        return out.toString();
    }

    private static void row(StringBuilder out, String label, Object value) {
        String text = switch (value) {
            case null -> "-";
            case Double number -> String.format(Locale.ROOT, "%,.3f", number);
            case Number number -> String.format(Locale.ROOT, "%,d", number.longValue());
            default -> value.toString();
        };
        out.append(String.format(Locale.ROOT, "%-32s %20s%n", label, text));
    }
}
