package io.mooring.probe.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.mooring.probe.model.CostModel;
import io.mooring.probe.model.Holders;
import io.mooring.probe.model.Layer;
import io.mooring.probe.model.ObjectSizes;
import io.mooring.probe.model.Report;
import io.mooring.probe.model.ReportBuilder;
import io.mooring.probe.model.Sockets;
import io.mooring.probe.model.SocketTotals;
import io.mooring.probe.model.TopSockets;
import io.mooring.probe.source.Fixtures;
import io.mooring.probe.source.MemInfo;
import io.mooring.probe.source.ProcFs;
import io.mooring.probe.source.ProcessInfo;
import io.mooring.probe.source.SlabAliases;
import io.mooring.probe.source.SlabCaches;
import io.mooring.probe.source.SockStat;
import io.mooring.probe.source.TcpLimits;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Reports made of a recorded machine. */
class ReportTest {

    private static Report report(String state, int pairs, long unread, String command) {
        ProcFs files = Fixtures.pi(state);
        SlabCaches slabs = SlabCaches.read(files).value();
        ObjectSizes sizes = new ObjectSizes(slabs, SlabAliases.NONE, Map.of(), 16_384, 4);
        SocketTotals totals = Sockets.loopback(pairs, unread);
        Holders holders = pairs == 0 ? Holders.NONE : Sockets.epoll(pairs);
        CostModel model = new CostModel(totals, holders, sizes, false, false, false);
        List<Layer> layers = model.layers();
        ProcessInfo process = new ProcessInfo(7, command, 50 << 20, 40 << 20, 10 << 20, 0, 0, 4096,
                64, 1, 20_000, 20_000, true, 16 << 20);
        return new ReportBuilder(totals, holders, layers, List.of(process), sizes, 16_384, 30_000)
                .machine(MemInfo.read(files).value(), SockStat.read(files).value(),
                        TcpLimits.read(files).value(), null)
                .slabs(slabs, SlabAliases.NONE)
                .coverage(model.coverage(slabs, SlabAliases.NONE))
                .build("2026-11-26T02:00:00Z", new Report.Machine("6.12", "aarch64", 16_384, 4),
                        new Report.Scope(Report.Scope.Kind.HOST, 0),
                        List.of(new Report.Source("sockets", true, "sock_diag", "", ""),
                                new Report.Source("memory cgroup", false, "", "switched off",
                                        "add cgroup_enable=memory")),
                        totals.top.found().stream().map(TopSockets.Candidate::fat).toList(), false,
                        () -> new Report.Own(12, 60 << 20));
    }

    @Test
    void aPersonSeesTheStackTheLimitsAndWhatToChange() {
        String text = TerminalReport.of(report("held5000-epoll-34B-unread", 5000, 768, "nginx"),
                false);
        assertThat(text).contains("10,000 connections, 4,0").contains("SSSS").contains("tcp_mem")
                .contains("socket inode").contains("What if")
                .contains("pages of 16 KiB").contains("81.8 MB of 787 MB")
                .contains("not seen: memory cgroup. switched off -> add cgroup_enable=memory")
                .doesNotContain("\033");
        assertThat(text.lines().limit(24)).allMatch(line -> line.length() <= 80);
        assertThat(TerminalReport.of(report("base", 5000, 0, "nginx"), true)).contains("\033[");
    }

    @Test
    void aBroadcastThatTcpMemDoesNotHoldIsForetold() {
        Report report = report("base", 30_000, 0, "nginx");
        assertThat(report.advice().getFirst())
                .contains("one unpaced message to all 60,000 charges a page each, 983 MB")
                .contains("at least 75,000 pages");
        assertThat(TerminalReport.of(report, false)).contains("What to change");
    }

    @Test
    void noConnectionsAreNoDivisionByZero() {
        Report empty = report("base", 0, 0, "idle");
        assertThat(TerminalReport.of(empty, false)).contains("no TCP connections")
                .doesNotContain("NaN").doesNotContain("Infinity");
        assertThat(HtmlReport.of(empty)).doesNotContain("NaN").doesNotContain("Infinity");
        assertThat(OpenMetrics.of(empty)).doesNotContain("NaN");
        assertThat(Json.write(ReportJson.of(empty))).doesNotContain("NaN");
    }

