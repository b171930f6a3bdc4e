package io.mooring.bench.html;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;

/**
 * Lines, areas and points over two axes, as inline SVG. Colours are classes c1, c2, ... of the
 * page's style. Draws what there is: nothing, one point, or thousands (thinned to what a screen
 * can show).
 */
public final class XyChart {

    /** As wide as the page, and half of it: text is then as large as the page's. */
    public static final int WIDE = 1000;
    public static final int HALF = 470;

    private static final int HEIGHT = 290;
    private static final int LEFT = 66;
    private static final int RIGHT = 18;
    private static final int TOP = 26;
    private static final int BOTTOM = 46;
    private static final int TICKS = 5;
    private static final int POINTS_MAX = 400;
    private static final int BAND_LABEL_WIDTH = 7;

    private enum Kind { LINE, AREA, POINTS, DASHED }

    private record Series(Kind kind, String name, String colour, double[] x, double[] y) {
    }

    private record Band(double from, double to, String name) {
    }

    private final int width;
    private final String title;
    private final String xTitle;
    private final String yTitle;
    private final DoubleFunction<String> xFormat;
    private final DoubleFunction<String> yFormat;
    private final List<Series> series = new ArrayList<>();
    private final List<Band> bands = new ArrayList<>();
    private boolean isNines;
    private boolean isLogY;
    private double xMax;
    private double yMin;
    private double yMax;
    private double xTick;
    private double yTick;

    public XyChart(int width, String title, String xTitle, DoubleFunction<String> xFormat,
            String yTitle, DoubleFunction<String> yFormat) {
        this.width = width;
        this.title = title;
        this.xTitle = xTitle;
        this.yTitle = yTitle;
        this.xFormat = xFormat;
        this.yFormat = yFormat;
    }

    public XyChart line(String name, String colour, double[] x, double[] y) {
        return add(Kind.LINE, name, colour, x, y);
    }

    public XyChart area(String name, String colour, double[] x, double[] y) {
        return add(Kind.AREA, name, colour, x, y);
    }

    public XyChart dashed(String name, String colour, double[] x, double[] y) {
        return add(Kind.DASHED, name, colour, x, y);
    }

    public XyChart points(String name, String colour, double[] x, double[] y) {
        return add(Kind.POINTS, name, colour, x, y);
    }

    private XyChart add(Kind kind, String name, String colour, double[] x, double[] y) {
        series.add(new Series(kind, name, colour, x, y));
        return this;
    }

    /** A stretch of the x axis with a name, behind all. */
    public XyChart band(double from, double to, String name) {
        bands.add(new Band(from, to, name));
        return this;
    }

    /** The x axis is of percentiles, each nine as wide as the one before: 0, 90, 99, 99.9, ... */
    public XyChart nines() {
        isNines = true;
        return this;
    }

    /** The y axis is logarithmic; what is not positive is left out. */
    public XyChart logY() {
        isLogY = true;
        return this;
    }

    /** The legend and the picture. */
    public String html() {
        StringBuilder out = new StringBuilder();
        if (series.size() > 1) {
            out.append("<div class=\"legend\">");
            for (Series one : series) {
                out.append("<span><i class=\"").append(one.kind == Kind.POINTS ? "dot " : "")
                        .append(one.kind == Kind.DASHED ? "dash " : "")
                        .append(one.colour).append("\"></i>").append(Html.escape(one.name))
                        .append("</span>");
            }
            out.append("</div>");
        }
        return out.append(svg()).toString();
    }

    public String svg() {
        scale();
        StringBuilder out = new StringBuilder(4096);
        out.append(format("<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\""
                + " aria-label=\"%s\"><title>%s</title>", width, HEIGHT, Html.escape(title),
                Html.escape(title)));
        drawBands(out);
        drawAxes(out);
        for (Series one : series) {
            draw(out, one);
        }
        if (series.stream().allMatch(one -> one.x.length == 0)) {
            out.append(format("<text class=\"empty\" x=\"%d\" y=\"%d\">not measured</text>",
                    (LEFT + width - RIGHT) / 2, HEIGHT / 2));
        }
        return out.append("</svg>").toString();
    }

    private void scale() {
        double x = 0;
        double y = 0;
        double least = Double.POSITIVE_INFINITY;
        for (Series one : series) {
            for (int i = 0; i < one.x.length; i++) {
                x = Double.isFinite(fx(one.x[i])) ? Math.max(x, fx(one.x[i])) : x;
                y = Double.isFinite(one.y[i]) ? Math.max(y, one.y[i]) : y;
                least = one.y[i] > 0 ? Math.min(least, one.y[i]) : least;
            }
        }
        xTick = isNines ? 1 : tick(x);
        yTick = tick(y);
        // The x axis ends with the data, the y axis at a tick above it.
        xMax = x > 0 ? x : 1;
        yMax = Math.ceil((y > 0 ? y : 1) / yTick - 1e-9) * yTick;
        if (isLogY) {
            yMin = Double.isFinite(least) ? Math.log10(below(least)) : 0;
            yMax = y > 0 ? Math.max(yMin + 1, -Math.log10(below(1 / y))) : yMin + 1;
        }
    }

    /** 1, 2 or 5 times a power of ten, at most {@code value}. */
    private static double below(double value) {
        double power = Math.pow(10, Math.floor(Math.log10(value) + 1e-9));
        double factor = value / power + 1e-9;
        return power * (factor >= 5 ? 5 : factor >= 2 ? 2 : 1);
    }

