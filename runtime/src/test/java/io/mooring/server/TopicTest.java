package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.api.Connections;
import io.mooring.api.Request;
import io.mooring.api.SendResult;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** /topic/NAME: what one sends, the others get; on two reactors. */
@Tag("e2e")
class TopicTest {
    private WebSocketServer server;

    @BeforeEach
    void start() {
        server = TestServer.start(TestServer.builder());
    }

    @AfterEach
    void stop() {
        if (server != null) {
            TestServer.awaitQuiet(server);
            server.close();
        }
    }

    private RawClient join(String name) {
        return RawClient.open(server.port(), "/topic/" + name);
    }

    /** The handshake's response leaves after onOpen has subscribed: who has read it, is in. */
    @Test
    void theOthersGetItAndTheSenderDoesNot() {
        try (RawClient a = join("t"); RawClient b = join("t"); RawClient c = join("t");
                RawClient elsewhere = join("t2")) {
            a.send(Wire.text("from a"));
            b.expect(Frame.text("from a")).send(Wire.binary(new byte[] {1, 2, 3}));
            c.expect(Frame.text("from a"), Frame.binary(new byte[] {1, 2, 3}));
            a.expect(Frame.binary(new byte[] {1, 2, 3}));
            // Had the sender, or the other topic, got anything, it would come before this.
            for (RawClient client : List.of(a, b, c, elsewhere)) {
                client.closeNormally();
            }
        }
    }

    @Test
    void theSenderGetsItTooIfItAsks() {
        try (RawClient self = join("t?self=true"); RawClient other = join("t?self=no")) {
            self.send(Wire.text("from self")).expect(Frame.text("from self"));
            other.expect(Frame.text("from self")).send(Wire.text("from other"));
            self.expect(Frame.text("from other")).closeNormally();
            other.closeNormally();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "A.b_c~d-9", "0"})
    void aNameIsTaken(String name) {
        try (RawClient client = join(name + "?self=true")) {
            client.send(Wire.text("x")).expect(Frame.text("x")).closeNormally();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/b", "a%20b", "a:b", "*", "a,b"})
    void aNameIsRefused(String name) {
        expectRefusal(name);
    }

    @Test
    void aNameHasALength() {
        try (RawClient client = join("n".repeat(128))) {
            client.closeNormally();
        }
        expectRefusal("n".repeat(129));
    }

    private void expectRefusal(String name) {
        try (RawClient client = join(name)) {
            Frame close = client.frame();
            assertThat(close.closeCode()).isEqualTo(1008);
            assertThat(close.payloadText()).as("the reason names the rule").contains("1 to 128");
            client.send(Wire.close(1008)).expectEnd();
        }
    }

    @Test
    void whoLeavesGetsNoMore() {
        try (RawClient publisher = join("t"); RawClient stays = join("t")) {
            for (int round = 0; round < 50; round++) {
                RawClient leaves = join("t");
                publisher.send(Wire.text("round " + round));
                leaves.expect(Frame.text("round " + round));
                stays.expect(Frame.text("round " + round));
                if (round % 2 == 0) {
                    leaves.closeNormally();
                } else {
                    leaves.reset();
                }
            }
            Await.until("they are gone", () -> server.connections() == 2);
            publisher.send(Wire.text("last"));
            stays.expect(Frame.text("last")).closeNormally();
            publisher.closeNormally();
        }
    }

    /**
     * Many subscribers on both reactors, several publishers: each one's messages come in its order.
     */
    @Test
    void orderHoldsPerPublisher() {
        int publishers = 4;
        int messages = 500;
        List<RawClient> subscribers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            subscribers.add(join("order"));
        }
        List<RawClient> senders = new ArrayList<>();
        for (int i = 0; i < publishers; i++) {
            senders.add(join("order"));
        }
        for (int from = 0; from < messages; from += 50) {
            for (int p = 0; p < publishers; p++) {
                byte[][] burst = new byte[50][];
                for (int i = 0; i < burst.length; i++) {
                    burst[i] = Wire.text(p + ":" + (from + i));
                }
                senders.get(p).send(burst);
            }
        }
        for (RawClient subscriber : subscribers) {
            expectInOrder(subscriber, publishers, messages * publishers);
        }
        for (RawClient sender : senders) {
            expectInOrder(sender, publishers, messages * (publishers - 1));
        }
        assertThat(TestServer.metric(server, "frames_dropped")).isZero();
        subscribers.forEach(RawClient::closeNormally);
        senders.forEach(RawClient::closeNormally);
    }

    private static void expectInOrder(RawClient client, int publishers, int messages) {
        int[] next = new int[publishers];
        for (int i = 0; i < messages; i++) {
            String[] parts = client.frame().payloadText().split(":");
            int publisher = Integer.parseInt(parts[0]);
            assertThat(Integer.parseInt(parts[1])).isEqualTo(next[publisher]++);
        }
    }

    @Test
    void theServerPublishesToo() {
        try (RawClient a = join("t"); RawClient b = join("t")) {
            assertThat(server.publishText("t", "news \u20ac")).isEqualTo(SendResult.QUEUED);
            assertThat(server.publishBinary("t", Wire.bytes(60_000))).isEqualTo(SendResult.QUEUED);
            assertThat(server.publishText("nobody", "news")).isEqualTo(SendResult.QUEUED);
            for (RawClient client : List.of(a, b)) {
                client.expect(Frame.text("news \u20ac"), Frame.binary(Wire.bytes(60_000)))
                    .closeNormally();
            }
        }
    }

    @Test
    void topicsAndSubscribersAreCounted() {
        try (RawClient a = join("t"); RawClient b = join("t"); RawClient c = join("t2")) {
            Await.until("they are counted",
                () -> TestServer.metric(server, "subscriptions") == 3);
            assertThat(TestServer.metric(server, "topic_names")).isEqualTo(2);
            assertThat(TestServer.metric(server, "topic_name_bytes")).isPositive();
            assertThat(TestServer.metric(server, "topic_bytes")).isPositive();
            List.of(a, b, c).forEach(RawClient::closeNormally);
        }
        Await.until("they are gone", () -> TestServer.metric(server, "subscriptions") == 0
            && TestServer.metric(server, "topic_names") == 0);
    }

    /** As when the memory for topics is used up. */
    @Test
    void whoCannotJoinIsClosed() {
        List<Object> closes = new ArrayList<>();
        Connections refusing = (Connections) Proxy.newProxyInstance(getClass().getClassLoader(),
            new Class<?>[] {Connections.class}, (proxy, method, arguments) -> {
                if (method.getName().equals("close")) {
                    closes.addAll(List.of(arguments));
                }
                return method.getName().equals("subscribe") ? false : null;
            });
        Request request = new Request("GET", "/topic/t", "", name -> null);
        new TopicHandler().onOpen(refusing, 7, request);
        assertThat(closes).startsWith(7L, 1013);
    }

    /** More subscribers than one turn serves; and the memory of what was published comes back. */
    @Test
    void aThousandSubscribersGetIt() {
        List<RawClient> subscribers = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            subscribers.add(join("many"));
        }
        for (int i = 0; i < 5; i++) {
            server.publishBinary("many", Wire.bytes(1_000 + i));
        }
        for (RawClient subscriber : subscribers) {
            for (int i = 0; i < 5; i++) {
                subscriber.expect(Frame.binary(Wire.bytes(1_000 + i)));
            }
            subscriber.closeNormally();
        }
        assertThat(TestServer.metric(server, "frames_delivered")
            + TestServer.metric(server, "frames_queued")).isEqualTo(5_000);
    }
}
