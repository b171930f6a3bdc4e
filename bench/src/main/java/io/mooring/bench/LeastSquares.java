package io.mooring.bench;

/**
 * A straight line through points, and how sure its slope is: the standard error is NaN with fewer
 * than three points, for then every line fits; the slope is NaN with fewer than two.
 */
public record LeastSquares(int points, double slope, double intercept, double slopeError) {

    /** Of {@code y} over {@code x}. */
    public static LeastSquares fit(double[] x, double[] y) {
        int n = x.length;
        if (n != y.length) {
            throw new IllegalArgumentException(n + " x, " + y.length + " y");
        }
        double meanX = mean(x);
        double meanY = mean(y);
        double xx = 0;
        double xy = 0;
        for (int i = 0; i < n; i++) {
            xx += (x[i] - meanX) * (x[i] - meanX);
            xy += (x[i] - meanX) * (y[i] - meanY);
        }
        if (xx == 0) {
            return new LeastSquares(n, Double.NaN, Double.NaN, Double.NaN);
        }
        double slope = xy / xx;
        double intercept = meanY - slope * meanX;
        double residuals = 0;
        for (int i = 0; i < n; i++) {
            double off = y[i] - intercept - slope * x[i];
            residuals += off * off;
        }
        double error = n < 3 ? Double.NaN : Math.sqrt(residuals / (n - 2) / xx);
        return new LeastSquares(n, slope, intercept, error);
    }

    private static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    /** The line's height at {@code x}. */
    public double at(double x) {
        return intercept + slope * x;
    }
}
