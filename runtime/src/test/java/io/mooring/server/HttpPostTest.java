package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.api.HttpReply;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests with a body over raw sockets, in every split; what is refused, and that it is told. */
@Tag("e2e")
class HttpPostTest {
    private static final int BODY_MAX = 200_000;
    private static final int SMALL = 10;

    private static ExecutorService threads;
    private static WebSocketServer server;

    @BeforeAll
    static void start() {
        threads = Executors.newFixedThreadPool(2);
        server = TestServer.start(TestServer.builder().maxMessage(BODY_MAX)
            .closeTimeout(Duration.ofSeconds(60))
            .post("/echo", PostHandlers.echo())
            .post("/late/*", PostHandlers.late(threads))
            .post("/small", SMALL, PostHandlers.echo())
            .post("/none", 0, PostHandlers.echo())
            .post("/readable", PostHandlers.echo())
            .http("/readable", request -> HttpReply.text(200, "read").withHeader("X-A", "b"))
            .post("/broken", (connections, request, body, exchange) -> {
                throw new IllegalStateException("on purpose");
            })
            .post("/nothing", (connections, request, body, exchange) -> exchange.reply(null))
            .post("/replied", (connections, request, body, exchange) -> {
                exchange.reply(HttpReply.text(202, "first"));
                exchange.reply(HttpReply.text(200, "second"));
            }));
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            TestServer.awaitQuiet(server);
            assertThat(TestServer.metric(server, "http_answers_pending")).isZero();
            server.close();
        }
        threads.shutdownNow();
    }

    private static HttpAnswer ask(byte[] request) {
        try (RawClient client = RawClient.connect(server.port())) {
            return client.send(request).answer();
        }
    }

    // ---- bodies

    /** With its head in one receive, in several, at the limit. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, 3_900, 4_096, 5_000, 60_000, BODY_MAX})
    void bringsTheBodyWhole(int length) {
        byte[] body = Wire.bytes(length);
        for (String path : new String[] {"/echo", "/late/a"}) {
            HttpAnswer answer = ask(PostHandlers.post(path, body));
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.header("Content-Type")).isEqualTo(PostHandlers.TYPE);
            assertThat(answer.header("Connection")).isEqualTo("close");
            assertThat(answer.body()).isEqualTo(body);
        }
    }

    /** The head is still there when the body is, whatever other requests came in between. */
    @Test
    void bringsTheHeadAlong() {
        byte[] head = PostHandlers.head("/late/b?c=d", 6, "X-Test: one", "X-Test: two");
        try (RawClient client = RawClient.connect(server.port())) {
            long before = TestServer.metric(server, "received_bytes");
            client.send(head, Frame.utf8("abc"));
            awaitReceived(before + head.length + 3);
            for (int i = 0; i < 32; i++) { // reactors take turns of eight: both have others
                assertThat(ask(PostHandlers.post("/echo", Frame.utf8("z"))).text()).isEqualTo("z");
            }
            HttpAnswer answer = client.send(Frame.utf8("def")).answer();
            assertThat(answer.text()).isEqualTo("abcdef");
            assertThat(answer.header("X-Told")).isEqualTo("POST /late/b c=d one, two");
        }
    }

    /** No Content-Length is no body, RFC 9112 section 6.3. */
    @Test
    void withoutALengthThereIsNoBody() {
        HttpAnswer answer = ask(Frame.utf8("POST /echo HTTP/1.1\r\nHost: x\r\n\r\nignored"));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).isEmpty();
    }

    @Test
    void takesHttp10() {
        assertThat(ask(Frame.utf8("POST /echo HTTP/1.0\r\nContent-Length: 2\r\n"
            + "Expect: 100-continue\r\n\r\nok")).text()).isEqualTo("ok");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/echo", "/late/x"})
    void ignoresWhatFollowsTheBody(String path) {
        HttpAnswer answer = ask(Wire.join(PostHandlers.post(path, Frame.utf8("body")),
            PostHandlers.post("/echo", Wire.bytes(50_000))));
        assertThat(answer.text()).isEqualTo("body");
    }

    /** Two writes, the second when the server has the first, for every place to cut. */
    @ParameterizedTest
    @ValueSource(strings = {"/echo", "/late/x"})
    void takesTheRequestInTwoPieces(String path) {
        byte[] all = PostHandlers.post(path, Frame.utf8("hello, body"));
        for (int cut = 1; cut < all.length; cut++) {
            try (RawClient client = RawClient.connect(server.port())) {
                long before = TestServer.metric(server, "received_bytes");
                client.send(Arrays.copyOf(all, cut));
                awaitReceived(before + cut);
                HttpAnswer answer = client.send(Arrays.copyOfRange(all, cut, all.length)).answer();
                assertThat(answer.status() + answer.text()).isEqualTo("200hello, body");
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("cut at " + cut + ": " + e.getMessage(), e);
            }
        }
    }

    @Test
    void takesTheRequestByteByByte() {
        byte[] body = Wire.bytes(700);
        for (String path : new String[] {"/echo", "/late/x"}) {
            try (RawClient client = RawClient.connect(server.port())) {
                client.sendChopped(PostHandlers.post(path, body));
                assertThat(client.answer().body()).isEqualTo(body);
            }
        }
    }

    /** A client that ends its side after the request still reads. */
    @Test
    void answersAHalfClosedClient() {
        byte[] body = Wire.bytes(30_000);
        for (String path : new String[] {"/echo", "/late/x"}) {
            try (RawClient client = RawClient.connect(server.port())) {
                client.send(PostHandlers.post(path, body)).endOutput();
                assertThat(client.answer().body()).isEqualTo(body);
            }
        }
    }

    /** A connection that ends in its body is no error and leaves nothing behind. */
    @Test
    void forgetsAClientThatEndsInItsBody() {
        for (int sent : new int[] {0, 1, 40_000, 59_999}) {
            try (RawClient client = RawClient.connect(server.port())) {
                client.send(PostHandlers.head("/echo", 60_000), Wire.bytes(sent)).endOutput()
                    .expectEnd();
            }
        }
    }

    /** Memory is for what has come, not for what is announced. */
    @Test
    void announcingABodyCostsNothing() {
        TestServer.awaitQuiet(server);
        try (RawClient client = RawClient.connect(server.port())) {
            client.send(PostHandlers.head("/echo", BODY_MAX, "Expect: 100-continue"));
            assertThat(client.head().status()).isEqualTo(100);
            Await.until("the request is kept",
                () -> TestServer.metric(server, "spill_used_bytes") > 0);
            assertThat(TestServer.metric(server, "spill_used_bytes")).isLessThanOrEqualTo(1_024);
        }
    }

    private static void awaitReceived(long bytes) {
        Await.until("the server has what was sent",
            () -> TestServer.metric(server, "received_bytes") >= bytes);
    }

    // ---- 100 Continue

    @Test
    void tellsWhoAsksToContinue() {
        byte[] body = Wire.bytes(50_000);
        try (RawClient client = RawClient.connect(server.port())) {
            client.send(PostHandlers.head("/late/x", body.length, "Expect: 100-continue"));
            HttpAnswer go = client.head();
            assertThat(go.status()).isEqualTo(100);
            assertThat(go.headers()).isEmpty();
            assertThat(client.send(body).answer().body()).isEqualTo(body);
        }
    }

    /** RFC 9110 section 10.1.1: whose body is there, or who is refused, need not be told. */
    @Test
    void tellsNobodyElse() {
        HttpAnswer whole = ask(PostHandlers.post("/echo", Wire.bytes(20), "Expect: 100-continue"));
        assertThat(whole.status()).isEqualTo(200);
        assertThat(ask(PostHandlers.head("/small", 11, "Expect: 100-continue")).status())
            .isEqualTo(413);
        assertThat(ask(PostHandlers.head("/none", 0, "Expect: 100-continue")).status())
            .isEqualTo(200);
    }

    // ---- refusals

    static Stream<Arguments> refusals() {
        String post = "POST /echo HTTP/1.1\r\nHost: x\r\n";
        return Stream.of(
            refusal(400, "length and chunks",
                post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello"),
            refusal(400, "chunks and length",
                post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello"),
            refusal(400, "two lengths",
                post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
            refusal(400, "no number", post + "Content-Length: five\r\n\r\nhello"),
            refusal(400, "a negative number", post + "Content-Length: -5\r\n\r\nhello"),
            refusal(400, "a list", post + "Content-Length: 5, 5\r\n\r\nhello"),
            refusal(403, "another origin",
                post + "Origin: http://evil.com\r\nContent-Length: 5\r\n\r\nhello"),
            refusal(403, "a sandboxed page",
                post + "Origin: null\r\nContent-Length: 5\r\n\r\nhello"),
            refusal(404, "no such path", post.replace("/echo", "/nowhere")
                + "Content-Length: 5\r\n\r\nhello"),
            refusal(411, "chunks", post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"),
            refusal(413, "too long by one", post.replace("/echo", "/small")
                + "Content-Length: 11\r\n\r\nhello, body"),
            refusal(413, "longer than a long", post + "Content-Length: " + "9".repeat(50)
                + "\r\n\r\nhello"),
            refusal(417, "an expectation", post + "Expect: miracles\r\n"
                + "Content-Length: 5\r\n\r\nhello"));
    }

    private static Arguments refusal(int status, String what, String request) {
        return Arguments.of(status, what, request);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("refusals")
    void refuses(int status, String what, String request) {
        long before = TestServer.metric(server, "handshakes_rejected");
        HttpAnswer answer = ask(Frame.utf8(request));
        assertThat(answer.status()).as("%s", answer).isEqualTo(status);
        assertThat(answer.header("Connection")).isEqualTo("close");
        assertThat(answer.text()).as("a line that tells why").isNotBlank().endsWith("\n");
        assertThat(TestServer.metric(server, "handshakes_rejected")).isEqualTo(before + 1);
        try (RawClient client = RawClient.connect(server.port())) {
            client.sendChopped(Frame.utf8(request));
            assertThat(client.answer().status()).isEqualTo(status);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "GET     | /small       | POST",
        "DELETE  | /small       | POST",
        "OPTIONS | /small       | POST",
        "PUT     | /readable    | GET, HEAD, POST",
        "POST    | /healthz     | GET, HEAD",
        "post    | /readable    | GET, HEAD, POST",
        "PUT     | /echo        | GET, POST", // a WebSocket, too
    })
    void says405WithWhatIsAllowed(String method, String path, String allowed) {
        HttpAnswer answer = ask(Frame.utf8(method + " " + path + " HTTP/1.1\r\nHost: x\r\n"
            + "Content-Length: 2\r\n\r\nhi"));
        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.header("Allow")).isEqualTo(allowed);
    }

    @Test
    void onePathTakesAllThree() {
        assertThat(ask(Frame.utf8("GET /readable HTTP/1.1\r\nHost: x\r\n\r\n")).header("X-A"))
            .isEqualTo("b");
        assertThat(ask(PostHandlers.post("/readable", Frame.utf8("posted"))).text())
            .isEqualTo("posted");
        assertThat(ask(Frame.utf8("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n")).status())
            .isEqualTo(426);
        RawClient.open(server.port(), "/echo").closeNormally();
    }

    /** 413 before the body is read; and whoever sends on regardless must see it, not a reset. */
    @Test
    void tells413ToAPeerThatKeepsSending() {
        long before = TestServer.metric(server, "http_bodies_too_big");
        int length = 40_000_000;
        try (RawClient client = RawClient.connect(server.port())) {
            client.send(PostHandlers.head("/echo", length));
            byte[] piece = Wire.bytes(1_000_000);
            for (int sent = 0; sent < length; sent += piece.length) {
                client.send(piece);
            }
            HttpAnswer answer = client.answer();
            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.text()).contains("" + BODY_MAX);
        }
        assertThat(TestServer.metric(server, "http_bodies_too_big")).isEqualTo(before + 1);
    }

    // ---- handlers that do it wrong

    @ParameterizedTest
    @CsvSource({"/broken, 500", "/nothing, 500", "/replied, 202"})
    void aHandlerThatThrowsCostsItsRequestOnly(String path, int status) {
        long before = TestServer.metric(server, "handler_errors");
        HttpAnswer answer = ask(PostHandlers.post(path, Wire.bytes(5_000)));
        assertThat(answer.status()).isEqualTo(status);
        assertThat(TestServer.metric(server, "handler_errors")).isEqualTo(before + 1);
    }

    // ---- deadline of the body

    @Test
    void tellsASlowPeerThatItTookTooLong() {
        try (WebSocketServer hasty = TestServer.start(TestServer.builder()
                .post("/echo", PostHandlers.echo()).closeTimeout(Duration.ofSeconds(60))
                .handshakeTimeout(Duration.ofSeconds(1)));
                RawClient begun = RawClient.connect(hasty.port());
                RawClient announced = RawClient.connect(hasty.port())) {
            begun.send(PostHandlers.head("/echo", 60_000), Wire.bytes(30_000));
            announced.send(PostHandlers.head("/echo", 60_000));
            assertThat(begun.answer().status()).isEqualTo(408);
            assertThat(announced.answer().status()).isEqualTo(408);
            assertThat(TestServer.metric(hasty, "handshakes_timed_out")).isEqualTo(2);
            Await.until("what came is not kept while the peers linger",
                () -> TestServer.metric(hasty, "spill_used_bytes") == 0);
            begun.close();
            announced.close();
            TestServer.awaitQuiet(hasty);
        }
    }
}
