package io.mooring.kernel.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.mooring.kernel.KernelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Figures of {@code probe calibrate} in the place of the objects' sizes. */
class CalibratedTest {

    @TempDir
    private Path directory;

    private Path write(String text) throws IOException {
        return Files.writeString(directory.resolve("calibration.json"), text);
    }

    private static String row(String situation, double bytes, double error, boolean disturbed) {
        return "{\"situation\": \"" + situation + "\", \"bytes\": " + bytes + ", \"error\": "
                + error + ", \"disturbed\": " + disturbed + ", \"caches\": {\"TCP\": 5041,"
                + " \"eventpoll_epi+tcp_bind_bucket\": 256}}";
    }

    private static String all(String... rows) {
        return "{\"schema\": \"mooring-probe-calibration/1\", \"situations\": ["
                + String.join(", ", rows) + "]}";
    }

    /** Both ends 7,956 with the client's port of 256: 3,850 each; 290 more for waiting. */
    @Test
    void halfOfAPairAndTheWaiting() throws IOException {
        Path file = write(all(row("bare", 7_956, 6, false), row("ring-poll", 8_246, 4, false),
                row("ring-recv", 8_850, 4, false)));
        Calibrated found = Calibrated.read(file, false);
        assertThat(found.socket()).isEqualTo(3_850);
        assertThat(found.waiting()).isEqualTo(290);
        assertThat(found.hot()).isEqualTo(604);
        assertThat(found.error()).as("4 and 6 / 2").isEqualTo(5);
        Target target = new Machines(directory, 4096).here().with(found);
        Memory memory = Plan.of(target, new Ask(100_000, false, 64, 0, 1)).memory();
        assertThat(memory.kernelEach()).as("and 8 in the table").isCloseTo(3_850 + 290 + 8,
                within(0.01));
        assertThat(target.sizes().errorShare()).isCloseTo(5 / 4_140.0, within(1e-9));
    }

    @Test
    void whatIsNoneSaysHowToGetOne() throws IOException {
        Path file = write(all(row("bare", 7_956, 6, false), row("ring-poll", 9_000, 4, true)));
        refused(file, "disturbed");
        refused(write(all(row("bare", 7_956, 6, false))), "no situations bare and ring-poll");
        refused(write("{}"), "no calibration");
        refused(write("nonsense"), "no calibration");
        refused(directory.resolve("none.json"), "cannot read");
    }

    private static void refused(Path file, String why) {
        assertThatThrownBy(() -> Calibrated.read(file, false)).isInstanceOf(KernelException.class)
                .hasMessageContaining(why).hasMessageContaining("probe calibrate --json")
                .hasMessageNotContaining("\n");
    }
}
