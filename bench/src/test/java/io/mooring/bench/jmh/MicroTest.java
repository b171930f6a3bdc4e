package io.mooring.bench.jmh;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.bench.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Every microbenchmark runs, and those that promise to allocate nothing do not allocate. */
class MicroTest {

    /** JMH lets one run on a machine at a time, for the figures' sake: here they are for nobody. */
    @BeforeAll
    static void besideOthers() {
        System.setProperty("jmh.ignoreLock", "true");
    }

    private static int run(String... arguments) {
        return new CommandLine(new MicroCommand())
                .setExecutionExceptionHandler((failure, command, result) -> {
                    failure.printStackTrace();
                    return 1;
                }).execute(arguments);
    }

    @Test
    void allRunAndThePromisesAreKept(@TempDir Path folder) throws IOException {
        Path json = folder.resolve("micro.json");
        assertThat(run("--no-fork", "--iterations", "1", "--time", "20", "--json",
                json.toString())).isZero();
        List<Map<String, Object>> results =
                ((List<?>) Json.parseObject(Files.readString(json)).get("results")).stream()
                        .map(Json::object).toList();
        assertThat(results).allSatisfy(result -> {
            assertThat((double) result.get("ns")).isPositive();
            assertThat((long) result.get("operations")).isPositive();
            assertThat(result.get("bytes")).as("counted").isNotNull();
        });
        assertThat(results.stream().filter(row -> row.get("promises_no_allocation").equals(true))
                .map(row -> row.get("benchmark").toString()).toList())
                .contains("CodecBench.echo", "MaskBench.byWords", "SlotBench.nextDeadline",
                        "SqeBench.send", "TopicWalkBench.walk", "Utf8Bench.validate");
    }

    @Test
    void aForkHasTheFlagsItNeeds() {
        assertThat(run("--iterations", "1", "--time", "10", "SlotBench.takeAndFree")).isZero();
    }

    @ParameterizedTest
    @CsvSource({"16, 1000000, true, true", "16, 1000000, false, false",
        "0.01, 1000000, true, false", "20, 1000, true, false", "NaN, 1000, true, true"})
    void aPromiseIsBrokenByWhatTheMeasurementDoesNotExplain(double bytes, long operations,
            boolean promised, boolean broken) {
        Micro micro = new Micro("x", "", 1, 1, 1, bytes, operations, promised);
        assertThat(micro.isPromiseBroken()).isEqualTo(broken);
        assertThat(micro.line().contains("PROMISED")).isEqualTo(broken);
    }

    @ParameterizedTest
    @ValueSource(strings = {"no-such-benchmark", "(", "--iterations=0", "--time=0"})
    void wrongCommandLinesExitWith2(String argument) {
        assertThat(run(argument)).isEqualTo(2);
    }

    @Test
    void theyCanBeListed() {
        assertThat(run("--list", "Mask")).isZero();
    }
}
