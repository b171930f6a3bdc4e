package io.mooring.bench.million;

import io.mooring.bench.BenchException;
import io.mooring.bench.html.Html;
import io.mooring.probe.model.PairSlopes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The outcome as one HTML file that needs nothing else: no network, no script, no font. */
record HtmlReport(Outcome out, Timeline timeline, Map<String, Object> machine, String command) {

    private static final String[] CAVEATS = {
        "Both ends share this machine, its cores and its kernel, over loopback: no network card, no"
            + " interrupts of one, no wire (1 Gbit/s alone needs a second for a million messages).",
        "Kernel memory grows by both ends. What a TCP socket consists of (TCP, sock_inode_cache,"
            + " filp, dentry, security labels) each end has its half of; what waiting adds"
            + " (io_kiocb, the descriptor's node) too, for both ends wait by one-shot POLL_ADD on a"
            + " direct descriptor; buckets of bound ports (tcp_bind*, whatever name they are merged"
            + " under) are the clients' alone. Where processes run in a memory cgroup, the kernel"
            + " keeps 8 bytes for each object charged to it: shown, and not counted as waiting."
            + " Caches of files and processes are left out, so are sockets in TIME_WAIT.",
        "The base is read after a few connections have come, talked and gone, so that compiled"
            + " code and rings do not count as connections; the slopes use the readings while it"
            + " grew, not the base. The standard error tells how straight the line is.",
        "The server runs with --idle-timeout 0: no pings fall into the measure. It is started with"
            + " its launcher's JVM flags, and a log of its collections.",
        "A ring keeps each request (io_kiocb, 256 bytes) that was ever in use, for the next one,"
            + " until the ring is closed; ports stay bound while their sockets are in TIME_WAIT."
            + " Both are told apart from what must come back.",
        "Slabs are active objects times their packed size (pages per slab over objects per slab).",
    };

    void write(Path file) {
        try {
            Files.writeString(file, html());
        } catch (IOException e) {
            throw new BenchException("cannot write " + file + ": " + e.getMessage());
        }
    }

    String html() {
        ReportCharts charts = new ReportCharts(out, timeline);
        List<Verdict> verdicts = Verdict.of(out);
        StringBuilder page = new StringBuilder(64 * 1024);
        page.append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
                .append("<title>").append(Html.escape(title())).append("</title><style>")
                .append(Html.style()).append("</style></head><body><main>");
        head(page);
        tiles(page);
        stack(page);
        section(page, "Ramp", format("%,d connections in %,.1f s of growing, %s. The pauses are"
                + " where memory was read.", out.held(), out.rampMs() / 1000.0,
                number("%,.0f a second", out.rampRate())), charts.ramp().html());
        page.append("<div class=\"two\">");
        section(page, "User memory", "Resident memory of the server, least squares.",
                charts.user().html());
        section(page, "Kernel memory", "Slabs of connections, both ends, least squares.",
                charts.kernel().html());
        page.append("</div>");
        broadcast(page, charts);
        section(page, "Memory over the whole run", "What the kernel took and what was left; below,"
                + " the two processes.", charts.machineMemory().html()
                + charts.processMemory().html());
        section(page, "All figures", "", figures(verdicts));
        slabs(page);
        about(page);
        return page.append("</main></body></html>\n").toString();
    }

    private String title() {
        return format("%,d WebSockets", out.held());
    }

    private void head(StringBuilder page) {
        page.append("<header><div><h1>").append(title()).append("</h1><p>Mooring, ")
                .append(DateTimeFormatter.ofPattern("d MMMM uuuu, HH:mm", Locale.ROOT)
                        .format(LocalDateTime.now()))
                .append(format(" &middot; %,.0f s in all</p></div>", out.totalMs / 1000.0))
                .append(out.isGood() ? "<b class=\"badge good\">none lost, all delivered</b>"
                        : "<b class=\"badge bad\">not as it should be</b>").append("</header>");
        for (String failure : out.failures) {
            page.append("<p class=\"failure\">").append(Html.escape(failure)).append("</p>");
        }
        if (out.isDisturbed()) {
            page.append(format("<p class=\"failure\">Others on this machine had %+,d sockets come"
                    + " or go meanwhile: the kernel's figures are not to be trusted.</p>",
                    out.socketsOfOthers()));
        }
    }

