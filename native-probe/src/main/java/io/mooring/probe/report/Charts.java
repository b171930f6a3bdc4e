package io.mooring.probe.report;

import io.mooring.probe.model.Projection;
import io.mooring.probe.model.Units;
import java.util.List;
import java.util.Locale;

/** The page's plots, as SVG. */
final class Charts {

    private static final int ROW = 22;

    private Charts() {
    }

    /** Sockets by how much they have; lengths are by logarithm, so that the few fat ones show. */
    static String spread(List<Spread.Bucket> buckets, int colour) {
        int width = 320;
        int left = 74;
        int right = 72;
        long most = Math.max(1, buckets.stream().mapToLong(Spread.Bucket::count).max().orElse(1));
        StringBuilder svg = new StringBuilder(format("<svg viewBox=\"0 0 %d %d\" role=\"img\">",
                width, buckets.size() * ROW + 4));
        for (int i = 0; i < buckets.size(); i++) {
            Spread.Bucket one = buckets.get(i);
            int y = i * ROW;
            double length = one.count() == 0 ? 0 : 2 + (width - left - right - 2)
                    * Math.log1p(one.count()) / Math.log1p(most);
            svg.append(format("<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>", left - 8,
                    y + 15, one.label()));
            svg.append(format("<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"14\" rx=\"2\" "
                    + "style=\"fill:var(--p%d)\"/>", left, y + 4, length, colour));
            svg.append(format("<text class=\"f\" x=\"%.1f\" y=\"%d\">%s</text>",
                    left + length + 6, y + 15, one.count() == 0 ? "" : Units.count(one.count())));
        }
        return svg.append(format("<line class=\"axis\" x1=\"%d\" y1=\"0\" x2=\"%d\" y2=\"%d\"/>"
                + "</svg>", left, left, buckets.size() * ROW)).toString();
    }

    /** Idle, in a broadcast, with slow readers: memory against connections, both by logarithm. */
    static String projections(List<Projection> rows) {
        int width = 640;
        int height = 210;
        int left = 58;
        int bottom = 26;
        double least = Math.max(1, rows.getFirst().idleBytes());
        double most = rows.stream().mapToDouble(row -> row.idleBytes() + row.userBytes()
                + Math.max(row.broadcastBytes(), row.slowBytes())).max().orElse(1);
        double from = Math.floor(Math.log10(least));
        double to = Math.max(from + 1, Math.ceil(Math.log10(most)));
        double first = Math.log10(rows.getFirst().connections());
        double last = Math.max(first + 0.1, Math.log10(rows.getLast().connections()));
        StringBuilder svg = new StringBuilder(format("<svg viewBox=\"0 0 %d %d\" role=\"img\">",
                width, height));
        for (double power = from; power <= to; power++) {
            double y = y(power, from, to, height - bottom);
            svg.append(format("<line class=\"axis\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>"
                    + "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", left, y,
                    width - 8, y, left - 6, y + 4, Units.bytes(Math.pow(10, power))));
        }
        String[] names = {"idle", "+ broadcast", "+ 1 % slow"};
        int[] colours = {0, 6, 9};
        for (int line = 0; line < names.length; line++) {
            StringBuilder points = new StringBuilder();
            for (Projection row : rows) {
                double bytes = row.idleBytes() + row.userBytes() + (line == 1
                        ? row.broadcastBytes() : line == 2 ? row.slowBytes() : 0);
                double x = x(row, first, last, left, width);
                double y = y(Math.log10(Math.max(1, bytes)), from, to, height - bottom);
                points.append(format("%.1f,%.1f ", x, y));
                svg.append(format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" style=\"fill:var(--p"
                        + "%d)\"/>", x, y, colours[line]));
            }
            svg.append(format("<polyline points=\"%s\" style=\"fill:none;stroke:var(--p%d);"
                    + "stroke-width:2\"/>", points.toString().strip(), colours[line]));
            svg.append(format("<rect x=\"%d\" y=\"6\" width=\"11\" height=\"11\" rx=\"2\" "
                    + "style=\"fill:var(--p%d)\"/><text class=\"f\" x=\"%d\" y=\"16\">%s</text>",
                    left + 12 + line * 96, colours[line], left + 28 + line * 96, names[line]));
        }
        for (Projection row : rows) {
            svg.append(format("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                    x(row, first, last, left, width), height - 8,
                    Units.count(row.connections())));
        }
        return svg.append("</svg>").toString();
    }

    private static double x(Projection row, double first, double last, int left, int width) {
        return left + 30 + (Math.log10(row.connections()) - first) / (last - first)
                * (width - left - 76);
    }

    private static double y(double power, double from, double to, int height) {
        return height - (power - from) / (to - from) * (height - 28);
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
