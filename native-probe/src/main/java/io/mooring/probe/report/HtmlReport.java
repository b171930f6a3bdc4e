package io.mooring.probe.report;

import io.mooring.probe.model.CostModel;
import io.mooring.probe.model.Layer;
import io.mooring.probe.model.Projection;
import io.mooring.probe.model.Report;
import io.mooring.probe.model.TopSockets;
import io.mooring.probe.model.Units;
import io.mooring.probe.netlink.SocketRecord;
import io.mooring.probe.source.ProcessInfo;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A report as one page that needs nothing else: no network, no script, no font. */
public final class HtmlReport {

    private static final double NEAR = 0.8;
    private static final double AT = 0.95;

    private final Report report;
    private final StringBuilder out = new StringBuilder(32 * 1024);

    private HtmlReport(Report report) {
        this.report = report;
    }

    public static String of(Report report) {
        HtmlReport page = new HtmlReport(report);
        String title = report.connections() < Report.TELLING_CONNECTIONS
                ? Units.count(report.connections()) + " connections, "
                + Units.bytes(report.kernelBytes()) + " of kernel memory" : Units.count(
                report.connections()) + " connections, " + Units.each(
                report.idleBytesPerConnection()) + " B of kernel memory each";
        page.out.append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
                .append("<title>").append(escape(title)).append("</title><style>").append(style())
                .append("</style></head><body><main><h1>").append(escape(title))
                .append("</h1><p>").append(escape(page.subtitle())).append("</p>");
        page.tiles();
        page.bar();
        page.advice();
        page.limits();
        page.whatIf();
        page.queues();
        page.states();
        page.top();
        page.stack();
        page.coverage();
        page.processes();
        page.sources();
        return page.out.append("</main></body></html>\n").toString();
    }

    private String subtitle() {
        return "Kernel memory of " + report.scope().title() + ", " + report.takenAt() + ". Linux "
                + report.machine().kernel() + ", " + report.machine().architecture() + ", "
                + report.machine().cpus() + " CPUs, pages of "
                + report.machine().pageBytes() / 1024 + " KiB.";
    }

    private void tiles() {
        out.append("<div class=\"tiles\">");
        tile(Units.bytes(report.kernelBytes()), "kernel memory of these sockets");
        tile(report.connections() < Report.TELLING_CONNECTIONS ? "too few"
                : Units.each(report.idleBytesPerConnection()) + " B",
                "of it for one idle connection");
        tile(Units.bytes(report.totals().received + report.totals().sent), "in queues of TCP");
        tile(report.processes().isEmpty() ? "unknown" : Units.bytes(report.userBytes()),
                "resident in the processes that hold them");
        if (report.isCovered()) {
            tile(Units.percent(report.coveredShare()), "of the sockets' own slabs explained");
        }
        out.append("</div>");
    }

    private void tile(String figure, String label) {
        out.append("<div class=\"tile\"><b>").append(escape(figure)).append("</b><span>")
                .append(escape(label)).append("</span></div>");
    }

    private void bar() {
        StackBar bar = StackBar.of(report);
        if (report.connections() < Report.TELLING_CONNECTIONS) {
            return;
        }
        open("One connection, byte by byte", "Kernel memory divided by connections: "
                + Units.each(bar.total()) + " B.");
        out.append("<div class=\"bar\">");
        for (StackBar.Stretch one : bar.stretches()) {
            out.append(format("<i style=\"flex:%.2f 0 0;background:var(--p%d)\" title=\"%s %s B\">"
                    + "</i>", one.bytes(), one.part().ordinal(), escape(one.part().label),
                    Units.each(one.bytes())));
        }
        out.append("</div><ul class=\"key\">");
        for (StackBar.Stretch one : bar.stretches()) {
            out.append(format("<li><i style=\"background:var(--p%d)\"></i>%s <b>%s B</b></li>",
                    one.part().ordinal(), escape(one.part().label), Units.each(one.bytes())));
        }
        out.append("</ul>");
        close();
    }

    private void advice() {
        if (!report.advice().isEmpty()) {
            open("What to change", "");
            out.append("<ul class=\"plain\">");
            report.advice().forEach(line -> out.append("<li>").append(escape(line))
                    .append("</li>"));
            out.append("</ul>");
            close();
        }
    }

    private void limits() {
        open("Against the limits", "");
        if (report.memory() != null) {
            double total = report.memory().get("MemTotal");
            bytesGauge("memory", total - report.memory().get("MemAvailable"), total);
        }
        if (report.limits() != null && report.sockstat() != null) {
            bytesGauge("TCP's buffers (tcp_mem)", (double) report.sockstat().bufferPages()
                    * report.machine().pageBytes(), report.limits().memMax());
            countGauge("orphans", report.sockstat().orphans(), report.limits().orphansMax());
            countGauge("TIME-WAIT", report.sockstat().timeWait(), report.limits().timeWaitMax());
        }
        if (report.cgroup() != null && report.cgroup().limit() != Long.MAX_VALUE) {
            bytesGauge("memory cgroup", report.cgroup().usage(), report.cgroup().limit());
        }
        if (report.processes().size() == 1) {
            countGauge("sockets by descriptor", report.holders().withDescriptor(),
                    report.processes().getFirst().filesSoft());
        }
        close();
    }

