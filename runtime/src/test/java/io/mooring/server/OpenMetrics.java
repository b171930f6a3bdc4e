package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A strict reader of OpenMetrics text 1.0, as far as counters and gauges go. */
final class OpenMetrics {
    private static final String NAME = "([a-z_:][a-z0-9_:]*)";
    private static final String LABEL = "[a-z_]+=\"[^\"\\\\]*\"";
    private static final Pattern META =
        Pattern.compile("# (TYPE|HELP|UNIT) " + NAME + " (.+)");
    private static final Pattern SAMPLE = Pattern.compile(
        NAME + "(\\{(?:" + LABEL + "(?:," + LABEL + ")*)?})? (-?\\d+(?:\\.\\d+)?)");

    private OpenMetrics() {
    }

    /** Checks the text and returns the samples, by name and labels as written. */
    static Map<String, Double> parse(String text) {
        assertThat(text).endsWith("\n# EOF\n").doesNotContain("\r");
        Map<String, Double> samples = new HashMap<>();
        Map<String, String> types = new HashMap<>();
        Set<String> described = new HashSet<>();
        String family = "";
        String[] lines = text.split("\n");
        for (int i = 0; i < lines.length - 1; i++) {
            Matcher meta = META.matcher(lines[i]);
            if (meta.matches()) {
                family = meta.group(2);
                assertThat(described.add(meta.group(1) + " " + family))
                    .as("a second %s of %s", meta.group(1), family).isTrue();
                if (meta.group(1).equals("TYPE")) {
                    assertThat(meta.group(3)).isIn("counter", "gauge");
                    types.put(family, meta.group(3));
                }
                continue;
            }
            Matcher sample = SAMPLE.matcher(lines[i]);
            assertThat(sample.matches()).as("neither comment nor sample: %s", lines[i]).isTrue();
            assertThat(types).as("sample before its TYPE: %s", lines[i]).containsKey(family);
            assertThat(described).as("sample without HELP: %s", lines[i])
                .contains("HELP " + family);
            boolean counter = types.get(family).equals("counter");
            assertThat(sample.group(1)).as("sample's name, in family %s", family)
                .isEqualTo(counter ? family + "_total" : family);
            double value = Double.parseDouble(sample.group(3));
            assertThat(value).as(lines[i]).isGreaterThanOrEqualTo(0);
            String labels = sample.group(2) == null ? "" : sample.group(2);
            assertThat(samples.put(sample.group(1) + labels, value)).as("twice: %s", lines[i])
                .isNull();
        }
        return samples;
    }
}
