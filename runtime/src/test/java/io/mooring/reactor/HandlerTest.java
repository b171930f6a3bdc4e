package io.mooring.reactor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.api.Connections;
import io.mooring.api.Payload;
import io.mooring.api.Routes;
import io.mooring.api.SendResult;
import io.mooring.api.WebSocketHandler;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What handlers may do inside a call, in whatever order, and what it does to them and others. */
class HandlerTest {
    private static final String LONG = "said something, and here it is: ".repeat(3);

    /** Sizes: in the receive buffer in one piece; in the assembly. */
    @ParameterizedTest
    @ValueSource(ints = {5, 60, 300, 5_000})
    void theMessageStaysReadableWhateverIsSentBefore(int length) throws IOException {
        WebSocketHandler handler = (connections, connection, message) -> {
            String before = message.toText();
            connections.sendText(connection, LONG);
            connections.send(connection, message);
            connections.sendText(connection, message.toText().equals(before) ? "same" : "changed");
            connections.send(connection, message);
        };
        byte[] text = Clients.text(length);
        try (TestServer server = new TestServer(new TestServer.Sizes(), route(handler));
                WsClient client = WsClient.open(server.port, "/h", new Random(1))) {
            byte[] one = WsClient.frame(0x81, text, 7);
            byte[] two = new byte[2 * one.length];
            System.arraycopy(one, 0, two, 0, one.length);
            System.arraycopy(one, 0, two, one.length, one.length);
            client.write(two); // both in one receive, where they fit
            for (int i = 0; i < 2; i++) {
                assertThat(client.read().payload()).isEqualTo(utf8(LONG));
                assertThat(client.read().payload()).isEqualTo(text);
                assertThat(client.read().payload()).isEqualTo(utf8("same"));
                assertThat(client.read().payload()).isEqualTo(text);
            }
            client.closeProperly();
            server.awaitEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 300, 5_000})
    void severalEchoesOfOneMessageAreTheSame(int length) throws IOException {
        WebSocketHandler handler = (connections, connection, message) -> {
            for (int i = 0; i < 3; i++) {
                assertThat(connections.send(connection, message)).isNotEqualTo(SendResult.FULL);
            }
        };
        byte[] text = Clients.text(length);
        try (TestServer server = new TestServer(new TestServer.Sizes(), route(handler));
                WsClient client = WsClient.open(server.port, "/h", new Random(1))) {
            for (int round = 0; round < 10; round++) {
                client.send(0x81, text);
                for (int i = 0; i < 3; i++) {
                    assertThat(client.read().payload()).isEqualTo(text);
                }
            }
            client.closeProperly();
            server.awaitEmpty();
        }
    }

    @Test
    void aRangeOutsideTheArrayIsRefusedAndNothingIsSent() throws IOException {
        ConcurrentLinkedQueue<Throwable> thrown = new ConcurrentLinkedQueue<>();
        WebSocketHandler handler = (connections, connection, message) -> {
            for (int[] range : new int[][] {{0, 101}, {-1, 5}, {50, Integer.MAX_VALUE}}) {
                try {
                    connections.sendBinary(connection, new byte[100], range[0], range[1]);
                } catch (IndexOutOfBoundsException e) {
                    thrown.add(e);
                }
            }
            connections.send(connection, message);
        };
        try (TestServer server = new TestServer(new TestServer.Sizes(), route(handler));
                WsClient client = WsClient.open(server.port, "/h", new Random(1))) {
            client.send(0x81, utf8("x"));
            assertThat(client.read().payload()).isEqualTo(utf8("x"));
            assertThat(thrown).hasSize(3);
            client.closeProperly();
            server.awaitEmpty();
        }
    }

