package io.mooring.kernel.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.kernel.KernelException;
import io.mooring.kernel.tune.Outcome.Result;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Apply and revert on a fixture: what they write, refuse and leave alone. */
class TunerTest {

    private static final Profile MILLION = Profiles.load("million");
    private static final String HEAD = "# profile: mine\n# title: t\n\n# does: a\n# costs: b\n"
        + "# measured: c\n# rule: set\n";

    @TempDir
    Path root;

    private FixtureMachine machine;

    @BeforeEach
    void setUp() {
        machine = new FixtureMachine(root);
        machine.put("etc/security/limits.conf", "");
    }

    private Outcome apply(Profile profile, boolean persist, boolean force) {
        return new Tuner(machine.host, machine.state, step -> { }).apply(profile, persist, force);
    }

    private Outcome revert(boolean force) {
        return new Reverter(machine.host, machine.state, step -> { }).revert(force);
    }

    private static Result result(Outcome outcome, String name) {
        return outcome.lines().stream().filter(line -> line.name().equals(name)).findFirst()
            .orElseThrow().result();
    }

    @Test
    void appliedAndRevertedNothingIsLeft() {
        Map<String, String> before = machine.sysctls();
        Outcome applied = apply(MILLION, true, false);
        assertThat(applied.isComplete()).isTrue();
        assertThat(applied.count(Result.CHANGED)).isEqualTo(11 + 2);
        assertThat(machine.sysctls()).isNotEqualTo(before)
            .containsEntry("net.core.somaxconn", "65535")
            .containsEntry("net.ipv4.tcp_mem", "135390 180520 225650");
        assertThat(machine.has(Persisted.SYSCTLS)).isTrue();
        assertThat(machine.has(Persisted.LIMITS)).isTrue();

        Outcome reverted = revert(false);
        assertThat(reverted.isComplete()).isTrue();
        assertThat(machine.sysctls()).isEqualTo(before);
        assertThat(machine.filesBelow("etc")).containsExactly("etc/security/limits.conf");
        assertThat(machine.filesBelow("var")).isEmpty();
        assertThat(revert(false).lines()).isEmpty();
        assertThat(machine.sysctls()).isEqualTo(before);
    }

    @Test
    void appliedTwiceTheOriginalsStay() {
        Map<String, String> before = machine.sysctls();
        apply(MILLION, false, false);
        Map<String, String> applied = machine.sysctls();
        assertThat(apply(MILLION, false, false).count(Result.CHANGED)).isZero();
        assertThat(machine.sysctls()).isEqualTo(applied);
        apply(Profiles.load("load"), false, false);
        assertThat(machine.sysctls()).isNotEqualTo(applied);
        revert(false);
        assertThat(machine.sysctls()).isEqualTo(before);
    }

    @Test
    void whatIsPersistedIsWhatWasSet() throws IOException {
        machine.sysctl("net.netfilter.nf_conntrack_max", "65536");
        apply(Profiles.load("100k"), true, false);
        List<String> lines = Files.readAllLines(root.resolve(Persisted.SYSCTLS));
        assertThat(lines.getFirst()).startsWith("# ").contains("--revert");
        assertThat(lines.subList(1, lines.size())).isNotEmpty().allSatisfy(line -> {
            String[] keyAndValue = line.replaceFirst("^-", "").split(" = ");
            assertThat(machine.sysctl(keyAndValue[0])).isEqualTo(keyAndValue[1]);
        });
        assertThat(lines).contains("-net.netfilter.nf_conntrack_max = 262144",
            "net.core.somaxconn = 16384");
        assertThat(Files.readString(root.resolve(Persisted.LIMITS)))
            .isEqualTo(Profiles.limitsText());
    }

    /** Raised by somebody since: what is set at the next start must not be less. */
    @Test
    void whatIsNotSoAnyMoreIsNotPersisted() throws IOException {
        apply(MILLION, false, false);
        machine.sysctl("fs.file-max", "99999999");
        apply(MILLION, true, false);
        assertThat(Files.readString(root.resolve(Persisted.SYSCTLS)))
            .contains("net.core.somaxconn = 65535").doesNotContain("fs.file-max");
    }

