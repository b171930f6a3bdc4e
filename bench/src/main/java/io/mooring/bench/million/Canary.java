package io.mooring.bench.million;

import io.mooring.bench.BenchException;
import io.mooring.bench.Stats;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * One ordinary client, of the JDK's own, on {@code /echo} of the same server from before the ramp
 * on: is a message still answered while so many are held, and how soon?
 */
final class Canary implements AutoCloseable {

    private static final int ANSWER_S_MAX = 10;

    private final HttpClient http = HttpClient.newHttpClient();
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final WebSocket socket;

    Canary(int port) {
        try {
            socket = http.newWebSocketBuilder().connectTimeout(Duration.ofSeconds(ANSWER_S_MAX))
                    .buildAsync(URI.create("ws://127.0.0.1:" + port + "/echo"), new Listener())
                    .join();
        } catch (CompletionException e) {
            throw new BenchException("no connection to /echo: " + e.getCause().getMessage());
        }
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                answers.add(text.toString());
                text.setLength(0);
            }
            webSocket.request(1);
            return null;
        }
    }

    /** Milliseconds of {@code count} round trips, one after the other; fails if one is missing. */
    Stats echo(int count) {
        List<Double> ms = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                String message = "are you there? " + i;
                long sentAt = System.nanoTime();
                socket.sendText(message, true).join();
                String answer = answers.poll(ANSWER_S_MAX, TimeUnit.SECONDS);
                if (!message.equals(answer)) {
                    throw new BenchException("/echo answered "
                            + (answer == null ? "nothing for " + ANSWER_S_MAX + " s" : answer));
                }
                ms.add((System.nanoTime() - sentAt) / 1e6);
            }
        } catch (CompletionException e) {
            throw new BenchException("/echo is gone: " + e.getCause().getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted");
        }
        return Stats.of(ms);
    }

    @Override
    public void close() {
        socket.abort();
        http.shutdownNow();
    }
}
