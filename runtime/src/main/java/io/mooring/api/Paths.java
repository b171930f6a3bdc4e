package io.mooring.api;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** Values by path: exact ("/echo") first, then the longest that ends in "/*" ("/topic/*"). */
final class Paths<T> {
    private final Map<String, T> exact = new HashMap<>();
    /** By what the path begins with, longest first. */
    private final Map<String, T> prefixes = new TreeMap<>(
        Comparator.comparingInt(String::length).reversed().thenComparing(String::compareTo));

    /** @throws IllegalArgumentException if the path is taken or does not start with "/" */
    void add(String path, T value) {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("a path starts with \"/\": " + path);
        }
        T taken = path.endsWith("/*")
            ? prefixes.putIfAbsent(path.substring(0, path.length() - 1), value)
            : exact.putIfAbsent(path, value);
        if (taken != null) {
            throw new IllegalArgumentException("path given twice: " + path);
        }
    }

    /** The value for {@code path}; null: none. */
    T find(String path) {
        T value = exact.get(path);
        if (value != null) {
            return value;
        }
        for (Map.Entry<String, T> prefix : prefixes.entrySet()) {
            if (path.length() > prefix.getKey().length() && path.startsWith(prefix.getKey())) {
                return prefix.getValue();
            }
        }
        return null;
    }

    Paths<T> copy() {
        Paths<T> copy = new Paths<>();
        copy.exact.putAll(exact);
        copy.prefixes.putAll(prefixes);
        return copy;
    }
}
