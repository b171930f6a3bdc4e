package io.mooring.probe.report;

import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * A distribution of bytes in few buckets: none, then each four times as large as the one before.
 */
final class Spread {

    private static final long FIRST_BYTES = 1024;
    private static final int BUCKETS = 8;

    /** Sockets with more than the bucket before, and {@code to} bytes at most. */
    record Bucket(long to, long count) {

        String label() {
            return to == 0 ? "none" : to == Long.MAX_VALUE ? "more"
                    : to >= 1 << 20 ? "\u2264 " + (to >> 20) + " MiB" : "\u2264 " + (to >> 10)
                    + " KiB";
        }
    }

    private Spread() {
    }

    static List<Bucket> buckets(Histogram histogram) {
        List<Bucket> buckets = new ArrayList<>();
        long none = histogram.getCountAtValue(0);
        buckets.add(new Bucket(0, none));
        long told = none;
        for (int i = 0; i < BUCKETS; i++) {
            long to = FIRST_BYTES << 2 * i;
            long upTo = histogram.getCountBetweenValues(0, to);
            buckets.add(new Bucket(to, Math.max(0, upTo - told)));
            told = Math.max(told, upTo);
        }
        long rest = histogram.getTotalCount() - told;
        if (rest > 0) {
            buckets.add(new Bucket(Long.MAX_VALUE, rest));
        }
        return buckets;
    }
}
