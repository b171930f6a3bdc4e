package io.mooring.bench.scenario;

import java.util.Locale;

/** Of messages: what the loads can send, and how they are said. */
final class Sizes {

    static final String REFUSAL = "--size must be from 16 to 1048576";

    private static final int BYTES_MIN = 16;
    private static final int BYTES_MAX = 1 << 20;

    private Sizes() {
    }

    static boolean fits(int bytes) {
        return bytes >= BYTES_MIN && bytes <= BYTES_MAX;
    }

    static String text(int bytes) {
        return bytes >= 1024 && bytes % 1024 == 0 ? bytes / 1024 + " KiB" : bytes + " B";
    }

    /** 1,000 x 64 B. */
    static String text(int connections, int bytes) {
        return String.format(Locale.ROOT, "%,d x %s", connections, text(bytes));
    }
}
