package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.api.Delivery;
import io.mooring.api.SendResult;
import io.mooring.api.SlowReceivers;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** POST /topic/NAME, by the JDK's client, and the embedded API's publish; both tell the outcome. */
@Tag("e2e")
class TopicPostTest {
    private static final String BINARY = "application/octet-stream";
    private static final int MESSAGE_MAX = 1 << 20;
    private static final int FRAMES_WAITING = 2;
    private static final Pattern COUNTS = Pattern.compile("\\{\"subscribers\":(\\d+),\"delivered\":"
        + "(\\d+),\"queued\":(\\d+),\"dropped\":0,\"closed\":0,\"evicted\":0}\n");

    private final HttpClient client = HttpClient.newHttpClient();
    private WebSocketServer server;

    private void start(WebSocketServer.Builder builder) {
        server = TestServer.start(
            builder.post(TopicHandler.PREFIX + "*", new TopicPostHandler()));
    }

    private void start() {
        start(TestServer.builder());
    }

    @AfterEach
    void stop() {
        client.close();
        if (server != null) {
            server.close();
        }
    }

    private RawClient join(String name) {
        return RawClient.open(server.port(), TopicHandler.PREFIX + name);
    }

    private HttpRequest request(String name, byte[] body, String type) {
        HttpRequest.Builder request = HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + server.port() + "/topic/" + name))
            .timeout(Await.DEADLINE).POST(BodyPublishers.ofByteArray(body));
        return (type == null ? request : request.header("Content-Type", type)).build();
    }

    private HttpResponse<String> post(String name, byte[] body, String type)
        throws IOException, InterruptedException {
        return client.send(request(name, body, type), BodyHandlers.ofString());
    }

    /** Delivered or, just behind something else (the handshake's answer), queued. */
    private static void expectAll(int subscribers, HttpResponse<String> answer) {
        assertThat(answer.statusCode()).isEqualTo(200);
        Matcher counts = COUNTS.matcher(answer.body());
        assertThat(counts.matches()).as(answer.body()).isTrue();
        assertThat(Integer.parseInt(counts.group(1))).isEqualTo(subscribers);
        assertThat(Integer.parseInt(counts.group(2)) + Integer.parseInt(counts.group(3)))
            .isEqualTo(subscribers);
    }

    @Test
    void everySubscriberGetsItAndIsCounted() throws Exception {
        start();
        try (RawClient a = join("t"); RawClient b = join("t"); RawClient other = join("u")) {
            HttpResponse<String> answer = post("t", "h\u00e9llo".getBytes(StandardCharsets.UTF_8),
                "text/plain; charset=utf-8");
            assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
            expectAll(2, answer);
            a.expect(Frame.text("h\u00e9llo"));
            b.expect(Frame.text("h\u00e9llo"));

            expectAll(2, post("t", new byte[] {1, (byte) 0x80}, BINARY));
            a.expect(Frame.binary(new byte[] {1, (byte) 0x80}));
            b.expect(Frame.binary(new byte[] {1, (byte) 0x80}));
            for (RawClient each : new RawClient[] {a, b, other}) {
                each.closeNormally();
            }
            assertThat(TestServer.metric(server, "messages_published")).isEqualTo(2);
            assertThat(TestServer.metric(server, "frames_delivered")
                + TestServer.metric(server, "frames_queued")).isEqualTo(4);
        }
        TestServer.awaitQuiet(server);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 125, 126, 65_536, MESSAGE_MAX})
    void ofEverySize(int length) throws Exception {
        start(TestServer.builder().maxMessage(MESSAGE_MAX));
        byte[] body = Wire.bytes(length);
        try (RawClient a = join("t")) {
            CompletableFuture<HttpResponse<String>> answer =
                client.sendAsync(request("t", body, BINARY), BodyHandlers.ofString());
            assertThat(a.frame().payload()).isEqualTo(body);
            assertThat(answer.get(30, TimeUnit.SECONDS).body()).contains("\"subscribers\":1,");
            a.closeNormally();
        }
    }

    @Test
    void nobodyIsThere() throws Exception {
        start();
        expectAll(0, post("t", new byte[10], BINARY));
        CompletableFuture<Delivery> told = new CompletableFuture<>();
        assertThat(server.publishText("t", "x", told::complete)).isEqualTo(SendResult.QUEUED);
        assertThat(told.getNow(null)).isEqualTo(new Delivery(0, 0, 0, 0, 0, 0));
    }

    @Test
    void whatIsWrongIsRefused() throws Exception {
        start(TestServer.builder().maxMessage(1000));
        HttpResponse<String> answer = post("a%20b", new byte[1], null);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("a topic is 1 to 128 of");
        answer = post("t", new byte[] {(byte) 0xff}, null);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("not UTF-8", BINARY);
        assertThat(post("t", new byte[1001], BINARY).statusCode()).isEqualTo(413);
        assertThat(TestServer.metric(server, "messages_published")).isZero();
    }

    /** Faster than the link: what is on its way uses up the memory, and the publisher is told. */
    @Test
    void aPublisherThatIsTooFastIsTold() throws Exception {
        start(TestServer.builder().reactors(1).maxMessage(MESSAGE_MAX).broadcastRate(1)
            .frameMemory((FRAMES_WAITING + 1) * MESSAGE_MAX));
        try (RawClient a = join("t")) {
            // It reads, or it would soon be behind, and frames be dropped instead of waiting.
            Thread reading = Thread.ofVirtual().start(() -> {
                while (a.frame().payload().length == MESSAGE_MAX) { }
            });
            Await.until("frames wait for the link", () -> {
                server.publishBinary("t", new byte[MESSAGE_MAX]);
                return TestServer.metric(server, "broadcasts_paced") > 0;
            });
            // A frame that is out already may still be given back, and leave room for the next.
            Await.until("the memory is full of frames that wait", () -> {
                while (server.publishBinary("t", new byte[MESSAGE_MAX]) == SendResult.QUEUED) { }
                return TestServer.metric(server, "messages_published")
                    - TestServer.metric(server, "frames_delivered")
                    - TestServer.metric(server, "frames_queued") >= FRAMES_WAITING;
            });
            HttpResponse<String> answer = post("t", new byte[MESSAGE_MAX], BINARY);
            assertThat(answer.statusCode()).isEqualTo(429);
            assertThat(answer.headers().firstValue("Retry-After")).hasValue("1");
            assertThat(answer.body()).contains("--frame-memory");
            assertThat(TestServer.metric(server, "publish_refused")).isGreaterThanOrEqualTo(2);
            a.close();
            reading.join();
        }
    }

    /** From a thread that is none of the server's, through the embedded API. */
    @Test
    void theApiTellsTheOutcome() throws Exception {
        start(TestServer.builder().slowReceivers("t*",
            SlowReceivers.of(SlowReceivers.Policy.LATEST)));
        try (RawClient a = join("t1"); RawClient b = join("t1")) {
            CompletableFuture<Delivery> told = new CompletableFuture<>();
            assertThat(server.publishText("t1", "news", told::complete))
                .isEqualTo(SendResult.QUEUED);
            Delivery delivery = told.get(30, TimeUnit.SECONDS);
            assertThat(delivery.subscribers()).isEqualTo(2);
            assertThat(delivery.delivered() + delivery.queued()).isEqualTo(2);
            a.expect(Frame.text("news")).closeNormally();
            b.expect(Frame.text("news")).closeNormally();
        }
        TestServer.awaitQuiet(server);
    }
}
