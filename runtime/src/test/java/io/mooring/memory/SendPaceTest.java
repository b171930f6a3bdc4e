package io.mooring.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SendPaceTest {
    private static final int PAGE = 4096;
    private static final int FRAME = 66;
    /** tcp_mem's pressure mark of the fake machine, in pages. */
    private static final int PRESSURE = 20_000;
    private static final int MANY = 1_000_000;

    @TempDir
    Path root;
    private FakeMachine machine;
    private long now = 1_000_000_000;
    private boolean memoryShort;

    @BeforeEach
    void start() {
        machine = new FakeMachine(root);
    }

    private SendPace pace(long growthMax, long bytesPerSecond) {
        return new SendPace(root, PAGE, growthMax, bytesPerSecond, () -> memoryShort, () -> now);
    }

    private void pass(long nanos) {
        now += nanos;
    }

    @Test
    void growthIsBoundUntilReceiversRead() {
        try (SendPace pace = pace(1000L * PAGE, 0)) {
            machine.tcpPages(300);
            assertThat(pace.take(MANY, FRAME)).isEqualTo(1000 / SendPace.LOOK_PART);
            assertThat(pace.take(MANY, FRAME)).as("before the next look").isZero();
            machine.tcpPages(300 + 1000);
            pass(SendPace.LOOK_NANOS);
            assertThat(pace.take(MANY, FRAME)).isZero();
            machine.tcpPages(300 + 400);
            assertThat(pace.take(MANY, FRAME)).as("before the next look").isZero();
            pass(SendPace.LOOK_NANOS);
            assertThat(pace.take(MANY, FRAME)).isEqualTo(600 / SendPace.LOOK_PART);
        }
    }

    @Test
    void aFrameIsChargedWholePages() {
        try (SendPace pace = pace(1000L * PAGE, 0)) {
            assertThat(pace.take(MANY, 2 * PAGE)).isEqualTo(1000 / SendPace.LOOK_PART / 3);
            pass(SendPace.LOOK_NANOS);
            assertThat(pace.take(MANY, 5000 * PAGE)).as("larger than the bound").isEqualTo(1);
            assertThat(pace.take(MANY, 5000 * PAGE)).isZero();
        }
    }

    @Test
    void whatDidNotGoMayGoLater() {
        try (SendPace pace = pace(1000L * PAGE, 0)) {
            assertThat(pace.take(MANY, FRAME)).isEqualTo(1000 / SendPace.LOOK_PART);
            pace.giveBack(10, FRAME);
            assertThat(pace.take(4, FRAME)).isEqualTo(4);
            assertThat(pace.take(MANY, FRAME)).isEqualTo(6);
            assertThat(pace.take(MANY, FRAME)).isZero();
        }
    }

    /** Who never reads keeps his memory; the others are not kept waiting for it. */
    @Test
    void memoryThatDoesNotComeBackIsGotUsedTo() {
        try (SendPace pace = pace(1000L * PAGE, 0)) {
            pace.take(MANY, FRAME);
            int held = 1000;
            int looks = 0;
            int taken = 0;
            while (taken == 0) {
                machine.tcpPages(held);
                pass(SendPace.LOOK_NANOS);
                taken = pace.take(MANY, FRAME);
                looks++;
            }
            assertThat(taken).isEqualTo(500 / SendPace.LOOK_PART);
            assertThat(looks * SendPace.LOOK_NANOS).isBetween(SendPace.STUCK_NANOS,
                SendPace.STUCK_NANOS + 2 * SendPace.LOOK_NANOS);
            // It falls again: the base with it.
            machine.tcpPages(100);
            pass(SendPace.LOOK_NANOS);
            assertThat(pace.take(MANY, FRAME)).isEqualTo(1000 / SendPace.LOOK_PART);
        }
    }

    /** However long they do not read, TCP stays below its pressure mark. */
    @Test
    void stopsShortOfPressureAndTricklesOnly() {
        try (SendPace pace = pace(4000L * PAGE, 0)) {
            int held = 0;
            int most = 0;
            for (int i = 0; i < 2_000 && !pace.trickles(); i++) {
                int taken = pace.take(MANY, FRAME);
                held += taken;
                most = Math.max(most, taken);
                machine.tcpPages(held);
                pass(SendPace.LOOK_NANOS);
            }
            assertThat(held).isBetween(PRESSURE * 3 / 4 - 10, PRESSURE * 3 / 4 + 1000);
            // They take nothing more: what goes is for those who read, ever faster.
            int before = SendPace.TRICKLE_FRAMES / 2;
            for (int i = 0; i < 6; i++) {
                int taken = pace.take(MANY, FRAME);
                assertThat(taken).isEqualTo(Math.min(before * 2,
                    (PRESSURE - held) / SendPace.LOOK_PART));
                before = taken;
                pass(SendPace.LOOK_NANOS);
            }
            machine.tcpPages(held + 1);
            assertThat(pace.take(MANY, FRAME)).isEqualTo(before / 2);
            machine.tcpPages(PRESSURE);
            pass(SendPace.LOOK_NANOS);
            assertThat(pace.take(MANY, FRAME)).as("where segments are dropped").isEqualTo(1);
        }
    }

    /** Loopback: a frame is charged to its sender until it is acknowledged, and to its receiver. */
    @Test
    void staysBelowPressureWhereEachFrameIsChargedTwice() {
        try (SendPace pace = pace(SendPace.AUTO, 0)) {
            int held = 0;
            for (int i = 0; i < 500 && !pace.trickles(); i++) {
                held += 2 * pace.take(MANY, FRAME);
                machine.tcpPages(held);
                pass(SendPace.LOOK_NANOS);
                assertThat(held).isLessThan(PRESSURE);
            }
            assertThat(held).isGreaterThan(PRESSURE / 2);
        }
    }

    @Test
    void tricklesWhileMemoryIsShort() {
        try (SendPace pace = pace(1000L * PAGE, 0)) {
            memoryShort = true;
            assertThat(pace.take(MANY, FRAME)).isEqualTo(SendPace.TRICKLE_FRAMES);
            memoryShort = false;
            pass(SendPace.LOOK_NANOS);
            assertThat(pace.take(MANY, FRAME)).isEqualTo(1000 / SendPace.LOOK_PART);
        }
    }

    /** 1 Gbit/s is 125 MB/s; 66 bytes take 156 on the wire. */
    @Test
    void aLinkHasARate() {
        machine.write("proc/sys/net/ipv4/tcp_mem", "1000000 2000000 3000000\n");
        try (SendPace pace = pace(1L << 40, 125_000_000)) {
            pass(SendPace.QUIET_NANOS);
            long frames = 0;
            for (int ms = 0; ms < 2_000; ms++) {
                pass(1_000_000);
                machine.tcpPages(0);
                for (int n = pace.take(64, FRAME); n > 0; n = pace.take(64, FRAME)) {
                    frames += n;
                }
            }
            assertThat(frames).isBetween(2 * 800_000L, 2 * 802_000L + 9_000);
        }
    }

    @Test
    void aFrameLargerThanASecondOfTheLinkGoesAndIsPaidFor() {
        try (SendPace pace = pace(1L << 40, 1_000_000)) {
            pass(SendPace.QUIET_NANOS);
            assertThat(pace.take(5, 3_000_000)).isEqualTo(1);
            pass(2_900_000_000L);
            assertThat(pace.take(5, FRAME)).isZero();
            pass(200_000_000);
            assertThat(pace.take(5, FRAME)).isPositive();
        }
    }

    @Test
    void choosesHalfTheWayToPressure() {
        try (SendPace pace = pace(SendPace.AUTO, 0)) {
            assertThat(pace.growthMax()).isEqualTo(PRESSURE / 2 * (long) PAGE);
        }
        machine.write("proc/sys/net/ipv4/tcp_mem", "1000000 2000000 3000000\n");
        try (SendPace pace = pace(SendPace.AUTO, 0)) {
            assertThat(pace.growthMax()).isEqualTo(256L << 20);
        }
        try (SendPace pace = new SendPace(root.resolve("none"), PAGE, SendPace.AUTO, 0,
                () -> false, () -> now)) {
            assertThat(pace.take(100, FRAME)).isEqualTo(100);
        }
    }
}
