package io.mooring.probe.model;

/**
 * A straight line through points, by least squares.
 *
 * @param error standard error of the slope, from how far the points lie beside the line; NaN: fewer
 *              than three points
 */
public record Slope(double slope, double error) {

    public static Slope of(double[] x, double[] y) {
        if (x.length != y.length || x.length < 2) {
            throw new IllegalArgumentException("two points at least, and as many x as y");
        }
        int n = x.length;
        double meanX = 0;
        double meanY = 0;
        for (int i = 0; i < n; i++) {
            meanX += x[i] / n;
            meanY += y[i] / n;
        }
        double xx = 0;
        double xy = 0;
        for (int i = 0; i < n; i++) {
            xx += (x[i] - meanX) * (x[i] - meanX);
            xy += (x[i] - meanX) * (y[i] - meanY);
        }
        if (xx == 0) {
            throw new IllegalArgumentException("all x are the same");
        }
        double slope = xy / xx;
        double rest = 0;
        for (int i = 0; i < n; i++) {
            double off = y[i] - meanY - slope * (x[i] - meanX);
            rest += off * off;
        }
        return new Slope(slope, n < 3 ? Double.NaN : Math.sqrt(rest / (n - 2) / xx));
    }
}
