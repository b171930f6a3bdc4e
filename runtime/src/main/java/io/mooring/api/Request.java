package io.mooring.api;

import java.util.function.Function;

/**
 * The HTTP request that opened a connection.
 *
 * @param method as sent, upper case
 * @param path without the query, not percent-decoded; starts with "/"
 * @param query after the "?", or ""
 * @param headers looks a header's value up by its name (case does not matter); null if absent.
 *     Valid only inside the call that it was given to
 */
public record Request(String method, String path, String query, Function<String, String> headers) {

    /**
     * The value of {@code name} in the query ({@code a=1&b=2}), not percent-decoded; null if
     * absent.
     */
    public String parameter(String name) {
        for (String pair : query.split("&")) {
            int equals = pair.indexOf('=');
            String key = equals < 0 ? pair : pair.substring(0, equals);
            if (key.equals(name)) {
                return equals < 0 ? "" : pair.substring(equals + 1);
            }
        }
        return null;
    }
}