    private void tiles(StringBuilder page) {
        page.append("<div class=\"tiles\">");
        tile(page, format("%,d", out.held()), "held at once", out.lost == 0 ? "none lost"
                : format("%,d lost", out.lost));
        tile(page, number("%,.0f/s", out.rampRate()), "ramp", format("%,.1f s",
                out.rampMs() / 1000.0));
        tile(page, number("%,.0f B", out.fit(Memory::rssBytes).slope()),
                "user memory per connection", number("\u00b1 %,.1f B, slope of RSS",
                        out.fit(Memory::rssBytes).slopeError()));
        PairSlopes slabs = out.slabs();
        if (!slabs.isEmpty()) {
            tile(page, format("%,.0f B", slabs.aboveBare()), "kernel memory above the bare socket",
                    format("%,.0f B in all", slabs.server()));
        }
        if (out.idle != null) {
            tile(page, format("%.2f %%", out.idle.percent()), "of a core while they are idle",
                    out.echoMs == null ? "" : format("another's echo: %.2f ms",
                            out.echoMs.median()));
        }
        if (!out.deliveries.isEmpty()) {
            tile(page, format("%,.2f s", out.deliveries.getLast().broadcast().completeMs() / 1000),
                    format("for %d B to reach all", out.options.broadcastBytes()),
                    out.missing() == 0 ? "none missing" : format("%,d missing", out.missing()));
        }
        if (out.end != null) {
            double back = 100 - Math.max(0, out.slabRest().percent());
            tile(page, format("%.1f %%", back), "of the sockets' memory came back",
                    format("%.1f s after %s", out.end.backMs() / 1000.0,
                            out.end.killed() ? "kill -9" : "the first close"));
        }
        page.append("</div>");
    }

    private static void tile(StringBuilder page, String figure, String label, String more) {
        page.append("<div class=\"tile\"><b>").append(Html.escape(figure)).append("</b><span>")
                .append(Html.escape(label)).append("</span><small>").append(Html.escape(more))
                .append("</small></div>");
    }

    private void stack(StringBuilder page) {
        MemoryStack stack = MemoryStack.of(out);
        if (stack.segments().isEmpty()) {
            return;
        }
        section(page, "One connection, byte by byte", format("The server's end: %,.0f B, user and"
                + " kernel. <span class=\"key\"><i class=\"u1\"></i>the process <i class=\"k1\">"
                + "</i>the socket as such <i class=\"w1\"></i>what waiting adds</span>",
                stack.total()), stack.svg() + stack.table());
    }

    private void broadcast(StringBuilder page, ReportCharts charts) {
        if (out.deliveries.isEmpty()) {
            return;
        }
        StringBuilder table = new StringBuilder("<table><thead><tr><th>broadcast</th>"
                + "<th class=\"n\">received</th><th class=\"n\">missing</th><th class=\"n\">"
                + "complete</th>");
        List<String> names = new ArrayList<>(out.deliveries.getFirst().broadcast().latencyMs()
                .keySet());
        names.forEach(name -> table.append("<th class=\"n\">").append(Html.escape(name))
                .append("</th>"));
        table.append("<th class=\"n\">server CPU each</th></tr></thead><tbody>");
        for (Outcome.Delivery delivery : out.deliveries) {
            SwarmEvent.Broadcast b = delivery.broadcast();
            table.append(format("<tr><td>%d</td><td class=\"n\">%,d</td><td class=\"n\">%,d</td>"
                    + "<td class=\"n\">%,.0f ms</td>", b.number(), b.received(), b.missing(),
                    b.completeMs()));
            names.forEach(name -> table.append(format("<td class=\"n\">%,.0f ms</td>",
                    b.latencyMs().getOrDefault(name, Double.NaN))));
            table.append(format("<td class=\"n\">%.2f \u00b5s</td></tr>",
                    delivery.serverMicrosPerDelivery()));
        }
        section(page, "Broadcast", format("%d bytes to %,d receivers; latency is each receiver's,"
                + " since the message was published.", out.options.broadcastBytes(),
                out.deliveries.getLast().broadcast().receivers()), charts.broadcast().html()
                + table.append("</tbody></table>"));
    }

