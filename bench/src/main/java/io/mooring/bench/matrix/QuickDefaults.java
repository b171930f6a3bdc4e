package io.mooring.bench.matrix;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** With {@code --quick} a scenario's {@link Scenario#quick} arguments are its defaults. */
final class QuickDefaults implements IDefaultValueProvider {

    private final Map<String, String> values = new LinkedHashMap<>();

    QuickDefaults(Scenario scenario, boolean quick) {
        List<String> words = quick ? scenario.quick() : List.of();
        for (int i = 0; i < words.size(); i++) {
            boolean hasValue = i + 1 < words.size() && !words.get(i + 1).startsWith("--");
            values.put(words.get(i), hasValue ? words.get(i + 1) : "true");
            i += hasValue ? 1 : 0;
        }
    }

    /** Before all others. */
    void put(String option, String value) {
        values.put(option, value);
    }

    @Override
    public String defaultValue(ArgSpec argument) {
        return argument instanceof OptionSpec option ? values.get(option.longestName()) : null;
    }
}
