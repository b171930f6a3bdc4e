package io.mooring.bench;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import picocli.CommandLine;

/** Engines for tests, or the reason why this machine cannot have one. */
final class TestServers {

    /** Made of what this build has in it. */
    static final Set<String> NETTY = Set.of("netty-nio", EngineOptions.NETTY_EPOLL,
            "netty-io_uring", EngineOptions.NETTY_INCUBATOR);
    /** By npm, where there is one. */
    static final Set<String> SCRIPTS = Set.of("node-ws", "bun");

    private static final Set<String> NEED_URING = Set.of("netty-io_uring",
            EngineOptions.NETTY_INCUBATOR, EngineOptions.C_LOOP, EngineOptions.URING_LOOP);
    /** Relative to the module, which is where tests run. */
    private static final String RUN = "src/main/js/run";
    /** Asked once: without a network npm takes its time to say so. */
    private static final Map<String, String> MISSING = new ConcurrentHashMap<>();
    private static final int CONNECTIONS_MAX = 1000;

    private TestServers() {
    }

    static void needTools() {
        assumeTrue(NativeTools.has("gcc"), "gcc is missing: apt-get install gcc libc6-dev");
        needPinning();
    }

    private static void needPinning() {
        assumeTrue(NativeTools.has("taskset"), "taskset is missing: apt-get install util-linux");
        assumeTrue(Runtime.getRuntime().availableProcessors() >= 2, "needs two cores");
    }

    static boolean isUringAllowed() {
        Path sysctl = Path.of("/proc/sys/kernel/io_uring_disabled");
        return !Files.exists(sysctl) || Proc.read(sysctl.toString()).strip().equals("0");
    }

    static ServerProcess echo(String name, Home home) {
        return start(options(name).engine(name, home, new NativeTools(home), ""), home);
    }

    static ServerProcess broadcast(String name, Home home) {
        return start(options(name).broadcastEngine(name, home, new NativeTools(home)), home);
    }

    private static EngineOptions options(String name) {
        needPinning();
        assumeTrue(!NEED_URING.contains(name) || isUringAllowed(),
                "io_uring is missing or disabled (kernel.io_uring_disabled)");
        List<String> arguments = new ArrayList<>();
        if (SCRIPTS.contains(name)) {
            String missing = MISSING.computeIfAbsent(name, TestServers::install);
            assumeTrue(missing.isEmpty(), missing);
            arguments.addAll(List.of("--peer",
                    name + "=" + RUN + " " + name + " --host {host} --port {port}"));
        }
        return CommandLine.populateCommand(new EngineOptions(), arguments.toArray(String[]::new));
    }

    private static ServerProcess start(Engine engine, Home home) {
        return ServerProcess.start(engine, "127.0.0.1", CONNECTIONS_MAX, new Core(0, false), home);
    }

    /** Empty: it could; else why not. */
    private static String install(String script) {
        try {
            Process install = new ProcessBuilder(RUN, script, "--install")
                    .redirectErrorStream(true).start();
            String said = new String(install.getInputStream().readAllBytes(),
                    StandardCharsets.UTF_8).strip();
            return install.waitFor() == 0 ? "" : said;
        } catch (IOException e) {
            return e.getMessage();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }
}
