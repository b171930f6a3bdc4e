package io.mooring.kernel.tune;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** A sysctl's value: numbers with blanks between them. */
final class Numbers {

    private Numbers() {
    }

    /** @throws IllegalArgumentException one is none, or does not fit; as a sentence */
    static List<Long> parse(String value) {
        try {
            return Arrays.stream(value.strip().split("\\s+")).map(Long::valueOf).toList();
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + value + "' is not numbers of 64 bits");
        }
    }

    static String text(List<Long> numbers) {
        return numbers.stream().map(String::valueOf).collect(Collectors.joining(" "));
    }
}
