package io.mooring.reactor;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One reactor's counters: written by its thread alone, read by any. Opaque accesses suffice: each
 * value is whole and never goes back, and nothing is concluded from two of them together.
 */
public final class Counters {
    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);
    /** A cache line on each side, so that two reactors' counters never share one. */
    private static final int PADDING = 16;

    private final long[] values = new long[Counter.values().length + 2 * PADDING];

    void add(Counter counter, long amount) {
        int at = counter.ordinal() + PADDING;
        LONGS.setOpaque(values, at, values[at] + amount);
    }

    void increment(Counter counter) {
        add(counter, 1);
    }

    public long get(Counter counter) {
        return (long) LONGS.getOpaque(values, counter.ordinal() + PADDING);
    }
}
