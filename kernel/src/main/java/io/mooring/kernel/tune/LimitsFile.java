package io.mooring.kernel.tune;

import static io.mooring.kernel.tune.Annotations.wrong;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** kernel/limits.d/90-mooring.conf: limits.conf(5), with the comments of {@link ProfileParser}. */
final class LimitsFile {

    private static final Set<String> WORDS =
        new LinkedHashSet<>(List.of("does", "costs", "measured", "rule"));
    private static final Pattern LIMIT =
        Pattern.compile("(\\*|root) +(hard|-) +(nofile|memlock) +(\\d+)");

    /**
     * A line.
     *
     * @param item nofile, or memlock in KiB
     */
    record Limit(String domain, String type, String item, long value, String does, String costs,
            String measured) {

        String key() {
            return domain + " " + type + " " + item;
        }
    }

    private LimitsFile() {
    }

    /** @throws io.mooring.kernel.KernelException what is wrong in which line */
    static List<Limit> parse(String source, String text) {
        Annotations annotations = new Annotations(source, WORDS);
        List<Limit> limits = new ArrayList<>();
        List<String> lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty()) {
                annotations.end(i + 1);
            } else if (line.startsWith("#")) {
                annotations.add(i + 1, line);
            } else {
                limits.add(limit(source, i + 1, line, annotations.take()));
            }
        }
        annotations.end(lines.size());
        return List.copyOf(limits);
    }

    private static Limit limit(String source, int number, String line,
            Map<String, String> found) {
        Matcher limit = LIMIT.matcher(line);
        if (!limit.matches()) {
            throw wrong(source, number, "not '*|root hard|- nofile|memlock NUMBER': " + line);
        }
        if (!Annotations.required(found, "rule", source, number, line).equals("raise")) {
            throw wrong(source, number, "a limit's rule can be 'raise' only");
        }
        return new Limit(limit.group(1), limit.group(2), limit.group(3),
            Long.parseLong(limit.group(4)),
            Annotations.required(found, "does", source, number, line),
            Annotations.required(found, "costs", source, number, line),
            Annotations.required(found, "measured", source, number, line));
    }
}
