package io.mooring.kernel.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.probe.report.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** What is printed, and the exit code. */
class DoctorCommandTest {
    @TempDir
    private Path directory;
    private GoodHost host;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void makeHost() {
        host = new GoodHost(directory);
    }

    private int run(Ansi ansi, String... arguments) {
        return new CommandLine(new DoctorCommand()).setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true)).setCaseInsensitiveEnumValuesAllowed(true)
            .setColorScheme(CommandLine.Help.defaultColorScheme(ansi)).execute(arguments);
    }

    private int run(String... arguments) {
        List<String> all = new ArrayList<>(List.of("--root", directory.toString()));
        all.addAll(List.of(arguments));
        return run(Ansi.OFF, all.toArray(String[]::new));
    }

    @Test
    void allIsWell() {
        assertThat(run()).isZero();
        List<String> lines = out.toString().lines().toList();
        assertThat(lines).anyMatch(line -> line.startsWith("ok    28 fine (--verbose tells all): "))
            .allMatch(line -> line.length() <= 100 || line.equals(lines.getLast()));
        assertThat(lines.getLast()).startsWith("1,000,000 connections fit: ");
        assertThat(out.toString()).doesNotContain("FAIL", "WARN", "sysctl lasts", "\u001b");
    }

    @Test
    void warningsAloneAreExitCodeZero() {
        host.sysctl("net/core/somaxconn", "128");
        assertThat(run()).isZero();
        assertThat(out.toString()).contains("WARN  net.core.somaxconn: 128; needed: 4,096",
            "\n      fix   sudo sysctl -w net.core.somaxconn=4096\n", "until the next boot");
    }

    /** The failures, then the warnings, then the one line of what is fine, then the verdict. */
    @Test
    void failuresComeFirst() {
        host.sysctl("net/core/somaxconn", "128").sysctl("fs/file-max", "815411")
            .sysctl("vm/max_map_count", "900").without("proc/sys/kernel/osrelease");
        assertThat(run()).isEqualTo(1);
        assertThat(out.toString()).containsSubsequence("FAIL  vm.max_map_count: 900; needed: ",
            "why ", "cost  serve does not start", "fix   sudo sysctl -w vm.max_map_count=",
            "FAIL  fs.file-max", "WARN  net.core.somaxconn", "?     1 not known: kernel",
            "ok    24 fine", "\n1,000,000 connections do not fit: vm.max_map_count, fs.file-max; "
            + "as it is, 814,211 do (by recorded files: nothing was tried)\n");
    }

    @Test
    void verboseTellsAllAndWhy() {
        assertThat(run("--verbose", "--connections", "1000")).isZero();
        assertThat(out.toString()).contains("ok    net.core.somaxconn: 4,096; needed: 1,000\n",
            "ok    open files: hard limit 20,000", "only decides how many rings").endsWith(
            "on io_uring (by recorded files: nothing was tried)\n");
    }

    @Test
    void coloursOnATerminalAlone() {
        host.sysctl("fs/file-max", "1");
        assertThat(run(Ansi.ON, "--root", directory.toString())).isEqualTo(1);
        assertThat(out.toString()).contains("\u001b[31mFAIL\u001b[0m", "\u001b[32mok\u001b[0m");
    }

    @Test
    void asJson() {
        host.sysctl("fs/file-max", "815411");
        assertThat(run("--json")).isEqualTo(1);
        Map<?, ?> json = (Map<?, ?>) Json.parse(out.toString());
        assertThat(json.get("fits")).isEqualTo(false);
        assertThat(json.get("connections")).isEqualTo(1_000_000.0);
        assertThat(json.get("at_most")).isEqualTo(814_211.0);
        assertThat(json.get("engine")).isEqualTo("io_uring");
        assertThat(json.get("io_uring_tried")).isEqualTo(false);
        List<?> checks = (List<?>) json.get("checks");
        assertThat(checks).hasSize(28).filteredOn(one -> ((Map<?, ?>) one).get("state")
            .equals("fail")).singleElement().satisfies(one -> {
                assertThat(((Map<?, ?>) one).get("name")).isEqualTo("fs.file-max");
                assertThat(((Map<?, ?>) one).get("fix").toString()).startsWith("sudo sysctl -w ");
            });
    }

    @Test
    void wrongArguments() {
        assertThat(run("--connections", "0")).isEqualTo(2);
        assertThat(err.toString()).contains("--connections is 0");
        assertThat(run("--connections", "many")).isEqualTo(2);
        assertThat(run("--engine", "kqueue")).isEqualTo(2);
        assertThat(run("--nonsense")).isEqualTo(2);
        assertThat(run(Ansi.OFF, "--root", directory.resolve("none").toString())).isEqualTo(2);
        assertThat(err.toString()).contains("there is no proc/meminfo in it");
        assertThat(out.toString()).isEmpty();
    }

    /** By the size of its huge pages; where that says nothing, by whoever recorded it. */
    @Test
    void thePageSizeOfARecording() {
        host.without("pagesize.txt");
        assertThat(Host.at(directory).pageBytes()).isEqualTo(16_384);
        host.write("proc/meminfo", "MemTotal: 1000000 kB\nHugepagesize: 2048 kB\n");
        assertThat(Host.at(directory).pageBytes()).isEqualTo(4_096);
        host.write("proc/meminfo", "MemTotal: 1000000 kB\n");
        assertThat(run()).isEqualTo(1);
        assertThat(err.toString()).contains("KernelException", "getconf PAGESIZE");
    }
}
