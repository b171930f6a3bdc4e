package io.mooring.probe.report;

import io.mooring.probe.model.Layer.Part;
import io.mooring.probe.model.Report;
import java.util.ArrayList;
import java.util.List;

/** The stack of one idle connection as stretches: what both the terminal and the page draw. */
record StackBar(List<Stretch> stretches, double total) {

    private static final double SHOWN_BYTES_MIN = 0.5;

    /** One part, in bytes for each connection. */
    record Stretch(Part part, double bytes) {
    }

    static StackBar of(Report report) {
        List<Stretch> stretches = new ArrayList<>();
        double total = 0;
        for (Part part : Part.values()) {
            double bytes = report.perConnection(part);
            if (bytes >= SHOWN_BYTES_MIN && (part.isPerIdleConnection() || part == Part.RECEIVED
                    || part == Part.SENT)) {
                stretches.add(new Stretch(part, bytes));
                total += bytes;
            }
        }
        return new StackBar(stretches, total);
    }

    /** Widths in whole columns that add up to {@code columns}; what is there has one at least. */
    int[] columns(int columns) {
        int[] widths = new int[stretches.size()];
        int used = 0;
        int widest = 0;
        for (int i = 0; i < widths.length; i++) {
            widths[i] = Math.max(1, (int) Math.round(stretches.get(i).bytes / total * columns));
            used += widths[i];
            widest = widths[i] > widths[widest] ? i : widest;
        }
        if (widths.length > 0) {
            widths[widest] = Math.max(1, widths[widest] + columns - used);
        }
        return widths;
    }
}