    private static String figures(List<Verdict> verdicts) {
        StringBuilder out = new StringBuilder("<table class=\"figures\"><tbody>");
        String group = "";
        for (Verdict v : verdicts) {
            if (!v.group().equals(group)) {
                group = v.group();
                out.append("<tr><th colspan=\"4\">").append(Html.escape(group))
                        .append("</th></tr>");
            }
            out.append("<tr><td>").append(Html.nice(v.label())).append("</td><td class=\"n\">")
                    .append(Html.nice(v.figure())).append("</td><td class=\"n quiet\">")
                    .append(Html.nice(v.target())).append("</td><td>")
                    .append(v.pass() == null ? "" : v.pass() ? "<b class=\"good\">\u2713</b>"
                            : "<b class=\"bad\">\u2717 missed</b>").append("</td></tr>");
        }
        return out.append("</tbody></table>").toString();
    }

    private void slabs(StringBuilder page) {
        PairSlopes slabs = out.slabs();
        if (slabs.isEmpty()) {
            return;
        }
        StringBuilder table = new StringBuilder("<table><thead><tr><th>slab cache</th><th>counted"
                + " as</th><th class=\"n\">both ends</th><th class=\"n\">error</th>"
                + "<th class=\"n\">server's end</th></tr></thead><tbody>");
        for (PairSlopes.Share s : slabs.shown()) {
            table.append(format("<tr><td><code>%s</code></td><td class=\"quiet\">%s</td><td"
                    + " class=\"n\">%,.1f B</td><td class=\"n quiet\">%s</td><td class=\"n\">%,.1f"
                    + " B</td></tr>", Html.escape(s.cache()), Html.escape(s.part().label),
                    s.pairBytes(), number("\u00b1 %,.1f", s.pairError()), s.serverBytes()));
        }
        section(page, "Kernel memory by slab cache", "Bytes per connection, slopes.",
                table.append("</tbody></table>").toString());
    }

    private void about(StringBuilder page) {
        StringBuilder text = new StringBuilder("<table class=\"about\"><tbody>");
        machine.forEach((name, value) -> text.append("<tr><td class=\"quiet\">")
                .append(Html.escape(name.replace('_', ' '))).append("</td><td>")
                .append(Html.escape(value instanceof Number n ? format("%,d", n.longValue())
                        : String.valueOf(value))).append("</td></tr>"));
        text.append("</tbody></table><h3>Again</h3><pre>").append(Html.escape(command))
                .append("</pre><h3>What it started</h3><pre>");
        out.commands.forEach(line -> text.append(Html.escape(line)).append("\n\n"));
        text.append("</pre><h3>How to read it</h3><ul>");
        for (String caveat : CAVEATS) {
            text.append("<li>").append(Html.escape(caveat)).append("</li>");
        }
        section(page, "Machine, commands, caveats", "", text.append("</ul>").toString());
    }

    private static void section(StringBuilder page, String title, String intro, String content) {
        page.append("<section><h2>").append(Html.escape(title)).append("</h2>");
        if (!intro.isEmpty()) {
            page.append("<p>").append(intro).append("</p>");
        }
        page.append("<div class=\"scroll\">").append(content).append("</div></section>");
    }

    private static String number(String format, double value) {
        return Double.isNaN(value) ? "\u2013" : format(format, value);
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
