package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.api.HttpExchange;
import io.mooring.api.HttpReply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Answers that come later: from whom, to whom, until when. */
@Tag("e2e")
class HttpExchangeTest {
    private static final Duration PATIENT = Duration.ofSeconds(30);
    private static final int PENDING_MAX = 1_024;

    private final PostHandlers.Held held = new PostHandlers.Held();

    private WebSocketServer.Builder builder() {
        return TestServer.builder().reactors(1).post("/held", held);
    }

    private static RawClient post(WebSocketServer server, String path) {
        return RawClient.connect(server.port())
            .send(PostHandlers.post(path, Frame.utf8("the body")));
    }

    private static HttpReply text(String text) {
        return HttpReply.text(200, text);
    }

    private static void await(WebSocketServer server, String metric, long value) {
        Await.until(() -> metric + " is " + value + "\n" + TestServer.interesting(server),
            () -> TestServer.metric(server, metric) == value);
    }

    @Test
    void eachGetsItsOwnInWhateverOrder() {
        try (WebSocketServer server = TestServer.start(builder().reactors(2))) {
            List<RawClient> clients = new ArrayList<>();
            List<HttpExchange> exchanges = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                clients.add(post(server, "/held"));
                exchanges.add(held.next());
            }
            await(server, "http_answers_pending", 20);
            for (int i = 19; i >= 0; i--) {
                exchanges.get(i).reply(text("answer " + i).withHeader("Retry-After", "" + i));
                HttpAnswer answer = clients.get(i).answer();
                assertThat(answer.text()).isEqualTo("answer " + i);
                assertThat(answer.header("Retry-After")).isEqualTo("" + i);
                clients.get(i).close();
            }
            await(server, "http_answers_pending", 0);
            TestServer.awaitQuiet(server);
            assertThat(TestServer.metric(server, "http_answers_dropped")).isZero();
        }
    }

    @Test
    void oneAnswerAndNoMore() {
        try (WebSocketServer server = TestServer.start(builder());
                RawClient client = post(server, "/held")) {
            HttpExchange exchange = held.next();
            assertThatThrownBy(() -> exchange.reply(null)).isInstanceOf(NullPointerException.class);
            exchange.reply(text("first"));
            assertThatThrownBy(() -> exchange.reply(text("second")))
                .isInstanceOf(IllegalStateException.class).hasMessageContaining("before");
            assertThat(client.answer().text()).isEqualTo("first");
            assertThatThrownBy(() -> exchange.reply(text("third")))
                .isInstanceOf(IllegalStateException.class);
            client.close();
            TestServer.awaitQuiet(server);
        }
    }

    /** From the handler of another connection, on the reactor's own thread. */
    @Test
    void anotherHandlerMayAnswer() {
        try (WebSocketServer server = TestServer.start(builder()
                .path("/answers", (connections, connection, message) -> {
                    for (int i = held.waiting(); i > 0; i--) {
                        held.next().reply(text(message.toText()));
                    }
                    connections.send(connection, message);
                }));
                RawClient teller = RawClient.open(server.port(), "/answers")) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                clients.add(post(server, "/held"));
            }
            await(server, "http_answers_pending", 200);
            teller.send(Wire.text("done")).expect(Frame.text("done"));
            for (RawClient client : clients) {
                assertThat(client.answer().text()).isEqualTo("done");
                client.close();
            }
            teller.closeNormally();
            TestServer.awaitQuiet(server);
        }
    }

    @Test
    void aPeerThatIsKilledIsForgottenAndItsAnswerDropped() {
        try (WebSocketServer server = TestServer.start(builder())) {
            RawClient killed = post(server, "/held");
            HttpExchange exchange = held.next();
            await(server, "http_answers_pending", 1);
            killed.reset();
            Await.until("its place is free", () -> server.connections() == 0);
            exchange.reply(text("to nobody"));
            await(server, "http_answers_dropped", 1);
            await(server, "http_answers_pending", 0);
            assertThat(TestServer.metric(server, "handler_errors")).isZero();
            TestServer.awaitQuiet(server);
        }
    }

    /** The slot is used again, by one of the next; the late answer must not reach that one. */
    @Test
    void aLateAnswerDoesNotHitTheNextInTheSlot() {
        try (WebSocketServer server = TestServer.start(builder())) {
            for (int round = 0; round < 5; round++) {
                RawClient killed = post(server, "/held");
                HttpExchange stale = held.next();
                killed.reset();
                Await.until("its place is free", () -> server.connections() == 0);
                List<RawClient> clients = new ArrayList<>();
                List<HttpExchange> fresh = new ArrayList<>();
                for (int i = 0; i < 20; i++) { // accepts are in the kernel for eight of them
                    clients.add(post(server, "/held"));
                    fresh.add(held.next());
                }
                stale.reply(text("stale"));
                for (int i = 0; i < 20; i++) {
                    fresh.get(i).reply(text("fresh " + i));
                    assertThat(clients.get(i).answer().text()).isEqualTo("fresh " + i);
                    clients.get(i).close();
                }
                Await.until("all are gone", () -> server.connections() == 0);
            }
            await(server, "http_answers_dropped", 5);
            TestServer.awaitQuiet(server);
        }
    }

    @Test
    void aPeerThatHasOnlyEndedItsSideIsAnswered() {
        try (WebSocketServer server = TestServer.start(builder());
                RawClient client = post(server, "/held").endOutput()) {
            HttpExchange exchange = held.next();
            exchange.reply(text("still there"));
            assertThat(client.answer().text()).isEqualTo("still there");
            client.close();
            TestServer.awaitQuiet(server);
        }
    }

    @Test
    void whatIsSentMeanwhileIsDropped() {
        try (WebSocketServer server = TestServer.start(builder());
                RawClient client = post(server, "/held")) {
            HttpExchange exchange = held.next();
            client.send(Wire.bytes(5_000_000)); // taken, or this would wait for ever
            assertThat(TestServer.metric(server, "spill_used_bytes")).isZero();
            exchange.reply(text("heard you"));
            assertThat(client.answer().text()).isEqualTo("heard you");
            client.close();
            TestServer.awaitQuiet(server);
        }
    }

    @Test
    void anAnswerThatTakesTooLongIs504() {
        try (WebSocketServer server = TestServer.start(
                builder().answerTimeout(Duration.ofMillis(500)));
                RawClient client = post(server, "/held")) {
            HttpExchange exchange = held.next();
            assertThat(client.answer().status()).isEqualTo(504);
            assertThat(TestServer.metric(server, "http_answers_timed_out")).isEqualTo(1);
            exchange.reply(text("too late"));
            await(server, "http_answers_dropped", 1);
            client.close();
            await(server, "http_answers_pending", 0);
            TestServer.awaitQuiet(server);
        }
    }

    @Test
    void tooManyThatWaitAreRefused() {
        try (WebSocketServer server = TestServer.start(builder())) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < PENDING_MAX; i++) {
                clients.add(post(server, "/held"));
            }
            await(server, "http_answers_pending", PENDING_MAX);
            try (RawClient oneMore = post(server, "/held")) {
                HttpAnswer answer = oneMore.answer();
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.header("Retry-After")).isEqualTo("1");
            }
            assertThat(TestServer.metric(server, "http_answers_refused")).isEqualTo(1);
            for (int i = 0; i < PENDING_MAX; i++) {
                held.next().reply(text("at last"));
            }
            for (RawClient client : clients) {
                assertThat(client.answer().status()).isEqualTo(200);
                client.close();
            }
            try (RawClient again = post(server, "/held")) {
                held.next().reply(text("room again"));
                assertThat(again.answer().status()).isEqualTo(200);
            }
            TestServer.awaitQuiet(server);
        }
    }

    // ---- the server's end

    @Test
    void aStopWaitsForAnswersThatAreOwed() {
        WebSocketServer server = TestServer.start(builder());
        RawClient client = post(server, "/held");
        HttpExchange exchange = held.next();
        RawClient other = RawClient.open(server.port(), "/echo");
        CompletableFuture<Boolean> stopped =
            CompletableFuture.supplyAsync(() -> server.stop(PATIENT));
        other.expect(Frame.close(1001, "the server is stopping")).send(Wire.close(1001));
        other.expectEnd(); // so the stop has begun
        exchange.reply(text("before the end"));
        assertThat(client.answer().text()).isEqualTo("before the end");
        client.close();
        other.close();
        assertThat(stopped.join()).as("all ended in time").isTrue();
    }

    @Test
    void aStopDoesNotWaitForEver() {
        WebSocketServer server = TestServer.start(builder());
        RawClient client = post(server, "/held");
        HttpExchange exchange = held.next();
        assertThat(server.stop(Duration.ofMillis(200))).as("all ended in time").isFalse();
        client.expectEnd();
        exchange.reply(text("after the end")); // nobody is there, and nobody minds
        client.close();
    }

    /** Answers race with peers that are killed, with others that read, and with the end. */
    @Test
    void answersRaceWithEverything() {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        WebSocketServer server = TestServer.start(TestServer.builder()
            .post("/late/*", PostHandlers.late(threads)));
        try {
            byte[] request = PostHandlers.post("/late/x", Wire.bytes(9_000));
            List<RawClient> last = new ArrayList<>();
            for (int round = 0; round < 300; round++) {
                RawClient killed = RawClient.connect(server.port()).send(request);
                try (RawClient client = RawClient.connect(server.port()).send(request)) {
                    killed.reset();
                    assertThat(client.answer().body()).hasSize(9_000);
                }
            }
            TestServer.awaitQuiet(server);
            for (int i = 0; i < 100; i++) {
                last.add(RawClient.connect(server.port()).send(request));
            }
            server.stop(PATIENT);
            last.forEach(RawClient::close);
        } finally {
            threads.shutdown();
            server.close();
        }
    }
}
