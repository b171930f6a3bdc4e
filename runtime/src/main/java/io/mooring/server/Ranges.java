package io.mooring.server;

import java.time.Duration;

/** Checks settings. A message begins with the setting's name, which the command line translates. */
final class Ranges {
    private Ranges() {
    }

    static int number(String name, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(
                name + " is " + value + ": choose " + min + " to " + max);
        }
        return value;
    }

    static long bytes(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " is " + value + ": choose " + min
                + (max == Long.MAX_VALUE ? " or more bytes" : " to " + max + " bytes"));
        }
        return value;
    }

    static Duration time(String name, Duration value) {
        if (value.toMillis() <= 0 || value.toMillis() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                name + " is " + value.toMillis() + " ms: choose 1 ms to 24 days");
        }
        return value;
    }
}
