package io.mooring.kernel.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mooring.epoll.EngineChoice;
import io.mooring.probe.report.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Doctor on this very machine, in a process of its own, under limits, namespaces, control groups
 * and filters that are the process's alone: nothing of the machine is changed, not for a moment.
 */
@Tag("e2e")
class ThisMachineTest {
    private static final Path GROUPS = Path.of("/sys/fs/cgroup/memory");
    private static final String DISABLED = "/proc/sys/kernel/io_uring_disabled";

    @TempDir
    private Path directory;

    /** A run's exit code and its checks by name. */
    private record Run(int exit, Map<?, ?> json) {
        Map<?, ?> check(String name) {
            return ((List<?>) json.get("checks")).stream().map(one -> (Map<?, ?>) one)
                .filter(one -> one.get("name").equals(name)).findFirst().orElseThrow();
        }

        void expect(String name, String state, String... parts) {
            assertThat(check(name).get("state")).as("%s", check(name)).isEqualTo(state);
            for (String part : parts) {
                assertThat(check(name).toString()).contains(part);
            }
        }
    }

    /** {@code before} is shell code that ends in nothing, or in a command that starts another. */
    private static Run run(String before, String... arguments) throws IOException {
        return runMain("io.mooring.kernel.Main", before, arguments);
    }