    @Test
    void aLimitThatIsHigherIsNotLowered() throws IOException {
        machine.put("proc/self/limits", "Max open files   2097152   2097152   files\n"
            + "Max locked memory   8388608   8388608   bytes\n");
        apply(MILLION, true, false);
        assertThat(Files.readString(root.resolve(Persisted.LIMITS)).lines()
            .filter(line -> !line.startsWith("#") && !line.isBlank())).isNotEmpty()
            .allMatch(line -> line.contains("memlock"));
        machine.put("proc/self/limits", "Max open files   2097152   2097152   files\n"
            + "Max locked memory   unlimited   unlimited   bytes\n");
        apply(MILLION, true, false); // logged in anew, with what the file gave
        assertThat(Files.readString(root.resolve(Persisted.LIMITS))).contains("memlock");
    }

    /** After a restart, in a namespace that lacks what only the first one has. */
    @Test
    void nothingIsForgottenInAnotherNetworkNamespace() throws IOException {
        apply(MILLION, true, false);
        machine.boot("another-boot");
        machine.network("net:[2]");
        Files.delete(root.resolve("proc/sys/net/ipv4/tcp_mem"));
        assertThatThrownBy(() -> revert(false)).isInstanceOf(KernelException.class)
            .hasMessageContaining("another network namespace");
        assertThat(machine.has(Persisted.SYSCTLS)).isTrue();
        assertThat(machine.has("var/lib/mooring-tune/tune.state")).isTrue();
    }

    /** Root writes by it, so it may not lead anywhere else. */
    @Test
    void aStateThatNamesOtherFilesIsRefused() {
        for (String bad : List.of(
                "\"values\":{},\"files\":{\"etc/passwd\":{\"before\":\"x\",\"ours\":[\"y\"]}}",
                "\"values\":{\"../../etc/x.y\":{\"original\":\"x\",\"ours\":[\"y\"]}},"
                    + "\"files\":{}")) {
            machine.put("var/lib/mooring-tune/tune.state", "{\"version\":\"1\",\"profile\":\"p\","
                + "\"boot\":\"" + FixtureMachine.BOOT + "\",\"network\":\"net:[1]\"," + bad + "}");
            assertThatThrownBy(() -> revert(true)).isInstanceOf(KernelException.class)
                .hasMessageContaining("is not a state of tune's");
        }
    }

    @Test
    void limitsThatAreHighEnoughAreNotWritten() {
        machine.put("proc/self/limits", "Max open files   1024   1048576   files\n"
            + "Max locked memory   unlimited   unlimited   bytes\n");
        apply(MILLION, true, false);
        assertThat(machine.has(Persisted.SYSCTLS)).isTrue();
        assertThat(machine.has(Persisted.LIMITS)).isFalse();
    }

    @Test
    void aValueThatSomebodyElseChangedIsLeftAlone() {
        Map<String, String> before = machine.sysctls();
        apply(MILLION, false, false);
        machine.sysctl("net.core.somaxconn", "5000");
        machine.sysctl("net.ipv4.tcp_fin_timeout", "30");

        Outcome again = apply(MILLION, false, false);
        assertThat(again.isComplete()).isFalse();
        assertThat(result(again, "net.core.somaxconn")).isEqualTo(Result.FOREIGN);
        assertThat(machine.sysctl("net.core.somaxconn")).isEqualTo("5000");

        Outcome reverted = revert(false);
        assertThat(reverted.isComplete()).isFalse();
        assertThat(reverted.count(Result.FOREIGN)).isEqualTo(2);
        assertThat(machine.sysctl("net.core.somaxconn")).isEqualTo("5000");
        assertThat(machine.sysctl("net.ipv4.tcp_mem")).isEqualTo("24024 32032 48048");
        // It is still known what was there.
        assertThat(revert(false).count(Result.FOREIGN)).isEqualTo(2);
        assertThat(revert(true).isComplete()).isTrue();
        assertThat(machine.sysctls()).isEqualTo(before);
        assertThat(machine.has("var/lib/mooring-tune/tune.state")).isFalse();
    }

    @Test
    void withForceItIsOverwrittenAndTheOriginalKept() {
        apply(MILLION, false, false);
        machine.sysctl("net.core.somaxconn", "5000");
        assertThat(apply(MILLION, false, true).isComplete()).isTrue();
        assertThat(machine.sysctl("net.core.somaxconn")).isEqualTo("65535");
        revert(false);
        assertThat(machine.sysctl("net.core.somaxconn")).isEqualTo("4096");
    }

