package io.mooring.kernel.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.probe.report.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** As typed. */
class PlanCommandTest {

    private record Run(int exit, String out, String err) {

        static Run of(String... arguments) {
            StringWriter out = new StringWriter();
            StringWriter err = new StringWriter();
            int exit = new CommandLine(new PlanCommand()).setOut(new PrintWriter(out))
                    .setErr(new PrintWriter(err)).execute(arguments);
            return new Run(exit, out.toString(), err.toString());
        }
    }

    private static final String[] PI = {"--connections", "1000000", "--ram", "8GiB",
        "--page-size", "16384", "--link", "1Gbit/s", "--message", "64"};

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --ram | 8Gib | 8GiB, 8GB or 8192MiB
            --ram | 0 | 8GiB, 8GB or 8192MiB
            --link | 1Gbit | 1Gbit/s or 100Mbit/s
            --link | 1GB/s | '1GB/s' is not a rate such as 1Gbit/s
            --link | 0bit/s | 1Gbit/s or 100Mbit/s
            --page-size | 5000 | a power of two from 4096 to 65536
            --page-size | 2048 | a power of two from 4096 to 65536
            --page-size | 131072 | a power of two from 4096 to 65536
            --kernel | twelve | such as 6.12
            --kernel | 5.15 | needs Linux 6.1
            --rate | often | a number such as 20 or 0.5
            --rate | -1 | 0 to 1000000
            --rate | NaN | 0 to 1000000
            --cpu-factor | 0 | 0.01 to 100
            --connections | 0 | give 1 to 268435456
            --connections | many | a number such as 1000000
            --message | 1GiB | give 0 to 67108864
            --engine | kqueue | neither io_uring nor epoll
            --cores | 0 | give 1 to 1024
            --nofile | 0 | give 1 or more
            """)
    void wrongInputNamesTheRightForm(String option, String value, String right) {
        Run run = Run.of(option, value);
        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err().lines().findFirst().orElse("")).contains(option, right);
    }

    @Test
    void thePi() {
        Run run = Run.of(PI);
        assertThat(run.exit()).isZero();
        List<String> lines = run.out().lines().toList();
        assertThat(lines.getFirst()).startsWith("FITS, AFTER SETTINGS: 1,000,000 connections")
                .contains("pages of 16 KiB", "Linux 6.12", "4 cores");
        assertThat(lines.subList(2, 9)).allSatisfy(line -> assertThat(line)
                .matches("  (memory|fits|breaks|message|tcp_mem|CPU) .*|"));
        assertThat(run.out()).contains("first fs.file-max at 8", "by the wire", "tcp_sock",
                "armed POLL_ADD", "connection slab", "spill pools", "reserve of the admission",
                "What breaks, in order", "The machine", "assumed", "derived", "measured", "given");
    }

    @Test
    void asJson() {
        Run run = Run.of(java.util.stream.Stream.concat(java.util.Arrays.stream(PI),
                java.util.stream.Stream.of("--json", "--rate", "0.1")).toArray(String[]::new));
        Map<?, ?> json = (Map<?, ?>) Json.parse(run.out());
        assertThat(json.get("schema")).isEqualTo("mooring-plan/1");
        assertThat(json.get("verdict")).isEqualTo("after_settings");
        assertThat(((Number) json.get("connections")).longValue()).isEqualTo(1_000_000);
        Map<?, ?> memory = (Map<?, ?>) json.get("memory");
        assertThat((List<?>) memory.get("terms")).hasSizeGreaterThan(10).allSatisfy(term ->
                assertThat(((Map<?, ?>) term).get("source").toString()).isNotBlank());
        assertThat(((Map<?, ?>) json.get("message")).get("link_share").toString())
                .isEqualTo("0.125");
        assertThat((List<?>) json.get("breaks")).isNotEmpty();
    }

    /** This machine, whatever it is. */
    @Test
    void asManyAsFitHere() {
        Run run = Run.of();
        assertThat(run.out()).as(run.err()).contains("connections on this machine", "fits",
                "breaks");
        Run epoll = Run.of("--engine", "epoll", "--nofile", "1,000", "--connections", "5000");
        assertThat(epoll.out()).contains("first RLIMIT_NOFILE at 9", "epoll item");
    }

    @Test
    void tooSmall() {
        Run run = Run.of("--connections", "1000000", "--ram", "2GB");
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.out()).startsWith("DOES NOT FIT: 1,000,000 connections")
                .contains("too small for more: memory");
    }
}