    private void bytesGauge(String name, double used, double limit) {
        gauge(name, used / limit, Units.bytes(used) + " of " + Units.bytes(limit));
    }

    private void countGauge(String name, long used, long limit) {
        if (limit > 0) {
            gauge(name, (double) used / limit, Units.count(used) + " of " + Units.count(limit));
        }
    }

    private void gauge(String name, double share, String text) {
        out.append(format("<div class=\"gauge\"><span>%s</span><div class=\"track\"><i%s "
                + "style=\"width:%.2f%%\"></i></div><span class=\"q\">%s (%s)</span></div>",
                escape(name), share > AT ? " class=\"bad\"" : share > NEAR ? " class=\"warn\"" : "",
                Math.min(100, 100 * share), escape(text), Units.percent(share)));
    }

    private void whatIf() {
        open("What if", "Kernel memory of so many idle connections; more while one small message"
                + " to each is not acknowledged; more if one in a hundred does not read and its"
                + " send buffer is as large as tcp_wmem lets it be.");
        out.append("<div class=\"scroll plot\">")
                .append(Charts.projections(report.projections())).append("</div>");
        table("connections|idle|user|+ broadcast|its tcp_mem|+ 1 % slow|", 6);
        for (Projection row : report.projections()) {
            String tone = switch (row.verdict()) {
                case FITS -> "good";
                case TIGHT -> "warn";
                case DOES_NOT_FIT -> "bad";
            };
            out.append(format("<tr><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">"
                    + "%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td>"
                    + "<td class=\"words\"><span class=\"badge %s\">%s</span> <span class=\"q\">"
                    + "%s</span></td></tr>", Units.count(row.connections()),
                    Units.bytes(row.idleBytes()),
                    row.userBytes() == 0 ? "\u2013" : Units.bytes(row.userBytes()),
                    Units.bytes(row.broadcastBytes()), Units.bytes(row.broadcastTcpBytes()),
                    Units.bytes(row.slowBytes()), tone, row.verdict().text,
                    escape(String.join("; ", row.breaks()))));
        }
        endTable();
        close();
    }

    private void queues() {
        var t = report.totals();
        if (t.received + t.sent + t.forward == 0) {
            return;
        }
        open("Queues", "How many sockets have how much: with the buffers' overhead, as the kernel"
                + " charges it. What is charged ahead is no memory of its own.");
        out.append("<div class=\"charts\">");
        chart("received, unread", t.receivedBytes, 9);
        chart("sent, unacknowledged", t.sentBytes, 10);
        chart("charged ahead", t.forwardBytes, 13);
        out.append("</div>");
        close();
    }

    private void chart(String title, org.HdrHistogram.Histogram histogram, int colour) {
        out.append("<div><h3>").append(title).append("</h3>")
                .append(Charts.spread(Spread.buckets(histogram), colour)).append("</div>");
    }

    private void states() {
        var t = report.totals();
        open("States", "");
        table("state|sockets|unread|unacknowledged|charged ahead", -1);
        for (int i = 0; i < t.countByState.length; i++) {
            if (t.countByState[i] > 0) {
                out.append(format("<tr><td>%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td>"
                        + "<td class=\"n\">%s</td><td class=\"n\">%s</td></tr>",
                        SocketRecord.STATES.get(i), Units.count(t.countByState[i]),
                        Units.bytes(t.receivedByState[i]), Units.bytes(t.sentByState[i]),
                        Units.bytes(t.forwardByState[i])));
            }
        }
        endTable();
        close();
    }

    private void top() {
        if (report.top().isEmpty()) {
            return;
        }
        open("Fattest sockets", "In brackets with the buffers' overhead.");
        table("bytes|local|peer|state|unread|unacknowledged|rtt|pid", -1);
        for (TopSockets.Fat f : report.top()) {
            out.append(format("<tr><td class=\"n\">%s</td><td><code>%s</code></td><td><code>%s"
                    + "</code></td><td>%s</td><td class=\"n\">%s (%s)</td><td class=\"n\">%s (%s)"
                    + "</td><td class=\"n\">%s</td><td class=\"n\">%s</td></tr>",
                    Units.bytes(f.bytes()), escape(f.local()), escape(f.remote()), f.state(),
                    Units.bytes(f.receiveQueue()), Units.bytes(f.rmem()),
                    Units.bytes(f.sendQueue()), Units.bytes(f.wmem()), f.rttMicros() < 0 ? "\u2013"
                    : Units.micros(f.rttMicros()), f.pid() == 0 ? "\u2013"
                    : String.valueOf(f.pid())));
        }
        endTable();
        close();
    }

