package io.mooring.bench.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.mooring.bench.matrix.Metric;
import io.mooring.bench.matrix.Row;
import io.mooring.bench.million.SwarmEvent.Broadcast;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BroadcastRowTest {

    private static Broadcast broadcast(int received, int missing, int corrupt, double completeMs) {
        return new Broadcast(1, received + missing, received, missing, corrupt, completeMs,
                Map.of(), List.of(new double[] {completeMs / 2, received / 2},
                new double[] {completeMs, received}));
    }

    /** One broadcast to 1,000 for each time to completion; CPU in seconds. */
    private static BroadcastRow row(double server, double receivers,
            double... completeMs) {
        List<Broadcast> broadcasts = Arrays.stream(completeMs)
                .mapToObj(ms -> broadcast(1000, 0, 0, ms)).toList();
        return new BroadcastRow(broadcasts,
                new BroadcastRow.Cpu(server, receivers, server + receivers, 1), 0, 0);
    }

    private static BroadcastRow faulty(Broadcast broadcast, int late, int lost) {
        return new BroadcastRow(List.of(broadcast),
                new BroadcastRow.Cpu(0.008, 0.005, 0.013, 1), late, lost);
    }

    @Test
    void cpuPerDelivery() {
        BroadcastRow row = row(0.036, 0.020, 20, 20);
        assertThat(row.deliveries()).isEqualTo(2000);
        assertThat(row.serverMicros()).isCloseTo(18, within(1e-9));
        assertThat(row.serverPercent()).isCloseTo(90, within(1e-9));
        assertThat(row.receiversPercent()).isCloseTo(50, within(1e-9));
        assertThat(row.isReceiverBound()).isFalse();
        assertThat(row.faults()).isEmpty();
        Row said = row.row("x", "v", 1);
        assertThat(said.isNoisy()).isFalse();
        assertThat(said.figure(Metric.SERVER_US_PER_DELIVERY)).isCloseTo(18, within(1e-9));
        assertThat(said.figure(Metric.COMPLETE_MAX_MS)).isEqualTo(20);
        assertThat(said.times().getTotalCount()).isEqualTo(2000);
        assertThat(said.times().getValueAtPercentile(50) / 1e6).isCloseTo(10, within(0.01));
    }

    @Test
    void whatIsMissingWrongLostOrLateSpoilsTheRow() {
        assertThat(faulty(broadcast(1000, 0, 0, 10), 0, 0).faults()).isEmpty();
        assertThat(faulty(broadcast(998, 2, 0, 10), 0, 0).faults())
                .containsExactly("2 deliveries missing");
        assertThat(faulty(broadcast(1000, 0, 1, 10), 0, 0).faults())
                .containsExactly("1 wrong or twice");
        assertThat(faulty(broadcast(1000, 0, 0, 10), 0, 3).faults())
                .containsExactly("3 connections lost");
        assertThat(faulty(broadcast(1000, 0, 0, 10), 1, 0).faults())
                .containsExactly("100 % published late");
        assertThat(faulty(broadcast(0, 0, 0, 0), 0, 0).faults()).containsExactly("no delivery");
    }

    @Test
    void receiversBoundTheTimeOnlyWhereTheServerWaitsForThem() {
        assertThat(row(0.007, 0.0095, 10).isReceiverBound()).isTrue();
        assertThat(row(0.0085, 0.0095, 10).isReceiverBound()).isFalse();
        assertThat(row(0.007, 0.0085, 10).isReceiverBound()).isFalse();
        Row bound = row(0.007, 0.0095, 10).row("x", "v", 1);
        assertThat(bound.isValid()).isTrue();
        assertThat(bound.figures()).doesNotContainKey(Metric.COMPLETE_P50_MS);
        assertThat(bound.times()).isNull();
        assertThat(bound.notes()).anyMatch(note -> note.contains("receivers were saturated"));
    }

    @Test
    void othersOnTheCoresMakeNoise() {
        List<Broadcast> one = List.of(broadcast(1000, 0, 0, 10));
        assertThat(new BroadcastRow(one, new BroadcastRow.Cpu(0.1, 0.1, 0.45, 1), 0, 0)
                .row("x", "v", 1).isNoisy()).isFalse();
        assertThat(new BroadcastRow(one, new BroadcastRow.Cpu(0.1, 0.1, 0.46, 1), 0, 0)
                .row("x", "v", 1).isNoisy()).isTrue();
    }
}
