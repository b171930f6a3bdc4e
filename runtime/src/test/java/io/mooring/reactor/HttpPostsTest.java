package io.mooring.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.api.HttpExchange;
import io.mooring.api.HttpReply;
import io.mooring.api.Payload;
import io.mooring.api.Routes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies where everything is small: receive buffers, the pool, the rings. */
class HttpPostsTest {
    private static final String TYPE = "application/octet-stream";

    private static Routes routes() {
        return Routes.builder()
            .post("/echo", (connections, request, body, exchange) ->
                exchange.reply(new HttpReply(200, TYPE, body.toBytes())))
            .post("/late", (connections, request, body, exchange) -> {
                byte[] bytes = body.toBytes();
                CompletableFuture.runAsync(
                    () -> exchange.reply(new HttpReply(200, TYPE, bytes)));
            }).build();
    }

    private static byte[] head(String path, int length) {
        return utf8("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + length
            + "\r\n\r\n");
    }

    private static byte[] post(String path, byte[] body) {
        byte[] head = head(path, body.length);
        byte[] all = new byte[head.length + body.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(body, 0, all, head.length, body.length);
        return all;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 450, 451, 452, 453, 454, 455, 456, 457, 458, 459, 460, 512, 1_000,
        5_000, 300_000})
    void bodiesOfAnySize(int length) throws IOException {
        byte[] body = Clients.text(length);
        try (TestServer server = new TestServer(new TestServer.Sizes(), routes())) {
            for (String path : new String[] {"/echo", "/late"}) {
                try (WsClient client = new WsClient(server.port, new Random(length))) {
                    client.write(post(path, body));
                    assertThat(client.readHead()).startsWith("HTTP/1.1 200 ")
                        .contains("Content-Length: " + length + "\r\n");
                    assertThat(client.readBytes(length)).isEqualTo(body);
                    assertThat(client.atEnd()).isTrue();
                }
            }
            server.awaitEmpty();
        }
    }

    /** Before Linux 6.13 connections end in another way, and what waits is begun anew. */
    @Tag("io_uring") // epoll closes at once
    @Test
    void onAKernelThatClosesLate() throws IOException {
        AtomicReference<HttpExchange> held = new AtomicReference<>();
        Routes.Builder routes = Routes.builder()
            .post("/held", (connections, request, body, exchange) -> held.set(exchange))
            .post("/echo", (connections, request, body, exchange) ->
                exchange.reply(new HttpReply(200, TYPE, body.toBytes())));
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.kernelRelease = "6.12.1";
        try (TestServer server = new TestServer(sizes, routes.build());
                WsClient waiting = new WsClient(server.port, new Random(1))) {
            waiting.write(post("/held", Clients.text(2_000)));
            server.await("the request is there", () -> held.get() != null);
            for (int i = 0; server.count(Counter.RENEWALS) < 2; i++) {
                try (WsClient client = new WsClient(server.port, new Random(1))) {
                    client.write(post("/echo", Clients.text(i)));
                    assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
                }
            }
            held.get().reply(HttpReply.text(200, "still there"));
            assertThat(waiting.readHead()).startsWith("HTTP/1.1 200 ");
            waiting.close();
            server.awaitEmpty();
        }
    }

    /** A quarter of a MiB for all bodies: the one that does not fit is told, the others go on. */
    @Test
    void aFullPoolIsTold() throws IOException {
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.spillBytes = 256 << 10;
        try (TestServer server = new TestServer(sizes, routes())) {
            try (WsClient client = new WsClient(server.port, new Random(1))) {
                client.write(post("/echo", Clients.text(200_000)));
                assertThat(client.readHead()).startsWith("HTTP/1.1 503 ")
                    .contains("Retry-After: 1");
            }
            assertThat(server.count(Counter.SPILL_EXHAUSTED)).isEqualTo(1);
            try (WsClient client = new WsClient(server.port, new Random(1))) {
                client.write(post("/echo", Clients.text(100)));
                assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
            }
            server.awaitEmpty();
        }
    }

    /** Whoever keeps the view instead of the bytes gets an exception, not another one's body. */
    @Test
    void theBodyIsGoneAfterTheCall() throws IOException {
        AtomicReference<Payload> kept = new AtomicReference<>();
        Routes routes = Routes.builder().post("/keeps", (connections, request, body, exchange) -> {
            kept.set(body);
            exchange.reply(HttpReply.text(200, "" + body.length() + body.isText()));
        }).build();
        try (TestServer server = new TestServer(new TestServer.Sizes(), routes);
                WsClient client = new WsClient(server.port, new Random(1))) {
            client.write(post("/keeps", Clients.text(2_000)));
            assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
            assertThat(client.readBytes(9)).isEqualTo(utf8("2000false"));
            server.onReactors(r -> { }); // its call has returned
            assertThat(kept.get().length()).isZero();
            client.close();
            server.awaitEmpty();
        }
    }

    /** Commands that find the mailbox full are refused; an answer that is owed is not. */
    @Test
    void aFullMailboxTakesAnswers() throws IOException {
        AtomicReference<HttpExchange> held = new AtomicReference<>();
        Routes routes = Routes.builder().post("/held",
            (connections, request, body, exchange) -> held.set(exchange)).build();
        try (TestServer server = new TestServer(new TestServer.Sizes(), routes);
                WsClient client = new WsClient(server.port, new Random(1))) {
            client.write(post("/held", new byte[0]));
            server.await("the request is there", () -> held.get() != null);
            Reactor reactor = server.group.reactors().getFirst();
            CompletableFuture<Void> gate = new CompletableFuture<>();
            reactor.post(r -> gate.join());
            while (reactor.post(r -> { })) {
                Thread.onSpinWait();
            }
            held.get().reply(HttpReply.text(200, "through"));
            gate.complete(null);
            assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
            client.close();
            server.awaitEmpty();
        }
    }
}
