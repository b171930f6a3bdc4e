package io.mooring.kernel.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** The JDK's own client: a message there and back. */
final class EchoClient implements WebSocket.Listener {
    private static final int SECONDS_MAX = 30;

    private final CompletableFuture<String> answer = new CompletableFuture<>();

    private final CompletableFuture<Integer> closed = new CompletableFuture<>();

    private EchoClient() {
    }

    static void check(int port) throws Exception {
        HttpClient http = HttpClient.newHttpClient();
        try {
            EchoClient client = new EchoClient();
            WebSocket socket = http.newWebSocketBuilder()
                .buildAsync(URI.create("ws://127.0.0.1:" + port + "/echo"), client)
                .get(SECONDS_MAX, TimeUnit.SECONDS);
            socket.sendText("hello", true).get(SECONDS_MAX, TimeUnit.SECONDS);
            assertThat(client.answer.get(SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo("hello");
            socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(SECONDS_MAX, TimeUnit.SECONDS);
            client.closed.get(SECONDS_MAX, TimeUnit.SECONDS);
        } finally {
            http.shutdownNow();
        }
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
        answer.complete(data.toString());
        socket.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
        closed.complete(code);
        return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
        answer.completeExceptionally(error);
        closed.completeExceptionally(error);
    }
}
