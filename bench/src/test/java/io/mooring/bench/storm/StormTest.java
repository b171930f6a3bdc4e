package io.mooring.bench.storm;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.bench.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StormTest {

    private static final Range SMALL = new Range(5, 10);
    private static final Bounds BOUNDS = new Bounds(100, 50, 70);

    private static Gauges.Seen seen(Range rss, Range backlog, Range tcp) {
        return new Gauges.Seen(rss, backlog, tcp, 1, 3);
    }

    @Test
    void boundsAreThoseOfThePlan() {
        Bounds bounds = Bounds.parse("""
                {"terms":[{"name":"rings","load_bytes":7},
                {"name":"spill pools","load_bytes":64}],
                "process":{"start_bytes":1,"load_bytes":900},"kernel":{"load_bytes":5}}""", 33);
        assertThat(bounds).isEqualTo(new Bounds(900, 64, 33));
    }

    @Test
    void whatPassesItsBoundIsNamed() {
        assertThat(BOUNDS.broken(seen(new Range(1, 100), new Range(0, 50), new Range(0, 70))))
                .isEmpty();
        assertThat(BOUNDS.broken(seen(new Range(1, 101), SMALL, SMALL)))
                .containsExactly("server RSS was 101 bytes, its bound is 100");
        assertThat(BOUNDS.broken(seen(SMALL, new Range(0, 51), SMALL)))
                .singleElement().asString().startsWith("backlog");
        assertThat(BOUNDS.broken(seen(SMALL, SMALL, new Range(0, 71))))
                .singleElement().asString().startsWith("TCP memory");
        assertThat(new Bounds(100, 50, 0).broken(seen(SMALL, SMALL, new Range(0, 71)))).isEmpty();
        assertThat(BOUNDS.broken(seen(Range.NONE, SMALL, SMALL)))
                .containsExactly("server RSS was never seen");
    }

    @Test
    void rangesGrowBothWays() {
        assertThat(Range.NONE.isSeen()).isFalse();
        assertThat(Range.NONE.with(7)).isEqualTo(new Range(7, 7));
        assertThat(Range.NONE.with(7).with(3).with(9).with(4)).isEqualTo(new Range(3, 9));
    }

    @Test
    void gaugesAreReadFromText(@TempDir Path folder) throws IOException {
        assertThat(Gauges.tcpPages("""
                sockets: used 12
                TCP: inuse 2 orphan 0 tw 14979 alloc 2 mem 148
                UDP: inuse 1 mem 9
                """)).isEqualTo(148);
        Path log = Files.writeString(folder.resolve("gc.log"), """
                [0.004s][info][gc] Using Serial
                [1.2s][info][gc] GC(0) Pause Young (Allocation Failure) 5M->1M(15M) 1.2ms
                [2.2s][info][gc] GC(1) Pause Full (Metadata GC Threshold) 5M->1M(15M) 9.2ms
                """);
        assertThat(Gauges.collections(log)).isEqualTo(2);
    }

    @Test
    void anyLossAmongThoseWhoHearFails() {
        assertThat(verdict(new Crowd.Account("x", 2, 20, 0, 0, 0, 5)).faults()).isEmpty();
        assertThat(verdict(new Crowd.Account("x", 2, 19, 1, 0, 0, 5)).faults()).hasSize(1);
        assertThat(verdict(new Crowd.Account("x", 2, 20, 0, 1, 0, 5)).faults()).hasSize(1);
        assertThat(verdict(new Crowd.Account("x", 2, 20, 0, 0, 1, 5)).faults()).hasSize(1);
        assertThat(verdict(new Crowd.Account("x", 0, 0, 0, 0, 0, 5)).faults()).hasSize(1);
    }

    private static Outcome verdict(Crowd.Account account) {
        Outcome outcome = new Outcome();
        outcome.account(account);
        return outcome;
    }

    @Test
    void ratiosAreOfTheMediansOfARound() {
        Outcome outcome = new Outcome();
        outcome.completions(List.of(10.0, 20.0, 90.0), List.of(30.0));
        outcome.completions(List.of(40.0), List.of(40.0));
        outcome.completions(List.of(10.0), List.of(20.0));
        assertThat(outcome.ratio().median()).isEqualTo(1.5);
        assertThat(outcome.ratio().max()).isEqualTo(2);
        assertThat(outcome.text()).contains("PASSED").doesNotContain("NOISY");
        outcome.others(26);
        assertThat(outcome.text()).contains("PASSED").contains("NOISY: others used 26 %");
        outcome.seen("rounds", seen(new Range(0, 101), SMALL, SMALL), BOUNDS);
        assertThat(outcome.text()).contains("FAILED: rounds: server RSS").doesNotContain("PASSED");
        assertThat(outcome.json()).containsEntry("passed", false)
                .containsEntry("faults", List.of("rounds: server RSS was 101 bytes, its bound is"
                        + " 100"));
        assertThat(Json.object(outcome.json().get("seen"))).containsOnlyKeys("rounds");
    }
}
