package io.mooring;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which package may know which, and what holds for every source file. Read from the sources. */
class ArchitectureTest {
    /** What each package of the runtime may import, besides itself. */
    private static final Map<String, Set<String>> ALLOWED = Map.ofEntries(
        entry("sys", Set.of()),
        entry("ws", Set.of()),
        entry("api", Set.of()),
        entry("ring", Set.of("sys")),
        entry("epoll", Set.of("sys", "ring")),
        entry("frame", Set.of("ws", "ring", "sys")),
        entry("conn", Set.of("sys", "ws")),
        entry("topic", Set.of("sys", "conn")),
        entry("reactor", Set.of("sys", "ring", "ws", "frame", "conn", "api", "topic")),
        entry("swarm", Set.of("sys", "ring", "epoll", "ws")),
        entry("memory", Set.of("sys")),
        entry("server",
            Set.of("sys", "ring", "epoll", "api", "memory", "reactor", "swarm", "ws")));

    private static final int LINES_MAX = 500;
    private static final int COLUMNS_MAX = 100;

    // Put together, so that this file does not contain them.
    private static final Pattern UNFINISHED = Pattern.compile("\\b(TO" + "DO|FIX" + "ME)\\b");
    private static final Pattern DISABLED = Pattern.compile("@Dis" + "abled");
    private static final Pattern SLEEP = Pattern.compile("\\.sl" + "eep\\(");

    private static final Pattern USE = Pattern.compile("\\bio\\.mooring\\.([a-z]\\w*)\\.");
    private static final Pattern ABSTRACT =
        Pattern.compile("\\b(class|interface|record|enum)\\s+Abstract\\w*");
    private static final Pattern COMMENT =
        Pattern.compile("\"(?:\\\\.|[^\"\\\\\n])*\"|//[^\n]*|/\\*.*?\\*/", Pattern.DOTALL);

    @Test
    void packagesKnowOnlyWhatTheyMay() {
        List<String> wrong = new ArrayList<>();
        Set<String> seen = new TreeSet<>();
        Path main = sources("main");
        forEach(main, (file, text) -> {
            String user = main.resolve("io/mooring").relativize(file).getName(0).toString();
            assertThat(ALLOWED).as("%s: a package that this test does not know", file)
                .containsKey(user);
            seen.add(user);
            Matcher use = USE.matcher(withoutComments(text));
            while (use.find()) {
                String used = use.group(1);
                if (!used.equals(user) && !ALLOWED.get(user).contains(used)) {
                    wrong.add(file.getFileName() + " of " + user + " uses " + used);
                }
            }
        });
        assertThat(wrong).isEmpty();
        assertThat(seen).containsExactlyInAnyOrderElementsOf(ALLOWED.keySet());
    }

    /** Nobody may go round in a circle. */
    @Test
    void theRulesThemselvesHaveNoCircle() {
        Set<String> placed = new TreeSet<>();
        while (placed.size() < ALLOWED.size()) {
            List<String> next = ALLOWED.keySet().stream()
                .filter(one -> !placed.contains(one) && placed.containsAll(ALLOWED.get(one)))
                .toList();
            assertThat(next).as("after %s", placed).isNotEmpty();
            placed.addAll(next);
        }
    }

    @ParameterizedTest
    @CsvSource({"main", "test"})
    void filesAreShortAndLinesNarrow(String which) {
        List<String> wrong = new ArrayList<>();
        forEach(sources(which), (file, text) -> {
            List<String> lines = text.lines().toList();
            if (lines.size() > LINES_MAX) {
                wrong.add(file + " has " + lines.size() + " lines");
            }
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).length() > COLUMNS_MAX) {
                    wrong.add(file + ":" + (i + 1) + " has " + lines.get(i).length() + " columns");
                }
            }
        });
        assertThat(wrong).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"main", "test"})
    void nothingIsAbstractOrUnfinished(String which) {
        List<String> wrong = new ArrayList<>();
        forEach(sources(which), (file, text) -> {
            find(ABSTRACT, file, withoutComments(text), wrong);
            find(UNFINISHED, file, text, wrong);
        });
        assertThat(wrong).isEmpty();
    }

    /** Every test runs, and none waits for a time to pass. */
    @Test
    void testsNeitherSkipNorSleep() {
        List<String> wrong = new ArrayList<>();
        forEach(sources("test"), (file, text) -> {
            find(DISABLED, file, text, wrong);
            find(SLEEP, file, withoutComments(text), wrong);
        });
        assertThat(wrong).isEmpty();
    }

    private static void find(Pattern pattern, Path file, String text, List<String> wrong) {
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
            wrong.add(file + ": " + matcher.group());
        }
    }

    /** Strings go too; what a comment names is no dependency. */
    private static String withoutComments(String text) {
        return COMMENT.matcher(text).replaceAll(" ");
    }

    private static void forEach(Path root, BiConsumer<Path, String> action) {
        try (Stream<Path> files = Files.walk(root)) {
            List<Path> all = files.filter(file -> file.toString().endsWith(".java")).toList();
            assertThat(all).isNotEmpty();
            for (Path file : all) {
                action.accept(file, Files.readString(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path sources(String which) {
        for (String module : List.of("", "runtime")) {
            Path root = Path.of(module, "src", which, "java").toAbsolutePath();
            if (Files.isDirectory(root.resolve("io/mooring/sys"))) {
                return root;
            }
        }
        return abort("the sources are not there: neither src/" + which + "/java nor runtime/src/"
            + which + "/java below " + Path.of("").toAbsolutePath());
    }
}
