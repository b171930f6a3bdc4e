package io.mooring.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class EchoLoadTest {

    /** As echo_load prints it. */
    static String json(long sent, long received, long late, long cpuNs) {
        return """
                {"mode":"rate","connections":500,"size":64,"rate":1000,"window_ns":1000000000,\
                "sent":%d,"received":%d,"errors":0,"window_echoes":%d,"late":%d,\
                "late_max_ns":1200000,"cpu_ns":%d,\
                "latency_ns":{"p50":1000,"p90":1000,"p99":9000,"p99.9":9000,"max":8990,\
                "buckets":[[1000,980],[9000,20]]},\
                "service_ns":{"p50":900,"p90":900,"p99":900,"p99.9":900,"max":900,\
                "buckets":[[900,1000]]}}""".formatted(sent, received, received, late, cpuNs);
    }

    static EchoRow row(String engine, int round, double serverSeconds, String load) {
        return new EchoRow(engine, round, serverSeconds, 2 * serverSeconds, EchoLoad.parse(load));
    }

    @Test
    void theLoadsLine() {
        EchoLoad.Result result = EchoLoad.parse(json(1000, 1000, 5, 400_000_000));
        assertThat(result.sent()).isEqualTo(1000);
        assertThat(result.cpuPercent()).isCloseTo(40, within(1e-9));
        assertThat(result.latePercent()).isCloseTo(0.5, within(1e-9));
        assertThat(result.latencyNs().getTotalCount()).isEqualTo(1000);
        assertThat(result.latencyNs().getValueAtPercentile(50)).isBetween(1000L, 1001L);
        assertThat(result.latencyNs().getValueAtPercentile(99)).isBetween(9000L, 9007L);
        assertThat(result.serviceNs().getMaxValue()).isBetween(900L, 901L);
    }

    @Test
    void aLineWithoutItsCountsIsRefused() {
        assertThatThrownBy(() -> EchoLoad.parse("{\"sent\":1}"))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("received");
    }

    @Test
    void aRowIsValidOnlyWhereTheLoadKeptUp() {
        assertThat(row("x", 1, 0.01, json(1000, 1000, 10, 900_000_000)).faults()).isEmpty();
        assertThat(row("x", 1, 0.01, json(1000, 1000, 0, 901_000_000)).faults())
                .containsExactly("load at 90 % CPU");
        assertThat(row("x", 1, 0.01, json(1000, 1000, 11, 1)).faults())
                .containsExactly("1.1 % sent late");
        assertThat(row("x", 1, 0.01, json(1000, 994, 0, 1)).faults())
                .containsExactly("6 of 1,000 echoes missing");
    }

    @Test
    void summaryUsesValidRowsAndRatiosWithinRounds() {
        String good = json(1000, 1000, 0, 1);
        EchoSummary summary = new EchoSummary(List.of("mooring", "netty-epoll"), 2, List.of(
                row("mooring", 1, 0.008, good), row("netty-epoll", 1, 0.016, good),
                row("mooring", 2, 0.030, good),
                row("netty-epoll", 2, 0.016, json(1000, 10, 0, 1))));
        assertThat(summary.micros("mooring").median()).isCloseTo(19, within(1e-9));
        assertThat(summary.micros("netty-epoll").count()).isEqualTo(1);
        assertThat(summary.ratio("mooring", "netty-epoll"))
                .isEqualTo(new Stats(1, 0.5, 0.5, 0.5));
        assertThat(summary.enginesWithoutValidRound()).isEmpty();
        assertThat(summary.latencyNs("mooring").getTotalCount()).isEqualTo(2000);
        assertThat(summary.table()).contains("x netty-epoll").doesNotContain("x c-loop");
    }
}
