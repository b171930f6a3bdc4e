package io.mooring.server;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Another JVM with this one's class path and the launcher's flags. What it prints is kept; closing
 * kills it.
 */
final class JavaProcess implements AutoCloseable {
    private final Process process;
    private final List<String> out = new CopyOnWriteArrayList<>();
    private final List<String> err = new CopyOnWriteArrayList<>();
    private final List<Thread> readers = new ArrayList<>();

    private JavaProcess(List<String> command) {
        try {
            process = new ProcessBuilder(command).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        readers.add(keep(process.getInputStream(), out));
        readers.add(keep(process.getErrorStream(), err));
    }

    static JavaProcess start(String mainClass, String... arguments) {
        return new JavaProcess(command(classPath(), mainClass, arguments));
    }

    static JavaProcess start(List<String> command) {
        return new JavaProcess(command);
    }

    /** The command line; for a test that puts something before it. */
    static List<String> command(String classPath, String mainClass, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED",
            "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m", "-ea",
            "-Dmooring.engine=" + System.getProperty("mooring.engine", "auto"),
            "-cp", classPath, mainClass));
        command.addAll(List.of(arguments));
        return command;
    }

    /**
     * Surefire starts the test JVM with a jar that only points to the class path, and says the real
     * one here.
     */
    static String classPath() {
        return System.getProperty("surefire.test.class.path",
            System.getProperty("java.class.path"));
    }

    private static Thread keep(InputStream stream, List<String> lines) {
        return Thread.ofVirtual().start(() -> {
            try (BufferedReader reader = new BufferedReader(
                    new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    lines.add(line);
                }
            } catch (IOException e) {
                lines.add("(cannot be read: " + e.getMessage() + ")");
            }
        });
    }

    /** The first line on stdout that fits, once it is there; fails if the process ends without. */
    String awaitLine(String what, Predicate<String> fits) {
        Await.until(() -> "the process has printed " + what + "; so far:\n" + this,
            () -> find(fits) != null || !process.isAlive());
        if (find(fits) == null) {
            awaitExit(); // and with it the last lines
        }
        String line = find(fits);
        if (line == null) {
            throw new AssertionError("the process ended without " + what + ":\n" + this);
        }
        return line;
    }

    private String find(Predicate<String> fits) {
        return out.stream().filter(fits).findFirst().orElse(null);
    }

    /** Writes a line to its stdin. */
    void say(String line) {
        try {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException("the process does not listen:\n" + this, e);
        }
    }

    /** The exit code, when the process has ended and all its output has been read. */
    int awaitExit() {
        try {
            if (!process.waitFor(Await.DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("the process does not end:\n" + this);
            }
            for (Thread reader : readers) {
                reader.join();
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Sends a signal, "TERM" or "INT"; by the shell, whose kill is built in. */
    void signal(String name) {
        try {
            Process kill = new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid())
                .inheritIO().start();
            if (kill.waitFor() != 0) {
                throw new AssertionError("kill -" + name + " failed");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** SIGKILL: no code of the process runs any more. */
    void kill() {
        process.destroyForcibly();
        awaitExit();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
    }

    List<String> out() {
        return out;
    }

    List<String> err() {
        return err;
    }

    @Override
    public String toString() {
        return "stdout:\n  " + String.join("\n  ", out) + "\nstderr:\n  "
            + String.join("\n  ", err);
    }

    @Override
    public void close() {
        kill();
    }
}
