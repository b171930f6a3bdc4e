package io.mooring.probe.report;

import io.mooring.probe.model.Layer;
import io.mooring.probe.model.Layer.Basis;
import io.mooring.probe.model.Projection;
import io.mooring.probe.model.Report;
import io.mooring.probe.model.TopSockets;
import io.mooring.probe.model.Units;
import io.mooring.probe.netlink.SocketRecord;
import io.mooring.probe.source.ProcessInfo;
import java.util.List;
import java.util.Locale;

/** A report for somebody at a terminal: what it costs, what is near its limit, what to change. */
public final class TerminalReport {

    private static final int COLUMNS = 78;
    private static final int GAUGE = 20;
    private static final String LETTERS = "SIFDLAWTPRQCUMOE";
    /** By part; of the 256 colours, those that keep apart on dark and light. */
    private static final int[] COLOURS = {33, 39, 44, 80, 37, 245, 208, 172, 141, 204, 161, 245,
        103, 240, 136, 71};

    private final Report report;
    private final boolean colour;
    private final StringBuilder out = new StringBuilder(8 * 1024);

    private TerminalReport(Report report, boolean colour) {
        this.report = report;
        this.colour = colour;
    }

    public static String of(Report report, boolean colour) {
        TerminalReport page = new TerminalReport(report, colour);
        page.head();
        page.bar();
        page.advice();
        page.limits();
        page.stack();
        page.coverage();
        page.states();
        page.queues();
        page.top();
        page.whatIf();
        page.missing();
        return page.out.toString();
    }

    private void head() {
        line(bold("Kernel memory of " + report.scope().title()) + who());
        line(report.machine().kernel() + " " + report.machine().architecture() + ", pages of "
                + report.machine().pageBytes() / 1024 + " KiB, " + report.takenAt());
        line("");
        if (report.connections() == 0) {
            line("  no TCP connections; " + Units.bytes(report.kernelBytes())
                    + " of kernel memory");
            return;
        }
        if (report.connections() < Report.TELLING_CONNECTIONS) {
            line("  " + bold(Units.count(report.connections()) + " connections, "
                    + Units.bytes(report.kernelBytes()) + " of kernel memory in all")
                    + "; too few to say what one costs");
            return;
        }
        line("  " + bold(Units.count(report.connections()) + " connections, "
                + Units.each(report.idleBytesPerConnection()) + " B of kernel memory each")
                + ", " + Units.bytes(report.kernelBytes()) + " in all");
        line("  user memory of the processes: " + (report.processes().isEmpty()
                ? "unknown" : Units.bytes(report.userBytes())));
    }

    private String who() {
        List<ProcessInfo> all = report.processes();
        if (all.isEmpty() || report.scope().kind() == Report.Scope.Kind.HOST) {
            return "";
        }
        ProcessInfo first = all.getFirst();
        return " (" + first.command() + " " + first.pid()
                + (all.size() > 1 ? " and " + (all.size() - 1) + " more" : "") + ")";
    }

    private void bar() {
        StackBar bar = StackBar.of(report);
        if (report.connections() < Report.TELLING_CONNECTIONS) {
            line("");
            return;
        }
        int[] widths = bar.columns(COLUMNS - 4);
        StringBuilder drawn = new StringBuilder("  ");
        StringBuilder key = new StringBuilder("  ");
        int keyColumns = 0;
        for (int i = 0; i < widths.length; i++) {
            StackBar.Stretch stretch = bar.stretches().get(i);
            int part = stretch.part().ordinal();
            String letter = String.valueOf(LETTERS.charAt(part));
            drawn.append(tint(part, (colour ? "\u2588" : letter).repeat(widths[i])));
            String text = stretch.part().label + " " + Units.each(stretch.bytes());
            int columns = text.length() + 4;
            if (keyColumns + columns > COLUMNS - 4) {
                key.append("\n  ");
                keyColumns = 0;
            }
            keyColumns += columns;
            key.append(tint(part, colour ? "\u2588" : letter)).append(' ').append(text)
                    .append("  ");
        }
        line("");
        line(drawn.toString());
        line(key.toString());
        line("");
    }

