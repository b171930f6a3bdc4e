package io.mooring.bench.million;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.bench.Json;
import io.mooring.bench.Machine;
import io.mooring.bench.html.Html;
import io.mooring.bench.html.Units;
import io.mooring.bench.html.XyChart;
import io.mooring.probe.model.Holders;
import io.mooring.probe.model.Layer;
import io.mooring.probe.model.Report;
import io.mooring.probe.model.SocketTotals;
import io.mooring.probe.netlink.SocketRecord;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xml.sax.InputSource;

/** Table and page, of whatever there is to show. */
class ReportTest {

    private static String html(Outcome out) {
        Timeline timeline = new Timeline(() -> 7);
        timeline.phase("start");
        timeline.phase("hold");
        timeline.connected(3);
        timeline.close();
        return new HtmlReport(out, timeline, Machine.describe(), "./mooring million --x '<'")
                .html();
    }

    /** Every picture must be well-formed by itself, and nothing on the page come from elsewhere. */
    private static void check(String html) throws Exception {
        for (int at = html.indexOf("<svg"); at >= 0; at = html.indexOf("<svg", at + 1)) {
            String svg = html.substring(at, html.indexOf("</svg>", at) + 6);
            DocumentBuilderFactory.newInstance().newDocumentBuilder()
                    .parse(new InputSource(new StringReader(svg)));
        }
        for (String word : List.of("NaN", "Infinity", "null", "<script", "src=", "url(", "href=",
                "@import")) {
            assertThat(html.contains(word)).as(word).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 5})
    void rendersWithAnyNumberOfPoints(int points) throws Exception {
        Outcome out = Fixtures.outcome(points);
        String html = html(out);
        check(html);
        assertThat(new Summary(Verdict.of(out), false).text()).doesNotContain("NaN");
        assertThat(html.contains("One connection, byte by byte")).isEqualTo(points >= 2);
    }

    /** The slabs of {@link Fixtures} grow by 4,143 B at the server's end; its table has 8 more. */
    @ParameterizedTest
    @CsvSource({"4151, 100.0, true", "4040, 97.3, true", "4010, 96.6, false", "4300, 103.6, false"})
    void theProbeAndTheSlabsJudgeEachOther(long bytesEach, String percent, boolean pass) {
        Outcome out = Fixtures.outcome(3);
        out.probe = probe(100_000, bytesEach);
        assertThat(Verdict.of(out)).filteredOn(v -> v.label().contains("counted by the probe"))
                .singleElement().satisfies(v -> {
                    assertThat(v.figure()).contains(percent + " %");
                    assertThat(v.pass()).isEqualTo(pass);
                });
        out.probe = null;
        assertThat(Verdict.of(out)).noneMatch(v -> v.label().contains("counted by the probe"));
    }

    private static Report probe(int connections, long bytesEach) {
        SocketTotals totals = new SocketTotals(0);
        SocketRecord socket = new SocketRecord();
        socket.family = 2;
        socket.state = SocketRecord.ESTABLISHED;
        for (int i = 0; i < connections; i++) {
            totals.add(socket);
        }
        Layer all = new Layer(Layer.Part.SOCKET, "all of it", 0, 0, connections,
                (double) bytesEach * connections, 0, "this test", Layer.Basis.MEASURED);
        return new Report("", null, null, List.of(), totals, Holders.NONE, List.of(all),
                List.of(), List.of(), null, null, null, null, Map.of(), 0, List.of(), List.of(),
                List.of(), false, new Report.Own(1, 1));
    }

    @Test
    void rendersWhatHardlyBegan() throws Exception {
        Outcome out = new Outcome(Fixtures.options(0, false),
                Preflight.of(1000, 0, Fixtures.FACTS));
        out.failures.add("start: the server ended: <no luck>");
        String html = html(out);
        check(html);
        assertThat(html).contains("&lt;no luck&gt;").contains("not as it should be");
        assertThat(new Summary(Verdict.of(out), false).text()).contains("nothing was measured");
    }