    private double fx(double x) {
        return isNines ? -Math.log10(1 - x / 100) : x;
    }

    private double fy(double y) {
        return isLogY ? Math.log10(y) : y;
    }

    /** 1, 2 or 5 times a power of ten, some five of them up to {@code max}. */
    public static double tick(double max) {
        if (!(max > 0)) {
            return 1;
        }
        double rough = max / TICKS;
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        double factor = rough / power;
        return power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
    }

    private double px(double x) {
        return LEFT + fx(x) / xMax * (width - LEFT - RIGHT);
    }

    private double py(double y) {
        return HEIGHT - BOTTOM - (fy(y) - yMin) / (yMax - yMin) * (HEIGHT - TOP - BOTTOM);
    }

    private void drawBands(StringBuilder out) {
        for (int i = 0; i < bands.size(); i++) {
            Band band = bands.get(i);
            double from = px(Math.min(band.from, xMax));
            double wide = px(Math.min(band.to, xMax)) - from;
            out.append(format("<g><title>%s: %s to %s</title><rect class=\"band%d\" x=\"%.1f\""
                    + " y=\"%d\" width=\"%.1f\" height=\"%d\"/>", Html.escape(band.name),
                    Html.escape(xFormat.apply(band.from)), Html.escape(xFormat.apply(band.to)),
                    i % 2, from, TOP, Math.max(0, wide), HEIGHT - TOP - BOTTOM));
            // A name that does not fit is in the title only.
            if (band.name.length() * BAND_LABEL_WIDTH < wide) {
                out.append(format("<text class=\"bandname\" x=\"%.1f\" y=\"%d\">%s</text>",
                        from + wide / 2, TOP - 7, Html.escape(band.name)));
            }
            out.append("</g>");
        }
    }

    private void drawAxes(StringBuilder out) {
        for (double y : yTicks()) {
            out.append(format("<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                    + "<text class=\"tick y\" x=\"%d\" y=\"%.1f\">%s</text>", LEFT,
                    width - RIGHT, py(y), py(y), LEFT - 8, py(y) + 4,
                    Html.escape(yFormat.apply(y))));
        }
        for (double at = 0; at <= xMax * (1 + 1e-9); at += xTick) {
            double x = isNines ? 100 * (1 - Math.pow(10, -at)) : at;
            out.append(format("<text class=\"tick x\" x=\"%.1f\" y=\"%d\">%s</text>", px(x),
                    HEIGHT - BOTTOM + 17, Html.escape(xFormat.apply(x))));
        }
        out.append(format("<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
                LEFT, width - RIGHT, HEIGHT - (double) BOTTOM, HEIGHT - (double) BOTTOM));
        out.append(format("<text class=\"title x\" x=\"%d\" y=\"%d\">%s</text>",
                (LEFT + width - RIGHT) / 2, HEIGHT - 8, Html.escape(xTitle)));
        out.append(format("<text class=\"title y\" transform=\"translate(13 %d) rotate(-90)\">"
                + "%s</text>", (TOP + HEIGHT - BOTTOM) / 2, Html.escape(yTitle)));
    }

    private List<Double> yTicks() {
        List<Double> ticks = new ArrayList<>();
        if (!isLogY) {
            for (double y = 0; y <= yMax * (1 + 1e-9); y += yTick) {
                ticks.add(y);
            }
            return ticks;
        }
        double[] steps = yMax - yMin <= 3 ? new double[] {1, 2, 5} : new double[] {1};
        for (double decade = Math.floor(yMin); decade <= yMax; decade++) {
            for (double step : steps) {
                double at = decade + Math.log10(step);
                if (at >= yMin - 1e-9 && at <= yMax + 1e-9) {
                    ticks.add(step * Math.pow(10, decade));
                }
            }
        }
        return ticks;
    }

    private void draw(StringBuilder out, Series one) {
        if (one.kind == Kind.POINTS || one.x.length == 1) {
            for (int i = 0; i < one.x.length; i++) {
                out.append(format("<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\"><title>"
                        + "%s: %s, %s</title></circle>", one.colour, px(one.x[i]), py(one.y[i]),
                        Html.escape(one.name), Html.escape(xFormat.apply(one.x[i])),
                        Html.escape(yFormat.apply(one.y[i]))));
            }
            return;
        }
        StringBuilder points = new StringBuilder();
        int step = Math.max(1, one.x.length / POINTS_MAX);
        int last = -1;
        for (int i = 0; i < one.x.length; i++) {
            boolean shown = i % step == 0 || i == one.x.length - 1;
            if (shown && Double.isFinite(fx(one.x[i])) && Double.isFinite(fy(one.y[i]))) {
                points.append(format("%.1f,%.1f ", px(one.x[i]), py(one.y[i])));
                last = i;
            }
        }
        if (last < 0) {
            return;
        }
        if (one.kind == Kind.AREA) {
            out.append(format("<polygon class=\"fill %s\" points=\"%.1f,%.1f %s%.1f,%.1f\"/>",
                    one.colour, px(one.x[0]), py(0), points, px(one.x[last]), py(0)));
        }
        out.append(format("<polyline class=\"line %s%s\" points=\"%s\"><title>%s</title>"
                + "</polyline>", one.kind == Kind.DASHED ? "dash " : "", one.colour,
                points.toString().strip(), Html.escape(one.name)));
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
