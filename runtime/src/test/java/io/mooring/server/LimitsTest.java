package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What a server was told to bound: sizes, counts and times. Each bound is said to the peer, and
 * counted.
 */
@Tag("e2e")
class LimitsTest {
    private static final int MESSAGE_MAX = 1_000;

    @Test
    void aMessageTooBigIsRefused() {
        try (WebSocketServer server =
                TestServer.start(TestServer.builder().maxMessage(MESSAGE_MAX))) {
            byte[] most = Wire.bytes(MESSAGE_MAX);
            byte[] tooMuch = Wire.bytes(MESSAGE_MAX + 1);
            try (RawClient client = RawClient.open(server.port(), "/echo")) {
                client.send(Wire.binary(most)).expect(Frame.binary(most));
                client.send(Wire.fragments(Frame.BINARY, most, 300)).expect(Frame.binary(most));
                client.closeNormally();
            }
            List<byte[]> scripts = List.of(
                Wire.binary(tooMuch),
                Wire.header(Wire.FIN | Frame.BINARY, MESSAGE_MAX + 1, true), // already
                Wire.header(Wire.FIN | Frame.TEXT, 5_000_000_000L, true),
                Wire.fragments(Frame.BINARY, tooMuch, 300),
                Wire.fragments(Frame.TEXT, Wire.utf8(MESSAGE_MAX + 1), MESSAGE_MAX),
                Wire.join(Wire.frame(Frame.BINARY, most), Wire.header(Wire.FIN, 1, true)));
            for (byte[] script : scripts) {
                try (RawClient client = RawClient.open(server.port(), "/echo")) {
                    client.send(script).expect(Frame.close(1009)).expectEnd();
                }
            }
            assertThat(TestServer.metric(server, "messages_too_big")).isEqualTo(scripts.size());
            TestServer.awaitQuiet(server);
        }
    }

    /** Empty fragments cost the sender six bytes and the server work without end. */
    @Test
    void aMessageOfTooManyFragmentsIsRefused() {
        try (WebSocketServer server =
                TestServer.start(TestServer.builder().maxMessage(MESSAGE_MAX));
                RawClient client = RawClient.open(server.port(), "/echo")) {
            byte[][] fragments = new byte[20_000][];
            for (int i = 0; i < fragments.length; i++) {
                fragments[i] = Wire.frame(i == 0 ? Frame.TEXT : Frame.CONTINUATION, new byte[0]);
            }
            client.send(fragments).expect(Frame.close(1008)).expectEnd();
            client.close();
            assertThat(TestServer.metric(server, "policy_violations")).isEqualTo(1);
            TestServer.awaitQuiet(server);
        }
    }

    @Test
    void oneConnectionTooManyIsRefusedAndLaterTaken() {
        int most = 5;
        try (WebSocketServer server = TestServer.start(TestServer.builder().maxConnections(most))) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < most; i++) {
                clients.add(RawClient.open(server.port(), "/echo"));
            }
            for (int i = 1; i <= 100; i++) {
                expectRefusal(server, "127.0.0.1", 503, i % 2 == 0);
                assertThat(TestServer.metric(server, "connections_refused_full")).isEqualTo(i);
            }
            assertThat(server.connections()).isEqualTo(most);
            clients.removeLast().closeNormally();
            Await.until("a place is free", () -> server.connections() == most - 1);
            RawClient late = RawClient.open(server.port(), "/echo");
            late.send(Wire.text("in")).expect(Frame.text("in")).closeNormally();
            clients.forEach(RawClient::closeNormally);
            TestServer.awaitQuiet(server);
        }
    }

    @Test
    void oneConnectionTooManyFromAnAddressIsRefused() {
        try (WebSocketServer server =
                TestServer.start(TestServer.builder().maxConnectionsPerAddress(2))) {
            RawClient first = RawClient.open(server.port(), "/echo");
            RawClient second = RawClient.open(server.port(), "/echo");
            expectRefusal(server, "127.0.0.1", 429, true);
            assertThat(TestServer.metric(server, "connections_refused_address")).isEqualTo(1);
            RawClient elsewhere = RawClient.connect(server.port(), 0, "127.0.0.2").upgrade("/echo");
            assertThat(server.connections()).isEqualTo(3);
            first.closeNormally();
            Await.until("a place is free", () -> server.connections() == 2);
            RawClient.open(server.port(), "/echo").closeNormally();
            second.closeNormally();
            elsewhere.closeNormally();
            TestServer.awaitQuiet(server);
        }
    }

    /** Refused whether it says something or not, with an answer that any HTTP client reads. */
    private static void expectRefusal(WebSocketServer server, String from, int status,
        boolean talks) {
        try (RawClient client = RawClient.connect(server.port(), 0, from)) {
            if (talks) {
                client.send(RawClient.request("/echo"));
            }
            HttpAnswer answer = client.answer();
            assertThat(answer.status()).isEqualTo(status);
            assertThat(answer.header("Retry-After")).matches("\\d+");
            assertThat(answer.header("Connection")).isEqualToIgnoringCase("close");
            assertThat(answer.text()).contains("--max-connections");
        }
    }

    /**
     * The idle time is long enough that a loaded machine does not make the one that answers late.
     */
    @Test
    void aSilentPeerIsPingedThenCutAndOneThatAnswersStays() {
        try (WebSocketServer server =
                TestServer.start(TestServer.builder().idleTimeout(Duration.ofSeconds(6)));
                RawClient silent = RawClient.open(server.port(), "/echo");
                RawClient alive = RawClient.open(server.port(), "/echo")) {
            for (int i = 0; i < 2; i++) {
                Frame ping = alive.frame();
                assertThat(ping.opcode()).isEqualTo(Frame.PING);
                alive.send(Wire.pong(ping.payload()));
            }
            silent.expect(Frame.ping(new byte[0])).expectEnd();
            assertThat(TestServer.metric(server, "idle_closed")).isEqualTo(1);
            assertThat(TestServer.metric(server, "pings_sent")).isGreaterThanOrEqualTo(3);
            Await.until("both pongs are read",
                () -> TestServer.metric(server, "pongs_received") == 2);
            alive.send(Wire.text("here"), Wire.close(1000));
            Frame next = alive.frame();
            while (next.opcode() == Frame.PING) { // if this took long
                next = alive.frame();
            }
            assertThat(next).isEqualTo(Frame.text("here"));
            alive.expect(Frame.close(1000)).expectEnd();
            alive.close();
            silent.close();
            TestServer.awaitQuiet(server);
        }
    }

    /** Zero means never; then the handshake's own deadline must not go on ticking either. */
    @Test
    void withoutAnIdleTimeAnOpenConnectionHasNoDeadline() {
        try (WebSocketServer server = TestServer.start(TestServer.builder()
                .idleTimeout(Duration.ZERO).handshakeTimeout(Duration.ofSeconds(1)));
                RawClient client = RawClient.open(server.port(), "/echo");
                RawClient later = RawClient.connect(server.port())) {
            later.expectEnd(); // its deadline came after the one that the first had
            client.send(Wire.text("x")).expect(Frame.text("x")).closeNormally();
            assertThat(TestServer.metric(server, "pings_sent")).isZero();
            later.close();
            TestServer.awaitQuiet(server);
        }
    }
}