    private void stack() {
        open("Where it is", "Packed: an object's share of its pages. Derived rows follow from"
                + " measured ones; assumed ones have the size that is usual.");
        table("what|B / connection|object|packed|count|total|how", -1);
        for (Layer row : report.layers()) {
            out.append(format("<tr><td><i class=\"dot\" style=\"background:var(--p%d)\"></i>%s</td>"
                    + "<td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td>"
                    + "<td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"q\">%s: %s</td>"
                    + "</tr>", row.part().ordinal(), escape(row.name()),
                    !report.isPerConnection(row) ? "\u2013"
                    : Units.each(row.bytes() / report.connections()), row.objectBytes() == 0 ? ""
                    : Units.each(row.objectBytes()), row.packedBytes() == 0 ? ""
                    : format("%,.1f", row.packedBytes()), Units.count(row.count()),
                    Units.bytes(row.bytes()), row.basis().name().toLowerCase(Locale.ROOT),
                    escape(row.source())));
        }
        endTable();
        close();
    }

    private void coverage() {
        if (!report.isCovered()) {
            return;
        }
        open("Judged by the slabs", "Objects that the model counts, beside those that each cache"
                + " of the whole machine says are in use. Sockets of other network namespaces, and"
                + " such as are being closed, are in the second only.");
        table("cache|modelled|in use|with free ones|bytes in use|explained", -1);
        for (CostModel.Coverage c : report.coverage()) {
            out.append(format("<tr><td><code>%s</code></td><td class=\"n\">%s</td><td class=\"n\">"
                    + "%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td>"
                    + "</tr>", escape(c.cache()), Units.count(c.modelled()),
                    Units.count(c.active()), Units.count(c.objects()),
                    Units.bytes(c.activeBytes()), c.active() == 0 ? "\u2013"
                    : Units.percent((double) c.modelled() / c.active())));
        }
        endTable();
        close();
    }

    private void processes() {
        if (report.processes().isEmpty()) {
            return;
        }
        open("Who holds them", "User memory: all of the process, not the connections' alone.");
        table("process|pid|resident|own|of files|page tables|open files limit", -1);
        int shown = 0;
        for (ProcessInfo p : report.processes()) {
            if (shown++ == 20) {
                break;
            }
            out.append(format("<tr><td>%s%s</td><td class=\"n\">%d</td><td class=\"n\">%s</td>"
                    + "<td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td>"
                    + "<td class=\"n\">%s</td></tr>", escape(p.command()), p.isJvm()
                    ? " <span class=\"q\">JVM</span>" : "", p.pid(), Units.bytes(p.rss()),
                    Units.bytes(p.anon()), Units.bytes(p.file()), Units.bytes(p.pageTables()),
                    Units.count(p.filesSoft())));
        }
        endTable();
        close();
    }

    private void sources() {
        open("Sources", report.interrupted() ? "The list of sockets changed while it was read: some"
                + " may be missing or twice." : "");
        table("source||", -1);
        for (Report.Source s : report.sources()) {
            out.append(format("<tr><td>%s</td><td><b class=\"%s\">%s</b></td><td class=\"q\">%s"
                    + "</td></tr>", escape(s.name()), s.isThere() ? "good" : "warn",
                    s.isThere() ? "\u2713" : "not seen", escape(s.isThere() ? s.detail()
                    : s.why() + (s.remedy().isEmpty() ? "" : " \u2192 " + s.remedy()))));
        }
        endTable();
        out.append("<p class=\"q\">Taken in ").append(report.own().millis()).append(" ms with ")
                .append(Units.bytes(report.own().rssBytes()))
                .append(" of memory. docs/PROBE.md tells how to read it.</p>");
        close();
    }

    private void open(String title, String intro) {
        out.append("<section><h2>").append(escape(title)).append("</h2>");
        if (!intro.isEmpty()) {
            out.append("<p>").append(escape(intro)).append("</p>");
        }
    }

    private void close() {
        out.append("</section>");
    }

    /** @param left so many columns are numbers, all but names; -1: by their heading */
    private void table(String headings, int left) {
        out.append("<div class=\"scroll\"><table><thead><tr>");
        String[] names = headings.split("\\|", -1);
        for (int i = 0; i < names.length; i++) {
            boolean number = left >= 0 ? i < left : !names[i].matches(
                    "|state|local|peer|what|how|cache|process|source");
            out.append("<th").append(number ? " class=\"n\"" : "").append('>')
                    .append(escape(names[i])).append("</th>");
        }
        out.append("</tr></thead><tbody>");
    }

    private void endTable() {
        out.append("</tbody></table></div>");
    }

    static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    private static String style() {
        try (InputStream css = HtmlReport.class.getResourceAsStream("report.css")) {
            return new String(css.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
