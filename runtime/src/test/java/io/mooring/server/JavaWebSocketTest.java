package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.java_websocket.client.WebSocketClient;
import org.java_websocket.enums.Opcode;
import org.java_websocket.framing.Framedata;
import org.java_websocket.framing.PingFrame;
import org.java_websocket.handshake.ServerHandshake;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The library Java-WebSocket against the server. */
@Tag("e2e")
class JavaWebSocketTest {
    private static final int MIB = 1 << 20;
    private static final int CLIENTS = 100;

    private static final Recorder RECORDER = new Recorder();
    private static WebSocketServer server;

    @BeforeAll
    static void start() {
        server = TestServer.start(TestServer.builder().maxMessage(2 * MIB)
            .path("/recorded", RECORDER));
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            TestServer.awaitQuiet(server);
            RECORDER.checkEachClosedOnce();
            server.close();
        }
    }

    private static final class Client extends WebSocketClient {
        private final BlockingQueue<Object> received = new LinkedBlockingQueue<>();
        private final CompletableFuture<JdkClient.End> end = new CompletableFuture<>();

        Client(String path) throws InterruptedException {
            super(URI.create("ws://127.0.0.1:" + server.port() + path));
            setTcpNoDelay(true);
            setConnectionLostTimeout(0);
            assertThat(connectBlocking(Await.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                .as("connected").isTrue();
        }

        @Override
        public void onOpen(ServerHandshake handshake) {
            assertThat(handshake.getHttpStatus()).isEqualTo((short) 101);
        }

        @Override
        public void onMessage(String message) {
            received.add(message);
        }

        @Override
        public void onMessage(ByteBuffer bytes) {
            byte[] message = new byte[bytes.remaining()];
            bytes.get(message);
            received.add(message);
        }

        @Override
        public void onWebsocketPong(org.java_websocket.WebSocket socket, Framedata frame) {
            byte[] payload = new byte[frame.getPayloadData().remaining()];
            frame.getPayloadData().get(payload);
            received.add(Frame.pong(payload));
        }

        @Override
        public void onClose(int code, String reason, boolean remote) {
            end.complete(new JdkClient.End(code, reason));
        }

        @Override
        public void onError(Exception e) {
            received.add(e);
        }

        Object next() throws InterruptedException {
            Object next = received.poll(Await.DEADLINE.toSeconds(), TimeUnit.SECONDS);
            return next == null ? "nothing came" : next;
        }

        void sendBoth(int length, int parts) {
            byte[] text = Wire.utf8(length);
            byte[] bytes = Wire.bytes(length);
            if (parts == 1) {
                send(new String(text, StandardCharsets.UTF_8));
                send(bytes);
                return;
            }
            sendParts(Opcode.TEXT, text, parts);
            sendParts(Opcode.BINARY, bytes, parts);
        }

        private void sendParts(Opcode opcode, byte[] message, int parts) {
            for (int i = 0; i < parts; i++) {
                int from = (int) ((long) message.length * i / parts);
                int to = (int) ((long) message.length * (i + 1) / parts);
                sendFragmentedFrame(opcode, ByteBuffer.wrap(message, from, to - from),
                    i == parts - 1);
            }
        }

        void expectBoth(int length) throws InterruptedException {
            Object text = next();
            assertThat(text.equals(new String(Wire.utf8(length), StandardCharsets.UTF_8)))
                .as("text of %s B came back", length).isTrue();
            Object bytes = next();
            assertThat(bytes instanceof byte[] back && Arrays.equals(back, Wire.bytes(length)))
                .as("binary of %s B came back", length).isTrue();
        }

        JdkClient.End awaitEnd() {
            return JdkClient.await(end);
        }
    }

    @ParameterizedTest(name = "{0} B in {1} parts")
    @CsvSource({"0, 1", "1, 1", "125, 1", "126, 1", "65535, 1", "65536, 1", "1048576, 1", "10, 3",
        "65536, 9", "1048576, 16"})
    void echoes(int length, int parts) throws InterruptedException {
        Client client = new Client("/echo");
        client.sendBoth(length, parts);
        client.expectBoth(length);
        client.close(1000);
        assertThat(client.awaitEnd().code()).isEqualTo(1000);
    }

    @Test
    void echoesManyAtOnce() throws InterruptedException {
        List<CompletableFuture<Client>> opening = IntStream.range(0, CLIENTS)
            .mapToObj(i -> CompletableFuture.supplyAsync(() -> {
                try {
                    return new Client("/echo");
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            })).toList();
        List<Client> clients = opening.stream().map(JdkClient::await).toList();
        Await.until("all of them are open", () -> server.connections() == CLIENTS);
        for (int length : new int[] {0, 5, 5_000, 70_000}) {
            clients.forEach(client -> client.sendBoth(length, 1 + length % 3));
            for (Client client : clients) {
                client.expectBoth(length);
            }
        }
        clients.forEach(client -> client.close(1000));
        clients.forEach(client -> assertThat(client.awaitEnd().code()).isEqualTo(1000));
    }

    @Test
    void pings() throws InterruptedException {
        Client client = new Client("/echo");
        for (int length : new int[] {0, 1, 125}) {
            PingFrame ping = new PingFrame();
            ping.setPayload(ByteBuffer.wrap(Wire.bytes(length)));
            client.sendFrame(ping);
            assertThat(client.next()).isEqualTo(Frame.pong(Wire.bytes(length)));
        }
        client.close();
        assertThat(client.awaitEnd().code()).isEqualTo(1000);
    }

    /**
     * The library may close its socket before its own Close frame, or its answer to ours, is out:
     * one thread of it writes and another one closes. Then the server is right to say 1006.
     */
    @Test
    void isClosedByEitherSide() throws InterruptedException {
        Client client = new Client("/recorded");
        client.close(4321, "because");
        assertThat(client.awaitEnd().code()).isEqualTo(4321);
        assertThat(RECORDER.awaitClose(RECORDER.opened().getLast())).containsAnyOf(4321, 1006);

        Client other = new Client("/recorded");
        server.close(RECORDER.opened().getLast(), 4322, "because \u20ac");
        assertThat(other.awaitEnd()).isEqualTo(new JdkClient.End(4322, "because \u20ac"));
        assertThat(RECORDER.awaitClose(RECORDER.opened().getLast())).containsAnyOf(4322, 1006);
    }
}
