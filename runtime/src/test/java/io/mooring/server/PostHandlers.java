package io.mooring.server;

import io.mooring.api.Connections;
import io.mooring.api.HttpExchange;
import io.mooring.api.HttpPostHandler;
import io.mooring.api.HttpReply;
import io.mooring.api.Payload;
import io.mooring.api.Request;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What the tests POST to. */
final class PostHandlers {
    static final String TYPE = "application/octet-stream";

    private PostHandlers() {
    }

    /** Sends the body back at once. */
    static HttpPostHandler echo() {
        return (connections, request, body, exchange) ->
            exchange.reply(new HttpReply(200, TYPE, body.toBytes()));
    }

    /** Sends the body back from another thread, and says what it knows of the request. */
    static HttpPostHandler late(ExecutorService threads) {
        return (connections, request, body, exchange) -> {
            byte[] bytes = body.toBytes();
            String told = request.method() + " " + request.path() + " " + request.query() + " "
                + request.headers().apply("x-test");
            threads.execute(() -> exchange.reply(
                new HttpReply(200, TYPE, bytes).withHeader("X-Told", told)));
        };
    }

    /** Keeps what it owes for the test to answer, or never. */
    static final class Held implements HttpPostHandler {
        private final BlockingQueue<HttpExchange> exchanges = new LinkedBlockingQueue<>();

        @Override
        public void onRequest(Connections connections,
            Request request, Payload body, HttpExchange exchange) {
            exchanges.add(exchange);
        }

        /** The next one, once it is there. */
        HttpExchange next() {
            try {
                HttpExchange next =
                    exchanges.poll(Await.DEADLINE.toSeconds(), TimeUnit.SECONDS);
                if (next == null) {
                    throw new AssertionError("no request has come");
                }
                return next;
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        int waiting() {
            return exchanges.size();
        }
    }

    /** A request with its body's length and these header lines, without the body. */
    static byte[] head(String path, int length, String... lines) {
        StringBuilder head = new StringBuilder("POST " + path + " HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Length: " + length + "\r\n");
        for (String line : lines) {
            head.append(line).append("\r\n");
        }
        return Frame.utf8(head.append("\r\n").toString());
    }

    static byte[] post(String path, byte[] body, String... lines) {
        return Wire.join(head(path, body.length, lines), body);
    }
}
