package io.mooring.kernel.tune;

import static io.mooring.kernel.tune.Annotations.wrong;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Reads a file of kernel/sysctl.d: sysctl.conf(5), in which each setting says in the comments
 * before it what it does. Stricter than sysctl(8), so that what is a mistake is not a silence.
 */
final class ProfileParser {

    private static final Set<String> WORDS = new LinkedHashSet<>(List.of("does", "costs",
        "measured", "rule", "computed", "computed-for", "absent"));
    private static final Pattern HEAD = Pattern.compile("# (profile|title): +(\\S.*)");
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]*");
    private static final Pattern SETTING =
        Pattern.compile("(-?)([a-z0-9_-]+(?:\\.[a-z0-9_-]+)+) *= *(\\d+(?:[ \t]+\\d+)*)");
    private static final Pattern MACHINE = Pattern.compile("ram (\\d+) KiB, page (\\d+)");

    private final String source;
    private final Annotations annotations;
    private final List<Setting> settings = new ArrayList<>();
    private final Set<String> keys = new LinkedHashSet<>();
    private String name;
    private String title;

    private ProfileParser(String source) {
        this.source = source;
        this.annotations = new Annotations(source, WORDS);
    }

    /**
     * @param source the file's name, for messages
     * @throws io.mooring.kernel.KernelException what is wrong in which line
     */
    static Profile parse(String source, String text) {
        return new ProfileParser(source).parse(text.lines().toList());
    }

    private Profile parse(List<String> lines) {
        int first = 0;
        while (first < lines.size() && lines.get(first).startsWith("#")) {
            head(first + 1, lines.get(first));
            first++;
        }
        if (name == null || title == null) {
            throw wrong(source, 1, "no lines '# profile: NAME' and '# title: ...' to begin with");
        }
        for (int i = first; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty()) {
                annotations.end(i + 1);
            } else if (line.startsWith("#")) {
                annotations.add(i + 1, line);
            } else {
                setting(i + 1, line);
            }
        }
        annotations.end(lines.size());
        if (settings.isEmpty()) {
            throw wrong(source, lines.size(), "no setting in it");
        }
        return new Profile(name, title, List.copyOf(settings));
    }

    private void head(int number, String line) {
        Matcher head = HEAD.matcher(line.strip());
        if (!head.matches()) {
            return;
        }
        String value = head.group(2).strip();
        if (head.group(1).equals("title")) {
            title = value;
        } else if (NAME.matcher(value).matches()) {
            name = value;
        } else {
            throw wrong(source, number, "'" + value + "' is no name: small letters, digits, '-'");
        }
    }

    private void setting(int number, String line) {
        Matcher setting = SETTING.matcher(line);
        if (!setting.matches()) {
            throw wrong(source, number, "not 'key = number ...': " + line);
        }
        String key = setting.group(2);
        if (!keys.add(key)) {
            throw wrong(source, number, key + " for the second time");
        }
        try {
            Map<String, String> found = annotations.take();
            List<Long> written = Numbers.parse(setting.group(3));
            List<Rule> rules = Arrays.stream(required(found, "rule", number, key).split(" +"))
                .map(Rule::parse).toList();
            List<String> formulas = formulas(found.get("computed"));
            same(number, key, "rules", rules.size(), written.size());
            if (!formulas.isEmpty()) {
                same(number, key, "formulas", formulas.size(), written.size());
            }
            Setting parsed = new Setting(key, number, written, rules, formulas,
                machine(number, key, found), !setting.group(1).isEmpty(),
                required(found, "does", number, key), required(found, "costs", number, key),
                required(found, "measured", number, key), found.getOrDefault("absent", ""));
            agree(number, parsed);
            settings.add(parsed);
        } catch (IllegalArgumentException e) {
            throw wrong(source, number, key + ": " + e.getMessage());
        }
    }

    private String required(Map<String, String> found, String word, int number, String key) {
        return Annotations.required(found, word, source, number, key);
    }

    private static List<String> formulas(String text) {
        return text == null ? List.of() : Arrays.stream(text.split("\\|")).map(String::strip)
            .collect(Collectors.toUnmodifiableList());
    }

    private void same(int number, String key, String what, int count, int numbers) {
        if (count != numbers) {
            throw wrong(source, number, key + " has " + numbers + " numbers and " + count + " "
                    + what);
        }
    }

    /** The file's own numbers, for those who copy it, must be what its formulas give. */
    private void agree(int number, Setting setting) {
        Ram machine = setting.computedFor();
        if (machine != null && !setting.wanted(machine).equals(setting.written())) {
            throw wrong(source, number, setting.key() + ": for that machine the formulas give "
                    + Numbers.text(setting.wanted(machine)));
        }
    }

    private Ram machine(int number, String key, Map<String, String> found) {
        String text = found.get("computed-for");
        if ((text == null) != !found.containsKey("computed")) {
            throw wrong(source, number, key + " needs both 'computed' and 'computed-for'");
        }
        if (text == null) {
            return null;
        }
        Matcher machine = MACHINE.matcher(text);
        if (!machine.matches() || Long.parseLong(machine.group(2)) == 0) {
            throw wrong(source, number, key + ": 'computed-for' is not 'ram N KiB, page N'");
        }
        return new Ram(Long.parseLong(machine.group(1)) << 10, Long.parseLong(machine.group(2)));
    }
}
