package io.mooring.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What holds for every source file of the probe. */
class ArchitectureTest {

    private static final Pattern OURS = Pattern.compile("\\bio\\.mooring\\.([a-z]+)");
    private static final Pattern UNFINISHED = Pattern.compile("\\b(TO" + "DO|FIX" + "ME)\\b");

    private interface Check {
        void of(Path file, String text, List<String> wrong);
    }

    private static void everywhere(String root, Check check) throws IOException {
        List<String> wrong = new ArrayList<>();
        try (Stream<Path> files = Files.walk(Path.of("src", root, "java"))) {
            List<Path> all = files.filter(f -> f.toString().endsWith(".java")).toList();
            assertThat(all).isNotEmpty();
            for (Path file : all) {
                check.of(file, Files.readString(file), wrong);
            }
        }
        assertThat(wrong).isEmpty();
    }

    /** An outside witness shares nothing with what it judges. */
    @Test
    void theProbeKnowsNothingOfTheRuntime() throws IOException {
        everywhere("main", (file, text, wrong) -> {
            Matcher use = OURS.matcher(text);
            while (use.find()) {
                if (!use.group(1).equals("probe")) {
                    wrong.add(file + " uses " + use.group());
                }
            }
        });
    }

    @Test
    void sourcesAndParsersKnowNoReports() throws IOException {
        everywhere("main", (file, text, wrong) -> {
            String folder = file.getParent().getFileName().toString();
            if (List.of("sys", "netlink", "source").contains(folder)
                    && text.matches("(?s).*import io\\.mooring\\.probe\\.(model|report|calib).*")) {
                wrong.add(file.toString());
            }
            if (folder.equals("model")
                    && text.matches("(?s).*import io\\.mooring\\.probe\\.(report|calib).*")) {
                wrong.add(file.toString());
            }
        });
    }

    @Test
    void filesAreShortLinesNarrowAndNothingUnfinished() throws IOException {
        for (String root : List.of("main", "test")) {
            everywhere(root, (file, text, wrong) -> {
                List<String> lines = text.lines().toList();
                if (lines.size() > 500) {
                    wrong.add(file + " has " + lines.size() + " lines");
                }
                for (int i = 0; i < lines.size(); i++) {
                    if (lines.get(i).length() > 100) {
                        wrong.add(file + ":" + (i + 1) + " is too wide");
                    }
                }
                if (UNFINISHED.matcher(text).find() || text.contains(".sl" + "eep(")) {
                    wrong.add(file + " is unfinished, or waits for a time to pass");
                }
            });
        }
    }
}
