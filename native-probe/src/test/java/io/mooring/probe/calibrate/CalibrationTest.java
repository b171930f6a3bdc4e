package io.mooring.probe.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mooring.probe.ProbeException;
import io.mooring.probe.source.ProcFs;
import io.mooring.probe.source.SlabCaches;
import io.mooring.probe.sys.LibC;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Real connections; slabs of a machine that others use too, so the bounds are wide. */
class CalibrationTest {

    private static final ProcFs HERE = new ProcFs(Path.of("/"), LibC.pageBytes());

    @ParameterizedTest
    @EnumSource(names = {"BARE", "EPOLL", "RING_POLL", "RING_RECV"})
    void aConnectionCostsWhatSocketsCost(Situation situation) {
        assumeTrue(SlabCaches.read(HERE).isThere(), "/proc/slabinfo needs root");
        Calibration.Result result;
        try {
            result = new Calibration(HERE, 300, 3).run(situation);
        } catch (ProbeException e) {
            assumeTrue(!e.getMessage().contains("io_uring"), e.getMessage());
            throw e;
        }
        assertThat(result.connections()).isEqualTo(900);
        assumeTrue(!result.isDisturbed(), "others open and close sockets here: "
                + result.strangers() + " strangers, odd: " + result.odd());
        assertThat(result.bytes()).isBetween(6500.0, 11_000.0);
        assertThat(result.caches()).extracting(Calibration.CacheSlope::cache)
                .contains("TCP", "sock_inode_cache");
        if (situation == Situation.RING_POLL) {
            assertThat(result.caches()).extracting(Calibration.CacheSlope::cache)
                    .contains("io_kiocb");
        }
    }

    @Test
    void othersWhoOpenSocketsAreNoticed() {
        var quiet = new Calibration.Result(Situation.BARE, 1000, 8000, 20, 0, 0, "", 3,
                java.util.List.of());
        var loud = new Calibration.Result(Situation.BARE, 1000, 8000, 20, 0, 0, "", 300,
                java.util.List.of());
        var crooked = new Calibration.Result(Situation.BARE, 1000, 8000, 900, 0, 0, "", 0,
                java.util.List.of());
        var files = new Calibration.Result(Situation.BARE, 1000, 8000, 20, 0, 0, "dentry", 0,
                java.util.List.of());
        assertThat(files.isDisturbed()).isTrue();
        assertThat(quiet.isDisturbed()).isFalse();
        assertThat(loud.isDisturbed()).isTrue();
        assertThat(crooked.isDisturbed()).isTrue();
    }
}
