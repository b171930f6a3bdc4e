package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Node's {@code ws}, by src/test/node/client.mjs: echoes of every size, whole and in fragments,
 * pings, closes.
 */
@Tag("e2e")
class NodeClientTest {
    private static final Path SOURCE = Path.of("src", "test", "node");
    private static final Path COPY = Path.of("target", "node-client");
    private static final String[] FILES = {"package.json", "package-lock.json", "client.mjs"};
    private static final int MIB = 1 << 20;

    /** Installs {@code ws} into a copy under target, once per version of the lock file. */
    @BeforeAll
    static void install() throws IOException, InterruptedException {
        Assumptions.assumeTrue(Files.exists(SOURCE.resolve("client.mjs")),
            SOURCE + " is not there");
        Assumptions.assumeTrue(runs("node", "--version"), "node is not installed");
        Files.createDirectories(COPY);
        Path lock = COPY.resolve("package-lock.json");
        boolean fresh = Files.isDirectory(COPY.resolve("node_modules").resolve("ws"))
            && Files.exists(lock)
            && Files.mismatch(lock, SOURCE.resolve("package-lock.json")) < 0;
        for (String file : FILES) {
            Files.copy(SOURCE.resolve(file), COPY.resolve(file),
                StandardCopyOption.REPLACE_EXISTING);
        }
        if (!fresh) {
            Assumptions.assumeTrue(runs("npm", "--version"), "npm is not installed");
            Assumptions.assumeTrue(runs("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"),
                "npm ci could not get ws; is there a network?");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"connections\": 1}",
        "{\"connections\": 200, \"sizes\": [0, 1, 125, 126, 5000, 70000]}",
        "{\"connections\": 5, \"sizes\": [1048576], \"fragments\": 20, \"deflate\": false}"})
    void echoes(String spec) throws IOException, InterruptedException {
        try (WebSocketServer server = TestServer.start(TestServer.builder().maxMessage(2 * MIB))) {
            Process node = new ProcessBuilder("node", "client.mjs",
                "ws://127.0.0.1:" + server.port() + "/echo", spec)
                .directory(COPY.toFile()).redirectErrorStream(true).start();
            String output =
                new String(node.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(node.waitFor()).as(output).isZero();
            assertThat(output).contains("\"ok\":true").contains("\"failures\":[]");
            TestServer.awaitQuiet(server);
        }
    }

    private static boolean runs(String... command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(List.of(command)).directory(
                    Files.isDirectory(COPY) ? COPY.toFile() : null)
                .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            boolean ended = process.waitFor(2, TimeUnit.MINUTES);
            process.destroyForcibly();
            return ended && process.exitValue() == 0;
        } catch (IOException e) {
            return false; // not found
        }
    }
}
