package io.mooring.bench.zerocopy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mooring.bench.BenchException;
import io.mooring.bench.Home;
import io.mooring.bench.Json;
import io.mooring.bench.NativeTools;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(120)
class ZerocopyTest {
    private static final Path NAMESPACES = Path.of("/run/netns");

    @TempDir
    private Path directory;

    /** Over loopback, in this process: every frame arrives, every notification comes. */
    @Test
    void measuresOverAnInterfaceThatIsThere() throws Exception {
        try (Sink sink = new Sink("127.0.0.1", 0)) {
            Thread thread = Thread.ofPlatform().daemon().start(() -> {
                try {
                    sink.run();
                } catch (IOException | RuntimeException e) {
                    // closed at the end
                }
            });
            Measure measure = new Measure(new InetSocketAddress(InetAddress.getLoopbackAddress(),
                    sink.port()), 4, 2, 10);
            List<Measure.Row> rows = cpu(measure);
            assertThat(rows).hasSize(2);
            for (Measure.Row row : rows) {
                assertThat(row.cpu(Mode.SEND).count()).isEqualTo(2);
                assertThat(row.cpu(Mode.SEND).min()).isPositive();
                assertThat(row.cpu(Mode.ZEROCOPY).min()).isPositive();
                assertThat(row.heldMicros()).isPositive();
                assertThat(row.copiedPercent()).as("loopback copies").isEqualTo(100);
                assertThat(Measure.json(row)).containsKeys("bytes", "ratio", "copied_percent");
            }
            List<Measure.Queued> queued = measure.queued(32 << 10);
            assertThat(queued).extracting(Measure.Queued::mode)
                    .containsExactly(Mode.SEND, Mode.ZEROCOPY);
            assertThat(queued).allSatisfy(one -> assertThat(one.bytes()).isEqualTo(128 << 10));
            thread.interrupt();
        }
    }

    private static List<Measure.Row> cpu(Measure measure) {
        try {
            return measure.cpu(List.of(64, 100_000));
        } catch (BenchException e) {
            assumeTrue(!e.getMessage().contains("Linux 6.7")
                    && !e.getMessage().contains("CAP_NET_ADMIN")
                    && !e.getMessage().contains("RLIMIT_MEMLOCK"), e.getMessage());
            throw e;
        }
    }

    /** The whole, as a process; nothing is left of it afterwards. */
    @Test
    void measuresOverAVethPair() throws Exception {
        requireNamespaces();
        Path json = directory.resolve("figures.json");
        Process process = start("--receivers", "4", "--rounds", "1", "--turn-ms", "20", "--sizes",
                "64,20000", "--json", json.toString());
        assertThat(process.waitFor(100, TimeUnit.SECONDS)).isTrue();
        String said = Files.readString(directory.resolve("out"));
        assertThat(process.exitValue()).as(said).isZero();
        assertThat(said).contains("frame, B", "20,000", "SEND_ZC");
        Map<String, Object> content = Json.object(Json.parse(Files.readString(json)));
        assertThat(content).containsKeys("machine", "sizes", "queued");
        assertThat(left(process.pid())).isEmpty();
    }

    /** A signal in the middle. Not SIGINT, which what runs the tests may have had ignored. */
    @Test
    void interruptedItCleansUp() throws Exception {
        requireNamespaces();
        Process process = start("--receivers", "4", "--rounds", "1000", "--turn-ms", "1000");
        while (!Files.readString(directory.resolve("out")).contains("Linux")) {
            assertThat(process.isAlive()).as("%s", directory.resolve("out")).isTrue();
            Thread.onSpinWait();
            process.waitFor(20, TimeUnit.MILLISECONDS);
        }
        assertThat(left(process.pid())).hasSize(2);
        new ProcessBuilder("kill", "-TERM", "" + process.pid()).start().waitFor();
        boolean ended = process.waitFor(60, TimeUnit.SECONDS);
        process.destroyForcibly(); // or it would load both cores until somebody finds it
        assertThat(ended).isTrue();
        assertThat(process.exitValue()).isEqualTo(143);
        assertThat(left(process.pid())).isEmpty();
    }

    @Test
    void aCommandLineThatIsWrong() {
        for (String[] wrong : new String[][] {{"--receivers", "0"}, {"--sizes", "4"},
            {"--to", "nowhere"}, {"--sink", "--to", "a:1"}}) {
            assertThat(new CommandLine(new ZerocopyCommand())
                    .setErr(new PrintWriter(Writer.nullWriter())).execute(wrong))
                    .as("%s", List.of(wrong)).isEqualTo(2);
        }
    }

    @Test
    void noSinkThere() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        InetSocketAddress nobody = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        assertThatThrownBy(() -> new Control(nobody)).isInstanceOf(BenchException.class)
                .hasMessageContaining("--sink");
    }

    private static void requireNamespaces() {
        NativeTools.requirePinning();
        try (Namespaces namespaces = new Namespaces()) {
            assertThat(namespaces.sink().before()).contains("netns");
        } catch (BenchException e) {
            abort(e.getMessage());
        }
    }

    private Process start(String... arguments) throws IOException {
        List<String> line = new ArrayList<>(List.of(Home.jdkTool("java"),
                "--enable-native-access=ALL-UNNAMED", "-Xmx64m", "-cp",
                System.getProperty("java.class.path"), "io.mooring.bench.Main", "zerocopy"));
        line.addAll(List.of(arguments));
        return new ProcessBuilder(line).redirectErrorStream(true)
                .redirectOutput(directory.resolve("out").toFile()).start();
    }

    private static List<String> left(long pid) throws IOException {
        if (!Files.isDirectory(NAMESPACES)) {
            return List.of();
        }
        try (Stream<Path> names = Files.list(NAMESPACES)) {
            return names.map(path -> path.getFileName().toString())
                    .filter(name -> name.startsWith("mooring-zc-") && name.endsWith("-" + pid))
                    .toList();
        }
    }
}
