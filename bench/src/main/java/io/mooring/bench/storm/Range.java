package io.mooring.bench.storm;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The least and the most that was seen of something, in bytes. */
record Range(long min, long max) {

    private static final double MIB = 1 << 20;

    static final Range NONE = new Range(Long.MAX_VALUE, Long.MIN_VALUE);

    Range with(long value) {
        return new Range(Math.min(min, value), Math.max(max, value));
    }

    boolean isSeen() {
        return min <= max;
    }

    String text() {
        return isSeen() ? String.format(Locale.ROOT, "%.1f to %.1f MiB", min / MIB, max / MIB)
                : "not seen";
    }

    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("min", isSeen() ? min : null);
        json.put("max", isSeen() ? max : null);
        return json;
    }
}
