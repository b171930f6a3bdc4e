package io.mooring.kernel.doctor;

import java.util.Locale;

/** Numbers as people read them. */
final class Figures {
    private static final long KIB = 1 << 10;
    private static final long MIB = 1 << 20;
    private static final long GIB = 1 << 30;

    private Figures() {
    }

    static String count(long number) {
        return number == Long.MAX_VALUE ? "unlimited" : String.format(Locale.ROOT, "%,d", number);
    }

    static String bytes(long bytes) {
        if (bytes == Long.MAX_VALUE) {
            return "unlimited";
        }
        if (Math.abs(bytes) >= 10 * GIB) {
            return String.format(Locale.ROOT, "%,.0f GiB", (double) bytes / GIB);
        }
        if (Math.abs(bytes) >= GIB) {
            return String.format(Locale.ROOT, "%.1f GiB", (double) bytes / GIB);
        }
        if (Math.abs(bytes) >= MIB) {
            return String.format(Locale.ROOT, "%,d MiB", bytes / MIB);
        }
        return Math.abs(bytes) >= KIB ? String.format(Locale.ROOT, "%,d KiB", bytes / KIB)
            : bytes + " B";
    }

    static String connections(long number) {
        return count(number) + (number == 1 ? " connection" : " connections");
    }
}
