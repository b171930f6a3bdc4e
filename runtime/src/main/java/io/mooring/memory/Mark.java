package io.mooring.memory;

/**
 * A level that does not flutter: what was refused by one figure is admitted again at a better one,
 * or each connection that leaves would let one in and be refused the next.
 */
final class Mark {
    /** So many looks in a row must find too little left before it is acted on. */
    private final int refuseLooks;
    private final int stopLooks;
    private int looksBelowRefuse;
    private int looksBelowStop;
    private Level level = Level.ADMIT;
    /** Headroom below which is refused, and from which on it is admitted again. */
    private long refuse;
    private long admit;
    /** The same for stopping; may be negative. */
    private long stop;
    private long resume;

    /** One that goes by each look. */
    Mark() {
        this(1, 1);
    }

    /** One for a figure with peaks that pass by themselves. */
    Mark(int refuseLooks, int stopLooks) {
        this.refuseLooks = refuseLooks;
        this.stopLooks = stopLooks;
    }

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
        looksBelowRefuse = headroom < refuse ? looksBelowRefuse + 1 : 0;
        looksBelowStop = headroom < stop ? looksBelowStop + 1 : 0;
        if (looksBelowStop >= stopLooks || level == Level.STOP && headroom < resume) {
            level = Level.STOP;
        } else if (looksBelowRefuse >= refuseLooks || level != Level.ADMIT && headroom < admit) {
            level = Level.REFUSE;
        } else {
            level = Level.ADMIT;
        }
        return level;
    }

    /** Whether too little was left at the last look, and it is admitted all the same, for now. */
    boolean isPatient() {
        return level == Level.ADMIT && looksBelowRefuse > 0;
    }

    /** How far it is to the next refusal. */
    long distance(long headroom) {
        return headroom - refuse;
    }
}
