package io.mooring.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mooring.probe.report.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command as a user types it, in a process of its own. */
class EndToEndTest {

    private record Run(int code, String out, String err) {
    }

    @TempDir
    private Path folder;
    private String classPath = System.getProperty("java.class.path");

    private Run probe(List<String> before, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-Xmx96m",
                "-XX:TieredStopAtLevel=1", "-cp", classPath,
                Main.class.getName()));
        command.addAll(List.of(arguments));
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        Process process = new ProcessBuilder(command).redirectOutput(out.toFile())
                .redirectError(err.toFile()).start();
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        return new Run(process.exitValue(), Files.readString(out, StandardCharsets.UTF_8),
                Files.readString(err, StandardCharsets.UTF_8));
    }

    private Run probe(String... arguments) throws Exception {
        return probe(List.of(), arguments);
    }

    @Test
    void aReportInEveryForm() throws Exception {
        Path json = folder.resolve("a.json");
        Path html = folder.resolve("a.html");
        Run run = probe("--json", json.toString(), "--html", html.toString(), "--what-if", "5000");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("Kernel memory of the whole machine").contains("5,000")
                .doesNotContain("\033");
        assertThat(((Map<?, ?>) Json.parse(Files.readString(json))).get("schema"))
                .isEqualTo("mooring-probe/1");
        assertThat(html).content().startsWith("<!doctype html>");
        Run diff = probe("diff", json.toString(), json.toString());
        assertThat(diff.code()).isZero();
        assertThat(diff.out()).contains("connections +0");
        assertThat(probe("diff", "--explained", "95", json.toString(), json.toString()).code())
                .isEqualTo(1);
    }

    @Test
    void standardOutputBelongsToTheReport() throws Exception {
        assertThat(Json.parse(probe("--json", "-").out())).isInstanceOf(Map.class);
        assertThat(probe("--metrics").out()).endsWith("# EOF\n");
        Run watched = probe("--watch", "0.1", "--times", "3", "--json", "-", "--pid",
                ProcessHandle.current().pid() + "");
        assertThat(watched.out().lines()).hasSize(3).allSatisfy(line ->
                assertThat(Json.parse(line)).isInstanceOf(Map.class));
    }

    @Test
    void codesTellWhatWentWrong() throws Exception {
        assertThat(probe("--help").code()).isZero();
        assertThat(probe("diff", "--help").out()).contains("A.json");
        assertThat(probe("calibrate", "--help").out()).contains("ring-recv");
        assertThat(probe("--no-such-option").code()).isEqualTo(2);
        assertThat(probe("--port", "70000").code()).isEqualTo(2);
        assertThat(probe("--pid", "1", "--port", "1").code()).isEqualTo(2);
        assertThat(probe("--metrics", "--json", "-").code()).isEqualTo(2);
        assertThat(probe("calibrate", "--steps", "1").code()).isEqualTo(2);
        Run gone = probe("--pid", "2147483647");
        assertThat(gone.code()).isEqualTo(1);
        assertThat(gone.err()).isEqualTo("mooring probe: there is no process 2147483647\n");
        Run missing = probe("diff", "/nonexistent/a", "/nonexistent/b");
        assertThat(missing.code()).isEqualTo(1);
        assertThat(missing.err()).contains("cannot read /nonexistent/a").doesNotContain("\tat ");
        Files.writeString(folder.resolve("bad"), "{");
        assertThat(probe("diff", folder.resolve("bad").toString(), "x").err())
                .contains("not JSON at character 1");
    }

    private String copiedForEverybody() throws Exception {
        Set<PosixFilePermission> all = PosixFilePermissions.fromString("rwxr-xr-x");
        Files.setPosixFilePermissions(folder, all);
        List<String> copies = new ArrayList<>();
        for (String entry : classPath.split(":")) {
            Path from = Path.of(entry);
            Path to = folder.resolve("cp" + copies.size() + "-" + from.getFileName());
            if (Files.exists(from)) {
                try (Stream<Path> files = Files.walk(from)) {
                    for (Path file : files.toList()) {
                        Path copy = to.resolve(from.relativize(file).toString());
                        Files.copy(file, file.equals(from) ? to : copy);
                        Files.setPosixFilePermissions(file.equals(from) ? to : copy, all);
                    }
                }
                copies.add(to.toString());
            }
        }
        return String.join(":", copies);
    }

    /** As nobody: slabs and others' descriptors are not to be had, the rest is. */
    @Test
    void withoutRootItTellsWhatItCannotSee() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root")
                && Files.exists(Path.of("/usr/bin/setpriv")), "not root, or no setpriv");
        classPath = copiedForEverybody();
        Run run = probe(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
                "--json", "-");
        assertThat(run.code()).as(run.err()).isZero();
        Map<?, ?> report = (Map<?, ?>) Json.parse(run.out());
        List<?> sources = (List<?>) report.get("sources");
        assertThat(sources).anySatisfy(source -> assertThat(((Map<?, ?>) source).get("why"))
                .isEqualTo("/proc/slabinfo is not for this user"));
        assertThat(sources).anySatisfy(source -> assertThat(((Map<?, ?>) source).get("remedy"))
                .isEqualTo("run as root (sudo)"));
        assertThat(((Number) report.get("kernel_bytes")).doubleValue()).isPositive();
    }
}