    private void limits() {
        heading("Against the limits");
        if (report.memory() != null) {
            double total = report.memory().get("MemTotal");
            gauge("memory", total - report.memory().get("MemAvailable"), total, "MemTotal");
        }
        if (report.limits() != null && report.sockstat() != null) {
            gauge("TCP's buffers", (double) report.sockstat().bufferPages()
                    * report.machine().pageBytes(), report.limits().memMax(), "tcp_mem");
        }
        if (report.cgroup() != null && report.cgroup().limit() != Long.MAX_VALUE) {
            gauge("memory cgroup", report.cgroup().usage(), report.cgroup().limit(),
                    "v" + report.cgroup().version());
        }
        ProcessInfo first = report.processes().isEmpty() ? null : report.processes().getFirst();
        if (first != null && report.processes().size() == 1 && first.filesSoft() > 0) {
            countGauge("descriptors", report.holders().withDescriptor(),
                    first.filesSoft(), "RLIMIT_NOFILE");
        }
        if (report.limits() != null && report.sockstat() != null) {
            countGauge("orphans", report.sockstat().orphans(), report.limits().orphansMax(),
                    "tcp_max_orphans");
        }
        line("");
    }

    private void gauge(String name, double used, double limit, String of) {
        drawGauge(name, used / limit, Units.bytes(used) + " of " + Units.bytes(limit), of);
    }

    private void countGauge(String name, long used, long limit, String of) {
        if (limit > 0) {
            drawGauge(name, (double) used / limit, Units.count(used) + " of "
                    + Units.count(limit), of);
        }
    }

    private void drawGauge(String name, double share, String text, String of) {
        int full = (int) Math.min(GAUGE, Math.ceil(Math.max(0, share) * GAUGE));
        int tone = share > 0.95 ? 160 : share > 0.8 ? 172 : 71;
        line(format("  %-16s %s%s %-24s %s", name, paint(tone, (colour ? "\u2588" : "#")
                .repeat(full)), (colour ? "\u2591" : ".").repeat(GAUGE - full), text, of));
    }

    private void stack() {
        heading("Where it is");
        line(format("  %9s %7s %8s %11s %9s  %s", "B/conn.", "object", "packed", "count", "total",
                "what"));
        for (Layer row : report.layers()) {
            line(format("  %9s %7s %8s %11s %9s  %s%s", !report.isPerConnection(row) ? "-"
                    : Units.each(row.bytes() / report.connections()), row.objectBytes() == 0 ? ""
                    : Units.each(row.objectBytes()), row.packedBytes() == 0 ? ""
                    : format("%,.1f", row.packedBytes()), Units.count(row.count()),
                    Units.bytes(row.bytes()), row.name(), basis(row.basis())));
        }
        line("  derived (~): follows from what was measured; assumed (?): usual size");
        if (report.totals().forward > 0) {
            line("  charged beforehand, no memory of its own: "
                    + Units.bytes(report.totals().forward) + " (forward-allocated)");
        }
        line("");
    }

    private static String basis(Basis basis) {
        return switch (basis) {
            case MEASURED -> "";
            case DERIVED -> " ~";
            case ASSUMED -> " ?";
        };
    }

    private void coverage() {
        if (report.isCovered()) {
            line("  " + Units.percent(report.coveredShare()) + " of what the slabs that are only"
                    + " sockets' have in use is in these rows");
            line("");
        }
    }

    private void states() {
        var totals = report.totals();
        heading("States");
        for (int state = 0; state < totals.countByState.length; state++) {
            if (totals.countByState[state] > 0) {
                line(format("  %-13s %11s   unread %9s   unacknowledged %9s   ahead %9s",
                        SocketRecord.STATES.get(state), Units.count(totals.countByState[state]),
                        Units.bytes(totals.receivedByState[state]),
                        Units.bytes(totals.sentByState[state]),
                        Units.bytes(totals.forwardByState[state])));
            }
        }
        line("");
    }

