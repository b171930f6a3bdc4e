package io.mooring.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The small C programs, compiled on the machine that runs them, and the tools around them. */
public final class NativeTools {

    private static final List<String> FLAGS = List.of("-O2", "-std=gnu11", "-Wall", "-Wextra",
            "-Wno-unused-function");

    private final Home home;

    /** Compiles into {@code bench/target/native}. */
    public NativeTools(Home home) {
        this.home = home;
    }

    /** True where {@code name} answers {@code --version}. */
    public static boolean has(String name) {
        return succeeds(name, "--version");
    }

    /**
     * Whether processes may be started as {@link Core#realtime}. Root alone is not enough: a
     * container may lack CAP_SYS_NICE, and a cgroup (v1, RT_GROUP_SCHED) may have no time for it.
     */
    public static boolean mayRunRealtime() {
        return succeeds("chrt", "--rr", "1", "true");
    }

    /** Refuses, with the fix, a machine where {@code --realtime} cannot be had. */
    public static void requireRealtime() {
        if (!mayRunRealtime()) {
            throw new BenchException("--realtime is not allowed here: it needs root with"
                    + " CAP_SYS_NICE (or ulimit -r 1) and chrt (apt-get install util-linux)");
        }
    }

    private static boolean succeeds(String... command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Refuses, with the fix, a machine where server and load cannot be kept apart. */
    public static void requirePinning() {
        if (!has("taskset")) {
            throw new BenchException("taskset is missing: apt-get install util-linux");
        }
        int cores = Runtime.getRuntime().availableProcessors();
        if (cores < 2) {
            throw new BenchException("this needs two cores, one for the server and one for the"
                    + " load, and may use " + cores);
        }
    }

    /** The program {@code name}, compiled if it is missing or older than any source. */
    public Path program(String name) {
        Path program = home.target("native").resolve(name);
        if (isFresh(program)) {
            return program;
        }
        if (!has("gcc")) {
            throw new BenchException("no C compiler for the load generator:"
                    + " apt-get install gcc libc6-dev");
        }
        Path fresh = program.resolveSibling(name + "." + ProcessHandle.current().pid());
        List<String> command = new ArrayList<>(List.of("gcc"));
        command.addAll(FLAGS);
        command.addAll(List.of("-o", fresh.toString(),
                home.sources().resolve(name + ".c").toString()));
        compile(name, command);
        try {
            Files.move(fresh, program, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new BenchException("cannot write " + program + ": " + e.getMessage());
        }
        return program;
    }

    private boolean isFresh(Path program) {
        try (DirectoryStream<Path> sources =
                Files.newDirectoryStream(home.sources(), "*.{c,h}")) {
            if (!Files.isExecutable(program)) {
                return false;
            }
            for (Path source : sources) {
                if (Files.getLastModifiedTime(source)
                        .compareTo(Files.getLastModifiedTime(program)) > 0) {
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            throw new BenchException("cannot read the C sources: " + e.getMessage());
        }
    }

    private static void compile(String name, List<String> command) {
        try {
            Process gcc = new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (gcc.waitFor() != 0) {
                throw new BenchException("gcc cannot compile " + name
                        + " (are libc6-dev and linux-libc-dev there?): "
                        + said.lines().filter(line -> line.contains("error")).findFirst()
                                .orElse(said.strip()));
            }
        } catch (IOException e) {
            throw new BenchException("gcc does not run: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted");
        }
    }
}
