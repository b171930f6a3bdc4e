package io.mooring.bench.million;

import io.mooring.bench.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the swarm says on its standard output: one JSON object a line. */
public sealed interface SwarmEvent {

    /** While it grows or closes, a few times a second. */
    record Progress(int connected, int failed, int target, long elapsedMs) implements SwarmEvent {
    }

    /**
     * It has tried for as many as it was told to.
     *
     * @param failed attempts of this growth, by reason
     * @param lost of all connections ever, those that it did not close itself
     */
    record Grown(int connected, Map<String, Long> failed, int failedTotal, int lost,
            long elapsedMs) implements SwarmEvent {
    }

    /** One broadcast; {@code curve}: milliseconds and how many had it by then. */
    record Broadcast(int number, int receivers, int received, int missing, int corrupt,
            double completeMs, Map<String, Double> latencyMs, List<double[]> curve)
            implements SwarmEvent {
    }

    /** All broadcasts of the command are done. */
    record Broadcasted() implements SwarmEvent {
    }

    /** {@code deaf}: of those connected, never read from. */
    record Status(int connected, int lost, int deaf) implements SwarmEvent {
    }

    /** {@code lost}: while it closed. */
    record Closed(int closed, int lost, long elapsedMs) implements SwarmEvent {
    }

    record Error(String message) implements SwarmEvent {
    }

    /** Its output has ended. */
    record Ended() implements SwarmEvent {
    }

    /** Throws IllegalArgumentException for a line that is no event; null for an unknown one. */
    static SwarmEvent parse(String line) {
        Map<String, Object> json = Json.parseObject(line);
        return switch (String.valueOf(json.get("event"))) {
            case "progress" -> new Progress(whole(json, "connected"), whole(json, "failed"),
                    whole(json, "target"), whole(json, "elapsed_ms"));
            case "grown" -> grown(json);
            case "broadcast" -> broadcast(json);
            case "broadcasted" -> new Broadcasted();
            case "status" -> new Status(whole(json, "connected"), whole(json, "lost"),
                    whole(json, "deaf"));
            case "closed" -> new Closed(whole(json, "closed"), whole(json, "lost"),
                    whole(json, "elapsed_ms"));
            case "error" -> new Error(String.valueOf(json.get("message")));
            default -> null;
        };
    }

    private static Grown grown(Map<String, Object> json) {
        Map<String, Long> failed = new LinkedHashMap<>();
        if (json.get("failed") instanceof Map<?, ?> reasons) {
            Json.object(reasons).forEach((why, count) ->
                    failed.put(why, (long) number(count)));
        }
        return new Grown(whole(json, "connected"), failed, whole(json, "failed_total"),
                whole(json, "lost"), whole(json, "elapsed_ms"));
    }

    private static Broadcast broadcast(Map<String, Object> json) {
        Map<String, Double> latency = new LinkedHashMap<>();
        if (json.get("latency_ms") instanceof Map<?, ?> percentiles) {
            Json.object(percentiles).forEach((name, ms) -> latency.put(name, number(ms)));
        }
        List<double[]> curve = new ArrayList<>();
        if (json.get("curve") instanceof List<?> points) {
            for (Object point : points) {
                if (point instanceof List<?> pair && pair.size() == 2) {
                    curve.add(new double[] {number(pair.get(0)), number(pair.get(1))});
                }
            }
        }
        return new Broadcast(whole(json, "number"), whole(json, "receivers"),
                whole(json, "received"), whole(json, "missing"), whole(json, "corrupt"),
                number(json.get("complete_ms")), latency, curve);
    }

    private static int whole(Map<String, Object> json, String name) {
        return (int) number(json.getOrDefault(name, 0L));
    }

    private static double number(Object value) {
        return value instanceof Number number ? number.doubleValue() : Double.NaN;
    }
}
