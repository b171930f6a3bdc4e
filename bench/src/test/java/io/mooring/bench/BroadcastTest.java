package io.mooring.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.mooring.bench.million.SwarmEvent.Broadcast;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BroadcastTest {

    private static Broadcast broadcast(int received, int missing, int corrupt, double completeMs) {
        return new Broadcast(1, received + missing, received, missing, corrupt, completeMs,
                Map.of(), List.of());
    }

    /** One broadcast to 1,000 for each time to completion; CPU in seconds. */
    private static BroadcastRow row(String engine, int round, double server, double receivers,
            double... completeMs) {
        List<Broadcast> broadcasts = Arrays.stream(completeMs)
                .mapToObj(ms -> broadcast(1000, 0, 0, ms)).toList();
        return new BroadcastRow(engine, round, broadcasts,
                new BroadcastRow.Cpu(server, receivers, server + receivers, 1), 0, 0);
    }

    private static BroadcastRow faulty(Broadcast broadcast, int late, int lost) {
        return new BroadcastRow("mooring", 1, List.of(broadcast),
                new BroadcastRow.Cpu(0.008, 0.005, 0.013, 1), late, lost);
    }

    @Test
    void cpuPerDelivery() {
        BroadcastRow row = row("mooring", 1, 0.018, 0.010, 10, 10);
        assertThat(row.deliveries()).isEqualTo(2000);
        assertThat(row.serverMicros()).isCloseTo(9, within(1e-9));
        assertThat(row.serverPercent()).isCloseTo(90, within(1e-9));
        assertThat(row.receiversPercent()).isCloseTo(50, within(1e-9));
        assertThat(row.isReceiverBound()).isFalse();
        assertThat(row.isValid()).isTrue();
        assertThat(row.isNoisy()).isFalse();
        assertThat(row.line()).contains("9.00 us/delivery").doesNotContain("INVALID")
                .doesNotContain("BOUND");
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
        assertThat(faulty(broadcast(998, 2, 0, 10), 0, 0).line()).contains("INVALID: 2 deliv");
    }

    @Test
    void receiversBoundTheTimeOnlyWhereTheServerWaitsForThem() {
        assertThat(row("x", 1, 0.007, 0.0095, 10).isReceiverBound()).isTrue();
        assertThat(row("x", 1, 0.0085, 0.0095, 10).isReceiverBound()).isFalse();
        assertThat(row("x", 1, 0.007, 0.0085, 10).isReceiverBound()).isFalse();
        assertThat(row("x", 1, 0.007, 0.0095, 10).isValid()).isTrue();
    }

    @Test
    void othersOnTheCoresMakeNoise() {
        List<Broadcast> one = List.of(broadcast(1000, 0, 0, 10));
        assertThat(new BroadcastRow("x", 1, one, new BroadcastRow.Cpu(0.1, 0.1, 0.45, 1), 0, 0)
                .isNoisy()).isFalse();
        assertThat(new BroadcastRow("x", 1, one, new BroadcastRow.Cpu(0.1, 0.1, 0.46, 1), 0, 0)
                .isNoisy()).isTrue();
    }

    @Test
    void ratiosAreTakenWithinRoundsOfValidRows() {
        BroadcastRow spoilt = new BroadcastRow("send-loop", 3, List.of(broadcast(999, 1, 0, 9)),
                new BroadcastRow.Cpu(1, 0, 1, 1), 0, 0);
        BroadcastSummary summary = new BroadcastSummary(List.of("mooring", "send-loop"),
                List.of("send-loop"), 3, List.of(
                row("mooring", 1, 0.008, 0, 10), row("send-loop", 1, 0.010, 0, 12),
                row("mooring", 2, 0.018, 0, 20), row("send-loop", 2, 0.020, 0, 22),
                row("mooring", 3, 0.001, 0, 1), spoilt));
        assertThat(summary.micros("mooring")).isEqualTo(new Stats(3, 8, 1, 18));
        assertThat(summary.micros("send-loop").count()).isEqualTo(2);
        Stats ratio = summary.ratio("mooring", "send-loop");
        assertThat(ratio.count()).isEqualTo(2);
        assertThat(ratio.median()).isCloseTo(0.85, within(1e-9));
        assertThat(summary.enginesWithoutValidRound()).isEmpty();
        assertThat(summary.table()).contains("x send-loop").contains("2/3");
        assertThat(Json.object(summary.json().getFirst()))
                .containsEntry("ratio_to_send-loop", ratio.median());
    }

    @Test
    void timesToCompletionAreThoseOfTheServer() {
        BroadcastSummary summary = new BroadcastSummary(List.of("mooring"), List.of(), 2, List.of(
                row("mooring", 1, 0.050, 0.010, 30, 10, 20),
                row("mooring", 2, 0.010, 0.099, 100)));
        assertThat(summary.completeMs("mooring")).containsExactly(10.0, 20.0, 30.0);
        assertThat(summary.receiverBound("mooring")).isEqualTo(1);
        assertThat(summary.micros("mooring").count()).isEqualTo(2);
    }

    @Test
    void percentilesByNearestRank() {
        List<Double> sorted = List.of(1.0, 2.0, 3.0, 4.0);
        assertThat(BroadcastSummary.percentile(sorted, 50)).isEqualTo(2);
        assertThat(BroadcastSummary.percentile(sorted, 99)).isEqualTo(4);
        assertThat(BroadcastSummary.percentile(sorted, 100)).isEqualTo(4);
        assertThat(BroadcastSummary.percentile(List.of(), 50)).isNaN();
    }

    @Test
    void anEngineWithNothingValidIsNamed() {
        BroadcastSummary summary = new BroadcastSummary(List.of("mooring"), List.of("mooring"), 1,
                List.of(faulty(broadcast(1, 1, 0, 10), 0, 0)));
        assertThat(summary.enginesWithoutValidRound()).containsExactly("mooring");
        assertThat(summary.table()).contains("0/1").contains("-").doesNotContain("NaN");
    }
}
