package io.mooring.bench.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.mooring.bench.EchoLoad;
import io.mooring.bench.matrix.Metric;
import io.mooring.bench.matrix.Row;
import org.junit.jupiter.api.Test;

class EchoRowTest {

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

    /** {@code rate} 0: a closed loop. */
    private static EchoRow row(long rate, double serverSeconds, double othersSeconds, String load) {
        return new EchoRow(serverSeconds, othersSeconds, new EchoLoad.Plan(10, 64, rate, 0, 1),
                EchoLoad.parse(load));
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
        assertThat(row(9, 0.01, 0, json(1000, 1000, 10, 900_000_000)).faults()).isEmpty();
        assertThat(row(9, 0.99, 0, json(1000, 1000, 0, 910_000_000)).faults())
                .containsExactly("the client was saturated: load at 91 % CPU, server at 99 %");
        assertThat(row(9, 0.01, 0, json(1000, 1000, 11, 1)).faults())
                .containsExactly("1.1 % sent late");
        assertThat(row(9, 0.01, 0, json(1000, 994, 0, 1)).faults())
                .containsExactly("6 of 1,000 echoes missing");
    }

    @Test
    void whatWasDueAndNeverSentIsTheClientsFault() {
        assertThat(row(1000, 0.01, 0, json(990, 990, 0, 1)).faults()).isEmpty();
        assertThat(row(1000, 0.01, 0, json(0, 0, 0, 1)).faults())
                .contains("the client was saturated: 0 of 1,000 messages were sent");
    }

    @Test
    void inAClosedLoopTheServersCoreMustBeTheFullOne() {
        String full = json(1000, 1000, 0, 970_000_000);
        assertThat(row(0, 0.96, 0, full).faults()).isEmpty();
        assertThat(row(0, 0.90, 0, full).faults())
                .containsExactly("the client was saturated: load at 97 % CPU, server at 90 %");
    }

    @Test
    void figuresOfARow() {
        Row row = row(9, 0.03, 0.3, json(1000, 1000, 0, 1)).row("x", "v", 2);
        assertThat(row.figure(Metric.SERVER_US_PER_MESSAGE)).isCloseTo(30, within(1e-9));
        assertThat(row.figure(Metric.MESSAGES_PER_CPU_S)).isCloseTo(100_000 / 3.0, within(1e-6));
        assertThat(row.figure(Metric.LATENCY_P99_MS)).isCloseTo(0.009, within(1e-4));
        assertThat(row.isNoisy()).isTrue();
        assertThat(row(9, 0.03, 0.2, json(1000, 1000, 0, 1)).row("x", "v", 2).isNoisy()).isFalse();
        Row hardly = row(9, 0.01, 0, json(1000, 1000, 0, 1)).row("x", "v", 2);
        assertThat(hardly.figures()).doesNotContainKey(Metric.SERVER_US_PER_MESSAGE);
        assertThat(hardly.notes()).singleElement().asString().contains("measure for longer");
    }
}
