package io.mooring.swarm;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** A worker's counters: written by it alone, read by anybody, a little late. */
final class Counts {
    private final AtomicLongArray values = new AtomicLongArray(Count.values().length);
    private final ConcurrentHashMap<String, LongAdder> failures = new ConcurrentHashMap<>();

    void increment(Count count) {
        add(count, 1);
    }

    /** One writer, so a plain read and an ordered write do. */
    void add(Count count, long n) {
        set(count, values.getPlain(count.ordinal()) + n);
    }

    void set(Count count, long value) {
        values.setRelease(count.ordinal(), value);
    }

    long get(Count count) {
        return values.getAcquire(count.ordinal());
    }

    /** A connection failed or was lost; whoever sees the count finds the reason too. */
    void increment(Count count, String why) {
        failures.computeIfAbsent(why, any -> new LongAdder()).increment();
        increment(count);
    }

    static Map<String, Long> failures(Iterable<Counts> all) {
        Map<String, Long> sum = new TreeMap<>();
        for (Counts one : all) {
            one.failures.forEach((kind, n) -> sum.merge(kind, n.sum(), Long::sum));
        }
        return sum;
    }
}
