package io.mooring.kernel.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mooring.sys.Abi;
import io.mooring.sys.OffHeap;
import io.mooring.sys.Syscalls;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The lists of kernel/seccomp, as filters on this machine; no container engine is needed. */
@Timeout(240)
class SeccompTest {
    private static final Path FOLDER = Tool.root().resolve("kernel/seccomp");
    private static final Path PROFILE = FOLDER.resolve("mooring.json");
    private static final int EPERM = 1;
    private static final int ENOSYS = 38;

    @TempDir
    private Path folder;

    // ---- the server's own list

    /** From the first instruction of the JVM on: it starts, echoes, and ends as it should. */
    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "epoll"})
    void theServerRunsUnderIt(String engine) throws Exception {
        SeccompProfile profile = new SeccompProfile(PROFILE);
        assumeTrue(engine.equals("epoll") || hasIoUring(), "no io_uring here");
        String numbers = SeccompProfile.numbers(profile.names(), folder).entrySet().stream()
            .map(each -> each.getKey() + "=" + each.getValue()).collect(Collectors.joining(","));
        List<String> command = java(SeccompExec.class.getName(), PROFILE.toString(), numbers);
        command.addAll(java("io.mooring.server.Main", "serve", "--port", "0", "--reactors", "2",
            "--max-connections", "500", "--engine", engine));
        Process server = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (BufferedReader out = new BufferedReader(new InputStreamReader(
                server.getInputStream(), StandardCharsets.UTF_8))) {
            ServerOutput text = new ServerOutput(out);
            int port = text.awaitPort();
            if (port < 0) {
                assumeTrue(server.waitFor() != SeccompExec.NO_SECCOMP, text.toString());
            }
            assertThat(port).as("%s", text).isPositive();
            assertThat(text.toString()).contains(engine + " on Linux");
            assertThat(filtered(server.pid())).as("the filter is there").isTrue();
            EchoClient.check(port);
            server.destroy(); // SIGTERM
            assertThat(server.waitFor(60, TimeUnit.SECONDS)).as("%s", text).isTrue();
            assertThat(server.exitValue()).as("%s", text).isZero();
        } finally {
            server.destroyForcibly();
        }
    }

    /** Seccomp: 2 is a filter. */
    private static boolean filtered(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/status"))
            .contains("Seccomp:\t2");
    }

    private static boolean hasIoUring() {
        long params = OffHeap.allocate(Abi.PARAMS_BYTES);
        OffHeap.zero(params, Abi.PARAMS_BYTES);
        int fd = Syscalls.ioUringSetup(4, params);
        OffHeap.free(params);
        return fd >= 0 && Syscalls.close(fd) == 0;
    }

    private static List<String> java(String mainClass, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED", "--add-exports",
            "java.base/jdk.internal.misc=ALL-UNNAMED", "-XX:+UseSerialGC", "-XX:-UsePerfData",
            "-Xms16m", "-Xmx128m", "-cp", System.getProperty("surefire.test.class.path",
                System.getProperty("java.class.path")), mainClass));
        command.addAll(List.of(arguments));
        return command;
    }

    /** times(2) never fails otherwise, and the server has no use for it. */
    @Test
    void aCallOutsideOfItIsRefused() throws Exception {
        SeccompProfile profile = new SeccompProfile(PROFILE);
        List<String> names = new ArrayList<>(profile.names());
        names.addAll(List.of("times", "getpid"));
        Map<String, Integer> numbers = SeccompProfile.numbers(names, folder);
        int times = numbers.get("times");
        int getpid = numbers.get("getpid");
        assertThat(profile.names()).doesNotContain("times").contains("getpid");
        assertThat(Syscalls.call(times, 0, 0, 0, 0, 0, 0)).isNotNegative();
        FutureTask<long[]> filtered = new FutureTask<>(() -> {
            int installed = profile.install(numbers);
            return new long[] {installed, Syscalls.call(times, 0, 0, 0, 0, 0, 0),
                Syscalls.call(getpid, 0, 0, 0, 0, 0, 0),
                Syscalls.call(numbers.get("clone3"), 0, 0, 0, 0, 0, 0),
                Syscalls.call(numbers.get("clone"), 0x10000000, 0, 0, 0, 0, 0)};
        });
        Thread thread = new Thread(filtered, "seccomp"); // the filter ends with it
        thread.start();
        long[] results = filtered.get();
        thread.join();
        assumeTrue(results[0] == 0, "this kernel takes no seccomp filter");
        assertThat(results[1]).as("times").isEqualTo(-EPERM);
        assertThat(results[2]).as("getpid").isEqualTo(ProcessHandle.current().pid());
        assertThat(results[3]).as("clone3, so that glibc takes clone").isEqualTo(-ENOSYS);
        assertThat(results[4]).as("clone with CLONE_NEWUSER").isEqualTo(-EPERM);
    }

    /** What an attacker would like to find. */
    @Test
    void nothingOfThisIsInIt() throws IOException {
        SeccompProfile profile = new SeccompProfile(PROFILE);
        assertThat(profile.allowed()).doesNotHaveDuplicates().doesNotContain("ptrace", "mount",
            "umount2", "unshare", "setns", "bpf", "keyctl", "add_key", "userfaultfd",
            "perf_event_open", "process_vm_readv", "process_vm_writev", "init_module",
            "finit_module", "kexec_load", "chroot", "pivot_root", "reboot", "open_by_handle_at",
            "personality", "modify_ldt", "clone3");
        assertThat(profile.allowed()).contains("io_uring_setup", "io_uring_enter",
            "io_uring_register");
    }

    // ---- the engine's list, and three calls

    private static final String DEFAULTS = """
        {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, "archMap": [{"a": 1}],
         "syscalls": [
          {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW", "comment": "kept"},
          {"names": ["close", "io_uring_setup"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5},
          {"names": ["io_uring_enter"], "action": "SCMP_ACT_ERRNO"}]}
        """;
    private static final String ADDED = """
        {"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":1,"archMap":[{"a":1}],"syscalls":[\
        {"names":["read","write"],"action":"SCMP_ACT_ALLOW","comment":"kept"},\
        {"names":["close"],"action":"SCMP_ACT_ERRNO","errnoRet":5},\
        {"names":["io_uring_enter","io_uring_register","io_uring_setup"],\
        "action":"SCMP_ACT_ALLOW"}]}""";

    @Test
    void threeCallsAreAddedAndNothingElseChanges() throws IOException {
        Tool once = add(DEFAULTS);
        assertThat(once.exitCode()).as(once.output()).isZero();
        assertThat(compact(once.output())).isEqualTo(compact(ADDED));
        assertThat(compact(add(once.output()).output())).as("twice").isEqualTo(compact(ADDED));
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "{}", "no JSON", "{\"defaultAction\": \"x\"}"})
    void whatIsNoProfileIsSaid(String text) throws IOException {
        Tool refused = add(text);
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.output()).isNotBlank();
    }

    private Tool add(String profile) throws IOException {
        Tool.require("jq", "jq");
        Path file = Files.writeString(folder.resolve("profile.json"), profile);
        return Tool.run("sh", "-c", "exec \"$0\" <\"$1\"",
            FOLDER.resolve("add-io_uring").toString(), file.toString());
    }

    private static String compact(String json) {
        return json.replaceAll("\\s", "");
    }
}
