package io.mooring.kernel.service;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A program of this machine that has run to its end, its stdout and stderr as one text. */
record Tool(int exitCode, String output) {
    private static final int SECONDS_MAX = 300;

    /** The project's folder: tests run in their module's. */
    static Path root() {
        Path here = Path.of("").toAbsolutePath();
        for (Path at = here; at != null; at = at.getParent()) {
            if (Files.isExecutable(at.resolve("mooring"))
                && Files.isDirectory(at.resolve("kernel/systemd"))) {
                return at;
            }
        }
        return abort("the project's folder is not above " + here);
    }

    /** Skips the test, naming Debian's package, where the program is missing. */
    static void require(String program, String debianPackage) {
        for (String folder : System.getenv("PATH").split(":")) {
            if (Files.isExecutable(Path.of(folder, program))) {
                return;
            }
        }
        abort("no " + program + " here: Debian's package " + debianPackage + " has it");
    }

    static Tool run(String... command) {
        try {
            Process process = new ProcessBuilder(command).directory(root().toFile())
                .redirectErrorStream(true).start();
            process.getOutputStream().close();
            String text = new String(process.getInputStream().readAllBytes(),
                StandardCharsets.UTF_8);
            if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(command[0] + " does not end:\n" + text);
            }
            return new Tool(process.exitValue(), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
