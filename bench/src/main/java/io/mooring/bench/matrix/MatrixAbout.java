package io.mooring.bench.matrix;

import io.mooring.bench.html.Html;

/** The end of the page: the machine, what was set on the sockets, the commands, how to read it. */
record MatrixAbout(Run run) {

    private static final String[] CAVEATS = {
        "One machine runs server and load, on a core each, over loopback: no network card, no"
            + " interrupts of one, no wire. What counts is the ratio of two engines in one run.",
        "Rounds are interleaved: in each, every engine has its turn while the others are silent. A"
            + " ratio is taken within a round, for neighbours in time share the host's weather.",
        "A row is invalid, and its figures are shown nowhere, when it measured the client (its core"
            + " above 90 %, more than 1 % sent late), when echoes or deliveries were missing or"
            + " wrong, or when the server failed.",
        "Before it is measured each server must show that it is one process on its core, that its"
            + " sockets have TCP_NODELAY and otherwise the kernel's own buffers, and that it"
            + " answers frame by frame with the same bytes. Who does not is not compared.",
        "Server CPU is user and system time of its whole process, interrupts on its core included.",
        "Latency counts from when a message was due, not from when it was sent. With a constant"
            + " rate it is known to a tenth of a millisecond.",
        "Times to completion are left out where the receivers were saturated and the server waited"
            + " for them; the CPU per delivery stands.",
    };

    void append(StringBuilder page) {
        StringBuilder text = new StringBuilder("<table class=\"about\"><tbody>");
        run.machine().forEach((name, value) -> text.append("<tr><td class=\"quiet\">")
                .append(Html.escape(name.replace('_', ' '))).append("</td><td>")
                .append(Html.escape(value instanceof Number n
                        ? MatrixPage.format("%,d", n.longValue()) : String.valueOf(value)))
                .append("</td></tr>"));
        text.append("</tbody></table><h3>What was read back from their sockets</h3>")
                .append(sockets()).append("<h3>Again</h3><pre>")
                .append(Html.escape(run.command())).append("</pre><h3>What it started</h3><pre>");
        run.bench().commands().forEach((what, line) -> text.append("# ").append(Html.escape(what))
                .append('\n').append(Html.escape(line)).append("\n\n"));
        text.append("</pre><h3>How to read it</h3><ul>");
        for (String caveat : CAVEATS) {
            text.append("<li>").append(Html.escape(caveat)).append("</li>");
        }
        MatrixPage.section(page, "Machine, commands, method", "", text.append("</ul>").toString());
    }

    private String sockets() {
        StringBuilder table = new StringBuilder("<div class=\"scroll\"><table><thead><tr>"
                + "<th>server</th><th>TCP_NODELAY</th><th class=\"n\">backlog</th>"
                + "<th class=\"n\">receive buffer, B</th>"
                + "<th class=\"n\">send buffer, B</th>"
                + "<th>congestion</th></tr></thead><tbody>");
        run.bench().checked().forEach((what, options) -> table.append(MatrixPage.format(
                "<tr><td>%s</td><td>%s</td><td class=\"n\">%,d</td><td class=\"n\">%,d</td>"
                + "<td class=\"n\">%,d</td><td>%s</td></tr>", Html.escape(what),
                options.noDelay() ? "yes" : "<b class=\"bad\">no</b>", options.backlog(),
                options.receiveBytes(), options.sendBytes(), Html.escape(options.congestion()))));
        return table.append("</tbody></table></div>").toString();
    }
}