    @Test
    void aFileOfSomebodyElsesIsNotOverwritten() throws IOException {
        machine.put(Persisted.SYSCTLS, "vm.swappiness = 1\n");
        Map<String, String> before = machine.sysctls();
        assertThatThrownBy(() -> apply(MILLION, true, false)).isInstanceOf(KernelException.class)
            .hasMessageContaining("/" + Persisted.SYSCTLS).hasMessageContaining("--force");
        assertThat(machine.sysctls()).isEqualTo(before);
        assertThat(machine.has("var/lib/mooring-tune/tune.state")).isFalse();

        assertThat(apply(MILLION, true, true).isComplete()).isTrue();
        revert(false);
        assertThat(Files.readString(root.resolve(Persisted.SYSCTLS)))
            .isEqualTo("vm.swappiness = 1\n");
    }

    @Test
    void ourFileThatSomebodyElseChangedIsLeftAlone() {
        apply(MILLION, true, false);
        machine.put(Persisted.SYSCTLS, "net.core.somaxconn = 1\n");
        assertThatThrownBy(() -> apply(MILLION, true, false)).isInstanceOf(KernelException.class)
            .hasMessageContaining("was changed since");
        Outcome reverted = revert(false);
        assertThat(result(reverted, "/" + Persisted.SYSCTLS)).isEqualTo(Result.FOREIGN);
        assertThat(machine.sysctl("net.core.somaxconn")).isEqualTo("4096");
        assertThat(machine.has(Persisted.SYSCTLS)).isTrue();
        assertThat(revert(true).isComplete()).isTrue();
        assertThat(machine.has(Persisted.SYSCTLS)).isFalse();
    }

    @Test
    void afterARestartNothingIsOurs() {
        apply(MILLION, false, false);
        machine.boot("another");
        machine.sysctl("net.core.somaxconn", "128");
        Outcome reverted = revert(false);
        assertThat(reverted.isComplete()).isTrue();
        assertThat(reverted.count(Result.RESTORED)).isZero();
        assertThat(machine.sysctl("net.core.somaxconn")).isEqualTo("128");

        apply(MILLION, false, false);
        machine.boot("a third");
        machine.sysctl("net.core.somaxconn", "256");
        apply(MILLION, false, false);
        assertThat(revert(false).isComplete()).isTrue();
        assertThat(machine.sysctl("net.core.somaxconn")).isEqualTo("256");
    }

    @Test
    void afterARestartWhatWasPersistedIsOurs() {
        Map<String, String> before = machine.sysctls();
        apply(MILLION, true, false);
        Map<String, String> applied = machine.sysctls();
        machine.boot("another"); // and the file has set them again
        assertThat(apply(MILLION, false, false).count(Result.CHANGED)).isZero();
        assertThat(machine.sysctls()).containsEntry("net.core.somaxconn",
            applied.get("net.core.somaxconn"));
        assertThat(revert(false).isComplete()).isTrue();
        machine.boot(FixtureMachine.BOOT);
        assertThat(machine.sysctls()).isEqualTo(before);
    }

    /** timerslack_ns makes its default of a zero: a kernel that corrects what it is given. */
    @Test
    void whatTheKernelMakesSomethingElseOfIsPutBack() {
        machine.sysctlIs("kernel.slack", Path.of("/proc/self/timerslack_ns"));
        String before = machine.sysctl("kernel.slack");
        assertThat(before).isNotEqualTo("0");
        Outcome outcome = apply(ProfileParser.parse("m", HEAD + "kernel.slack = 0\n"), false,
            false);
        assertThat(outcome.isComplete()).isFalse();
        assertThat(outcome.lines().getFirst().note()).contains("has made", "again");
        assertThat(machine.sysctl("kernel.slack")).isEqualTo(before);
        assertThat(machine.has("var/lib/mooring-tune/tune.state")).isFalse();
    }

