package io.mooring.kernel.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mooring.sys.Syscalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * On this machine's own kernel, in a network namespace that is gone afterwards: applied and
 * reverted, {@code sysctl -a} says the same, byte by byte.
 *
 * <p>What is the whole machine's and would be changed is fs.file-max alone, by one; a profile is
 * not applied where it would change anything else of the whole machine.
 */
class NamespaceTest {

    /**
     * What changes by itself: numbers of what is there now, random ones, what the kernel adjusts to
     * its load, and settings of files that other tests register meanwhile.
     */
    private static final Pattern VOLATILE = Pattern.compile("fs\\.(aio-nr|dentry-state|file-nr|"
        + "inode-nr|inode-state|quota\\..*|binfmt_misc\\..*)|kernel\\.(ns_last_pid|pty\\.nr|"
        + "random\\.(entropy_avail|uuid)|perf_.*|tainted|hostname|.*_seq.*)|"
        + "net\\.netfilter\\.nf_conntrack_count|vm\\.(lowmem_reserve_ratio|min_free_kbytes)");

    private static final String MINE = """
        # profile: mine
        # title: something of the whole machine's, and something of the namespace's

        # does: a
        # costs: b
        # measured: c
        # rule: set
        fs.file-max = %d
        # does: a
        # costs: b
        # measured: c
        # rule: set set
        net.ipv4.ip_local_port_range = 20000 30001
        """;

    private static final Host HERE = new Host(Path.of("/"), Syscalls.pageBytes());

    @TempDir
    Path folder;

    private Path state;

    @BeforeEach
    void setUp() throws Exception {
        state = folder.resolve("tune.state");
        assumeTrue("root".equals(System.getProperty("user.name")), "only root may");
        try {
            assumeTrue(run("unshare", "-n", "true").status() == 0,
                "no network namespace may be made here");
            assumeTrue(run("unshare", "-n", "sysctl", "-n", "fs.file-max").status() == 0,
                "no sysctl(8) that works here");
        } catch (IOException e) {
            assumeTrue(false, "unshare(1) is missing: " + e.getMessage());
        }
        for (String name : Profiles.NAMES) {
            TunePlan plan = TunePlan.of(Profiles.load(name), HERE, TuneState.none(HERE), false);
            assumeTrue(plan.of(TunePlan.Status.CHANGE).stream()
                .allMatch(line -> line.setting().key().startsWith("net.")),
                "the profile " + name + " would change something of the whole machine here");
        }
    }

    @Test
    void appliedAndRevertedSysctlSaysTheSame() throws Exception {
        long files = HERE.read("fs.file-max").map(Long::parseLong)
            .orElseThrow();
        assumeTrue(files < Long.MAX_VALUE, "fs.file-max has no limit");
        Path mine = folder.resolve("mine.conf");
        Files.writeString(mine, MINE.formatted(files + 1));
        List<String> script = new ArrayList<>();
        script.add("sysctl -a > before 2>/dev/null");
        script.add(tune("--profile million --apply", "million"));
        script.add(tune("--profile load --apply", "load"));
        script.add("sysctl -a > between 2>/dev/null");
        script.add(tune("--profile " + mine + " --apply", "mine"));
        script.add("sysctl -a > applied 2>/dev/null");
        script.add(tune("--profile million --apply", "again"));
        script.add(tune("--revert", "revert"));
        script.add("sysctl -a > after 2>/dev/null");
        script.add(tune("--revert", "revert-again"));
        try {
            Done done = run("unshare", "-n", "sh", "-c", String.join("\n", script));
            assertThat(done.status()).as(done.said()).isZero();
        } finally {
            run("sysctl", "-w", "fs.file-max=" + files);
        }
        assertThat(text("applied")).contains("fs.file-max = " + (files + 1),
            "net.core.somaxconn = 65535", "net.ipv4.ip_local_port_range = 20000\t30001");
        assertThat(text("between")).contains("net.ipv4.tcp_tw_reuse = 1",
            "net.ipv4.ip_local_port_range = 10240\t65535");
        assertThat(steady("after")).isEqualTo(steady("before"));
        assertThat(steady("applied")).isNotEqualTo(steady("before"));
        assertThat(text("million.out")).contains("skipped   net.ipv4.tcp_mem",
            "initial network namespace", "changed   net.core.somaxconn");
        assertThat(text("revert.out")).contains("All is as it was before tune.");
        assertThat(text("revert-again.out")).contains("Nothing to put back");
        assertThat(state).doesNotExist();
    }

    /** Exit code 1 is right where a setting is the initial namespace's alone. */
    private String tune(String arguments, String log) {
        return Path.of(System.getProperty("java.home"), "bin", "java")
            + " --enable-native-access=ALL-UNNAMED -XX:TieredStopAtLevel=1 -Xmx64m -cp '"
            + System.getProperty("java.class.path") + "' io.mooring.kernel.Main tune --state "
            + state + " " + arguments + " > " + log + ".out 2>&1 || [ $? -eq 1 ] || { cat "
            + log + ".out; exit 1; }";
    }

    private String text(String file) throws IOException {
        return Files.readString(folder.resolve(file));
    }

    private List<String> steady(String file) throws IOException {
        List<String> lines = text(file).lines().filter(line -> !VOLATILE.matcher(
            line.replaceFirst(" =.*", "")).matches()).toList();
        assertThat(lines).hasSizeGreaterThan(100);
        return lines;
    }

    private record Done(int status, String said) {
    }

    private Done run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).directory(folder.toFile())
            .redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        return new Done(process.exitValue(), said);
    }
}
