package io.mooring.api;

import java.util.ArrayList;
import java.util.List;

/**
 * Which handler serves which path, by method: exact paths first, then the longest prefix. A path
 * may be a WebSocket, take POST and be read with GET all at once. Immutable once built.
 */
public final class Routes {
    /** Room in a connection's slot for the index of its handler. */
    private static final int HANDLERS_MAX = 255;
    private static final int BODY_BYTES_MAX = 256 << 20;

    private final Paths<Integer> webSockets;
    private final List<WebSocketHandler> handlers;
    private final Paths<Read> http;
    private final Paths<Post> posts;

    private Routes(Builder builder) {
        this.webSockets = builder.webSockets.copy();
        this.handlers = List.copyOf(builder.handlers);
        this.http = builder.http.copy();
        this.posts = builder.posts.copy();
    }

    /** @param bodyBytesMax of a request's body; -1: as much as a WebSocket message may have */
    public record Post(HttpPostHandler handler, int bodyBytesMax) {
    }

    /** One of the two: who answers in its call, or who may later. */
    public record Read(HttpHandler now, HttpLaterHandler later) {
    }

    /** The index of the WebSocket handler for {@code path}, -1: none. */
    public int find(String path) {
        Integer index = webSockets.find(path);
        return index == null ? -1 : index;
    }

    public WebSocketHandler handler(int index) {
        return handlers.get(index);
    }

    /** What GET and HEAD of {@code path} go to; null: none. */
    public Read http(String path) {
        return http.find(path);
    }

    /** What POST to {@code path} goes to; null: none. */
    public Post post(String path) {
        return posts.find(path);
    }

    public static Builder builder() {
        return new Builder();
    }

    /**
     * Collects routes. A path is exact ("/echo"), or ends in "/*" for everything below
     * ("/topic/*"). Each method throws IllegalArgumentException if the path is taken or does not
     * start with "/".
     */
    public static final class Builder {
        private final Paths<Integer> webSockets = new Paths<>();
        private final List<WebSocketHandler> handlers = new ArrayList<>();
        private final Paths<Read> http = new Paths<>();
        private final Paths<Post> posts = new Paths<>();

        private Builder() {
        }

        /** A WebSocket path. */
        public Builder webSocket(String path, WebSocketHandler handler) {
            if (handlers.size() == HANDLERS_MAX) {
                throw new IllegalArgumentException("more than " + HANDLERS_MAX + " paths");
            }
            webSockets.add(path, handlers.size());
            handlers.add(handler);
            return this;
        }

        /** A plain HTTP GET path. */
        public Builder http(String path, HttpHandler handler) {
            http.add(path, new Read(handler, null));
            return this;
        }

        /** A plain HTTP GET path that may be answered later. */
        public Builder httpLater(String path, HttpLaterHandler handler) {
            http.add(path, new Read(null, handler));
            return this;
        }

        /** Whether GET of {@code path} goes to somebody by now. */
        public boolean hasHttp(String path) {
            return http.find(path) != null;
        }

        /** A plain HTTP POST path, with bodies as long as a WebSocket message may be. */
        public Builder post(String path, HttpPostHandler handler) {
            posts.add(path, new Post(handler, -1));
            return this;
        }

        /** A plain HTTP POST path, with bodies of at most {@code bodyBytesMax}; past it 413. */
        public Builder post(String path, int bodyBytesMax, HttpPostHandler handler) {
            if (bodyBytesMax < 0 || bodyBytesMax > BODY_BYTES_MAX) {
                throw new IllegalArgumentException("bodyBytesMax is " + bodyBytesMax
                    + ": choose 0 to " + BODY_BYTES_MAX);
            }
            posts.add(path, new Post(handler, bodyBytesMax));
            return this;
        }

        public Routes build() {
            return new Routes(this);
        }
    }
}