    @Test
    void thePageNeedsNothingElseAndBelievesNobody() {
        String page = HtmlReport.of(report("held5000-epoll", 5000, 768, "<script>alert(1)"));
        assertThat(page).startsWith("<!doctype html>").contains("&lt;script&gt;alert(1)")
                .doesNotContain("<script").doesNotContain("src=").doesNotContain("url(")
                .doesNotContain("http:").doesNotContain("https:").doesNotContain("@import");
        for (String tag : List.of("section", "table", "svg", "div", "tr", "ul", "h2")) {
            assertThat(count(page, "<" + tag + "[ >]")).as(tag)
                    .isEqualTo(count(page, "</" + tag + ">")).isPositive();
        }
    }

    private static int count(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        int count = 0;
        while (matcher.find()) {
            count++;
        }
        return count;
    }

    @Test
    void metricsAreOpenMetrics() {
        String text = OpenMetrics.of(report("held5000-epoll", 5000, 768, "a\"b\\c"));
        assertThat(text).endsWith("# EOF\n").contains("mooring_probe_connections 10000\n")
                .contains("command=\"a\\\"b\\\\c\"");
        String family = "";
        for (String line : text.lines().toList()) {
            if (line.startsWith("# TYPE ")) {
                family = line.split(" ")[2];
            } else if (!line.startsWith("#")) {
                assertThat(line).matches(Pattern.quote(family)
                        + "(\\{([a-z]+=\"([^\"\\\\]|\\\\.)*\",?)+})? -?[0-9.E]+");
            }
        }
    }

    @Test
    void whatIsWrittenAsJsonIsReadBack() {
        Report report = report("held5000-epoll", 5000, 768, "x\u0001\"\\\n\u00e9");
        for (String text : List.of(Json.write(ReportJson.of(report)),
                Json.line(ReportJson.of(report)))) {
            Map<?, ?> back = (Map<?, ?>) Json.parse(text);
            assertThat(back.get("schema")).isEqualTo("mooring-probe/1");
            assertThat(back.get("connections")).isEqualTo(10_000.0);
            assertThat((List<?>) back.get("what_if")).hasSize(4);
            assertThat(((Map<?, ?>) ((List<?>) back.get("processes")).getFirst()).get("command"))
                    .isEqualTo("x\u0001\"\\\n\u00e9");
        }
        assertThat(Json.line(ReportJson.of(report)).lines()).hasSize(1);
    }

    @Test
    void brokenJsonIsAnErrorAndNoCrash() {
        String whole = Json.write(ReportJson.of(report("base", 100, 0, "x")));
        for (int cut = 0; cut < whole.length() - 2; cut += 7) {
            String text = whole.substring(0, cut);
            assertThatThrownBy(() -> Json.parse(text))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> Json.parse("[".repeat(100_000)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("too deep");
        Random random = new Random(5);
        String seed = whole.substring(0, 600);
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder(seed);
            text.setCharAt(random.nextInt(seed.length()), (char) random.nextInt(128));
            assertThatThrownBy(() -> Json.parse(text.toString()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aDiffIsJudgedByFreePages() {
        Object before = Json.parse(Json.write(ReportJson.of(report("base", 0, 0, "x"))));
        Object after = Json.parse(Json.write(ReportJson.of(
                report("held5000-epoll", 5000, 0, "x"))));
        ReportDiff diff = new ReportDiff(before, after);
        assertThat(diff.connections()).isEqualTo(10_000);
        assertThat(diff.witnesses()).singleElement().satisfies(witness -> {
            assertThat(witness.name()).contains("free pages");
            assertThat(witness.share()).isCloseTo(1, within(0.05));
        });
        assertThat(diff.rows()).filteredOn(row -> row.name().equals("socket inode"))
                .singleElement().satisfies(row -> assertThat(row.count()).isEqualTo(10_000));
        assertThat(diff.text()).contains("socket inode").contains("+10,000");
        assertThat(new ReportDiff(after, after).rows()).isEmpty();
    }

    @Test
    void whatCannotBeComparedIsRefused() {
        Object one = Json.parse(Json.write(ReportJson.of(report("base", 0, 0, "x"))));
        assertThatThrownBy(() -> new ReportDiff(one, Json.parse("{\"schema\": \"other/9\"}")))
                .hasMessageContaining("schema is other/9");
        assertThatThrownBy(() -> new ReportDiff(one, Json.parse("[]")))
                .hasMessageContaining("schema");
    }

    @Test
    void unitsAreReadable() {
        assertThat(units(0)).isEqualTo("0 B");
        assertThat(units(999)).isEqualTo("999 B");
        assertThat(units(1000)).isEqualTo("1.00 kB");
        assertThat(units(999600)).isEqualTo("1.00 MB");
        assertThat(units(-12345678)).isEqualTo("-12.3 MB");
    }

    private static String units(double bytes) {
        return io.mooring.probe.model.Units.bytes(bytes);
    }
}
