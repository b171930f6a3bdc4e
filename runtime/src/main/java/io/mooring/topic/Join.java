package io.mooring.topic;

/** What became of joining a topic. */
public enum Join {
    JOINED,
    /** It had joined before. */
    ALREADY,
    /** The connection has joined as many as it may. */
    LIMIT,
    /** No memory for it, no number, or a name that is too long. */
    FULL
}
