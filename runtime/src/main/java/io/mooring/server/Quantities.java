package io.mooring.server;

import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Quantities as typed: a number and a unit. */
public final class Quantities {
    private static final Pattern FORM = Pattern.compile("(\\d{1,12})\\s*([A-Za-z/]*)");
    private static final Map<String, Long> BYTES = Map.of("", 1L, "B", 1L, "KiB", 1L << 10,
        "MiB", 1L << 20, "GiB", 1L << 30, "kB", 1_000L, "MB", 1_000_000L, "GB", 1_000_000_000L);
    private static final Map<String, Long> BITS = Map.of("bit/s", 1L, "kbit/s", 1_000L,
        "Mbit/s", 1_000_000L, "Gbit/s", 1_000_000_000L);
    private static final Map<String, Long> MILLISECONDS = Map.of("", 1_000L, "ms", 1L, "s", 1_000L,
        "m", 60_000L, "min", 60_000L, "h", 3_600_000L);

    private Quantities() {
    }

    /**
     * Bytes: {@code 65536}, {@code 64KiB}, {@code 1MiB}, {@code 10kB}. What does not fit an int
     * becomes the largest, which is past every limit.
     */
    public static final class Size implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String value) {
            long bytes = parse(value, BYTES, "a size such as 65536, 64KiB or 1MiB");
            return (int) Math.min(bytes, Integer.MAX_VALUE);
        }
    }

    /** The same without that bound, or {@code auto}. */
    static final class SizeOrAuto implements ITypeConverter<Long> {
        @Override
        public Long convert(String value) {
            return value.equals("auto") ? io.mooring.memory.Reserve.AUTO
                : Long.valueOf(parse(value, BYTES, "auto, or a size such as 200MiB or 1GiB"));
        }
    }

    /** The same as a long, and more than nothing: memory, {@code 8GiB}. */
    public static final class Memory implements ITypeConverter<Long> {
        private static final String WANTED = "a size such as 8GiB, 8GB or 8192MiB";

        @Override
        public Long convert(String value) {
            long bytes = parse(value, BYTES, WANTED);
            if (bytes == 0) {
                throw new TypeConversionException("'" + value + "' is nothing: give " + WANTED);
            }
            return bytes;
        }
    }

    /** Bits a second: {@code 1Gbit/s}, {@code 100Mbit/s}. */
    public static final class LinkRate implements ITypeConverter<Long> {
        private static final String WANTED = "a rate such as 1Gbit/s or 100Mbit/s";

        @Override
        public Long convert(String value) {
            long rate = parse(value, BITS, WANTED);
            if (rate == 0) {
                throw new TypeConversionException("'" + value + "' is nothing: give " + WANTED);
            }
            return rate;
        }
    }

    /** {@code 500ms}, {@code 10s}, {@code 2min}, {@code 1h}; seconds without a unit. */
    static final class Time implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String value) {
            return Duration.ofMillis(
                parse(value, MILLISECONDS, "a time such as 500ms, 10s or 2min"));
        }
    }

    private static long parse(String value, Map<String, Long> units, String wanted) {
        Matcher matcher = FORM.matcher(value.strip());
        Long unit = matcher.matches() ? units.get(matcher.group(2)) : null;
        if (unit == null) {
            throw new TypeConversionException("'" + value + "' is not " + wanted);
        }
        try {
            return Math.multiplyExact(Long.parseLong(matcher.group(1)), unit);
        } catch (ArithmeticException e) {
            throw new TypeConversionException("'" + value + "' is too large");
        }
    }
}
