package io.mooring.memory;

/**
 * A level that does not flutter: what was refused by one figure is admitted again at a better one,
 * or each connection that leaves would let one in and be refused the next.
 */
final class Mark {
    private Level level = Level.ADMIT;
    /** Headroom below which is refused, and from which on it is admitted again. */
    private long refuse;
    private long admit;
    /** The same for stopping; may be negative. */
    private long stop;
    private long resume;

    /** For bytes that are left, of which a reserve is to stay. */
    void reserve(long bytes) {
        refuse = bytes;
        admit = bytes + bytes / 4;
        stop = bytes / 2;
        resume = bytes - bytes / 4;
    }

    /** For what is in use, between a mark where the kernel trims and one where it refuses. */
    void between(long pressure, long maximum) {
        refuse = 0;
        admit = pressure / 10;
        stop = -(maximum - pressure) / 2;
        resume = stop / 2;
    }

    Level judge(long headroom) {
        if (headroom < stop || level == Level.STOP && headroom < resume) {
            level = Level.STOP;
        } else if (headroom < refuse || level != Level.ADMIT && headroom < admit) {
            level = Level.REFUSE;
        } else {
            level = Level.ADMIT;
        }
        return level;
    }

    /** How far it is to the next refusal. */
    long distance(long headroom) {
        return headroom - refuse;
    }
}
