package io.mooring.bench.million;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mooring.bench.BenchException;
import io.mooring.bench.Engine;
import io.mooring.bench.Home;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The course of events with a real server and a swarm that only says so. */
class MillionRunTest {

    private static final int PATIENCE_MS = 30_000;

    private final Home home = Home.locate();
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    @BeforeEach
    void needsTheServer() {
        Path disabled = Path.of("/proc/sys/kernel/io_uring_disabled");
        assumeTrue(!Files.exists(disabled)
                || io.mooring.bench.Proc.read(disabled.toString()).strip().equals("0"),
                "io_uring is missing or disabled (kernel.io_uring_disabled)");
        try {
            home.runtimeJar();
        } catch (BenchException e) {
            assumeTrue(false, e.getMessage());
        }
    }

    private Engine server() {
        return new Engine("million-test", endpoint -> mooring("serve", "--host", endpoint.host(),
                "--port", "" + endpoint.port(), "--max-connections",
                "" + endpoint.connectionsMax(), "--idle-timeout", "0"));
    }

    private List<String> mooring(String... arguments) {
        List<String> line = new ArrayList<>(List.of(Home.jdkTool("java"),
                "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-jar",
                home.runtimeJar().toString()));
        line.addAll(List.of(arguments));
        return line;
    }

    private Outcome run(String mode, boolean kill) {
        int silenceMs = mode.equals("hangs") ? 2_000 : PATIENCE_MS;
        return run(kill, silenceMs, port -> List.of(Home.jdkTool("java"), "-cp",
                System.getProperty("java.class.path"), FakeSwarm.class.getName(), mode));
    }

    private Outcome run(boolean kill, int silenceMs, IntFunction<List<String>> swarm) {
        Progress progress = new Progress(new PrintStream(said, true, StandardCharsets.UTF_8),
                false);
        MillionRun run = new MillionRun(Fixtures.options(0, kill, silenceMs),
                Preflight.of(1_000, 0, MachineFacts.now()),
                server(), swarm, home, progress);
        run.run();
        return run.outcome();
    }

    @Test
    void allGoesWell() {
        Outcome out = run("good", false);
        assertThat(out.failures).isEmpty();
        assertThat(out.isGood()).isTrue();
        assertThat(out.held()).isEqualTo(1_000);
        assertThat(out.points).extracting(Memory::connections).containsExactly(100, 500, 1_000);
        assertThat(out.deliveries).hasSize(2);
        assertThat(out.echoMs.count()).isEqualTo(20);
        assertThat(out.end.killed()).isFalse();
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("grow to 500")
                .contains("memory comes back");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void allGoesWellWithARealSwarm(boolean kill) {
        Outcome out = run(kill, PATIENCE_MS, port -> mooring("swarm",
                "ws://127.0.0.1:" + port + "/topic/million", "--control"));
        assertThat(out.failures).isEmpty();
        assertThat(out.held()).isEqualTo(1_000);
        assertThat(out.lost).isZero();
        assertThat(out.deliveries).hasSize(2).allMatch(d -> d.broadcast().received() == 1_000);
        assertThat(out.isGood()).isTrue();
        assertThat(out.slotBytes()).isBetween(60.0, 80.0);
        // What the slabs say depends on whatever else runs here.
        assertThat(out.slabs().isEmpty()).isEqualTo(out.points.getFirst().slabs() == null);
        // As root the probe was asked, and saw the server's own end of all of them.
        assertThat(out.probe == null).isEqualTo(out.points.getFirst().slabs() == null);
        if (out.probe != null) {
            assertThat(out.probe.connections()).isBetween(1_000L, 1_050L);
            assertThat(out.probe.holders().direct() + out.probe.holders().withDescriptor())
                    .isGreaterThanOrEqualTo(1_000);
        }
    }

    @Test
    void aKilledSwarmIsReplaced() {
        Outcome out = run("good", true);
        assertThat(out.failures).isEmpty();
        assertThat(out.end.killed()).isTrue();
        assertThat(out.again.connected()).isEqualTo(1_000);
        assertThat(out.isGood()).isTrue();
    }

    @Test
    void refusalsAreNotGoodWithoutReasonButTheRestGoesOn() {
        Outcome out = run("refuses", false);
        assertThat(out.failures).isEmpty();
        assertThat(out.held()).isEqualTo(300);
        assertThat(out.failed()).containsEntry("503", 200L);
        assertThat(out.deliveries).hasSize(2);
        assertThat(out.end).isNotNull();
        assertThat(out.isGood()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"loses, 1, 0", "misses, 0, 2"})
    void whatIsLostOrMissingIsNotGood(String mode, int lost, int missing) {
        Outcome out = run(mode, false);
        assertThat(out.failures).isEmpty();
        assertThat(out.lost).isEqualTo(lost);
        assertThat(out.missing()).isEqualTo(missing);
        assertThat(out.isGood()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"dies, exit code 7: no luck today", "hangs, it hangs",
        "babbles, not the control protocol"})
    void aSwarmThatFailsIsSaidAndNothingIsLeft(String mode, String message) {
        Outcome out = run(mode, false);
        assertThat(out.failures).hasSize(1);
        assertThat(out.failures.getFirst()).startsWith("grow to 500: ").contains(message)
                .contains("million-swarm.log");
        assertThat(out.isGood()).isFalse();
        assertThat(out.points).hasSize(1);
        assertThat(ProcessHandle.current().descendants()
                .filter(child -> child.info().commandLine().orElse("").contains("FakeSwarm")
                        || child.info().commandLine().orElse("").contains("serve")))
                .isEmpty();
    }
}
