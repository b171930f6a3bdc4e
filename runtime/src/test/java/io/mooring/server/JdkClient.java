package io.mooring.server;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** The JDK's own WebSocket client, with whole messages and futures for what comes back. */
final class JdkClient implements WebSocket.Listener {
    /** How a connection ended, as the client was told. */
    record End(int code, String reason) {
    }

    private final CompletableFuture<End> end = new CompletableFuture<>();
    private final Queue<CompletableFuture<Object>> waiting = new ArrayDeque<>();
    private final Queue<Object> received = new ArrayDeque<>();
    private final StringBuilder text = new StringBuilder();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private WebSocket socket;

    private JdkClient() {
    }

    static CompletableFuture<JdkClient> open(HttpClient http, int port, String path) {
        JdkClient client = new JdkClient();
        return http.newWebSocketBuilder()
            .buildAsync(URI.create("ws://127.0.0.1:" + port + path), client)
            .thenApply(socket -> {
                client.socket = socket;
                return client;
            });
    }

    // ---- sending; in {@code parts} fragments

    CompletableFuture<?> sendText(String message, int parts) {
        CompletableFuture<WebSocket> sent = CompletableFuture.completedFuture(socket);
        for (int i = 0; i < parts; i++) {
            boolean last = i == parts - 1;
            // The JDK refuses half a surrogate pair, so the cut is between two characters.
            String part = message.substring(cut(message, i, parts), cut(message, i + 1, parts));
            sent = sent.thenCompose(ws -> ws.sendText(part, last));
        }
        return sent;
    }

    private static int cut(String message, int number, int parts) {
        int at = (int) ((long) message.length() * number / parts);
        return at > 0 && at < message.length() && Character.isLowSurrogate(message.charAt(at))
            ? at + 1 : at;
    }

    CompletableFuture<?> sendBinary(byte[] message, int parts) {
        CompletableFuture<WebSocket> sent = CompletableFuture.completedFuture(socket);
        for (int i = 0; i < parts; i++) {
            boolean last = i == parts - 1;
            int from = (int) ((long) message.length * i / parts);
            int to = (int) ((long) message.length * (i + 1) / parts);
            ByteBuffer part = ByteBuffer.wrap(Arrays.copyOfRange(message, from, to));
            sent = sent.thenCompose(ws -> ws.sendBinary(part, last));
        }
        return sent;
    }

    CompletableFuture<?> ping(byte[] payload) {
        return socket.sendPing(ByteBuffer.wrap(payload));
    }

    /** Sends a Close frame and returns how the connection ended. */
    End close(int code, String reason) {
        await(socket.sendClose(code, reason));
        return awaitEnd();
    }

    End awaitEnd() {
        return await(end);
    }

    // ---- receiving

    /** The next message: a String, a byte[], or a {@link Frame} that is a pong. */
    synchronized CompletableFuture<Object> next() {
        if (!received.isEmpty()) {
            return CompletableFuture.completedFuture(received.remove());
        }
        CompletableFuture<Object> next = new CompletableFuture<>();
        waiting.add(next);
        return next;
    }

    private synchronized void arrived(Object message) {
        if (waiting.isEmpty()) {
            received.add(message);
        } else {
            waiting.remove().complete(message);
        }
    }

    private synchronized void failed(Throwable error) {
        waiting.forEach(future -> future.completeExceptionally(error));
        waiting.clear();
    }

    @Override
    public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
        text.append(data);
        if (last) {
            arrived(text.toString());
            text.setLength(0);
        }
        webSocket.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket webSocket, ByteBuffer data, boolean last) {
        byte[] part = new byte[data.remaining()];
        data.get(part);
        bytes.writeBytes(part);
        if (last) {
            arrived(bytes.toByteArray());
            bytes.reset();
        }
        webSocket.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onPong(WebSocket webSocket, ByteBuffer message) {
        byte[] payload = new byte[message.remaining()];
        message.get(payload);
        arrived(Frame.pong(payload));
        webSocket.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket webSocket, int code, String reason) {
        end.complete(new End(code, reason));
        failed(new IllegalStateException("closed with " + code + " " + reason));
        return null; // answered with the same code
    }

    @Override
    public void onError(WebSocket webSocket, Throwable error) {
        end.completeExceptionally(error);
        failed(error);
    }

    static <T> T await(CompletableFuture<T> future) {
        return future.orTimeout(Await.DEADLINE.toSeconds(), TimeUnit.SECONDS).join();
    }
}
