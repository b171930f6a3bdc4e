package io.mooring.api;

import java.net.InetSocketAddress;
import java.util.function.Consumer;

/**
 * What a handler can do, on the reactor thread that called it and only there. Connections of other
 * reactors may be named too: what concerns them is handed to their reactor.
 */
public interface Connections {
    /**
     * Sends a message on; in place, without a copy, when it is the one just received on {@code
     * connection}.
     */
    SendResult send(long connection, Payload message);

    /** Sends text as one message. */
    SendResult sendText(long connection, String text);

    /** Sends bytes as one binary message; they are copied. */
    SendResult sendBinary(long connection, byte[] bytes, int offset, int length);

    /**
     * Starts the closing handshake, after what is queued. The handler's onClose follows.
     *
     * @param code 1000 to 4999, one that may be sent (RFC 6455 section 7.4)
     * @param reason at most 123 bytes of UTF-8; cut at a character if longer
     */
    void close(long connection, int code, String reason);

    /** Whether messages can be sent; for a connection of another reactor, whether it could be. */
    boolean isOpen(long connection);

    /** The application's own 64 bits for a connection of this reactor; 0 at first. */
    long attachment(long connection);

    /** Sets {@link #attachment}. */
    void attach(long connection, long value);

    /** The peer's address; null if the connection is gone or of another reactor. */
    InetSocketAddress peer(long connection);

    /**
     * Joins a topic. Joining twice is joining once. False if the connection is not open or of
     * another reactor; and, counted as refused, if it has joined 1,024 topics, the memory for
     * topics is used up, or the name is longer than 1,024 bytes of UTF-8.
     */
    boolean subscribe(long connection, String topic);

    /** Leaves a topic; closing leaves them all. */
    boolean unsubscribe(long connection, String topic);

    /**
     * Sends a message to every subscriber of a topic, on all reactors, but for {@code except} (0:
     * nobody).
     *
     * @return FULL if the memory for frames in flight is used up: nothing was sent; else QUEUED
     */
    SendResult publish(String topic, Payload message, long except);

    /**
     * The same, and tells what became of it, once that is known of every subscriber.
     *
     * @param onDelivered called once, on some reactor's thread, maybe before this returns; not if
     *     the result is not QUEUED
     */
    SendResult publish(String topic, Payload message, long except, Consumer<Delivery> onDelivered);

    /**
     * The same for the one topic that {@code subscriber}, a connection of this reactor, has joined;
     * its name is not looked up.
     *
     * @return CLOSED, and nothing was sent, if the connection is over, or has joined no topic or
     *     several
     */
    SendResult publish(long subscriber, Payload message, long except);
}
