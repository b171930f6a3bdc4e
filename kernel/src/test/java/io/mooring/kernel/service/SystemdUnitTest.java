package io.mooring.kernel.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/** kernel/systemd/mooring.service, by systemd's own checks where there is a systemd. */
class SystemdUnitTest {
    private static final Path UNIT = Tool.root().resolve("kernel/systemd/mooring.service");
    private static final String PROGRAM = "/opt/mooring/bin/mooring";
    private static final Pattern SCORE = Pattern.compile("exposure level for \\S+: (\\d+\\.\\d)");
    /** 1.1 with systemd 252; the scale goes to 10, "OK" to 2. */
    private static final double EXPOSURE_MAX = 2.0;

    @TempDir
    private Path folder;

    /** The unit with a program that is there, as the check wants to see one. */
    private Path verifiable() throws IOException {
        String text = Files.readString(UNIT);
        assertThat(text).contains("ExecStart=" + PROGRAM + " serve",
            "ExecStartPre=-" + PROGRAM + " doctor");
        Path copy = folder.resolve(UNIT.getFileName());
        return Files.writeString(copy, text.replace(PROGRAM, "/bin/true"));
    }

    @Test
    void systemdFindsNoFault() throws IOException {
        Tool.require("systemd-analyze", "systemd");
        Tool verify = Tool.run("systemd-analyze", "verify", verifiable().toString());
        assertThat(verify.output()).doesNotContain("mooring.service:");
        assertThat(verify.exitCode()).as(verify.output()).isZero();
    }

    /** The check finds faults: a line that systemd does not know. */
    @Test
    void systemdFindsAFault() throws IOException {
        Tool.require("systemd-analyze", "systemd");
        Path unit = verifiable();
        Files.writeString(unit, Files.readString(unit).replace("WatchdogSec=", "WatchdogSex="));
        assertThat(Tool.run("systemd-analyze", "verify", unit.toString()).output())
            .contains("WatchdogSex");
    }

    @Test
    void theSandboxIsTight(TestReporter reporter) throws IOException {
        Tool.require("systemd-analyze", "systemd");
        Tool security = Tool.run("systemd-analyze", "security", "--no-pager", "--offline=true",
            verifiable().toString());
        Matcher score = SCORE.matcher(security.output());
        assertThat(score.find()).as(security.output()).isTrue();
        reporter.publishEntry("exposure of mooring.service", score.group(1));
        assertThat(Double.parseDouble(score.group(1))).as(security.output())
            .isLessThanOrEqualTo(EXPOSURE_MAX);
    }

    /** What the server cannot do without, though a tighter unit would score better. */
    @Test
    void theServerCanRunInIt() throws IOException {
        List<String> lines = Files.readAllLines(UNIT);
        assertThat(lines).contains("Type=notify", "MemoryDenyWriteExecute=no", "ProcSubset=all",
            "SystemCallFilter=io_uring_setup io_uring_enter io_uring_register mincore",
            "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX");
    }

    /** No block of settings without a word on what it does. */
    @Test
    void everyBlockIsExplained() throws IOException {
        boolean explained = false;
        for (String line : Files.readAllLines(UNIT)) {
            if (line.startsWith("#") || line.startsWith("[")) {
                explained = true;
            } else if (line.isBlank()) {
                explained = false;
            } else {
                assertThat(explained).as(line).isTrue();
            }
        }
    }
}
