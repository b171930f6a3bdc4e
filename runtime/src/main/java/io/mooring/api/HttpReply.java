package io.mooring.api;

import java.nio.charset.StandardCharsets;

/** A whole HTTP answer; {@code status} is one of the usual codes (200, 404, ...). */
public record HttpReply(int status, String contentType, byte[] body) {
    /** Plain text. */
    public static HttpReply text(int status, String body) {
        return new HttpReply(status, "text/plain; charset=utf-8",
            body.getBytes(StandardCharsets.UTF_8));
    }
}
