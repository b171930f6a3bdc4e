package io.mooring.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The strangers in the table, each in a process of its own, with the JDK's WebSocket client. */
class PeersTest {

    private static final int[] SIZES = {0, 1, 125, 126, 2048, 65_535, 65_536};
    private static final int ANSWER_SECONDS_MAX = 20;
    /** Of three bytes, four and two: what a wrong cut or mask would break. */
    private static final String LETTERS = "€😀é moor ";

    private final Home home = Home.locate();

    static Stream<String> peers() {
        return Stream.concat(TestServers.NETTY.stream(), TestServers.SCRIPTS.stream()).sorted();
    }

    /** A message, text or binary. */
    private record Message(String text, byte[] bytes) {

        static Message text(int bytes) {
            StringBuilder text = new StringBuilder();
            while (text.length() < bytes / 2) {
                text.append(LETTERS);
            }
            return new Message(text.toString(), null);
        }

        static Message binary(int size) {
            byte[] bytes = new byte[size];
            new Random(size).nextBytes(bytes);
            return new Message(null, bytes);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Message that && Arrays.equals(bytes, that.bytes)
                    && (text == null ? that.text == null : text.equals(that.text));
        }

        @Override
        public int hashCode() {
            return text == null ? Arrays.hashCode(bytes) : text.hashCode();
        }

        @Override
        public String toString() {
            return text == null ? bytes.length + " B" : text.length() + " chars";
        }
    }

    private static final class Client implements WebSocket.Listener, AutoCloseable {

        private final BlockingQueue<Message> messages = new LinkedBlockingQueue<>();
        private final StringBuilder text = new StringBuilder();
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final HttpClient http = HttpClient.newHttpClient();
        private final WebSocket socket;

        Client(ServerProcess server, String path) {
            socket = http.newWebSocketBuilder()
                    .buildAsync(URI.create("ws://127.0.0.1:" + server.port() + path), this).join();
        }

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                messages.add(new Message(text.toString(), null));
                text.setLength(0);
            }
            from.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onBinary(WebSocket from, ByteBuffer part, boolean last) {
            byte[] copy = new byte[part.remaining()];
            part.get(copy);
            bytes.writeBytes(copy);
            if (last) {
                messages.add(new Message(null, bytes.toByteArray()));
                bytes.reset();
            }
            from.request(1);
            return null;
        }

        void send(Message message) {
            if (message.text != null) {
                socket.sendText(message.text, true).join();
            } else {
                socket.sendBinary(ByteBuffer.wrap(message.bytes), true).join();
            }
        }

        /** In three fragments, the middle one empty. */
        void sendInPieces(Message message) {
            if (message.text != null) {
                int half = message.text.offsetByCodePoints(0,
                        message.text.codePointCount(0, message.text.length()) / 2);
                socket.sendText(message.text.substring(0, half), false).join();
                socket.sendText("", false).join();
                socket.sendText(message.text.substring(half), true).join();
            } else {
                int half = message.bytes.length / 2;
                socket.sendBinary(ByteBuffer.wrap(message.bytes, 0, half), false).join();
                socket.sendBinary(ByteBuffer.allocate(0), false).join();
                socket.sendBinary(ByteBuffer.wrap(message.bytes, half,
                        message.bytes.length - half), true).join();
            }
        }

        Message next() throws InterruptedException {
            return messages.poll(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
        }

        @Override
        public void close() {
            socket.abort();
            http.shutdownNow();
        }
    }

    @ParameterizedTest
    @MethodSource("peers")
    void echoes(String peer) throws InterruptedException {
        try (ServerProcess server = TestServers.echo(peer, home);
                Client client = new Client(server, "/echo")) {
            for (int size : SIZES) {
                for (Message message : List.of(Message.text(size), Message.binary(size))) {
                    client.send(message);
                    assertThat(client.next()).isEqualTo(message);
                    client.sendInPieces(message);
                    assertThat(client.next()).as("in pieces").isEqualTo(message);
                }
            }
            // Many at once: what a read brings together goes back whole and in order.
            for (int i = 0; i < 500; i++) {
                client.send(Message.binary(i));
            }
            for (int i = 0; i < 500; i++) {
                assertThat(client.next()).isEqualTo(Message.binary(i));
            }
            server.requireAlive();
        }
    }

    @ParameterizedTest
    @MethodSource("peers")
    void publishesToTheOthersOfATopic(String peer) throws InterruptedException {
        try (ServerProcess server = TestServers.broadcast(peer, home);
                Client one = new Client(server, "/topic/a");
                Client two = new Client(server, "/topic/a");
                Client three = new Client(server, "/topic/a");
                Client elsewhere = new Client(server, "/topic/b");
                Client alsoElsewhere = new Client(server, "/topic/b")) {
            for (int size : SIZES) {
                for (Message message : List.of(Message.text(size), Message.binary(size))) {
                    one.send(message);
                    assertThat(two.next()).isEqualTo(message);
                    assertThat(three.next()).isEqualTo(message);
                    one.sendInPieces(message);
                    assertThat(two.next()).as("in pieces").isEqualTo(message);
                    assertThat(three.next()).as("in pieces").isEqualTo(message);
                }
            }
            // Nothing before it: what one has sent itself did not come back, nor left its topic.
            two.send(Message.binary(9));
            assertThat(one.next()).isEqualTo(Message.binary(9));
            alsoElsewhere.send(Message.binary(7));
            assertThat(elsewhere.next()).isEqualTo(Message.binary(7));
            server.requireAlive();
        }
    }

    @ParameterizedTest
    @MethodSource("peers")
    void doesNotDelaySmallMessages(String peer) throws Throwable {
        try (ServerProcess server = TestServers.echo(peer, home);
                Client client = new Client(server, "/echo")) {
            client.send(Message.binary(1));
            assertThat(client.next()).isEqualTo(Message.binary(1));
            List<Boolean> found = SocketOptions.noDelay(server.pid(), server.port());
            assumeTrue(found != null, "pidfd_getfd is not allowed here (CAP_SYS_PTRACE)");
            assertThat(found).isNotEmpty().containsOnly(true);
        }
    }
}