    private static Run runMain(String main, String before, String... arguments)
        throws IOException {
        List<String> java = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED", "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1", "-Xmx96m", "-cp", System.getProperty(
                "surefire.test.class.path", System.getProperty("java.class.path")), main,
            "doctor", "--json"));
        java.addAll(List.of(arguments));
        List<String> command = new ArrayList<>(List.of("sh", "-c", before + " \"$@\"", "doctor"));
        command.addAll(java);
        Path log = Files.createTempFile("doctor", ".err");
        Process process = new ProcessBuilder(command).redirectError(log.toFile()).start();
        try {
            String out =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(out).as("%s", Files.readString(log)).startsWith("{");
            return new Run(process.exitValue(), (Map<?, ?>) Json.parse(out));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        } finally {
            process.destroyForcibly();
            Files.delete(log);
        }
    }

    /** Whether the shell can do so here: a namespace, a mount, a bounding set. */
    private static void require(String command) throws IOException {
        Process process = new ProcessBuilder("sh", "-c", command).redirectErrorStream(true).start();
        try {
            String said = new String(process.getInputStream().readAllBytes(),
                StandardCharsets.UTF_8).strip();
            assumeTrue(process.waitFor() == 0, "not possible here: " + command + ": " + said);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void requireIoUring() {
        assumeTrue(Trial.of(Host.at(Path.of("/")), EngineChoice.AUTO).refusal()
            == null, "no io_uring here");
    }

    @Test
    void aThousandAsItIs() throws IOException {
        Run run = run("exec", "--connections", "1000");
        assertThat(run.exit).as("%s", run.json).isZero();
        assertThat(run.json.get("verdict").toString()).startsWith("1,000 connections fit: ");
        assertThat(run.json.get("verdict").toString()).doesNotContain("recorded");
    }

    // ---- limits

    /** What is a failure with descriptors is none with rings. */
    @Test
    void openFiles() throws IOException {
        require("ulimit -n 4000");
        requireIoUring();
        String few = "ulimit -n 4000; exec";
        run(few, "--connections", "100000", "--engine", "io_uring")
            .expect("open files", "pass", "hard limit 4,000");
        Run epoll = run(few, "--connections", "100000", "--engine", "epoll");
        assertThat(epoll.exit).isEqualTo(1);
        epoll.expect("open files", "fail", "serve does not start");
        run(few, "--connections", "3000", "--engine", "epoll").expect("open files", "pass");
        run("ulimit -n 700; exec", "--connections", "1000000", "--engine", "io_uring")
            .expect("open files", "fail", "131072");
    }

    /** Without CAP_IPC_LOCK, which binds nobody who has it. */
    @Test
    void lockedMemory() throws IOException {
        require("ulimit -l 64 && setpriv --bounding-set=-ipc_lock true");
        requireIoUring();
        String little = "ulimit -l 64; exec setpriv --bounding-set=-ipc_lock";
        run(little, "--connections", "1000", "--zero-copy", "--engine", "io_uring")
            .expect("locked memory", "fail", "64 KiB");
        run(little, "--connections", "1000", "--engine", "io_uring")
            .expect("locked memory", "pass");
        run("ulimit -l 64; exec", "--connections", "1000", "--zero-copy", "--engine", "io_uring")
            .expect("locked memory", "pass");
    }

    /** More than the machine allows, with CAP_SYS_ADMIN and without. */
    @Test
    void filesOfTheMachine() throws IOException {
        require("setpriv --bounding-set=-sys_admin true");
        long max = Host.at(Path.of("/")).machine().filesMax();
        assumeTrue(max < 90_000_000, "fs.file-max is no limit here");
        String more = Long.toString(max + 1_000_000);
        run("exec setpriv --bounding-set=-sys_admin", "--connections", more)
            .expect("fs.file-max", "fail", "sysctl -w fs.file-max=");
        run("unset SUDO_USER; exec", "--connections", more)
            .expect("fs.file-max", "pass", "does not bind");
        run("SUDO_USER=pi exec", "--connections", more).expect("fs.file-max", "warn");
    }

    // ---- a network namespace of its own

    @Test
    void theNetworksSettings() throws IOException {
        require("unshare -n true");
        String bad = "(cd /proc/sys/net; echo 128 >core/somaxconn; cd ipv4; "
            + "echo 0 >tcp_syncookies; echo 128 >tcp_max_syn_backlog; "
            + "echo 4096 4096 4096 >tcp_rmem; "
            + "echo 4096 4096 32768 >tcp_wmem; echo 1024 65535 >ip_local_port_range; "
            + "echo 64 >tcp_max_tw_buckets); exec \"$@\"";
        Run run = run("exec unshare -n sh -c '" + bad + "' doctor", "--connections", "10000");
        run.expect("net.core.somaxconn", "warn", "128");
        run.expect("net.ipv4.tcp_max_syn_backlog", "warn");
        run.expect("net.ipv4.tcp_rmem", "warn");
        run.expect("net.ipv4.tcp_wmem", "warn");
        run.expect("net.ipv4.ip_local_port_range", "warn", "9001");
        run.expect("net.ipv4.tcp_max_tw_buckets", "warn");
        run.expect("net.ipv4.tcp_mem", "unknown", "first network namespace", "on the host");
        run.expect("net.ipv4.tcp_max_orphans", "unknown");
        String good = "(cd /proc/sys/net; echo 4096 >core/somaxconn; cd ipv4; "
            + "echo 1 >tcp_syncookies; echo 128 >tcp_max_syn_backlog; "
            + "echo 32768 60999 >ip_local_port_range); exec \"$@\"";
        run = run("exec unshare -n sh -c '" + good + "' doctor", "--connections", "10000");
        for (String name : List.of("net.core.somaxconn", "net.ipv4.tcp_max_syn_backlog",
                "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem", "net.ipv4.ip_local_port_range",
                "net.ipv4.tcp_max_tw_buckets")) {
            run.expect(name, "pass");
        }
    }

    // ---- a control group of its own

    @Test
    void aControlGroup() throws IOException {
        assumeTrue(Files.isWritable(GROUPS.resolve("memory.limit_in_bytes")),
            "no memory control group of version 1 that we may write to");
        Path group = Files.createDirectory(
            GROUPS.resolve("mooring-doctor-" + ProcessHandle.current().pid()));
        try {
            Files.writeString(group.resolve("memory.limit_in_bytes"), "" + (700L << 20));
            String inside = "echo $$ >" + group + "/cgroup.procs; exec";
            Run run = run(inside, "--connections", "1000000");
            assertThat(run.exit).isEqualTo(1);
            run.expect("control group", "fail", group + "/memory.limit_in_bytes");
            run.expect("control group, sockets", "warn");
            Files.writeString(group.resolve("memory.kmem.tcp.limit_in_bytes"), "" + (4L << 20));
            run = run(inside, "--connections", "10000");
            run.expect("control group", "pass", "of 700 MiB");
            run.expect("control group, sockets", "pass");
            run.expect("control group, kmem.tcp", "warn");
        } finally {
            Files.delete(group);
        }
    }

    @Test
    void aNamespaceOfControlGroups() throws IOException {
        require("unshare -C true");
        run("exec unshare -C", "--connections", "1000")
            .expect("container", "pass", "control groups of its own");
    }

    // ---- io_uring refused

    private static final String FILTERED = "io.mooring.kernel.doctor.FilteredMain";

    @Test
    void aSeccompFilter() throws IOException {
        requireIoUring();
        Run run = runMain(FILTERED, "exec", "--connections", "1000");
        assertThat(run.exit).isZero();
        assertThat(run.json.get("engine")).isEqualTo("epoll");
        run.expect("io_uring", "warn", "io_uring_setup, io_uring_enter and io_uring_register");
        run = runMain(FILTERED, "exec", "--connections", "1000", "--engine", "io_uring");
        assertThat(run.exit).isEqualTo(1);
        run.expect("io_uring", "fail");
    }

    /** The sysctl's file is another in a mount namespace; the refusal is a filter's. */
    @Test
    void disabledBySysctl() throws IOException {
        requireIoUring();
        Path two = Files.writeString(directory.resolve("two"), "2\n");
        require("unshare -m mount --bind " + two + " " + DISABLED);
        Run run = runMain(FILTERED, "exec unshare -m sh -c 'mount --bind " + two + " " + DISABLED
            + "; exec \"$@\"' doctor", "--connections", "1000", "--engine", "io_uring");
        assertThat(run.exit).isEqualTo(1);
        run.expect("io_uring", "fail", "sysctl -w kernel.io_uring_disabled=0");
    }

    // ---- files that are not for us

    @Test
    void withoutPrivileges() throws IOException {
        require("setpriv --bounding-set=-dac_override,-dac_read_search true");
        Path shut = Files.writeString(directory.resolve("shut"), "");
        require("chown 65534 " + shut + " && chmod 0 " + shut
            + " && unshare -m mount --bind " + shut + " /proc/slabinfo");
        Run run = run("exec unshare -m sh -c 'mount --bind " + shut + " /proc/slabinfo; exec "
            + "setpriv --bounding-set=-dac_override,-dac_read_search \"$@\"' doctor",
            "--connections", "1000");
        assertThat(run.exit).isZero();
        run.expect("privileges", "unknown", "not for this user", "sudo");
    }
}