    @Test
    void rendersWithRefusals() throws Exception {
        Outcome out = new Outcome(Fixtures.options(512 << 20, false),
                Preflight.of(200_000, 512 << 20, Fixtures.FACTS));
        out.base = Fixtures.memory(0);
        out.steps.add(new Outcome.Step(1, 2, new SwarmEvent.Grown(120_000,
                Map.of("503", 80_000L), 80_000, 0, 5000)));
        out.points.add(Fixtures.memory(120_000));
        out.refusedByServer.put("memory", 80_000L);
        out.deliveries.add(new Outcome.Delivery(Fixtures.broadcast(1, 120_000, 0), 1));
        out.deliveries.add(new Outcome.Delivery(Fixtures.broadcast(2, 120_000, 0), 1));
        out.group = Map.of("usage_bytes", 5L, "peak_bytes", 6L, "limit_bytes", 7L, "failcnt", 0L,
                "oom_kills", 0L);
        out.complete = true;
        check(html(out));
        assertThat(out.isGood()).isTrue();
        assertThat(new Summary(Verdict.of(out), false).text()).contains("503 80,000")
                .contains("memory 80,000").contains("OOM kills").doesNotContain("MISS");
    }

    @Test
    void figuresStandBesideTheirTargets() {
        Outcome out = Fixtures.outcome(5);
        String text = new Summary(Verdict.of(out), false).text();
        assertThat(text).contains("100,000 of 100,000").contains("289.0 +- 0.0 B")
                .contains("<= 300 B").contains("< 40 s").contains("0.0 % (0 B of")
                .doesNotContain("MISS");
        assertThat(text.lines().mapToInt(String::length).max().orElse(0)).isLessThanOrEqualTo(100);
        assertThat(html(out)).contains("289.0 \u00b1 0.0 B").contains("\u2264 300 B");
        assertThat(out.isGood()).isTrue();
    }

    @Test
    void aMissedTargetIsSaid() {
        Outcome out = Fixtures.outcome(3);
        out.lost = 2;
        out.deliveries.set(1, new Outcome.Delivery(Fixtures.broadcast(2, 100_000, 7), 0.5));
        String text = new Summary(Verdict.of(out), false).text();
        assertThat(text.lines().filter(line -> line.endsWith("MISS")))
                .hasSize(2).anyMatch(line -> line.contains("lost"))
                .anyMatch(line -> line.contains("missing"));
        assertThat(out.isGood()).isFalse();
    }

    @Test
    void markupInTextIsText() throws Exception {
        assertThat(Html.escape("<a b=\"c\">&'")).isEqualTo("&lt;a b=&quot;c&quot;&gt;&amp;&#39;");
        assertThat(html(Fixtures.outcome(2))).contains("-Dx=&quot;&lt;&amp;&gt;&quot;")
                .contains("--x &#39;&lt;&#39;");
        String svg = new XyChart(XyChart.HALF, "a<b", "x & y", Units::count, "\"y\"", Units::count)
                .line("<l>", "c1", new double[] {0, 1}, new double[] {0, 2})
                .points("p", "c2", new double[0], new double[0]).band(0, 1, "<band>").html();
        check(svg);
        assertThat(svg).contains("a&lt;b").contains("&lt;band&gt;");
    }

    @Test
    void theWholeIsWrittenAsJson(@TempDir Path folder)
            throws Exception {
        Path file = folder.resolve("m.json");
        Timeline timeline = new Timeline(() -> 1);
        timeline.connected(1);
        timeline.close();
        new OutcomeJson(Fixtures.outcome(5), timeline).write(file);
        Map<String, Object> json = Json.parseObject(
                Files.readString(file));
        assertThat(json).containsEntry("held", 100_000L).containsEntry("good", true);
        new OutcomeJson(Fixtures.outcome(0), timeline).write(file);
    }
}
