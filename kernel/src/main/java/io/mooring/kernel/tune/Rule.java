package io.mooring.kernel.tune;

import java.util.Locale;

/** What a profile's number does to the one that a machine has. */
enum Rule {
    RAISE, LOWER, SET, KEEP;

    long of(long current, long wanted) {
        return switch (this) {
            case RAISE -> Math.max(current, wanted);
            case LOWER -> Math.min(current, wanted);
            case SET -> wanted;
            case KEEP -> current;
        };
    }

    /** @throws IllegalArgumentException no such rule, as a sentence */
    static Rule parse(String word) {
        for (Rule rule : values()) {
            if (rule.name().toLowerCase(Locale.ROOT).equals(word)) {
                return rule;
            }
        }
        throw new IllegalArgumentException("no rule '" + word
                + "': there are raise, lower, set and keep");
    }
}
