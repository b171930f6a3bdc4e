package io.mooring.bench.jmh;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.util.Statistics;

/**
 * One benchmark with one set of parameters.
 *
 * @param name class and method
 * @param parameters as {@code size=64 past=1}; empty: it has none
 * @param ns for each operation, median of the iterations
 * @param bytes allocated on the heap for each operation
 * @param operations that were measured
 * @param promisesNothing whether it must not allocate: {@link AllocatesNothing}
 */
record Micro(String name, String parameters, double ns, double minNs, double maxNs, double bytes,
        long operations, boolean promisesNothing) {

    private static final String LINE = "%-34s  %-20s  %10s  %10s  %10s  %6s";
    private static final String ALLOCATED = "gc.alloc.rate.norm";
    /** The smallest object has 8 bytes: less than this is what the measurement itself allocates, */
    private static final double BYTES_MAX = 1;
    /**
     * spread over all operations. With few of them, as on a busy machine, as long as it is no more
     * than this in all: the first measurement in a JVM takes 140 KB for itself.
     */
    private static final double BYTES_IN_ALL_MAX = 512 << 10;

    static Micro of(RunResult result) {
        BenchmarkParams benchmark = result.getParams();
        List<String> parameters = new ArrayList<>();
        for (String key : benchmark.getParamsKeys()) {
            parameters.add(key + "=" + benchmark.getParam(key));
        }
        Statistics ns = result.getPrimaryResult().getStatistics();
        long operations = result.getBenchmarkResults().stream()
                .mapToLong(fork -> fork.getMetadata().getMeasurementOps()).sum();
        return new Micro(shortName(benchmark.getBenchmark()), String.join(" ", parameters),
                ns.getPercentile(50), ns.getMin(), ns.getMax(), allocated(result), operations,
                promisesNothing(benchmark.getBenchmark()));
    }

    static String shortName(String benchmark) {
        return benchmark.substring(Micro.class.getPackageName().length() + 1);
    }

    @SuppressWarnings("rawtypes") // JMH's own
    private static double allocated(RunResult result) {
        return result.getSecondaryResults().entrySet().stream()
                .filter(entry -> entry.getKey().endsWith(ALLOCATED))
                .mapToDouble(entry -> entry.getValue().getScore())
                .findFirst().orElse(Double.NaN); // an iteration that came to no figure
    }

    private static boolean promisesNothing(String benchmark) {
        int dot = benchmark.lastIndexOf('.');
        try {
            return Class.forName(benchmark.substring(0, dot))
                    .getMethod(benchmark.substring(dot + 1))
                    .isAnnotationPresent(AllocatesNothing.class);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(benchmark + " is listed and not there", e);
        }
    }

    boolean isPromiseBroken() {
        // Neither holds of what was not counted (NaN).
        boolean kept = bytes < BYTES_MAX || bytes * operations <= BYTES_IN_ALL_MAX;
        return promisesNothing && !kept;
    }

    static String heads() {
        return LINE.formatted("", "", "ns", "min", "max", "heap B").stripTrailing();
    }

    String line() {
        String heap = isPromiseBroken() ? "%.0f, 0 PROMISED".formatted(bytes)
                : "%.0f".formatted(bytes < BYTES_MAX ? 0 : bytes);
        return LINE.formatted(name, parameters, "%,.2f".formatted(ns), "%,.2f".formatted(minNs),
                "%,.2f".formatted(maxNs), heap);
    }

    Map<String, Object> json() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("benchmark", name);
        map.put("parameters", parameters);
        map.put("ns", ns);
        map.put("min_ns", minNs);
        map.put("max_ns", maxNs);
        map.put("bytes", bytes);
        map.put("operations", operations);
        map.put("promises_no_allocation", promisesNothing);
        return map;
    }
}
