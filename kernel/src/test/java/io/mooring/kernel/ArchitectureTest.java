package io.mooring.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What holds for every source file of this module. */
class ArchitectureTest {

    private static final int LINES_MAX = 500;
    private static final int COLUMNS_MAX = 100;
    private static final Pattern IMPORT =
            Pattern.compile("(?m)^import (?:static )?io\\.mooring\\.([a-z.]+)\\.[A-Z]");
    private static final Pattern UNFINISHED = Pattern.compile("\\b(TO" + "DO|FIX" + "ME)\\b");
    /** The probe's, and the reading and planning parts of the runtime; no reactor, no commands. */
    private static final Map<String, Set<String>> ALLOWED = Map.of(
            "kernel", Set.of("kernel.doctor", "kernel.tune", "kernel.plan"),
            "kernel.doctor", Set.of("kernel", "epoll", "memory", "ring", "server", "sys",
                    "probe.source", "probe.report"),
            "kernel.tune", Set.of("kernel", "sys", "probe.report"),
            "kernel.plan", Set.of("kernel", "memory", "server", "sys", "ws", "probe.model",
                    "probe.source", "probe.report", "probe.sys"));

    @Test
    void commandsDoNotKnowEachOther() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (Path file : sources("main")) {
            Path folder = Path.of("src/main/java/io/mooring").relativize(file.getParent());
            String own = folder.toString().replace('/', '.');
            Matcher use = IMPORT.matcher(Files.readString(file));
            while (use.find()) {
                if (!use.group(1).equals(own) && !ALLOWED.get(own).contains(use.group(1))) {
                    wrong.add(file + " imports " + use.group(1));
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void filesAreShortLinesNarrowAndNothingUnfinished() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (Path file : Stream.concat(sources("main").stream(), sources("test").stream())
                .toList()) {
            List<String> lines = Files.readAllLines(file);
            if (lines.size() > LINES_MAX) {
                wrong.add(file + " has " + lines.size() + " lines");
            }
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).length() > COLUMNS_MAX) {
                    wrong.add(file + ":" + (i + 1) + " is too wide");
                }
                if (UNFINISHED.matcher(lines.get(i)).find()
                        || lines.get(i).contains(".sl" + "eep(")) {
                    wrong.add(file + ":" + (i + 1) + " is unfinished, or waits for a time");
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static List<Path> sources(String root) throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src", root, "java"))) {
            List<Path> all = files.filter(f -> f.toString().endsWith(".java")).toList();
            assertThat(all).isNotEmpty();
            return all;
        }
    }
}
