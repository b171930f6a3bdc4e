package io.mooring.kernel.tune;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.kernel.KernelException;
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

/** The command line, on a fixture. */
class TuneCommandTest {

    @TempDir
    Path root;

    private FixtureMachine machine;
    private String out;
    private String err;

    @BeforeEach
    void setUp() {
        machine = new FixtureMachine(root);
    }

    private int tune(String... args) {
        List<String> all = new ArrayList<>(List.of("--root", root.toString(), "--page-bytes",
            String.valueOf(FixtureMachine.PAGE_BYTES)));
        all.addAll(List.of(args));
        StringWriter outText = new StringWriter();
        StringWriter errText = new StringWriter();
        int status = new CommandLine(new TuneCommand()).setOut(new PrintWriter(outText))
            .setErr(new PrintWriter(errText))
            .setExecutionExceptionHandler((e, line, parsed) -> {
                assertThat(e).isInstanceOf(KernelException.class);
                line.getErr().println(e.getMessage());
                return 1;
            }).execute(all.toArray(String[]::new));
        out = outText.toString();
        err = errText.toString();
        return status;
    }

    private static Map<?, ?> json(String text) {
        return (Map<?, ?>) Json.parse(text);
    }

    @Test
    void showsAndChangesNothing() {
        Map<String, String> before = machine.sysctls();
        assertThat(tune("--profile", "million")).isZero();
        assertThat(out).contains("change    net.core.somaxconn: 4096 -> 65535", "Costs: ",
            "Measured: ", "ok        fs.nr_open: 1048576",
            "absent    net.netfilter.nf_conntrack_max", "8,236,256 KiB", "16,384 B",
            "11 to change, 2 as wanted or better, 1 not here. Nothing was changed.", "--apply",
            "* hard nofile: 524288 (hard), wanted 1048576",
            "* - memlock: 8192 (soft) 8192 (hard), wanted 131072");
        assertThat(out.lines()).allSatisfy(line -> assertThat(line.length()).isLessThan(115));
        assertThat(machine.sysctls()).isEqualTo(before);
        assertThat(machine.filesBelow("var")).isEmpty();
        assertThat(machine.filesBelow("run")).isEmpty();
    }

    @Test
    void appliesShowsAndReverts() {
        Map<String, String> before = machine.sysctls();
        assertThat(tune("--profile=million", "--apply")).isZero();
        assertThat(out).contains("changed   net.core.somaxconn: 4096 -> 65535", "11 changed",
            "until the next start");
        assertThat(tune("--profile=million", "--dry-run")).isZero();
        assertThat(out).contains("set by tune, was 4096", "--revert");
        assertThat(tune("--revert")).isZero();
        assertThat(out).contains("restored  net.core.somaxconn: 65535 -> 4096",
            "All is as it was before tune.");
        assertThat(machine.sysctls()).isEqualTo(before);
        assertThat(tune("--revert")).isZero();
        assertThat(out).contains("Nothing to put back");
    }

    @Test
    void reportsInJson() {
        assertThat(tune("--profile=million", "--json")).isZero();
        Map<?, ?> plan = json(out);
        assertThat(plan.get("profile")).isEqualTo("million");
        assertThat(plan.get("page_bytes")).isEqualTo(16384.0);
        assertThat((List<?>) plan.get("lines")).hasSize(14).allSatisfy(line ->
            assertThat(cast(line)).containsKeys("key", "status", "current",
                "target", "profile_says", "rules", "does", "costs", "measured", "note"));
        assertThat((List<?>) plan.get("limits")).hasSize(3);

        assertThat(tune("--profile=million", "--apply", "--json")).isZero();
        assertThat(json(out).get("complete")).isEqualTo(true);
        machine.sysctl("net.core.somaxconn", "5000");
        assertThat(tune("--revert", "--json")).isEqualTo(1);
        assertThat(json(out).get("complete")).isEqualTo(false);
        assertThat(tune("--revert", "--force", "--json")).isZero();
        assertThat(json(out).get("profile")).isEqualTo("million");
    }

    @SuppressWarnings("unchecked")
    private static Map<Object, Object> cast(Object map) {
        return (Map<Object, Object>) map;
    }

    @Test
    void wrongArgumentsSayWhatWouldBeRight() {
        assertThat(tune("--profile", "billion")).isEqualTo(2);
        assertThat(err).contains("no profile 'billion'", "million, 100k, load");
        assertThat(tune()).isEqualTo(2);
        assertThat(err).contains("which profile?", "million, 100k, load");
        assertThat(tune("--profile=million", "--apply", "--revert")).isEqualTo(2);
        assertThat(err).contains("mutually exclusive");
        assertThat(tune("--profile=million", "--persist")).isEqualTo(2);
        assertThat(err).contains("--persist goes with --apply");
        assertThat(tune("--profile=./none.conf")).isEqualTo(1);
        assertThat(err).contains("none.conf");
    }

    @Test
    void whatMayNotBeDoneIsAFailure() {
        machine.put("proc/self/status", "Uid:\t7\t7\t7\t7\n");
        assertThat(tune("--profile=million", "--apply")).isEqualTo(1);
        assertThat(err).contains("only root may");
        assertThat(tune("--profile=million")).isZero();
        assertThat(out).contains("locked    net.core.somaxconn", "only root may write it");
    }
}
