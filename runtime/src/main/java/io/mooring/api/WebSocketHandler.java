package io.mooring.api;

/**
 * What an application does with the connections of one path. A connection is a {@code long}; it
 * names one connection for the life of the process and is never used again within 16 million
 * openings of its slot.
 *
 * <p>Each call runs on the thread of the reactor that owns the connection; one handler object
 * serves all reactors, so it is called by several threads at once, for different connections. It
 * must not block: while it does, nothing else on that reactor moves. If it throws, the connection
 * is closed with 1011 and the throw is counted and logged.
 */
public interface WebSocketHandler {
    /** The handshake is done. Sending is possible from here on. */
    default void onOpen(Connections connections, long connection, Request request) {
    }

    /**
     * A whole message, fragments joined, UTF-8 checked. {@code message} is valid until this
     * returns.
     */
    void onMessage(Connections connections, long connection, Payload message);

    /**
     * The connection is over; called once for each {@link #onOpen}.
     *
     * @param code the peer's close code (RFC 6455 section 7.4); 1005 if it gave none, 1006 if it
     *     vanished, or the code with which we failed it
     */
    default void onClose(Connections connections, long connection, int code) {
    }
}
