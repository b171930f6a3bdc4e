package io.mooring.swarm;

/** What a worker counts. */
enum Count {
    /** Connections that are open, and read from, at the moment. */
    OPEN,
    /** Open too, but never read from; not among {@link #OPEN}. */
    DEAF,
    /** Deaf ones that we have ended, without a handshake that they could not hear. */
    DEAF_CUT,
    /** Upgrades that were verified, deaf ones among them, ever. */
    OPENED,
    FAILED,
    /** Ended by the server, or by an error, after they were open. */
    LOST,
    /** Ended by a whole closing handshake of ours. */
    CLOSED,
    SENT,
    /** Messages sent more than a millisecond after the time that was intended. */
    LATE,
    RECEIVED,
    CORRUPT,
    DUPLICATES,
    UNVERIFIED,
    /** The last broadcast's number in the upper half, its receivers so far in the lower one. */
    CURRENT,
    /** The same, and the messages that came wrong or twice while it was the last one. */
    CURRENT_WRONG,
    PINGS,
    SHARDS,
    ENTERS,
    COMPLETIONS,
    /** Sleeps that were to last until many completions are there. */
    BATCHES,
    /** Those of them that their time ended, with none. */
    BATCHES_CUT,
    /** Sleeps after which another ring had work of which no signal told. */
    SIGNALS_MISSED,
    /** Receives that found no buffer. */
    STARVED,
    COMPLETION_OVERFLOWS,
    /** A completion for a connection that is no more; a defect if not 0. */
    STALE
}
