package io.mooring.memory;

/** What becomes of new connections; those that are there stay in any case. */
public enum Level {
    /** There is memory for more. */
    ADMIT,
    /** The reserve is reached: one more is told so and closed. */
    REFUSE,
    /** Half the reserve is gone too: none is taken from the listener, peers wait there. */
    STOP
}
