package io.mooring.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LeastSquaresTest {

    @Test
    void aLineIsFoundWithoutError() {
        LeastSquares fit = LeastSquares.fit(new double[] {100, 250, 500, 1000},
                new double[] {1064, 1160, 1320, 1640});
        assertThat(fit.slope()).isCloseTo(0.64, within(1e-12));
        assertThat(fit.intercept()).isCloseTo(1000, within(1e-9));
        assertThat(fit.slopeError()).isCloseTo(0, within(1e-9));
        assertThat(fit.at(2000)).isCloseTo(2280, within(1e-9));
    }

    /** Worked by hand: residuals 0.3, -0.1, -0.7, 0.5 over a spread of 5. */
    @Test
    void theSlopesStandardError() {
        LeastSquares fit = LeastSquares.fit(new double[] {1, 2, 3, 4},
                new double[] {6, 5, 7, 10});
        assertThat(fit.slope()).isCloseTo(1.4, within(1e-12));
        assertThat(fit.intercept()).isCloseTo(3.5, within(1e-12));
        assertThat(fit.slopeError()).isCloseTo(Math.sqrt(4.2 / 2 / 5), within(1e-12));
    }

    @Test
    void fewPointsSaySo() {
        assertThat(LeastSquares.fit(new double[0], new double[0]).slope()).isNaN();
        assertThat(LeastSquares.fit(new double[] {5}, new double[] {1}).slope()).isNaN();
        LeastSquares two = LeastSquares.fit(new double[] {1, 2}, new double[] {1, 3});
        assertThat(two.slope()).isCloseTo(2, within(1e-12));
        assertThat(two.slopeError()).isNaN();
    }
}
