package io.mooring.bench.matrix;

import java.util.Arrays;
import java.util.Random;

/**
 * Between which values a median lies in 95 of 100 repetitions, by the bootstrap: as many values as
 * there are, drawn with replacement, two thousand times. NaN of fewer than three.
 */
record Interval(double low, double high) {

    private static final int DRAWS = 2000;
    private static final int VALUES_MIN = 3;
    private static final double TAIL = 0.025;
    /** Fixed, so that one run's report says the same twice. */
    private static final long SEED = 20_251_126;

    static Interval ofMedian(double... values) {
        double[] finite = Arrays.stream(values).filter(Double::isFinite).toArray();
        int n = finite.length;
        if (n < VALUES_MIN) {
            return new Interval(Double.NaN, Double.NaN);
        }
        Random random = new Random(SEED);
        double[] medians = new double[DRAWS];
        double[] drawn = new double[n];
        for (int i = 0; i < DRAWS; i++) {
            for (int j = 0; j < n; j++) {
                drawn[j] = finite[random.nextInt(n)];
            }
            Arrays.sort(drawn);
            medians[i] = n % 2 == 1 ? drawn[n / 2] : (drawn[n / 2 - 1] + drawn[n / 2]) / 2;
        }
        Arrays.sort(medians);
        return new Interval(medians[(int) (TAIL * DRAWS)],
                medians[(int) Math.ceil((1 - TAIL) * DRAWS) - 1]);
    }

    boolean isKnown() {
        return Double.isFinite(low);
    }
}
