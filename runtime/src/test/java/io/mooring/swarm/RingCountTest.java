package io.mooring.swarm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mooring.sys.SetupException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RingCountTest {
    private static final int WANTED = SwarmConfig.SLOTS_PER_SHARD;

    private static void check(int connections, int threads, long openFiles) {
        RingCount.check(connections, threads, (int) Math.min(WANTED, openFiles), WANTED,
            openFiles);
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1024", "900000, 1, 1024", "1000000, 2, 4096", "2000000, 64, 65536",
        "2147483647, 64, 9223372036854775807"})
    void letsPassWhatFits(int connections, int threads, long openFiles) {
        assertThatCode(() -> check(connections, threads, openFiles)).doesNotThrowAnyException();
    }

    /** And the limit that it names is enough. */
    @ParameterizedTest
    @CsvSource({"1000000, 1, 1024", "1000000, 2, 256", "1, 64, 64"})
    void refusesWhatDoesNot(int connections, int threads, long openFiles) {
        SetupException refused = catchThrowableOfType(SetupException.class,
            () -> check(connections, threads, openFiles));
        assertThat(refused).hasMessageContaining("RLIMIT_NOFILE");
        Matcher fix = Pattern.compile("ulimit -n (\\d+)").matcher(refused.getMessage());
        assertThat(fix.find()).isTrue();
        check(connections, threads, Long.parseLong(fix.group(1)));
    }

    @Test
    void countsByTheSlotsOfARing() {
        assertThatCode(() -> RingCount.check(50 * 900, 1, 50, 50, 1024))
            .doesNotThrowAnyException();
        assertThat(catchThrowableOfType(SetupException.class,
            () -> RingCount.check(50 * 1000, 1, 50, 50, 1024)))
            .hasMessageContaining("1,000 rings of 50");
    }
}
