package io.mooring.ws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpResponseTest {
    private static final byte[] NO_BODY = {};

    @ParameterizedTest
    @CsvSource({
        "200, OK", "400, Bad Request", "404, Not Found", "405, Method Not Allowed",
        "403, Forbidden", "411, Length Required", "417, Expectation Failed",
        "504, Gateway Timeout", "408, Request Timeout", "413, Content Too Large",
        "414, URI Too Long",
        "426, Upgrade Required", "429, Too Many Requests",
        "431, Request Header Fields Too Large", "500, Internal Server Error",
        "503, Service Unavailable", "505, HTTP Version Not Supported", "299, ''",
    })
    void statusLines(int status, String reason) {
        assertThat(response(status, null, NO_BODY))
                .startsWith("HTTP/1.1 " + status + " " + reason + "\r\n")
                .endsWith("\r\n\r\n");
    }

    @Test
    void whole() {
        assertThat(response(200, "application/json", Bytes.utf8("{\"é\":1}"), "X: y")).isEqualTo(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n"
                + "Connection: close\r\nX: y\r\n\r\n{\"é\":1}");
        assertThat(response(404, null, NO_BODY)).isEqualTo(
                "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }

    @Test
    void whatAStatusDemands() {
        assertThat(response(426, null, NO_BODY)).contains("\r\nUpgrade: websocket\r\n",
                "\r\nConnection: Upgrade, close\r\n", "\r\nSec-WebSocket-Version: 13\r\n");
        assertThat(response(405, null, NO_BODY)).contains("\r\nAllow: GET\r\n");
        assertThat(response(405, null, NO_BODY, "allow: GET, POST"))
                .contains("\r\nallow: GET, POST\r\n").doesNotContain("Allow: GET\r\n");
    }

    /** RFC 9110, 8.6. */
    @Test
    void noLengthWhereThereIsNoBody() {
        for (int status : new int[] {204, 304}) {
            assertThat(response(status, null, NO_BODY)).doesNotContain("Content-Length");
            assertThatThrownBy(() -> response(status, null, Bytes.utf8("x")))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("no body");
        }
    }

    @Test
    void refusesToBeSplit() {
        assertThatThrownBy(() -> response(200, null, NO_BODY, "X: a\r\nSet-Cookie: b"))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("Set-Cookie");
        assertThatThrownBy(() -> response(200, "text/plain\n", NO_BODY))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static String response(int status, String contentType, byte[] body, String... extra) {
        return new String(Handshake.httpResponse(status, contentType, body, extra),
                StandardCharsets.UTF_8);
    }
}
