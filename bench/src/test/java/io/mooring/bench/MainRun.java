package io.mooring.bench;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A command of {@code bench}, run here, with what it said of its failure: where a machine of
 * others runs the tests, the failed assertion's message is all that is seen of it.
 */
record MainRun(int exit, String said) {

    /** Skips the test, with the reason, where server and load cannot be had or kept apart. */
    static void requireTools() {
        assumeTrue(NativeTools.has("gcc"), "gcc is missing: apt-get install gcc libc6-dev");
        assumeTrue(NativeTools.has("taskset"), "taskset is missing: apt-get install util-linux");
        assumeTrue(Runtime.getRuntime().availableProcessors() >= 2, "needs two cores");
        Path sysctl = Path.of("/proc/sys/kernel/io_uring_disabled");
        assumeTrue(!Files.exists(sysctl) || Proc.read(sysctl.toString()).strip().equals("0"),
                "io_uring is missing or disabled (kernel.io_uring_disabled)");
        try {
            Home.locate().runtimeJar();
        } catch (BenchException e) {
            assumeTrue(false, e.getMessage());
        }
    }

    /** Runs it to its end. */
    static MainRun of(String... args) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream before = System.err;
        int exit;
        try (PrintStream catching = new PrintStream(said, true, StandardCharsets.UTF_8)) {
            System.setErr(catching);
            exit = Main.run(args);
        } finally {
            System.setErr(before);
        }
        String text = said.toString(StandardCharsets.UTF_8);
        before.print(text);
        return new MainRun(exit, text.strip());
    }

    /** On one line. */
    @Override
    public String toString() {
        return "exit code " + exit + ", said: " + said.replaceAll("\\s*\\R\\s*", " | ");
    }
}
