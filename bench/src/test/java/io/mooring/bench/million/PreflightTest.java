package io.mooring.bench.million;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.mooring.bench.html.Units;
import io.mooring.bench.html.XyChart;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class PreflightTest {

    private static final long GIB = 1L << 30;

    private static MachineFacts machine(long availableBytes, long filesMax, boolean root) {
        return new MachineFacts(24 * GIB, availableBytes, filesMax, 2_466_174, 0, root);
    }

    @Test
    void twoMillionFitIn24GiB() {
        Preflight preflight = Preflight.of(2_000_000, 0, machine(23 * GIB, 20_000, true));
        assertThat(preflight.isEnough()).isTrue();
        assertThat((double) preflight.needBytes()).isCloseTo(17.4e9, Percentage.withPercentage(3));
        assertThat(preflight.rings()).isEqualTo(100);
        assertThat(preflight.notes()).anyMatch(note -> note.contains("100 rings"));
        assertThat(preflight.line()).contains("2,000,000").contains("GB");
    }

    @Test
    void tooSmallSaysHowManyFit() {
        Preflight preflight = Preflight.of(1_000_000, 0, machine(4 * GIB, 1_000_000, true));
        assertThat(preflight.isEnough()).isFalse();
        assertThat(preflight.fits()).isBetween(300_000, 450_000);
        assertThat(Preflight.of(preflight.fits(), 0, machine(4 * GIB, 1_000_000, true))
                .isEnough()).isTrue();
    }

    @Test
    void withoutANumberItTakesWhatFits() {
        Preflight preflight = Preflight.of(null, 0, machine(4 * GIB, 1_000_000, true));
        assertThat(preflight.isEnough()).isTrue();
        assertThat(preflight.connections()).isEqualTo(preflight.fits() / 1000 * 1000);
        assertThat(preflight.notes()).anyMatch(note -> note.contains("does not fit"));
        assertThat(Preflight.of(null, 0, machine(23 * GIB, 20_000, true)).connections())
                .isEqualTo(1_000_000);
        assertThat(Preflight.of(null, 0, machine(GIB / 2, 20_000, true)).isEnough()).isFalse();
    }

    @Test
    void whoIsNotRootIsBoundByFileMaxAndToldOfSlabs() {
        Preflight preflight = Preflight.of(2_000_000, 0, machine(23 * GIB, 20_000, false));
        assertThat(preflight.fits()).isEqualTo(2_466_174 / 2);
        assertThat(preflight.isEnough()).isFalse();
        assertThat(preflight.notes()).anyMatch(note -> note.contains("not root"));
    }

    @Test
    void theServersMemoryBoundsWhatIsHeldAndNotWhatIsTried() {
        Preflight preflight = Preflight.of(1_000_000, GIB, machine(4 * GIB, 20_000, true));
        assertThat(preflight.connections()).isEqualTo(1_000_000);
        assertThat(preflight.isEnough()).isTrue();
        assertThat(preflight.notes()).anyMatch(note -> note.contains("223,196"));
    }

    @Test
    void limitsOfProc() {
        assertThat(MemoryGroup.parseField("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
                "oom_kill")).isEqualTo(3);
        assertThat(Units.bytes(16.14e9)).isEqualTo("16.1 GB");
        assertThat(Units.bytes(-8_500_000)).isEqualTo("-8.5 MB");
        assertThat(Units.count(250_000)).isEqualTo("250 k");
        assertThat(XyChart.tick(1_000_000)).isCloseTo(200_000, within(1e-6));
    }
}
