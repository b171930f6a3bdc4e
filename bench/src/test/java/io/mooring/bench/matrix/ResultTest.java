package io.mooring.bench.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.mooring.bench.Stats;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ResultTest {

    private static final Scenario ECHO_RATE = Fixtures.scenarios().get(3);
    private static final String VARIANT = ECHO_RATE.variants().getFirst();
    private static final Metric CPU = Metric.SERVER_US_PER_MESSAGE;

    private static Row row(String engine, int round, double micros) {
        return new Row(engine, VARIANT, round).figure(CPU, micros);
    }

    private static Result result(Row... rows) {
        return new Result(ECHO_RATE, List.of("a", "b"), List.of("b"), 3, List.of(rows));
    }

    @Test
    void ratiosAreTakenWithinRoundsThatCount() {
        Result result = result(row("a", 1, 8), row("b", 1, 16), row("a", 2, 30),
                row("b", 2, 40).faults(List.of("sent late")), row("a", 3, 9), row("b", 3, 15));
        assertThat(result.stats("a", VARIANT, CPU)).isEqualTo(new Stats(3, 9, 8, 30));
        assertThat(result.validRounds("b", VARIANT)).isEqualTo(2);
        Stats ratio = result.ratio("a", "b", VARIANT, CPU);
        assertThat(ratio.count()).isEqualTo(2);
        assertThat(ratio.median()).isCloseTo(0.55, within(1e-9));
        assertThat(result.faults("b", VARIANT)).containsExactly("round 2: sent late");
        assertThat(result.unmeasured()).isEmpty();
        assertThat(new MatrixTable(result).text()).contains("2/3").contains("x b")
                .contains("INVALID b: round 2: sent late");
    }

    @Test
    void anEngineWithoutARoundThatCountsIsNamedAndHasNoFigures() {
        Result result = result(row("a", 1, 8), row("b", 1, 16).faults(List.of("no echo")));
        assertThat(result.unmeasured()).containsExactly("echo-rate, " + VARIANT + ": b");
        assertThat(result.stats("b", VARIANT, CPU).count()).isZero();
        assertThat(new MatrixTable(result).text()).doesNotContain("16").doesNotContain("NaN");
    }

    @Test
    void aDoubtfulFigureCountsOnlyWhereThereIsNoOther() {
        Row sure = row("a", 1, 8).figure(Metric.KERNEL_BYTES, 290);
        Row doubtful = row("a", 2, 10).doubtfulFigure(Metric.KERNEL_BYTES, 500);
        assertThat(result(sure, doubtful).stats("a", VARIANT, Metric.KERNEL_BYTES))
                .isEqualTo(new Stats(1, 290, 290, 290));
        assertThat(result(sure, doubtful).stats("a", VARIANT, CPU).count()).isEqualTo(2);
        assertThat(result(doubtful).stats("a", VARIANT, Metric.KERNEL_BYTES).median())
                .isEqualTo(500);
    }

    @Test
    void theIntervalOfAMedian() {
        assertThat(Interval.ofMedian(0.5, 0.6).isKnown()).isFalse();
        assertThat(Interval.ofMedian(0.5, Double.NaN, 0.6).isKnown()).isFalse();
        Interval same = Interval.ofMedian(2, 2, 2);
        assertThat(same).isEqualTo(new Interval(2, 2));
        Interval five = Interval.ofMedian(0.60, 0.61, 0.62, 0.63, 0.90);
        assertThat(five.low()).isBetween(0.60, 0.61);
        assertThat(five.high()).isBetween(0.63, 0.90);
        assertThat(Interval.ofMedian(0.60, 0.61, 0.62, 0.63, 0.90)).isEqualTo(five);
    }

    @Test
    void percentilesEndWhereOnlyOneValueIsLeft() {
        List<double[]> curve = Percentiles.curve(Fixtures.times(1, new Random(1)));
        assertThat(curve.getFirst()[0]).isZero();
        assertThat(curve.getLast()[0]).isBetween(99.9, 100 * (1 - 1 / 5000.0));
        assertThat(curve).isSortedAccordingTo((a, b) -> Double.compare(a[1], b[1]));
        assertThat(Percentiles.name("echo", "1 x 64 B", "../a b")).isEqualTo(
                "echo_1-x-64-B_..-a-b.hgrm");
    }
}