    private void queues() {
        var totals = report.totals();
        if (totals.received + totals.sent == 0) {
            return;
        }
        heading("Queues, bytes of a socket");
        line(format("  %-16s %10s %10s %10s %10s", "", "p50", "p90", "p99", "max"));
        spread("unread", totals.receivedBytes);
        spread("unacknowledged", totals.sentBytes);
        spread("ahead", totals.forwardBytes);
        line("");
    }

    private void spread(String name, org.HdrHistogram.Histogram histogram) {
        line(format("  %-16s %10s %10s %10s %10s", name,
                Units.bytes(histogram.getValueAtPercentile(50)),
                Units.bytes(histogram.getValueAtPercentile(90)),
                Units.bytes(histogram.getValueAtPercentile(99)),
                Units.bytes(histogram.getMaxValue())));
    }

    private void top() {
        if (report.top().isEmpty()) {
            return;
        }
        heading("Fattest");
        for (TopSockets.Fat fat : report.top()) {
            line(format("  %9s  %s -> %s  %s%s%s", Units.bytes(fat.bytes()), fat.local(),
                    fat.remote(), fat.state(), fat.rttMicros() < 0 ? ""
                    : "  rtt " + Units.micros(fat.rttMicros()),
                    fat.pid() == 0 ? "" : "  pid " + fat.pid()));
            line(format("  %9s  unread %s (%s with overhead), unacknowledged %s (%s)", "",
                    Units.bytes(fat.receiveQueue()), Units.bytes(fat.rmem()),
                    Units.bytes(fat.sendQueue()), Units.bytes(fat.wmem())));
        }
        line("");
    }

    private void whatIf() {
        heading("What if");
        line(format("  %11s %10s %10s %12s %12s  %s", "connections", "idle", "user",
                "+ broadcast", "+ 1 % slow", ""));
        for (Projection row : report.projections()) {
            line(format("  %11s %10s %10s %12s %12s  %s", Units.count(row.connections()),
                    Units.bytes(row.idleBytes()), row.userBytes() == 0 ? "-"
                    : Units.bytes(row.userBytes()), Units.bytes(row.broadcastBytes()),
                    Units.bytes(row.slowBytes()), verdict(row)));
        }
        line("");
    }

    private String verdict(Projection row) {
        int tone = switch (row.verdict()) {
            case FITS -> 71;
            case TIGHT -> 172;
            case DOES_NOT_FIT -> 160;
        };
        return paint(tone, row.verdict().text)
                + (row.breaks().isEmpty() ? "" : ": " + row.breaks().getFirst());
    }

    private void advice() {
        if (report.advice().isEmpty()) {
            return;
        }
        heading("What to change");
        report.advice().forEach(text -> wrapped(text));
        line("");
    }

    private void missing() {
        for (Report.Source source : report.sources()) {
            if (!source.isThere()) {
                wrapped("not seen: " + source.name() + ". " + source.why()
                        + (source.remedy().isEmpty() ? "" : " -> " + source.remedy()));
            }
        }
        if (report.interrupted()) {
            wrapped("the list of sockets changed while it was read: some may be missing or twice");
        }
        line("  " + dim("took " + report.own().millis() + " ms and "
                + Units.bytes(report.own().rssBytes()) + " itself"));
    }

    private void wrapped(String text) {
        StringBuilder row = new StringBuilder("  - ");
        for (String word : text.split(" ")) {
            if (row.length() + word.length() > COLUMNS && row.length() > 4) {
                line(row.toString().stripTrailing());
                row = new StringBuilder("    ");
            }
            row.append(word).append(' ');
        }
        line(row.toString().stripTrailing());
    }

    private void heading(String text) {
        line(bold(text));
    }

    private void line(String text) {
        out.append(text).append('\n');
    }

    private String bold(String text) {
        return colour ? "\033[1m" + text + "\033[0m" : text;
    }

    private String dim(String text) {
        return colour ? "\033[2m" + text + "\033[0m" : text;
    }

    private String tint(int part, String text) {
        return paint(COLOURS[part], text);
    }

    private String paint(int tone, String text) {
        return colour ? "\033[38;5;" + tone + "m" + text + "\033[0m" : text;
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
