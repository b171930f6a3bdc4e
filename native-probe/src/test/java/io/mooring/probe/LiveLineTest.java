package io.mooring.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LiveLineTest {

    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();

    private LiveLine line(long quietNanos) {
        return new LiveLine(new PrintStream(shown, true), quietNanos);
    }

    @Test
    void itIsWrittenOverAndWiped() {
        try (LiveLine line = line(0)) {
            line.at("5 rings");
            assertThat(shown.toString()).isEqualTo("\r\033[Kmooring probe: 5 rings ");
        }
        assertThat(shown.toString()).endsWith("5 rings \r\033[K");
    }

    @Test
    void whatIsSoonDoneShowsNothing() {
        try (LiveLine line = line(TimeUnit.HOURS.toNanos(1))) {
            line.at("5 rings");
        }
        assertThat(shown.size()).isZero();
    }
}
