package io.mooring.bench.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.bench.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ComparisonTest {

    private static Map<String, Object> report(double factor) {
        return Json.parseObject(Json.write(new MatrixJson(Fixtures.run(5, factor, false)).json()));
    }

    private static Path write(Path folder, String name, Map<String, Object> report)
            throws IOException {
        return Files.writeString(folder.resolve(name), Json.write(report));
    }

    private static int diff(Path a, Path b, String... more) {
        CommandLine line = new CommandLine(new DiffCommand());
        String[] args = new String[more.length + 2];
        args[0] = a.toString();
        args[1] = b.toString();
        System.arraycopy(more, 0, args, 2, more.length);
        return line.execute(args);
    }

    @Test
    void theSameTwiceIsNoRegression() {
        Comparison same = Comparison.of(report(1), report(1), 5);
        assertThat(same.lines()).isNotEmpty().noneMatch(line -> line.worse() || line.better());
        assertThat(same.notes()).isEmpty();
    }

    @Test
    void whatBecameDearerIsWorseWhicheverWayItsMetricGoes() {
        Comparison worse = Comparison.of(report(1), report(1.3), 5);
        assertThat(worse.regressions()).isNotEmpty()
                .allMatch(line -> line.engine().equals("mooring-io_uring"));
        assertThat(worse.regressions()).extracting(Comparison.Line::metric).contains(
                Metric.SERVER_US_PER_MESSAGE, Metric.MESSAGES_PER_CPU_S, Metric.USER_BYTES);
        assertThat(worse.lines()).noneMatch(Comparison.Line::better);
        assertThat(Comparison.of(report(1.3), report(1), 5).regressions()).isEmpty();
    }

    @Test
    void timesAreComparedByRatioAndMemoryAsItIs() {
        Comparison worse = Comparison.of(report(1), report(1.3), 5);
        assertThat(worse.regressions()).filteredOn(line -> line.metric().isOfTime())
                .allMatch(line -> line.against().equals("netty-epoll"));
        assertThat(worse.regressions()).filteredOn(line -> !line.metric().isOfTime())
                .isNotEmpty().allMatch(line -> line.against() == null);
    }

    @Test
    void lessThanTheToleranceOrWithinTheRoundsIsNoDifference() {
        assertThat(Comparison.of(report(1), report(1.3), 50).regressions()).isEmpty();
        // Rounds differ by some 4 % among themselves: so much dearer cannot be told.
        assertThat(Comparison.of(report(1), report(1.005), 0.1).regressions()).isEmpty();
    }

    @Test
    void whatOnlyOneHasAndOtherMachinesAreSaid() {
        Map<String, Object> other = report(1);
        Json.object(other.get("machine")).put("kernel", "5.0");
        ((List<?>) other.get("scenarios")).removeFirst();
        Comparison comparison = Comparison.of(report(1), other, 5);
        assertThat(comparison.notes()).anyMatch(note -> note.startsWith("the machines differ"))
                .anyMatch(note -> note.startsWith("only in the first: idle"));
    }

    @Test
    void exitCodes(@TempDir Path folder) throws IOException {
        Path a = write(folder, "a.json", report(1));
        Path b = write(folder, "b.json", report(1.3));
        assertThat(diff(a, a)).isZero();
        assertThat(diff(a, b)).isEqualTo(1);
        assertThat(diff(b, a, "--json")).isZero();
        assertThat(diff(a, b, "--tolerance", "60")).isZero();
        assertThat(diff(a, b, "--tolerance", "-1")).isEqualTo(2);
        assertThat(diff(a, folder.resolve("none.json"))).isEqualTo(2);
        assertThat(diff(a, Files.writeString(folder.resolve("c"), "{"))).isEqualTo(2);
        assertThat(diff(a, Files.writeString(folder.resolve("d"), "{}"))).isEqualTo(2);
        Map<String, Object> old = report(1);
        old.put("version", 0L);
        assertThat(diff(write(folder, "e.json", old), a)).isEqualTo(2);
    }
}
