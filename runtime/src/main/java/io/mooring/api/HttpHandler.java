package io.mooring.api;

/** Answers plain HTTP GET requests of one path. */
@FunctionalInterface
public interface HttpHandler {
    /** Called on a reactor thread: must not block. */
    HttpReply onRequest(Request request);
}
