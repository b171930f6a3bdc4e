package io.mooring.bench.html;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;

/**
 * Bars that lie, one for each name: the median, the range of the rounds as a whisker, each round as
 * a dot. As inline SVG; colours are classes of the page's style.
 */
public final class BarChart {

    private static final int WIDTH = XyChart.HALF;
    private static final int LEFT = 176;
    private static final int RIGHT = 104;
    private static final int TOP = 10;
    private static final int ROW = 32;
    private static final int BAR = 18;
    private static final int CAP = 5;
    /** As wide as a digit is at most, on a narrow screen too. */
    private static final double FIGURE_LETTER = 8.2;

    private record Bar(String name, String colour, double median, double[] rounds, String mark) {
    }

    private final String title;
    private final DoubleFunction<String> format;
    private final List<Bar> bars = new ArrayList<>();

    /** {@code format}: of the figure beside each bar. */
    public BarChart(String title, DoubleFunction<String> format) {
        this.title = title;
        this.format = format;
    }

    /** {@code mark}: a word beside the figure, or instead of it where {@code median} is NaN. */
    public BarChart bar(String name, String colour, double median, double[] rounds, String mark) {
        bars.add(new Bar(name, colour, median, Arrays.stream(rounds).filter(Double::isFinite)
                .toArray(), mark));
        return this;
    }

    /** The title and the picture. */
    public String html() {
        int height = TOP + ROW * bars.size() + 4;
        double max = bars.stream().flatMapToDouble(bar -> Arrays.stream(bar.rounds)).max()
                .orElse(1);
        StringBuilder out = new StringBuilder(format("<h3>%s</h3><svg class=\"chart\" viewBox=\"0 0"
                + " %d %d\" role=\"img\" aria-label=\"%s\">", Html.escape(title), WIDTH, height,
                Html.escape(title)));
        for (int i = 0; i < bars.size(); i++) {
            draw(out, bars.get(i), TOP + ROW * i, max > 0 ? max : 1);
        }
        out.append(format("<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>", LEFT,
                LEFT, TOP - 4, height - 4));
        return out.append("</svg>").toString();
    }

    private static double px(double value, double max) {
        return LEFT + value / max * (WIDTH - LEFT - RIGHT);
    }

    private void draw(StringBuilder out, Bar bar, int y, double max) {
        int middle = y + BAR / 2;
        boolean known = Double.isFinite(bar.median);
        String figure = known ? format.apply(bar.median) : "";
        out.append(format("<g><title>%s: %s %s</title><text class=\"name end\" x=\"%d\" y=\"%d\">%s"
                + "</text>", Html.escape(bar.name), Html.escape(figure), Html.escape(bar.mark),
                LEFT - 8, middle + 4, Html.escape(bar.name)));
        double end = LEFT;
        if (known) {
            out.append(format("<rect class=\"bar %s\" x=\"%d\" y=\"%d\" width=\"%.1f\""
                    + " height=\"%d\" rx=\"2\"/>", bar.colour, LEFT, y,
                    Math.max(1, px(bar.median, max) - LEFT), BAR));
            double low = px(Arrays.stream(bar.rounds).min().orElse(bar.median), max);
            end = Math.max(px(bar.median, max),
                    px(Arrays.stream(bar.rounds).max().orElse(bar.median), max));
            out.append(format("<path class=\"whisker\" d=\"M%.1f %dH%.1fM%.1f %dV%dM%.1f %dV%d\"/>",
                    low, middle, end, low, middle - CAP, middle + CAP, end, middle - CAP,
                    middle + CAP));
            for (double round : bar.rounds) {
                out.append(format("<circle class=\"round\" cx=\"%.1f\" cy=\"%d\" r=\"2.6\"/>",
                        px(round, max), middle));
            }
        }
        out.append(format("<text class=\"figure\" x=\"%.1f\" y=\"%d\">%s</text>", end + 9,
                middle + 4, Html.escape(figure)));
        if (!bar.mark.isEmpty()) {
            out.append(format("<text class=\"mark%s\" x=\"%.1f\" y=\"%d\">%s</text>",
                    known ? " warn" : "", end + 9
                    + FIGURE_LETTER * figure.length() + (known ? 6 : 0), middle + 4,
                    Html.escape(bar.mark)));
        }
        out.append("</g>");
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
