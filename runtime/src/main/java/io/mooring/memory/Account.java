package io.mooring.memory;

/**
 * One of the three that admission goes by, in bytes.
 *
 * @param limit of what is used; {@link #UNLIMITED} for none
 * @param left until the limit; for TCP until its pressure mark
 * @param reserve of what is left, what new connections leave alone; for TCP none
 * @param level what it would have done with new connections, by itself
 */
public record Account(Cause cause, long limit, long used, long left, long reserve, Level level) {
    public static final long UNLIMITED = ProcFile.UNLIMITED;
}
