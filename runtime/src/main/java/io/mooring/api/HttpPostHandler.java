package io.mooring.api;

/** Answers POST requests. One object serves all reactors, so several threads call it at once. */
@FunctionalInterface
public interface HttpPostHandler {
    /**
     * A request, its body complete. Called on a reactor's thread: must not block; what takes longer
     * answers later. If it throws, the peer is answered 500.
     *
     * @param request its headers can be read until this returns
     * @param body valid until this returns; never {@link Payload#isText}, for nobody has looked
     * @param exchange takes the answer, once
     */
    void onRequest(Connections connections, Request request, Payload body, HttpExchange exchange);
}
