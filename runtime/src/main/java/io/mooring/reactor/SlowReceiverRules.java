package io.mooring.reactor;

import io.mooring.api.SlowReceivers;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which policy a topic has: that of its own name, else of the longest prefix ("ticker.*"), else the
 * default. Immutable.
 */
public final class SlowReceiverRules {
    private final SlowReceivers others;
    private final Map<String, SlowReceivers> exact = new LinkedHashMap<>();
    private final Map<String, SlowReceivers> prefixes = new LinkedHashMap<>();

    /** @param byPattern names, and prefixes that end in an asterisk */
    public SlowReceiverRules(SlowReceivers others, Map<String, SlowReceivers> byPattern) {
        this.others = others;
        byPattern.forEach((pattern, slow) -> {
            if (pattern.endsWith("*")) {
                prefixes.put(pattern.substring(0, pattern.length() - 1), slow);
            } else {
                exact.put(pattern, slow);
            }
        });
    }

    /** Whether all topics have the same. */
    boolean isUniform() {
        return exact.isEmpty() && prefixes.isEmpty();
    }

    SlowReceivers of(String topic) {
        SlowReceivers found = exact.get(topic);
        int length = -1;
        if (found == null) {
            for (Map.Entry<String, SlowReceivers> rule : prefixes.entrySet()) {
                String prefix = rule.getKey();
                if (prefix.length() > length && topic.startsWith(prefix)) {
                    found = rule.getValue();
                    length = prefix.length();
                }
            }
        }
        return found == null ? others : found;
    }

    /** Of every topic, where that {@link #isUniform}. */
    SlowReceivers others() {
        return others;
    }
}
