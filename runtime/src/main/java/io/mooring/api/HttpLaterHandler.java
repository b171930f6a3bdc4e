package io.mooring.api;

/** Answers plain HTTP GET requests of one path, when it can. Several threads call it at once. */
@FunctionalInterface
public interface HttpLaterHandler {
    /**
     * Called on a reactor's thread: must not block; what takes longer answers later. If it throws,
     * the peer is answered 500.
     *
     * @param request its headers can be read until this returns
     * @param exchange takes the answer, once
     */
    void onRequest(Request request, HttpExchange exchange);
}
