package io.mooring.sys;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ErrnoTest {
    @ParameterizedTest
    @ValueSource(longs = {-1, -2, -4094, -4095})
    void errors(long result) {
        assertThat(Errno.isError(result)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 4095, Long.MAX_VALUE, -4096, -65536, Long.MIN_VALUE})
    void results(long result) {
        assertThat(Errno.isError(result)).isFalse();
    }

    @Test
    void textOfEitherSign() {
        String text = Errno.text(-Errno.EADDRINUSE);
        assertThat(text).endsWith(" (98)").hasSizeGreaterThan(" (98)".length());
        assertThat(Errno.text(Errno.EADDRINUSE)).isEqualTo(text);
        if (Locale.getDefault().getLanguage().equals("en")) { // strerror speaks the user's
            assertThat(text).isEqualTo("Address already in use (98)");
        }
    }

    @ParameterizedTest
    @CsvSource({"0, (0)", "-1, (1)", "4095, (4095)", "-99999, (99999)"})
    void textOfAnyNumber(int errno, String end) {
        assertThat(Errno.text(errno)).endsWith(end);
    }

    /** strerror(3) may build its text in one place for all threads. */
    @Test
    void textsDoNotMix() {
        assertThat(IntStream.range(0, 4_000).parallel().map(i -> 5_000 + i % 7)
            .allMatch(errno -> Errno.text(errno).contains(String.valueOf(errno) + " ("))).isTrue();
    }
}
