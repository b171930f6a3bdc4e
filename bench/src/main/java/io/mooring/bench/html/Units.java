package io.mooring.bench.html;

import java.util.Locale;

/** Numbers as people read them; decimal multiples. */
public final class Units {

    private static final String[] BYTES = {"B", "kB", "MB", "GB", "TB"};

    private Units() {
    }

    public static String bytes(double bytes) {
        double value = bytes;
        int unit = 0;
        while (Math.abs(value) >= 999.5 && unit + 1 < BYTES.length) {
            value /= 1000;
            unit++;
        }
        boolean fine = unit > 0 && Math.abs(value) < 99.95;
        return String.format(Locale.ROOT, fine ? "%.1f %s" : "%.0f %s", value, BYTES[unit]);
    }

    /** 250, 10 k, 1.5 M: for the ticks of an axis. */
    public static String count(double count) {
        if (Math.abs(count) >= 1e6) {
            return trim(count / 1e6) + " M";
        }
        return Math.abs(count) >= 1e4 ? trim(count / 1e3) + " k"
                : String.format(Locale.ROOT, "%,.0f", count);
    }

    /** At most two decimals, none that are zero. */
    public static String trim(double value) {
        String text = String.format(Locale.ROOT, "%,.2f", value);
        return text.replaceAll("\\.?0+$", "");
    }

    /** As many decimals as it takes, six at most: 99.99. */
    public static String fine(double value) {
        return String.format(Locale.ROOT, "%.6f", value).replaceAll("\\.?0+$", "");
    }
}
