package io.mooring.bench.million;

import io.mooring.bench.LeastSquares;
import io.mooring.bench.html.Html;
import io.mooring.bench.html.Units;
import io.mooring.probe.model.PairSlopes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Where one connection's bytes are, at the server's end, from the process's own up to what waiting
 * adds in the kernel; as one bar, and as a table of bytes and shares.
 */
record MemoryStack(List<Segment> segments, int connections) {

    /** One part of the stack. */
    record Segment(String name, String what, double bytes, String colour) {
    }

    private static final int WIDTH = 1000;
    private static final int HEIGHT = 64;
    private static final int LABEL_WIDTH = 8;
    private static final double SHOWN_BYTES_MIN = 0.5;

    /** Of the outcome's slopes; JVM and rings are spread over all connections. */
    static MemoryStack of(Outcome out) {
        List<Segment> segments = new ArrayList<>();
        int connections = Math.max(1, out.held());
        LeastSquares rss = out.fit(Memory::rssBytes);
        if (!Double.isNaN(rss.slope())) {
            double slot = Math.min(out.slotBytes(), Math.max(0, rss.slope()));
            add(segments, "slot", "the server's own state of it", slot, "u1");
            add(segments, "user, other", "grows with connections, beside the slots",
                    rss.slope() - slot, "u2");
            add(segments, "JVM and rings", "what the server takes at rest, spread over all",
                    Math.max(0, rss.intercept()) / connections, "u3");
        }
        PairSlopes slabs = out.slabs();
        if (!slabs.isEmpty()) {
            kernel(segments, slabs);
        }
        return new MemoryStack(segments, connections);
    }

    private static void kernel(List<Segment> segments, PairSlopes slabs) {
        add(segments, "socket", "TCP: the protocol's state", slabs.server(
                PairSlopes.Part.SOCKET), "k1");
        add(segments, "inode", "sock_inode_cache", slabs.server(PairSlopes.Part.INODE), "k2");
        add(segments, "file", "filp", slabs.server(PairSlopes.Part.FILE), "k3");
        add(segments, "dentry", "dentry", slabs.server(PairSlopes.Part.DENTRY), "k4");
        add(segments, "security labels", "lsm_*_cache", slabs.server(PairSlopes.Part.LABELS),
                "k5");
        add(segments, "cgroup's accounts", "8 B for each object that a memory cgroup is charged"
                + " for (kmalloc-128 to 256)", slabs.server(PairSlopes.Part.ACCOUNTS), "k6");
        add(segments, "poll", "io_kiocb: the one-shot POLL_ADD that waits for input",
                slabs.server(PairSlopes.Part.POLL), "w1");
        add(segments, "descriptor", "node of the direct descriptor (kmalloc-32), and its entry"
                + " in the ring's table (8 B by calculation)",
                slabs.server(PairSlopes.Part.DESCRIPTOR) + Outcome.TABLE_BYTES, "w2");
        add(segments, "other slabs", "all other caches that grew", slabs.server(
                PairSlopes.Part.OTHER), "w3");
    }

    private static void add(List<Segment> segments, String name, String what, double bytes,
            String colour) {
        if (bytes >= SHOWN_BYTES_MIN) {
            segments.add(new Segment(name, what, bytes, colour));
        }
    }

    double total() {
        return segments.stream().mapToDouble(Segment::bytes).sum();
    }

    String svg() {
        StringBuilder out = new StringBuilder(format("<svg class=\"stack\" viewBox=\"0 0 %d %d\""
                + " role=\"img\" aria-label=\"Memory of one connection\">", WIDTH, HEIGHT));
        double x = 0;
        for (Segment segment : segments) {
            double width = segment.bytes / total() * WIDTH;
            String bytes = format("%,.0f B", segment.bytes);
            out.append(format("<g><title>%s: %s, %.1f %%</title><rect class=\"%s\" x=\"%.1f\""
                    + " y=\"0\" width=\"%.1f\" height=\"%d\"/>", Html.escape(segment.name), bytes,
                    100 * segment.bytes / total(), segment.colour, x, Math.max(0.5, width - 2),
                    HEIGHT));
            if (segment.name.length() * LABEL_WIDTH + 12 < width
                    && bytes.length() * LABEL_WIDTH + 12 < width) {
                out.append(format("<text class=\"on-%s name\" x=\"%.1f\" y=\"%d\">%s</text>"
                        + "<text class=\"on-%s\" x=\"%.1f\" y=\"%d\">%s</text>", segment.colour,
                        x + 8, 27, Html.escape(segment.name), segment.colour, x + 8, 46, bytes));
            }
            out.append("</g>");
            x += width;
        }
        return out.append("</svg>").toString();
    }

    String table() {
        StringBuilder out = new StringBuilder("<table><thead><tr><th>part</th><th>what</th>"
                + "<th class=\"n\">bytes</th><th class=\"n\">share</th><th class=\"n\">")
                .append(format("for %,d", connections)).append("</th></tr></thead><tbody>");
        for (Segment s : segments) {
            out.append(format("<tr><td><i class=\"%s\"></i>%s</td><td class=\"quiet\">%s</td>"
                    + "<td class=\"n\">%,.1f</td><td class=\"n\">%.1f %%</td><td class=\"n\">%s"
                    + "</td></tr>", s.colour, Html.escape(s.name), Html.escape(s.what), s.bytes,
                    100 * s.bytes / total(), Units.bytes(s.bytes * connections)));
        }
        return out.append(format("</tbody><tfoot><tr><td>in all</td><td></td><td class=\"n\">%,.0f"
                + "</td><td class=\"n\">100 %%</td><td class=\"n\">%s</td></tr></tfoot></table>",
                total(), Units.bytes(total() * connections))).toString();
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
