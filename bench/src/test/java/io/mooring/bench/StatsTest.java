package io.mooring.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class StatsTest {

    @Test
    void medianOfOddAndEven() {
        assertThat(Stats.of(List.of(9.0, 1.0, 5.0))).isEqualTo(new Stats(3, 5, 1, 9));
        assertThat(Stats.of(List.of(4.0, 1.0, 2.0, 9.0))).isEqualTo(new Stats(4, 3, 1, 9));
        assertThat(Stats.of(List.of(7.0))).isEqualTo(new Stats(1, 7, 7, 7));
    }

    @Test
    void ofNothing() {
        assertThat(Stats.of(List.of()).count()).isZero();
        assertThat(Stats.of(List.of()).median()).isNaN();
    }

    @Test
    void spreadIsOfTheMedian() {
        assertThat(Stats.of(List.of(8.0, 10.0, 13.0)).spreadPercent()).isCloseTo(50, within(1e-9));
    }

    @Test
    void ratiosAreTakenRoundByRound() {
        // The host halved its speed in the second round: the ratio does not see it.
        double[] a = {8, 16, 8};
        double[] b = {16, 32, 20};
        assertThat(Stats.ofRatios(a, b)).isEqualTo(new Stats(3, 0.5, 0.4, 0.5));
    }

    @Test
    void ratiosSkipRoundsThatAreNotValid() {
        double[] a = {8, Double.NaN, 9};
        double[] b = {16, 32, Double.NaN};
        assertThat(Stats.ofRatios(a, b)).isEqualTo(new Stats(1, 0.5, 0.5, 0.5));
        assertThat(Stats.ofRatios(a, new double[0]).count()).isZero();
    }
}