    @Test
    void aThrowingHandlerCostsItsConnectionOnly() throws IOException {
        WebSocketHandler handler = new WebSocketHandler() {
            @Override
            public void onMessage(Connections connections, long connection, Payload message) {
                if (message.toText().equals("throw")) {
                    throw new IllegalStateException("as the test wants");
                }
                connections.send(connection, message);
            }

            @Override
            public void onClose(Connections connections, long connection, int code) {
                throw new IllegalStateException("here too");
            }
        };
        try (TestServer server = new TestServer(new TestServer.Sizes(), route(handler));
                WsClient good = WsClient.open(server.port, "/h", new Random(1));
                WsClient bad = WsClient.open(server.port, "/h", new Random(2))) {
            bad.send(0x81, utf8("throw"));
            assertThat(bad.read().closeCode()).isEqualTo(1011);
            assertThat(bad.atEnd()).isTrue();
            bad.close();
            good.send(0x81, utf8("still there"));
            assertThat(good.read().payload()).isEqualTo(utf8("still there"));
            good.closeProperly();
            server.awaitEmpty();
            assertThat(server.count(Counter.HANDLER_ERRORS)).isEqualTo(3);
        }
    }

    @Test
    void badRepliesOfHttpHandlersAreAnswered500() throws IOException {
        Routes routes = Routes.builder()
            .http("/null", request -> null)
            .http("/error", request -> {
                throw new StackOverflowError("as the test wants");
            }).build();
        try (TestServer server = new TestServer(new TestServer.Sizes(), routes)) {
            for (String path : new String[] {"/null", "/error"}) {
                try (WsClient client = new WsClient(server.port, new Random(1))) {
                    client.write(utf8("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"));
                    assertThat(client.readHead()).startsWith("HTTP/1.1 500 ");
                }
            }
            server.awaitEmpty();
        }
    }

    /** RFC 9110 section 9.3.2, also where the handler never answers. */
    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD"})
    void onlyAHeadHasNoBodyWhoeverAnswers(String method) throws IOException {
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.answerTimeoutMs = 200;
        Routes routes = Routes.builder().httpLater("/never", (request, exchange) -> { }).build();
        try (TestServer server = new TestServer(sizes, routes)) {
            try (Socket client = new Socket("127.0.0.1", server.port)) {
                client.getOutputStream()
                    .write(utf8(method + " /never HTTP/1.1\r\nHost: x\r\n\r\n"));
                String answer = new String(client.getInputStream().readAllBytes(),
                    StandardCharsets.UTF_8);
                assertThat(answer).startsWith("HTTP/1.1 504 ").contains("Content-Length: 26\r\n");
                String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
                assertThat(body).isEqualTo(
                    method.equals("HEAD") ? "" : "The answer took too long.\n");
            }
            server.awaitEmpty();
        }
    }

    @Test
    void closingWithNoReasonAtAllIsRefusedInTheCallersThread() throws IOException {
        ConcurrentLinkedQueue<Throwable> thrown = new ConcurrentLinkedQueue<>();
        WebSocketHandler handler = (connections, connection, message) -> {
            try {
                connections.close(connection, 1000, null);
            } catch (NullPointerException e) {
                thrown.add(e);
            }
            connections.close(connection, 4_000, message.toText());
        };
        try (TestServer server = new TestServer(new TestServer.Sizes(), route(handler));
                WsClient client = WsClient.open(server.port, "/h", new Random(1))) {
            client.send(0x81, utf8("the reason"));
            WsClient.Frame frame = client.read();
            assertThat(frame.closeCode()).isEqualTo(4_000);
            assertThat(new String(frame.payload(), 2, 10, StandardCharsets.UTF_8))
                .isEqualTo("the reason");
            assertThat(thrown).hasSize(1);
            client.send(0x88, new byte[] {15, (byte) 160});
            assertThat(client.atEnd()).isTrue();
            client.close();
            server.awaitEmpty();
        }
    }

    @Test
    void aCommandThatThrowsDoesNotTakeTheReactorAlong() throws IOException {
        try (TestServer server = new TestServer(new TestServer.Sizes())) {
            server.group.reactors().getFirst().post(r -> {
                throw new IllegalStateException("as the test wants");
            });
            try (WsClient client = WsClient.open(server.port, "/echo", new Random(1))) {
                client.closeProperly();
            }
            server.awaitEmpty();
            assertThat(server.count(Counter.HANDLER_ERRORS)).isEqualTo(1);
        }
    }

    @Test
    void aRouteThatIsTakenIsRefused() {
        assertThatThrownBy(() -> Routes.builder().webSocket("/a", Connections::send)
            .webSocket("/a", Connections::send)).hasMessageContaining("twice");
    }

    private static Routes route(WebSocketHandler handler) {
        return Routes.builder().webSocket("/h", handler).build();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
