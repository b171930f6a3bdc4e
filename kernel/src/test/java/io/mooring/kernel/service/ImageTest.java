package io.mooring.kernel.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** kernel/image/build: what it makes runs by itself. */
@Timeout(600)
class ImageTest {
    @TempDir
    private Path folder;

    /** Built, moved elsewhere, served from with nothing in the environment, a real echo. */
    @Test
    void theImageServes(TestReporter reporter) throws Exception {
        Path built = folder.resolve("built");
        Tool build = Tool.run("kernel/image/build", "--no-cds", "--output=" + built,
            "--jars=" + jars());
        assertThat(build.exitCode()).as(build.output()).isZero();
        reporter.publishEntry("image", build.output().strip());
        Path image = Files.move(built, folder.resolve("moved"));
        Path program = image.resolve("bin/mooring");

        ProcessBuilder command = new ProcessBuilder(program.toString(), "serve", "--port", "0",
            "--reactors", "1", "--max-connections", "100").redirectErrorStream(true);
        command.environment().keySet().removeIf(name -> !name.equals("PATH"));
        Process server = command.start();
        try (BufferedReader out = new BufferedReader(new InputStreamReader(
                server.getInputStream(), StandardCharsets.UTF_8))) {
            ServerOutput text = new ServerOutput(out);
            int port = text.awaitPort();
            assertThat(port).as("%s", text).isPositive();
            EchoClient.check(port);
            server.destroy();
            assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(server.exitValue()).isZero();
        } finally {
            server.destroyForcibly();
        }
        for (String name : new String[] {"swarm", "probe", "doctor", "tune", "plan"}) {
            Tool help = Tool.run(program.toString(), name, "--help");
            assertThat(help.exitCode()).as(name + ": " + help.output()).isZero();
        }
        assertThat(Tool.run(program.toString(), "nothing").exitCode()).isEqualTo(2);
    }

    /** Of this test run, which builds them: a second build within it would wait for its end. */
    private static String jars() {
        return Arrays.stream(System.getProperty("surefire.test.class.path",
                System.getProperty("java.class.path")).split(":"))
            .filter(path -> path.matches(
                ".*/(mooring-[^/]*|agrona-[^/]*|HdrHistogram-[^/]*|jna-[^/]*|picocli-[^/]*)\\.jar"
                + "|.*/target/classes/?"))
            .collect(Collectors.joining(":"));
    }

    /** A folder that is no image is not replaced. */
    @Test
    void anotherFolderIsLeftAlone() throws Exception {
        Files.writeString(folder.resolve("precious"), "x");
        Tool build = Tool.run("kernel/image/build", "--output=" + folder);
        assertThat(build.exitCode()).as(build.output()).isEqualTo(1);
        assertThat(build.output()).contains("no image");
        assertThat(folder.resolve("precious")).exists();
        assertThat(Tool.run("kernel/image/build", "--nonsense").exitCode()).isEqualTo(2);
        assertThat(Tool.run("kernel/image/build", "--jmods=/nowhere").output())
            .contains("no java.base.jmod");
    }
}
