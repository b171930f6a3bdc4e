package io.mooring.api;

/**
 * A request whose answer is owed. The connection waits for it, for as long as the server's answer
 * timeout; then the peer is answered 504.
 */
public interface HttpExchange {
    /**
     * Answers, at once or later, from any thread. An answer whose peer is gone, or has been told
     * that it took too long, is dropped quietly and counted.
     *
     * @throws IllegalStateException if it was answered before
     */
    void reply(HttpReply reply);
}
