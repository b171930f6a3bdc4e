package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.api.SendResult;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * How a server ends: it says goodbye to all, waits for those that answer, and cuts the others at
 * the deadline.
 */
@Tag("e2e")
class StopTest {
    private static final Frame GOING_AWAY = Frame.close(1001, "the server is stopping");
    private static final Duration PATIENT = Duration.ofSeconds(30);

    @Test
    void allAnswer() {
        Recorder recorder = new Recorder();
        WebSocketServer server =
            TestServer.start(TestServer.builder().path("/recorded", recorder));
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            clients.add(RawClient.open(server.port(), i % 3 == 0 ? "/topic/t" : "/recorded"));
        }
        RawClient inRequest = RawClient.connect(server.port())
            .send(Arrays.copyOf(RawClient.request("/echo"), 40));
        Await.until("all are connected", () -> server.connections() == clients.size() + 1);
        CompletableFuture<Boolean> stopped =
            CompletableFuture.supplyAsync(() -> server.stop(PATIENT));
        for (RawClient client : clients) {
            client.expect(GOING_AWAY).send(Wire.close(1001)).expectEnd();
        }
        inRequest.expectEnd();
        assertThat(stopped.join()).as("all ended in time").isTrue();
        recorder.checkEachClosedOnce();
        assertThat(server.connections()).isZero();
        assertThatThrownBy(() -> RawClient.connect(server.port()))
            .isInstanceOf(UncheckedIOException.class);
        clients.forEach(RawClient::close);
        inRequest.close();
    }

    /** What was accepted before is delivered before the goodbye. */
    @Test
    void whatIsUnderWayArrivesFirst() {
        int length = 8 << 20;
        byte[] message = Wire.bytes(length);
        WebSocketServer server = TestServer.start(TestServer.builder().maxMessage(length));
        RawClient client = RawClient.connect(server.port(), 8_192, "127.0.0.1").upgrade("/echo");
        client.send(Wire.binary(message));
        Await.until("the echo is under way", () -> TestServer.metric(server, "messages_sent") == 1);
        CompletableFuture<Boolean> stopped =
            CompletableFuture.supplyAsync(() -> server.stop(PATIENT));
        client.expect(Frame.binary(message), GOING_AWAY).send(Wire.close(1001)).expectEnd();
        assertThat(stopped.join()).isTrue();
        client.close();
    }

    @Test
    void oneDoesNotAnswer() {
        Recorder recorder = new Recorder();
        WebSocketServer server = TestServer.start(
            TestServer.builder().path("/recorded", recorder).closeTimeout(PATIENT));
        RawClient stubborn = RawClient.open(server.port(), "/recorded");
        RawClient polite = RawClient.open(server.port(), "/recorded");
        CompletableFuture<Boolean> stopped =
            CompletableFuture.supplyAsync(() -> server.stop(Duration.ofSeconds(2)));
        polite.expect(GOING_AWAY).send(Wire.close(1001));
        stubborn.expect(GOING_AWAY).expectEnd();
        assertThat(stopped.join()).as("all ended in time").isFalse();
        recorder.checkEachClosedOnce();
        assertThat(server.connections()).isZero();
        polite.close();
        stubborn.close();
    }

    @Test
    void stoppingTwiceSaysTheSame() {
        WebSocketServer server = TestServer.start(TestServer.builder());
        RawClient client = RawClient.open(server.port(), "/echo");
        assertThat(server.stop(Duration.ZERO)).as("the peer had no time to answer").isFalse();
        assertThat(server.stop(PATIENT)).as("the same again").isFalse();
        server.close();
        client.close();
    }

    @Test
    void usingItAfterwardsIsHarmless() {
        Recorder recorder = new Recorder();
        WebSocketServer server = TestServer.start(TestServer.builder().path("/recorded", recorder));
        RawClient client = RawClient.open(server.port(), "/recorded");
        long connection = recorder.connectionOf(client);
        server.stop(Duration.ZERO);
        client.close();
        server.close(connection, 1000, "late");
        assertThat(server.sendText(connection, "late")).isEqualTo(SendResult.CLOSED);
        server.publishText("t", "late");
        assertThat(TestServer.metric(server, "published_frame_bytes")).isZero();
    }

    /** A port that was served can be served again at once. */
    @Test
    void thePortIsFreeAfterwards() {
        int port = 0;
        for (int i = 0; i < 5; i++) {
            try (WebSocketServer server = TestServer.start(TestServer.builder().port(port));
                    RawClient client = RawClient.open(server.port(), "/echo")) {
                port = server.port();
                client.send(Wire.text("again")).expect(Frame.text("again"));
                client.closeNormally();
            }
        }
    }
}
