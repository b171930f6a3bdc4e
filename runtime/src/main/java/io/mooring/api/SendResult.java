package io.mooring.api;

/** What became of a message handed to {@link Connections#send}. */
public enum SendResult {
    /** Goes to the kernel with this turn of the loop. */
    ACCEPTED,
    /** Waits behind earlier output of the connection, or was handed to the reactor that owns it. */
    QUEUED,
    /**
     * Refused and not kept: the connection's unsent output is at its limit, or the mailbox is full.
     * Try again later.
     */
    FULL,
    /** Refused: the connection, or the whole server, is closed or closing. */
    CLOSED
}