    /** oom_score_adj takes no more than 1,000. */
    @Test
    void whatTheKernelRefusesIsToldAndTheRestIsDone() {
        machine.sysctlIs("kernel.score", Path.of("/proc/self/oom_score_adj"));
        String before = machine.sysctl("kernel.score");
        Outcome outcome = apply(ProfileParser.parse("m", HEAD + "kernel.score = 65535\n\n"
            + HEAD.substring(HEAD.indexOf("# does")) + "net.core.somaxconn = 7\n"), false, false);
        assertThat(result(outcome, "kernel.score")).isEqualTo(Result.FAILED);
        assertThat(outcome.lines().getFirst().note()).contains("refuses 65535");
        assertThat(machine.sysctl("kernel.score")).isEqualTo(before);
        assertThat(machine.sysctl("net.core.somaxconn")).isEqualTo("7");
        Outcome reverted = revert(false);
        assertThat(reverted.isComplete()).isTrue();
        assertThat(reverted.lines()).extracting(Outcome.Line::name)
            .containsExactly("net.core.somaxconn");
    }

    @Test
    void aSettingThatIsGoneIsNotAFailure() {
        apply(MILLION, false, false);
        machine.remove("net.ipv4.tcp_max_orphans");
        Outcome reverted = revert(false);
        assertThat(result(reverted, "net.ipv4.tcp_max_orphans")).isEqualTo(Result.SKIPPED);
        assertThat(reverted.isComplete()).isTrue();
    }

    @Test
    void onlyRootMay() {
        machine.put("proc/self/status", "Uid:\t1000\t1000\t1000\t1000\n");
        Map<String, String> before = machine.sysctls();
        assertThatThrownBy(() -> apply(MILLION, false, false)).isInstanceOf(KernelException.class)
            .hasMessageContaining("only root may").hasMessageContaining("sudo");
        assertThat(revert(false).lines()).isEmpty();
        assertThat(machine.sysctls()).isEqualTo(before);
    }

    @Test
    void inAContainerNothingIsDone() {
        machine.put("proc/self/mounts", "proc /proc/sys proc ro 0 0\n");
        assertThatThrownBy(() -> apply(MILLION, false, false)).isInstanceOf(KernelException.class)
            .hasMessageContaining("read-only").hasMessageContaining("on the host");
        machine.put("proc/self/mounts", "");
        apply(MILLION, false, false);
        Map<String, String> applied = machine.sysctls();
        machine.put("proc/self/mounts", "proc /proc/sys proc ro 0 0\n");
        assertThatThrownBy(() -> revert(false)).isInstanceOf(KernelException.class)
            .hasMessageContaining("nothing was put back");
        assertThat(machine.sysctls()).isEqualTo(applied);
    }

    @Test
    void anotherNetworkNamespaceIsRefused() {
        apply(MILLION, false, false);
        Map<String, String> applied = machine.sysctls();
        machine.network("net:[2]");
        assertThatThrownBy(() -> revert(false)).hasMessageContaining("net:[1]");
        assertThatThrownBy(() -> apply(MILLION, false, true)).hasMessageContaining("net:[1]");
        assertThat(machine.sysctls()).isEqualTo(applied);
    }

    @Test
    void withoutAPlaceForTheOriginalsNothingIsChanged() {
        machine.put("var/lib/mooring-tune", "a file where the folder should be");
        Map<String, String> before = machine.sysctls();
        assertThatThrownBy(() -> apply(MILLION, false, false)).isInstanceOf(KernelException.class)
            .hasMessageContaining("tune.state");
        assertThat(machine.sysctls()).isEqualTo(before);
    }

    @Test
    void aDamagedStateIsNotOverwritten() {
        machine.put("var/lib/mooring-tune/tune.state", "{\"version\": \"1\", \"values\": 7}");
        Map<String, String> before = machine.sysctls();
        assertThatThrownBy(() -> apply(MILLION, false, true)).isInstanceOf(KernelException.class)
            .hasMessageContaining("tune.state");
        assertThatThrownBy(() -> revert(true)).isInstanceOf(KernelException.class)
            .hasMessageContaining("tune.state");
        assertThat(machine.sysctls()).isEqualTo(before);
        assertThat(machine.has("var/lib/mooring-tune/tune.state")).isTrue();
    }

    @Test
    void twoAtATimeAreRefused() throws IOException {
        machine.put("run/mooring-tune.lock", "");
        try (FileChannel other = FileChannel.open(root.resolve("run/mooring-tune.lock"),
                StandardOpenOption.WRITE)) {
            other.lock();
            assertThatThrownBy(() -> apply(MILLION, false, false))
                .isInstanceOf(KernelException.class).hasMessageContaining("another tune");
        }
        assertThat(apply(MILLION, false, false).isComplete()).isTrue();
    }
}
