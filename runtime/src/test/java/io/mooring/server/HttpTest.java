package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Requests over raw sockets that are not, or not quite, a WebSocket handshake: an answer each, then
 * a proper end.
 */
@Tag("e2e")
class HttpTest {
    private static WebSocketServer server;

    @BeforeAll
    static void start() {
        server = TestServer.start(TestServer.builder());
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            TestServer.awaitQuiet(server);
            server.close();
        }
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
            refusal(400, "no HTTP at all", "hello\r\n\r\n"),
            refusal(400, "no Host", upgrade().replace("Host: x\r\n", "")),
            refusal(400, "no key", upgrade().replaceFirst("Sec-WebSocket-Key.*\r\n", "")),
            refusal(400, "a short key", upgrade().replace(RawClient.KEY, "dGhlIHNhbXBsZQ==")),
            refusal(400, "no Connection: Upgrade",
                upgrade().replace("Connection: Upgrade\r\n", "")),
            refusal(400, "a space in a header's name", upgrade().replace("Host:", "Host :")),
            refusal(400, "a bare LF", upgrade().replace("Host: x\r\n", "Host: x\n")),
            refusal(404, "no such WebSocket path", upgrade().replace("/echo", "/nothing")),
            refusal(404, "a topic without a name", upgrade().replace("/echo", "/topic/")),
            refusal(404, "no such page", "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"),
            refusal(405, "an upgrade by POST", upgrade().replace("GET", "POST")),
            refusal(405, "DELETE /healthz", "DELETE /healthz HTTP/1.1\r\nHost: x\r\n\r\n"),
            refusal(405, "POST /metrics and its body",
                "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"),
            refusal(426, "a browser at a WebSocket path", "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"),
            refusal(426, "version 8", upgrade().replace("Version: 13", "Version: 8")),
            refusal(426, "no version", upgrade().replace("Sec-WebSocket-Version: 13\r\n", "")),
            refusal(505, "HTTP/2.0", upgrade().replace("HTTP/1.1", "HTTP/2.0")),
            refusal(431, "a head of more than 8 KiB",
                upgrade().replace("Host: x", "Host: x\r\nCookie: " + "c".repeat(9_000))));
    }

    private static Arguments refusal(int status, String what, String request) {
        return Arguments.of(status, what, request);
    }

    private static String upgrade() {
        return new String(RawClient.request("/echo"), StandardCharsets.US_ASCII)
            .replace("localhost", "x");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("refusals")
    void refuses(int status, String what, String request) {
        long before = TestServer.metric(server, "handshakes_rejected");
        HttpAnswer answer = ask(request);
        assertThat(answer.status()).as("%s", answer).isEqualTo(status);
        assertThat(answer.header("Connection")).containsIgnoringCase("close");
        assertThat(answer.header("Content-Type")).startsWith("text/plain");
        assertThat(answer.text()).as("a line that tells why").isNotBlank().endsWith("\n");
        if (status == 426) {
            assertThat(answer.header("Sec-WebSocket-Version")).isEqualTo("13");
            assertThat(answer.header("Upgrade")).isEqualTo("websocket");
        }
        if (status == 405) {
            assertThat(answer.header("Allow")).contains("GET");
        }
        assertThat(TestServer.metric(server, "handshakes_rejected")).isEqualTo(before + 1);
    }

    /**
     * What is refused stays refused when it comes byte by byte; the answer may come before the last
     * of them.
     */
    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("refusals")
    void refusesByteByByte(int status, String what, String request) {
        try (RawClient client = RawClient.connect(server.port())) {
            client.sendChopped(request.getBytes(StandardCharsets.ISO_8859_1));
            assertThat(client.answer().status()).isEqualTo(status);
        }
    }

    /** Someone types wss:// where there is no TLS: a TLS 1.3 hello begins like this. */
    @Test
    void refusesTls() {
        byte[] hello = new byte[517];
        byte[] start = Utf8Cases.hex("16030102000100 01fc0303");
        System.arraycopy(start, 0, hello, 0, start.length);
        try (RawClient client = RawClient.connect(server.port())) {
            HttpAnswer answer = client.send(hello).answer();
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.text()).contains("not HTTP");
        }
    }

    @Test
    void isHealthy() {
        HttpAnswer answer = ask("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo("ok\n");
    }

    @Test
    void answersHttp10AndQueriesAndAbsoluteTargets() {
        assertThat(ask("GET /healthz HTTP/1.0\r\n\r\n").status()).isEqualTo(200);
        assertThat(ask("GET /healthz?x=1 HTTP/1.1\r\nHost: x\r\n\r\n").status()).isEqualTo(200);
        assertThat(ask("GET http://x/healthz HTTP/1.1\r\nHost: x\r\n\r\n").status()).isEqualTo(200);
    }

    /** RFC 9110 section 9.1: a general-purpose server must know HEAD; its answer has no body. */
    @Test
    void answersHeadWithoutABody() {
        try (RawClient client = RawClient.connect(server.port())) {
            client.send(Frame.utf8("HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n"));
            HttpAnswer head = client.head();
            client.expectEnd();
            assertThat(head.status()).isIn(200, 405);
        }
    }

    @Test
    void servesOpenMetrics() {
        try (RawClient client = RawClient.open(server.port(), "/echo")) {
            client.send(Wire.text("counted")).expect(Frame.text("counted"));
            HttpAnswer answer = ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.header("Content-Type"))
                .isEqualTo("application/openmetrics-text; version=1.0.0; charset=utf-8");
            Map<String, Double> samples = OpenMetrics.parse(answer.text());
            assertThat(samples).containsKeys("mooring_connections_max",
                "mooring_messages_received_total{reactor=\"0\"}",
                "mooring_messages_received_total{reactor=\"1\"}", "mooring_mailbox_full_total");
            assertThat(TestServer.metric(answer.text(), "broadcast_memory_bytes")).isPositive();
            assertThat(TestServer.metric(answer.text(), "broadcasts_trickle")).isBetween(0L, 1L);
            assertThat(TestServer.metric(answer.text(), "connections_open"))
                .isGreaterThanOrEqualTo(1);
            assertThat(TestServer.metric(answer.text(), "messages_received")).isPositive();
            client.closeNormally();
        }
    }

    /** Some HTTP clients, and netcat, end their side as soon as the request is out. */
    @Test
    void answersAHalfClosedClient() {
        for (int i = 0; i < 50; i++) {
            try (RawClient client = RawClient.connect(server.port())) {
                client.send(Frame.utf8("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")).endOutput();
                HttpAnswer answer = client.answer();
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.text()).endsWith("# EOF\n");
            }
        }
    }

    /** A connection that ends before its request does is no error and leaves nothing behind. */
    @Test
    void forgetsAClientThatEndsInItsHead() {
        byte[] request = RawClient.request("/echo");
        for (int length : new int[] {0, 1, 20, request.length - 1}) {
            try (RawClient client = RawClient.connect(server.port())) {
                client.send(Arrays.copyOf(request, length)).endOutput().expectEnd();
            }
        }
    }

    private static HttpAnswer ask(String request) {
        try (RawClient client = RawClient.connect(server.port())) {
            return client.send(request.getBytes(StandardCharsets.ISO_8859_1)).answer();
        }
    }
}
