package io.mooring.bench;

import java.util.Arrays;
import java.util.List;

/** What is said of a few rounds: the middle, the ends, and ratios taken round by round. */
public record Stats(int count, double median, double min, double max) {

    /** Of no values: all NaN. */
    public static Stats of(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int n = sorted.length;
        if (n == 0) {
            return new Stats(0, Double.NaN, Double.NaN, Double.NaN);
        }
        double median = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
        return new Stats(n, median, sorted[0], sorted[n - 1]);
    }

    /**
     * Of {@code values[i] / base[i]}, skipping rounds where either is NaN: neighbours in time
     * share the host's weather, so their ratio is steadier than the ratio of two medians.
     */
    public static Stats ofRatios(double[] values, double[] base) {
        int rounds = Math.min(values.length, base.length);
        double[] ratios = new double[rounds];
        Arrays.setAll(ratios, i -> values[i] / base[i]);
        return of(Arrays.stream(ratios).filter(Double::isFinite).boxed().toList());
    }

    /** (max - min) / median, in percent. */
    public double spreadPercent() {
        return 100 * (max - min) / median;
    }
}
