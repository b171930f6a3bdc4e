package io.mooring.bench.html;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Bars that lie, each put together of parts with a common legend; as inline SVG. */
public final class StackChart {

    private static final int LEFT = 186;
    private static final int RIGHT = 84;
    private static final int TOP = 6;
    private static final int ROW = 38;
    private static final int BAR = 26;

    private record Part(String name, String colour, double value) {
    }

    private final String title;
    private final String unit;
    private final Map<String, List<Part>> stacks = new LinkedHashMap<>();

    /** {@code unit}: of all values. */
    public StackChart(String title, String unit) {
        this.title = title;
        this.unit = unit;
    }

    /** Adds a part to the right end of the stack called {@code stack}. */
    public StackChart part(String stack, String name, String colour, double value) {
        List<Part> parts = stacks.computeIfAbsent(stack, any -> new ArrayList<>());
        if (value > 0) {
            parts.add(new Part(name, colour, value));
        }
        return this;
    }

    /** Whether there is anything to show. */
    public boolean isEmpty() {
        return stacks.values().stream().allMatch(List::isEmpty);
    }

    /** The title, the legend and the picture. */
    public String html() {
        Map<String, String> legend = new LinkedHashMap<>();
        double max = 0;
        for (List<Part> parts : stacks.values()) {
            parts.forEach(part -> legend.putIfAbsent(part.name, part.colour));
            max = Math.max(max, total(parts));
        }
        StringBuilder out = new StringBuilder(format("<h3>%s</h3><div class=\"legend\">",
                Html.escape(title)));
        legend.forEach((name, colour) -> out.append(format("<span><i class=\"%s\"></i>%s</span>",
                colour, Html.escape(name))));
        int height = TOP + ROW * stacks.size();
        out.append(format("</div><svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\""
                + " aria-label=\"%s\">", XyChart.WIDE, height, Html.escape(title)));
        int y = TOP;
        for (Map.Entry<String, List<Part>> stack : stacks.entrySet()) {
            draw(out, stack.getKey(), stack.getValue(), y, max);
            y += ROW;
        }
        return out.append("</svg>").toString();
    }

    private void draw(StringBuilder out, String name, List<Part> parts, int y, double max) {
        double unitWidth = (XyChart.WIDE - LEFT - RIGHT) / (max > 0 ? max : 1);
        out.append(format("<text class=\"name end\" x=\"%d\" y=\"%d\">%s</text>", LEFT - 10,
                y + BAR / 2 + 4, Html.escape(name)));
        double x = LEFT;
        for (Part part : parts) {
            double width = part.value * unitWidth;
            out.append(format("<g><title>%s: %s %,.0f %s</title><rect class=\"bar %s\" x=\"%.1f\""
                    + " y=\"%d\" width=\"%.1f\" height=\"%d\"/></g>", Html.escape(name),
                    Html.escape(part.name), part.value, unit, part.colour, x, y,
                    Math.max(0.6, width - 1), BAR));
            x += width;
        }
        out.append(format("<text class=\"figure\" x=\"%.1f\" y=\"%d\">%s</text>", x + 8,
                y + BAR / 2 + 4, parts.isEmpty() ? "not measured"
                : format("%,.0f %s", total(parts), unit)));
    }

    private static double total(List<Part> parts) {
        return parts.stream().mapToDouble(Part::value).sum();
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
