package io.mooring.api;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which handler serves which path: exact paths first, then the longest prefix. Immutable once
 * built.
 */
public final class Routes {
    /** Room in a connection's slot for the index of its handler. */
    private static final int HANDLERS_MAX = 255;

    private final Map<String, Integer> exact;
    private final List<Prefix> prefixes;
    private final List<WebSocketHandler> handlers;
    private final Map<String, HttpHandler> http;

    private Routes(Builder builder) {
        this.exact = Map.copyOf(builder.exact);
        this.prefixes = builder.prefixes.stream()
            .sorted((a, b) -> Integer.compare(b.path.length(), a.path.length())).toList();
        this.handlers = List.copyOf(builder.handlers);
        this.http = Map.copyOf(builder.http);
    }

    private record Prefix(String path, int handler) {
    }

    /** The index of the WebSocket handler for {@code path}, -1: none. */
    public int find(String path) {
        Integer index = exact.get(path);
        if (index != null) {
            return index;
        }
        for (Prefix prefix : prefixes) {
            if (path.startsWith(prefix.path) && path.length() > prefix.path.length()) {
                return prefix.handler;
            }
        }
        return -1;
    }

    public WebSocketHandler handler(int index) {
        return handlers.get(index);
    }

    /** The plain HTTP handler for {@code path}; null: none. */
    public HttpHandler http(String path) {
        return http.get(path);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Collects routes. */
    public static final class Builder {
        private final Map<String, Integer> exact = new HashMap<>();
        private final List<Prefix> prefixes = new ArrayList<>();
        private final List<WebSocketHandler> handlers = new ArrayList<>();
        private final Map<String, HttpHandler> http = new HashMap<>();

        private Builder() {
        }

        /**
         * A WebSocket path.
         *
         * @param path exact ("/echo"), or ending in "/*" for everything below ("/topic/*")
         * @throws IllegalArgumentException if it is taken or does not start with "/"
         */
        public Builder webSocket(String path, WebSocketHandler handler) {
            if (!path.startsWith("/")) {
                throw new IllegalArgumentException("a path starts with \"/\": " + path);
            }
            if (handlers.size() == HANDLERS_MAX) {
                throw new IllegalArgumentException("more than " + HANDLERS_MAX + " paths");
            }
            int index = handlers.size();
            if (path.endsWith("/*")) {
                prefixes.add(new Prefix(path.substring(0, path.length() - 1), index));
            } else if (exact.putIfAbsent(path, index) != null) {
                throw new IllegalArgumentException("path given twice: " + path);
            }
            handlers.add(handler);
            return this;
        }

        /** A plain HTTP GET path. */
        public Builder http(String path, HttpHandler handler) {
            if (http.putIfAbsent(path, handler) != null) {
                throw new IllegalArgumentException("path given twice: " + path);
            }
            return this;
        }

        public Routes build() {
            return new Routes(this);
        }
    }
}
