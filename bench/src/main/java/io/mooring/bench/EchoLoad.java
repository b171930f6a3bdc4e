package io.mooring.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** One run of echo_load.c, pinned to a core of its own. */
public final class EchoLoad {

    /** What to send: at a fixed rate per second, or with one message in flight where it is 0. */
    public record Plan(int connections, int sizeBytes, long rate, double warmupSeconds,
            double windowSeconds) {
    }

    /** What came of it. Counts and times are of messages due within the window. */
    public record Result(long sent, long received, long errors, long windowEchoes, long late,
            long windowNs, long cpuNs, Histogram latencyNs, Histogram serviceNs) {

        /** How busy the load's own core was with it, in percent of the window. */
        public double cpuPercent() {
            return 100.0 * cpuNs / windowNs;
        }

        /** Messages sent later than allowed after they were due, in percent. */
        public double latePercent() {
            return sent == 0 ? 0 : 100.0 * late / sent;
        }
    }

    private static final long LATENCY_NS_MAX = 3_600_000_000_000L;
    private static final int DIGITS = 3;

    private EchoLoad() {
    }

    /**
     * Runs the load to its end; {@code onStart} and {@code onEnd} are called when the measured
     * window opens and closes.
     */
    public static Result run(Path program, Core core, int port, Plan plan, Runnable onStart,
            Runnable onEnd) {
        List<String> command = List.of(program.toString(),
                "-p", String.valueOf(port), "-c", String.valueOf(plan.connections()),
                "-b", String.valueOf(plan.sizeBytes()), "-r", String.valueOf(plan.rate()),
                "-w", String.valueOf(plan.warmupSeconds()),
                "-d", String.valueOf(plan.windowSeconds()));
        Process process = null;
        try {
            process = core.start(new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT));
            return read(process, onStart, onEnd);
        } catch (IOException e) {
            throw new BenchException("the load failed: " + e.getMessage());
        } finally {
            if (process != null) {
                process.destroy();
            }
        }
    }

    private static Result read(Process process, Runnable onStart, Runnable onEnd)
            throws IOException {
        String json = null;
        BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            switch (line) {
                case "measure-start" -> onStart.run();
                case "measure-end" -> onEnd.run();
                default -> json = line;
            }
        }
        if (json == null) {
            throw new BenchException("the load ended without a result; its message is above");
        }
        return parse(json);
    }

    /** The load's line of JSON. */
    public static Result parse(String json) {
        Map<String, Object> map = Json.parseObject(json);
        return new Result(number(map, "sent"), number(map, "received"), number(map, "errors"),
                number(map, "window_echoes"), number(map, "late"), number(map, "window_ns"),
                number(map, "cpu_ns"), histogram(map.get("latency_ns")),
                histogram(map.get("service_ns")));
    }

    private static long number(Map<String, Object> map, String key) {
        if (map.get(key) instanceof Long value) {
            return value;
        }
        throw new IllegalArgumentException("the load's result has no " + key);
    }

    /** From {@code "buckets":[[ns,count],...]}. */
    public static Histogram histogram(Object value) {
        Histogram histogram = new Histogram(LATENCY_NS_MAX, DIGITS);
        if (Json.object(value).get("buckets") instanceof List<?> buckets) {
            for (Object bucket : buckets) {
                List<?> pair = (List<?>) bucket;
                long ns = Math.min((Long) pair.get(0), LATENCY_NS_MAX);
                histogram.recordValueWithCount(ns, (Long) pair.get(1));
            }
        }
        return histogram;
    }
}
