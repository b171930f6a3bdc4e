package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.api.Connections;
import io.mooring.api.Payload;
import io.mooring.api.Request;
import io.mooring.api.WebSocketHandler;
import io.mooring.reactor.Arming;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * However a connection ends, its slot and its memory come back, and its handler hears of it once.
 */
@Tag("e2e")
class LifeTest {
    private static final int MESSAGE_MAX = 64 * 1024;

    private static final Recorder RECORDER = new Recorder();
    private static WebSocketServer server;

    @BeforeAll
    static void start() {
        server = TestServer.start(TestServer.builder().maxMessage(MESSAGE_MAX)
            .path("/recorded", RECORDER).path("/throws", new ThrowingHandler()));
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            TestServer.awaitQuiet(server);
            RECORDER.checkEachClosedOnce();
            server.close();
        }
    }

    // ---- the first to ask

    /** The first of several reactors serves while the others are being set up. */
    @Test
    void whoAsksDuringTheStartIsAnswered() throws Exception {
        for (int round = 0; round < 5; round++) {
            int port = freePort();
            CompletableFuture<HttpAnswer> answer =
                CompletableFuture.supplyAsync(() -> firstAnswer(port, "/metrics"));
            try (WebSocketServer starting =
                    TestServer.start(TestServer.builder().port(port).reactors(8))) {
                assertThat(answer.get(30, TimeUnit.SECONDS).status()).isEqualTo(200);
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static HttpAnswer firstAnswer(int port, String path) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.getOutputStream()
                    .write(Frame.utf8("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"));
                return HttpAnswer.read(socket.getInputStream());
            } catch (ConnectException e) {
                assertThat(System.nanoTime()).as("it listens").isLessThan(end);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    // ---- the code that onClose is given

    @Test
    void onCloseIsToldHowItEnded() {
        Map<Integer, Consumer<RawClient>> ends = new LinkedHashMap<>();
        ends.put(1000, client -> client.send(Wire.close(1000)).expect(Frame.close(1000)));
        ends.put(4001, client -> client.send(Wire.close(4001)).expect(Frame.close(4001)));
        ends.put(1005, client -> client.send(Wire.close()).expect(Frame.close()));
        ends.put(1002, client -> client.send(Wire.ping(new byte[126])).expect(Frame.close(1002)));
        ends.put(1007, client -> client.send(Wire.text(new byte[] {-1})).expect(Frame.close(1007)));
        ends.put(1009, client -> client.send(Wire.binary(new byte[MESSAGE_MAX + 1]))
            .expect(Frame.close(1009)));
        ends.put(1006, RawClient::endOutput);
        ends.forEach((code, end) -> {
            try (RawClient client = RawClient.open(server.port(), "/recorded")) {
                long connection = RECORDER.connectionOf(client);
                end.accept(client);
                client.expectEnd();
                assertThat(RECORDER.awaitClose(connection)).containsExactly(code);
            }
        });
    }

    @Test
    void onCloseIsToldOfAReset() {
        RawClient client = RawClient.open(server.port(), "/recorded");
        long connection = RECORDER.connectionOf(client);
        client.reset();
        assertThat(RECORDER.awaitClose(connection)).containsExactly(1006);
    }

    @Test
    void onCloseIsToldThePeersAnswerToOurClose() {
        try (RawClient client = RawClient.open(server.port(), "/recorded")) {
            long connection = RECORDER.connectionOf(client);
            server.close(connection, 4000, "enough");
            client.expect(Frame.close(4000, "enough"));
            client.send(Wire.text("late, dropped"), Wire.close(4000)).expectEnd();
            assertThat(RECORDER.awaitClose(connection)).containsExactly(4000);
            assertThat(RECORDER.messages()).doesNotContain("late, dropped");
        }
    }

    @Test
    void onCloseIsToldThatThePeerDidNotAnswerOurClose() {
        Recorder recorder = new Recorder();
        try (WebSocketServer hasty = TestServer.start(TestServer.builder()
                .path("/recorded", recorder).closeTimeout(Duration.ofMillis(200)));
                RawClient client = RawClient.open(hasty.port(), "/recorded")) {
            long connection = recorder.connectionOf(client);
            hasty.close(connection, 4000, "enough");
            client.expect(Frame.close(4000, "enough")).expectEnd();
            assertThat(recorder.awaitClose(connection)).containsExactly(1006);
            assertThat(TestServer.metric(hasty, "close_timeouts")).isEqualTo(1);
            client.close();
            TestServer.awaitQuiet(hasty);
        }
    }

    // ---- peers that vanish

    @Test
    void aHalfClosedPeerGetsItsSmallEcho() {
        for (int i = 0; i < 200; i++) {
            try (RawClient client = RawClient.open(server.port(), "/recorded")) {
                client.send(Wire.text("last words")).endOutput()
                    .expect(Frame.text("last words")).expectEnd();
            }
        }
    }

    /** What was received whole before the peer ended its side is still answered. */
    @Test
    void aHalfClosedPeerGetsItsEchoes() {
        byte[] message = Wire.bytes(50_000);
        try (RawClient client = RawClient.open(server.port(), "/recorded")) {
            client.send(Wire.text("one"), Wire.binary(message), Wire.text("two")).endOutput()
                .expect(Frame.text("one"), Frame.binary(message), Frame.text("two"))
                .expectEnd();
        }
    }

    /**
     * The same where the answer does not fit the socket buffers, so that part of it waits in the
     * server.
     */
    @Test
    void aHalfClosedSlowReaderGetsItsEcho() {
        int length = 8 << 20;
        byte[] message = Wire.bytes(length);
        try (WebSocketServer large = TestServer.start(TestServer.builder().maxMessage(length));
                RawClient client = RawClient.connect(large.port(), 8_192, "127.0.0.1")
                    .upgrade("/echo")) {
            client.send(Wire.binary(message)).endOutput();
            client.expect(Frame.binary(message)).expectEnd();
            client.close();
            TestServer.awaitQuiet(large);
        }
    }

    @Test
    void aResetInAnyPhaseLeavesNothing() {
        byte[] request = RawClient.request("/recorded");
        byte[] large = Wire.binary(new byte[60_000]);
        Map<String, Consumer<RawClient>> phases = new LinkedHashMap<>();
        phases.put("before the request", client -> { });
        phases.put("in the request", client -> client.send(Arrays.copyOf(request, 60)));
        phases.put("before the response is read", client -> client.send(request));
        phases.put("with an HTTP response unread", client -> client.send(
            Frame.utf8("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")));
        phases.put("idle", client -> client.upgrade("/recorded"));
        phases.put("subscribed", client -> client.upgrade("/topic/reset"));
        phases.put("in a header", client -> client.upgrade("/recorded")
            .send(new byte[] {(byte) 0x82, (byte) 0xfe, 1}));
        phases.put("in a frame", client -> client.upgrade("/recorded")
            .send(Arrays.copyOf(large, 5_000)));
        phases.put("between fragments", client -> client.upgrade("/recorded")
            .send(Wire.frame(Frame.TEXT, new byte[500])));
        phases.put("with echoes unread", client -> client.upgrade("/recorded")
            .send(large, large, large));
        phases.put("hot", client -> {
            client.upgrade("/recorded");
            for (int i = 0; i < 20; i++) {
                client.send(Wire.text("x")).expect(Frame.text("x"));
            }
        });
        phases.put("after its Close", client -> client.upgrade("/recorded").send(Wire.close(1000)));
        phases.put("after breaking the protocol", client -> client.upgrade("/recorded")
            .send(Wire.unmasked(0x81, new byte[3])).expect(Frame.close(1002)));
        phases.put("half closed", client -> client.upgrade("/recorded")
            .send(large, large).endOutput());
        for (int round = 0; round < 20; round++) {
            phases.forEach((phase, act) -> {
                RawClient client = RawClient.connect(server.port());
                act.accept(client);
                client.reset();
            });
        }
        TestServer.awaitQuiet(server);
        RawClient.open(server.port(), "/echo").closeNormally();
    }

    /**
     * Data and a reset at once wake whoever waits only once, and a multishot receive may be content
     * with the data. Before the first receive is armed, and when reading goes on after a pause.
     */
    @ParameterizedTest
    @EnumSource
    void aResetRightAfterDataIsNoticed(Arming arming) {
        byte[] part = Arrays.copyOf(Wire.binary(new byte[MESSAGE_MAX]), 3_000);
        byte[] echoes = Wire.join(Wire.binary(new byte[30_000]), Wire.binary(new byte[30_000]),
            Wire.binary(new byte[30_000]), Wire.binary(new byte[30_000]));
        try (WebSocketServer other = TestServer.start(TestServer.builder().arming(arming))) {
            try (ExecutorService threads = Executors.newFixedThreadPool(30)) {
                for (int i = 0; i < 500; i++) {
                    threads.execute(() -> RawClient.open(other.port(), "/echo").send(part).reset());
                    threads.execute(() -> {
                        RawClient client = RawClient.connect(other.port(), 8_192, "127.0.0.1")
                            .upgrade("/echo").send(echoes);
                        for (int echo = 0; echo < 4; echo++) {
                            client.frame();
                        }
                        client.send(part).reset();
                    });
                }
            }
            TestServer.awaitQuiet(other);
            assertThat(TestServer.metric(other, "connections_upgraded")).isEqualTo(1_000);
        }
    }

    /** The kernel ends 2,000 connections at once, in every state that a connection can be in. */
    @Test
    void aKilledClientLeavesNothing() {
        int connections = 2_000;
        TestServer.awaitQuiet(server);
        long before = TestServer.metric(server, "connections_closed");
        try (JavaProcess client = JavaProcess.start(HoldingClient.class.getName(),
                String.valueOf(server.port()), String.valueOf(connections))) {
            client.awaitLine("that it holds them", line -> line.equals("holding " + connections));
            assertThat(server.connections()).isEqualTo(connections);
            client.kill();
        }
        TestServer.awaitQuiet(server);
        assertThat(server.connections()).isZero();
        assertThat(TestServer.metric(server, "connections_closed")).isEqualTo(before + connections);
        RawClient.open(server.port(), "/echo").closeNormally();
    }

    // ---- handlers that throw

    /** Throws where the path's query says. */
    private static final class ThrowingHandler implements WebSocketHandler {
        @Override
        public void onOpen(Connections connections, long connection, Request request) {
            connections.attach(connection, request.query().equals("close") ? 1 : 0);
            if (request.query().equals("open")) {
                throw new IllegalStateException("on purpose, in onOpen");
            }
        }

        @Override
        public void onMessage(Connections connections, long connection, Payload message) {
            switch (message.toText()) {
                case "error" -> throw new AssertionError("on purpose, an Error");
                case "exception" -> throw new IllegalStateException("on purpose, in onMessage");
                case "after sending" -> {
                    connections.sendText(connection, "sent");
                    throw new IllegalStateException("on purpose, after sending");
                }
                default -> connections.send(connection, message);
            }
        }

        @Override
        public void onClose(Connections connections, long connection, int code) {
            if (connections.attachment(connection) == 1) {
                throw new IllegalStateException("on purpose, in onClose");
            }
        }
    }

    @Test
    void aHandlerThatThrowsCostsItsConnectionOnly() {
        long before = TestServer.metric(server, "handler_errors");
        try (RawClient witness = RawClient.open(server.port(), "/throws")) {
            try (RawClient client = RawClient.open(server.port(), "/throws?open")) {
                client.expect(Frame.close(1011)).expectEnd();
            }
            for (String how : new String[] {"error", "exception", "after sending"}) {
                try (RawClient client = RawClient.open(server.port(), "/throws")) {
                    client.send(Wire.text("before"), Wire.text(how), Wire.text("not read"));
                    client.expect(Frame.text("before"));
                    if (how.equals("after sending")) {
                        client.expect(Frame.text("sent"));
                    }
                    client.expect(Frame.close(1011)).expectEnd();
                }
            }
            try (RawClient client = RawClient.open(server.port(), "/throws?close")) {
                client.closeNormally();
            }
            witness.send(Wire.text("still here")).expect(Frame.text("still here")).closeNormally();
        }
        Await.until("five throws are counted",
            () -> TestServer.metric(server, "handler_errors") == before + 5);
    }
}
