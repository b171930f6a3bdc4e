package io.mooring.probe.model;

import java.util.Locale;

/** Figures as people read them: decimal multiples for bytes, commas in counts. */
public final class Units {

    private static final String[] NAMES = {"B", "kB", "MB", "GB", "TB"};

    private Units() {
    }

    public static String bytes(double bytes) {
        if (bytes >= Long.MAX_VALUE) {
            return "no limit";
        }
        double value = Math.abs(bytes);
        int name = 0;
        while (value >= 999.5 && name < NAMES.length - 1) {
            value /= 1000;
            name++;
        }
        String sign = bytes < 0 ? "-" : "";
        return sign + String.format(Locale.ROOT, name == 0 || value >= 99.95 ? "%,.0f %s"
                : value >= 9.995 ? "%.1f %s" : "%.2f %s", value, NAMES[name]);
    }

    /** With its sign, as a change. */
    public static String change(double bytes) {
        return (bytes >= 0 ? "+" : "") + bytes(bytes);
    }

    public static String count(long count) {
        return count == Long.MAX_VALUE ? "no limit" : String.format(Locale.ROOT, "%,d", count);
    }

    public static String micros(long micros) {
        return micros < 1000 ? micros + " \u00b5s"
                : String.format(Locale.ROOT, "%,.1f ms", micros / 1000.0);
    }

    /** Bytes of one thing: to a tenth below a hundred. */
    public static String each(double bytes) {
        return String.format(Locale.ROOT, bytes != 0 && Math.abs(bytes) < 99.95 ? "%,.1f"
                : "%,.0f", bytes);
    }

    public static String percent(double share) {
        return Double.isNaN(share) ? "-" : String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }
}
