package io.mooring.probe.model;

/**
 * How many different values were seen, in a fixed 2 MiB: linear counting (Whang, Vander-Zanden,
 * Taylor 1990). With a million values its standard error is 0.03 %.
 */
final class DistinctCounter {

    private static final int BITS = 1 << 24;

    private final long[] bits = new long[BITS / 64];
    private int ones;

    void add(long value) {
        long mixed = value * 0x9e3779b97f4a7c15L;
        mixed = (mixed ^ mixed >>> 32) * 0xd6e8feb86659fd93L;
        int bit = (int) (mixed >>> 40);
        long mask = 1L << bit;
        if ((bits[bit >>> 6] & mask) == 0) {
            bits[bit >>> 6] |= mask;
            ones++;
        }
    }

    long count() {
        return Math.round(-(double) BITS * Math.log1p(-(double) ones / BITS));
    }
}
