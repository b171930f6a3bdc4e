package io.mooring.probe.source;

import java.util.function.Function;

/**
 * What a source says, or why it says nothing and what would make it speak.
 *
 * @param value  null: there is none
 * @param why    it is missing; null where there is a value
 * @param remedy what its user can do; may be empty
 */
public record Reading<T>(T value, String why, String remedy) {

    public static <T> Reading<T> of(T value) {
        return new Reading<>(value, null, "");
    }

    public static <T> Reading<T> missing(String why, String remedy) {
        return new Reading<>(null, why, remedy);
    }

    public boolean isThere() {
        return value != null;
    }

    public T orElse(T other) {
        return value != null ? value : other;
    }

    /** A value that cannot be understood is missing, with the reason. */
    public <R> Reading<R> map(Function<T, R> parse) {
        if (value == null) {
            return missing(why, remedy);
        }
        try {
            return of(parse.apply(value));
        } catch (RuntimeException e) {
            return missing("its text is not understood: " + e.getMessage(), "report this");
        }
    }
}
