package io.mooring.kernel.tune;

import io.mooring.kernel.KernelException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The comment lines before a setting: {@code # word: text}, which goes on in lines that are
 * indented. A paragraph of comments without such words is for readers alone.
 */
final class Annotations {

    private static final Pattern WORD = Pattern.compile("# ([a-z-]+): +(\\S.*)");
    private static final Pattern MORE = Pattern.compile("# {2,}(\\S.*)");

    private final String source;
    private final Set<String> known;
    private final List<String> lines = new ArrayList<>();
    private int firstLine;

    Annotations(String source, Set<String> known) {
        this.source = source;
        this.known = known;
    }

    void add(int line, String text) {
        if (lines.isEmpty()) {
            firstLine = line;
        }
        lines.add(text);
    }

    /** The paragraph ends at an empty line: it must not have been meant for a setting. */
    void end(int line) {
        for (String text : lines) {
            Matcher word = WORD.matcher(text);
            if (word.matches() && known.contains(word.group(1))) {
                throw wrong(source, line, "the setting to which '" + word.group(1)
                        + "' belongs is missing: no empty line may be between them");
            }
        }
        lines.clear();
    }

    /** Those before a setting, all of which must be known; the next begin afresh. */
    Map<String, String> take() {
        Map<String, String> found = new LinkedHashMap<>();
        String last = null;
        for (int i = 0; i < lines.size(); i++) {
            Matcher word = WORD.matcher(lines.get(i));
            Matcher more = MORE.matcher(lines.get(i));
            if (word.matches() && known.contains(word.group(1))) {
                last = word.group(1);
                if (found.putIfAbsent(last, word.group(2).strip()) != null) {
                    throw wrong(source, firstLine + i, "a second '" + last + "'");
                }
            } else if (more.matches() && last != null) {
                found.merge(last, more.group(1).strip(), (a, b) -> a + " " + b);
            } else {
                throw wrong(source, firstLine + i, "neither one of " + String.join(", ", known)
                        + ", nor an indented line that goes on with one: " + lines.get(i));
            }
        }
        lines.clear();
        return found;
    }

    static String required(Map<String, String> found, String word, String source, int line,
            String key) {
        String text = found.get(word);
        if (text == null) {
            throw wrong(source, line, key + " has no line '# " + word + ": ...' before it");
        }
        return text;
    }

    static KernelException wrong(String source, int line, String what) {
        return new KernelException(source + ":" + line + ": " + what);
    }
}
