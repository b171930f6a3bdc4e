package io.mooring.api;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A whole HTTP answer.
 *
 * @param status 200 to 599
 * @param contentType null for an answer without a body
 * @param body its bytes; none for 204 and 304
 * @param headers what else is said, by name: "Retry-After", "Location". Values are visible
 *     characters of ISO 8859-1, spaces and tabs, so that no part of one can become a header of its
 *     own. Content-Type, Content-Length, Transfer-Encoding and Connection are not given here
 */
public record HttpReply(int status, String contentType, byte[] body, Map<String, String> headers) {
    private static final Set<String> OURS =
        Set.of("content-type", "content-length", "transfer-encoding", "connection");
    private static final int DELETE = 0x7f;
    private static final int CHARS = 0x100;

    /** @throws IllegalArgumentException for what HTTP does not allow */
    public HttpReply {
        if (status < 200 || status > 599) {
            throw new IllegalArgumentException("status " + status + ": choose 200 to 599");
        }
        if ((status == 204 || status == 304) && body.length != 0) {
            throw new IllegalArgumentException(status + " has no body");
        }
        if (contentType != null) {
            checkValue("Content-Type", contentType);
        }
        headers.forEach(HttpReply::check);
        headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers)); // keeps the order
    }

    /** Without headers of its own. */
    public HttpReply(int status, String contentType, byte[] body) {
        this(status, contentType, body, Map.of());
    }

    /** Plain text. */
    public static HttpReply text(int status, String body) {
        return new HttpReply(status, "text/plain; charset=utf-8",
            body.getBytes(StandardCharsets.UTF_8));
    }

    /** JSON text. */
    public static HttpReply json(int status, String body) {
        return new HttpReply(status, "application/json", body.getBytes(StandardCharsets.UTF_8));
    }

    /** The same with one more header. */
    public HttpReply withHeader(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new HttpReply(status, contentType, body, more);
    }

    private static void check(String name, String value) {
        if (name.isEmpty() || !name.chars().allMatch(HttpReply::isTokenChar)) {
            throw new IllegalArgumentException("no name of a header: \"" + shown(name) + "\"");
        }
        if (OURS.contains(name.toLowerCase(Locale.ROOT))) {
            throw new IllegalArgumentException("the server itself says " + name);
        }
        checkValue(name, value);
    }

    private static void checkValue(String name, String value) {
        if (!value.chars().allMatch(c -> c >= ' ' && c != DELETE && c < CHARS || c == '\t')) {
            throw new IllegalArgumentException("a character that no header may have, in " + name
                + ": \"" + shown(value) + "\"");
        }
    }

    private static boolean isTokenChar(int c) {
        return c > ' ' && c < DELETE && "\"(),/:;<=>?@[\\]{}".indexOf(c) < 0; // RFC 9110, 5.6.2
    }

    private static String shown(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }
}
