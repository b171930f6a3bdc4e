package io.mooring.reactor;

/** How a connection waits for data. */
public enum Arming {
    /**
     * One-shot POLL_ADD, then RECV: 296 bytes of kernel memory while it waits, two operations a
     * message.
     */
    COLD,
    /** Multishot RECV: 900 bytes while it waits, no operation a message. */
    HOT,
    /** Cold at first; hot while it keeps talking. */
    ADAPTIVE
}
