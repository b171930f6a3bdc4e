package io.mooring.memory;

/** How much memory is left alone by new connections. */
public final class Reserve {
    /** To be worked out from the limit that it is a reserve of. */
    public static final long AUTO = -1;

    /**
     * Near the reserve 50 ms lie between two looks, in which 30,000 connections a second take 6 MB;
     * the rest is for what those that are there may still need.
     */
    private static final long BYTES_MIN = 64L << 20;
    private static final int PERCENT = 3;

    private Reserve() {
    }

    /** The reserve of so much memory: as told, or 64 MiB, 3 % of much, a quarter of little. */
    public static long of(long limit, long told) {
        return told != AUTO ? told
            : Math.min(limit / 4, Math.max(BYTES_MIN, limit / 100 * PERCENT));
    }
}
