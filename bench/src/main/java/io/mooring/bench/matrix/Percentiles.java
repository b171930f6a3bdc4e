package io.mooring.bench.matrix;

import io.mooring.bench.BenchException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** Times by percentile: as figures, as a curve, and as a file that HdrHistogram's plotter reads. */
final class Percentiles {

    private static final double NANOS_PER_MS = 1e6;
    /** Steps a half of what is left to 100 %. */
    private static final int STEPS_PER_HALF = 2;
    private static final double[] SAID = {50, 90, 99, 99.9, 99.99};

    private Percentiles() {
    }

    /** Percent and nanoseconds, up to the percentile that the last but one value has. */
    static List<double[]> curve(Histogram times) {
        List<double[]> curve = new ArrayList<>();
        if (times.getTotalCount() == 0) {
            return curve;
        }
        double highest = 100 * (1 - 1.0 / times.getTotalCount());
        for (int i = 0; ; i++) {
            double percent = 100 * (1 - Math.pow(0.5, i / (double) STEPS_PER_HALF));
            if (percent > highest) {
                break;
            }
            curve.add(new double[] {percent, times.getValueAtPercentile(percent)});
        }
        return curve;
    }

    static Map<String, Object> json(Histogram times) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("count", times.getTotalCount());
        for (double percent : SAID) {
            json.put("p" + (percent == Math.rint(percent) ? "" + (int) percent : "" + percent),
                    times.getValueAtPercentile(percent));
        }
        json.put("max", times.getMaxValue());
        json.put("curve", curve(times).stream().map(point -> List.of(point[0], (long) point[1]))
                .toList());
        return json;
    }

    /** Milliseconds; one file for each engine and variant that timed anything. */
    static void write(Path folder, Result result) {
        try {
            Files.createDirectories(folder);
            for (String variant : result.scenario().variants()) {
                for (String engine : result.engines()) {
                    Histogram times = result.times(engine, variant);
                    if (times.getTotalCount() > 0) {
                        Path file = folder.resolve(name(result.scenario().name(), variant,
                                engine));
                        try (PrintStream out = new PrintStream(Files.newOutputStream(file), false,
                                StandardCharsets.UTF_8)) {
                            times.outputPercentileDistribution(out, NANOS_PER_MS);
                        }
                    }
                }
            }
        } catch (IOException e) {
            throw new BenchException("cannot write into " + folder + ": " + e.getMessage());
        }
    }

    /** Of letters, digits, dots and dashes, whatever a peer is called. */
    static String name(String scenario, String variant, String engine) {
        return (scenario + "_" + variant + "_" + engine).replaceAll("[^A-Za-z0-9._-]+", "-")
                + ".hgrm";
    }
}
