package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.api.Connections;
import io.mooring.api.HttpReply;
import io.mooring.api.Payload;
import io.mooring.api.Request;
import io.mooring.api.SendResult;
import io.mooring.api.WebSocketHandler;
import io.mooring.sys.SetupException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The embedded API: from handlers, from other threads, across reactors. */
@Tag("e2e")
class ApiTest {
    private static final Recorder RECORDER = new Recorder();
    private static final AtomicReference<WebSocketHandler> HANDLER = new AtomicReference<>();
    private static WebSocketServer server;

    @BeforeAll
    static void start() {
        server = TestServer.start(TestServer.builder().path("/recorded", RECORDER)
            .path("/any/*", new Delegate())
            .http("/hello", request -> HttpReply.text(200, "hello "
                + request.parameter("name") + " " + request.headers().apply("x-test")))
            .http("/broken", request -> {
                throw new IllegalStateException("on purpose");
            }));
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            TestServer.awaitQuiet(server);
            RECORDER.checkEachClosedOnce();
            server.close();
        }
    }

    /** Lets each test bring its own handler. */
    private static final class Delegate implements WebSocketHandler {
        @Override
        public void onOpen(Connections connections, long connection, Request request) {
            HANDLER.get().onOpen(connections, connection, request);
        }

        @Override
        public void onMessage(Connections connections, long connection, Payload message) {
            HANDLER.get().onMessage(connections, connection, message);
        }
    }

    // ---- from other threads

    @Test
    void otherThreadsSendInOrder() throws InterruptedException {
        int messages = 2_000;
        try (RawClient client = RawClient.open(server.port(), "/recorded")) {
            long connection = RECORDER.connectionOf(client);
            List<Thread> threads = IntStream.range(0, 4).mapToObj(thread ->
                Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < messages; i++) {
                        String text = thread + ":" + i;
                        while (server.sendText(connection, text) == SendResult.FULL) {
                            Thread.onSpinWait(); // the mailbox is full
                        }
                    }
                })).toList();
            int[] next = new int[threads.size()];
            for (int i = 0; i < messages * threads.size(); i++) {
                String[] parts = client.frame().payloadText().split(":");
                int thread = Integer.parseInt(parts[0]);
                assertThat(Integer.parseInt(parts[1])).isEqualTo(next[thread]++);
            }
            for (Thread thread : threads) {
                thread.join();
            }
            client.closeNormally();
        }
    }

    @Test
    void otherThreadsSendBytesAndClose() {
        try (RawClient client = RawClient.open(server.port(), "/recorded")) {
            long connection = RECORDER.connectionOf(client);
            byte[] bytes = Wire.bytes(70_000);
            assertThat(server.sendBinary(connection, bytes)).isEqualTo(SendResult.QUEUED);
            server.close(connection, 3001, "x".repeat(200));
            client.expect(Frame.binary(bytes), Frame.close(3001, "x".repeat(123)));
            server.sendText(connection, "after our Close frame: dropped");
            client.send(Wire.close(3001)).expectEnd();
            assertThat(RECORDER.awaitClose(connection)).containsExactly(3001);
            server.sendText(connection, "to nobody");
            server.close(connection, 1000, "nobody");
        }
    }

    @Test
    void codesThatMayNotBeSentAreRefused() {
        for (int code : new int[] {0, 999, 1004, 1005, 1006, 1015, 2999, 5000, -1, 70_000}) {
            assertThatThrownBy(() -> server.close(1, code, ""))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("" + code);
        }
    }

    /** A slot's next connection is another one: the old number reaches nobody. */
    @Test
    void aConnectionsNumberDiesWithIt() {
        RawClient first = RawClient.open(server.port(), "/recorded");
        long old = RECORDER.connectionOf(first);
        first.closeNormally();
        RECORDER.awaitClose(old);
        List<RawClient> others = new ArrayList<>();
        for (int i = 0; i < 40; i++) { // some of them get its slot
            others.add(RawClient.open(server.port(), "/recorded"));
        }
        server.sendText(old, "for the dead");
        server.close(old, 1000, "for the dead");
        for (RawClient other : others) { // commands are done in order, so the ones above have been
            server.sendText(RECORDER.connectionOf(other), "for the living");
            other.expect(Frame.text("for the living")).closeNormally();
        }
    }

    // ---- across reactors

    @Test
    void aHandlerSendsToConnectionsOfOtherReactors() {
        ConcurrentLinkedQueue<Long> members = new ConcurrentLinkedQueue<>();
        ConcurrentLinkedQueue<String> threads = new ConcurrentLinkedQueue<>();
        HANDLER.set(new WebSocketHandler() {
            @Override
            public void onOpen(Connections connections, long connection, Request request) {
                members.add(connection);
                threads.add(Thread.currentThread().getName());
            }

            @Override
            public void onMessage(Connections connections, long connection, Payload message) {
                byte[] copy = message.toBytes();
                for (long member : members) {
                    connections.send(member, message);
                    connections.sendText(member, "text");
                    connections.sendBinary(member, copy, 1, copy.length - 1);
                }
                if (message.toText().equals("bye")) {
                    members.forEach(member -> connections.close(member, 4002, "all"));
                }
            }
        });
        List<RawClient> clients = new ArrayList<>();
        while (threads.stream().distinct().count() < 2) {
            assertThat(clients.size()).as("connections, all on one reactor").isLessThan(500);
            clients.add(RawClient.open(server.port(), "/any/thing"));
            int opened = clients.size();
            Await.until("onOpen has been called", () -> members.size() == opened);
        }
        for (String text : new String[] {"one", "two", "bye"}) {
            clients.getFirst().send(Wire.text(text));
            for (RawClient client : clients) {
                client.expect(Frame.text(text), Frame.text("text"),
                    Frame.binary(text.substring(1).getBytes(StandardCharsets.UTF_8)));
            }
        }
        for (RawClient client : clients) {
            client.expect(Frame.close(4002, "all")).send(Wire.close(4002)).expectEnd();
            client.close();
        }
    }

    // ---- what a handler is given

    @Test
    void aHandlerSeesTheRequestAndThePeer() {
        ConcurrentLinkedQueue<String> seen = new ConcurrentLinkedQueue<>();
        HANDLER.set(new WebSocketHandler() {
            @Override
            public void onOpen(Connections connections, long connection, Request request) {
                seen.add(String.join(" ", request.method(), request.path(),
                    request.parameter("a"), request.parameter("b"),
                    request.headers().apply("sec-websocket-version")));
                connections.attach(connection, 42);
                connections.sendText(connection, "peer " + connections.peer(connection).getPort());
            }

            @Override
            public void onMessage(Connections connections, long connection, Payload message) {
                connections.sendText(connection, message + " " + connections.attachment(connection)
                    + " " + connections.isOpen(connection));
            }
        });
        try (RawClient client = RawClient.open(server.port(), "/any/path/below?a=1&b=%20")) {
            client.expect(Frame.text("peer " + client.localPort()));
            client.send(Wire.binary(new byte[3])).expect(Frame.text("binary of 3 bytes 42 true"));
            assertThat(seen).containsExactly("GET /any/path/below 1 %20 13");
            client.closeNormally();
        }
    }

    /** "::" serves IPv4 too; a handler sees an IPv4 peer as one. */
    @Test
    void bothAddressFamiliesAreServed() {
        WebSocketServer.Builder builder = TestServer.builder().host("::")
            .path("/peer", new WebSocketHandler() {
                @Override
                public void onOpen(Connections connections, long connection, Request request) {
                    connections.sendText(connection,
                        connections.peer(connection).getAddress().getHostAddress());
                }

                @Override
                public void onMessage(Connections connections, long connection, Payload message) {
                }
            });
        try (WebSocketServer both = startOrSkip(builder);
                RawClient client =
                    RawClient.connect(both.port(), 0, "127.0.0.3").upgrade("/peer")) {
            client.expect(Frame.text("127.0.0.3")).closeNormally();
            TestServer.awaitQuiet(both);
        }
    }

    private static WebSocketServer startOrSkip(WebSocketServer.Builder builder) {
        try {
            return TestServer.start(builder);
        } catch (SetupException e) {
            return Assumptions.abort("no IPv6 here: " + e.getMessage());
        }
    }

    /** One message may be sent back more than once, and mixed with others, in one call. */
    @Test
    void aHandlerSendsAsOftenAsItLikes() {
        HANDLER.set((connections, connection, message) -> {
            connections.send(connection, message);
            connections.sendText(connection, "between");
            connections.send(connection, message);
            connections.send(connection, message);
        });
        try (RawClient client = RawClient.open(server.port(), "/any/thing")) {
            for (int length : new int[] {0, 1, 125, 126, 3_000, 5_000, 40_000}) {
                byte[] bytes = Wire.bytes(length);
                byte[] ping = {7};
                for (byte[] sent : new byte[][] {Wire.binary(bytes),
                    Wire.fragments(Frame.BINARY, bytes, length / 3 + 1),
                    Wire.join(Wire.binary(bytes), Wire.ping(ping))}) {
                    client.send(sent).expect(Frame.binary(bytes), Frame.text("between"),
                        Frame.binary(bytes), Frame.binary(bytes));
                }
                client.expect(Frame.pong(ping));
            }
            client.closeNormally();
        }
    }

    @Test
    void ownPagesAreServed() {
        HttpAnswer answer = get("/hello?name=you");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo("hello you yes");
        assertThat(get("/broken").status()).isEqualTo(500);
    }

    private static HttpAnswer get(String target) {
        try (RawClient client = RawClient.connect(server.port())) {
            return client.send(("GET " + target + " HTTP/1.1\r\nHost: x\r\nX-Test: yes\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII)).answer();
        }
    }
}
