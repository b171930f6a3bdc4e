import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * A client with nothing but the JDK: sends text and binary of many sizes, whole and in two
 * fragments, and wants each back byte for byte; then closes with 1000. For {@code run-tests}.
 */
final class EchoCheck {
    private static final int[] SIZES = {0, 1, 125, 126, 127, 4096, 16384, 65535, 65536};
    private static final long ECHO_SECONDS = 60;

    public static void main(String[] args) throws Exception {
        if (args.length != 1) {
            System.err.println("usage: java EchoCheck ws://HOST:PORT/echo");
            System.exit(2);
        }
        try {
            System.out.println(run(URI.create(args[0])) + " echoes");
        } catch (ExecutionException e) {
            fail(e.getCause().toString());
        } catch (IllegalStateException | java.util.concurrent.TimeoutException e) {
            fail(e.toString());
        }
        System.exit(0); // without waiting for the client's own threads
    }

    private static int run(URI uri) throws Exception {
        Listener listener = new Listener();
        HttpClient client = HttpClient.newHttpClient();
        WebSocket socket = client.newWebSocketBuilder()
            .connectTimeout(Duration.ofSeconds(ECHO_SECONDS))
            .buildAsync(uri, listener)
            .get(ECHO_SECONDS, TimeUnit.SECONDS);
        Random random = new Random(1);
        int echoes = 0;
        for (int size : SIZES) {
            String text = "x".repeat(size % 3) + "\u20ac".repeat(size / 3);
            byte[] bytes = new byte[size];
            random.nextBytes(bytes);
            for (boolean whole : new boolean[] {true, false}) {
                String what = size + " bytes of %s, " + (whole ? "whole" : "in two fragments");
                listener.next();
                sendText(socket, text, whole);
                listener.expect(what.formatted("text"), text);
                listener.next();
                sendBinary(socket, bytes, whole);
                listener.expect(what.formatted("binary"), ByteBuffer.wrap(bytes));
                echoes += 2;
            }
        }
        socket.sendClose(WebSocket.NORMAL_CLOSURE, "done").get(ECHO_SECONDS, TimeUnit.SECONDS);
        int code = listener.closed.get(ECHO_SECONDS, TimeUnit.SECONDS);
        if (code != WebSocket.NORMAL_CLOSURE) {
            throw new IllegalStateException("closed with " + code + " and not with 1000");
        }
        return echoes;
    }

    private static void sendText(WebSocket socket, String text, boolean whole) throws Exception {
        int cut = text.length() / 2;
        if (!whole) {
            socket.sendText(text.substring(0, cut), false).get(ECHO_SECONDS, TimeUnit.SECONDS);
        }
        socket.sendText(whole ? text : text.substring(cut), true)
            .get(ECHO_SECONDS, TimeUnit.SECONDS);
    }

    private static void sendBinary(WebSocket socket, byte[] bytes, boolean whole)
        throws Exception {
        int cut = whole ? 0 : bytes.length / 2;
        if (!whole) {
            socket.sendBinary(ByteBuffer.wrap(bytes, 0, cut), false)
                .get(ECHO_SECONDS, TimeUnit.SECONDS);
        }
        socket.sendBinary(ByteBuffer.wrap(bytes, cut, bytes.length - cut), true)
            .get(ECHO_SECONDS, TimeUnit.SECONDS);
    }

    private static void fail(String why) {
        System.err.println("EchoCheck: " + why);
        System.exit(1);
    }

    /** Puts the parts of a message together; one message is under way at a time. */
    private static final class Listener implements WebSocket.Listener {
        final CompletableFuture<Integer> closed = new CompletableFuture<>();
        private final StringBuilder text = new StringBuilder();
        private ByteBuffer binary = ByteBuffer.allocate(1 << 20);
        private volatile CompletableFuture<Object> message = new CompletableFuture<>();

        void next() {
            message = new CompletableFuture<>();
        }

        void expect(String what, Object sent) throws Exception {
            Object got;
            try {
                got = message.get(ECHO_SECONDS, TimeUnit.SECONDS);
            } catch (java.util.concurrent.TimeoutException e) {
                throw new IllegalStateException("no echo of " + what, e);
            }
            if (!got.equals(sent)) {
                throw new IllegalStateException("not the same came back for " + what);
            }
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                message.complete(text.toString());
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            binary.put(data);
            if (last) {
                message.complete(binary.flip());
                binary = ByteBuffer.allocate(1 << 20);
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            closed.complete(code);
            message.completeExceptionally(new IllegalStateException("closed with " + code));
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            closed.completeExceptionally(error);
            message.completeExceptionally(error);
        }
    }
}
