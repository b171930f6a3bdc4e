package io.mooring.swarm;

import java.util.Arrays;

/**
 * What was broadcast: size and intended time by number. Written by the publisher's thread before
 * the message leaves, read by all workers when it has come.
 */
final class Broadcasts {
    /** Replaced, not changed, where they grow; entries are written before {@link #count} is. */
    private volatile int[] bytes = new int[64];
    private volatile long[] stamps = new long[64];
    private volatile int count;

    /** The number of the next broadcast. One thread. */
    int add(int messageBytes, long stamp) {
        int number = count;
        if (number == bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * number);
            stamps = Arrays.copyOf(stamps, 2 * number);
        }
        bytes[number] = messageBytes;
        stamps[number] = stamp;
        count = number + 1; // volatile: whoever sees it sees the entries
        return number;
    }

    boolean has(int number) {
        return number >= 0 && number < count;
    }

    int bytes(int number) {
        return bytes[number];
    }

    /** When it was to be sent, nanoTime. */
    long stamp(int number) {
        return stamps[number];
    }

    /** How many there were so far; the next one's number. */
    int count() {
        return count;
    }
}
