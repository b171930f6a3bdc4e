package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.reactor.Arming;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Many clients at once that do everything a client may do, and some things it may not, each by a
 * seed of its own that a failure names: sizes, fragments, pings between them, writes cut anywhere,
 * slow reading, and every way to end. Whoever plays by the rules gets all its echoes in order; and
 * afterwards nothing is left.
 */
@Tag("e2e")
class ChaosTest {
    private static final int CONNECTIONS = 1_200;
    private static final int AT_ONCE = 60;
    private static final int MESSAGE_MAX = 70_000;

    private enum End { CLOSE, HALF_CLOSE, RESET, PROTOCOL_ERROR }

    @ParameterizedTest
    @EnumSource
    void everythingAtOnce(Arming arming) throws InterruptedException, ExecutionException {
        Recorder recorder = new Recorder();
        try (WebSocketServer server = TestServer.start(TestServer.builder().arming(arming)
                .maxMessage(MESSAGE_MAX).path("/recorded", recorder))) {
            try (ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
                List<Future<?>> runs = new ArrayList<>();
                for (int seed = 0; seed < CONNECTIONS; seed++) {
                    int each = seed;
                    runs.add(threads.submit(() -> run(server.port(), each)));
                }
                for (Future<?> run : runs) {
                    run.get();
                }
            }
            assertThat(recorder.opened()).hasSize(CONNECTIONS);
            TestServer.awaitQuiet(server);
            recorder.checkEachClosedOnce();
            assertThat(TestServer.metric(server, "handler_errors")).isZero();
            assertThat(TestServer.metric(server, "spill_exhausted")).isZero();
        }
    }

    private static void run(int port, int seed) {
        Random random = new Random(seed);
        End end = End.values()[random.nextInt(End.values().length)];
        List<Frame> expected = new ArrayList<>();
        byte[] script = script(random, end, expected);
        int receiveBytes = random.nextInt(4) == 0 ? 8_192 : 0;
        try (RawClient client = RawClient.connect(port, receiveBytes, "127.0.0.1")) {
            client.upgrade("/recorded");
            if (end == End.RESET) {
                send(client, random, Arrays.copyOf(script, random.nextInt(script.length + 1)));
                client.reset();
                return;
            }
            CompletableFuture<Void> reading = CompletableFuture.runAsync(
                () -> expected.forEach(client::expect), Thread::startVirtualThread);
            send(client, random, script);
            if (end == End.HALF_CLOSE) {
                client.endOutput();
            }
            JdkClient.await(reading);
            client.expectEnd();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed + ", end " + end + ": " + e, e);
        }
    }

    /** All that one client sends, and what must come back. */
    private static byte[] script(Random random, End end, List<Frame> expected) {
        List<byte[]> parts = new ArrayList<>();
        for (int i = random.nextInt(12); i > 0; i--) {
            int length = switch (random.nextInt(4)) {
                case 0 -> random.nextInt(10);
                case 1 -> random.nextInt(300);
                case 2 -> random.nextInt(9_000);
                default -> random.nextInt(MESSAGE_MAX + 1);
            };
            boolean text = random.nextBoolean();
            byte[] message = text ? Wire.utf8(length) : Wire.bytes(length);
            addMessage(random, parts, text ? Frame.TEXT : Frame.BINARY, message, expected);
            expected.add(new Frame(true, text ? Frame.TEXT : Frame.BINARY, message));
        }
        switch (end) {
            case CLOSE -> {
                int code = 3_000 + random.nextInt(2_000);
                parts.add(Wire.close(code, Wire.utf8(random.nextInt(124))));
                expected.add(Frame.close(code));
            }
            case PROTOCOL_ERROR -> {
                parts.add(Wire.frame(Wire.FIN | 3 + random.nextInt(5), Wire.bytes(9)));
                parts.add(Wire.bytes(random.nextInt(20_000)));
                expected.add(Frame.close(1002));
            }
            default -> { }
        }
        return Wire.join(parts.toArray(byte[][]::new));
    }

    /** A message, perhaps in fragments, perhaps with pings and pongs between them. */
    private static void addMessage(Random random, List<byte[]> parts, int opcode, byte[] message,
        List<Frame> expected) {
        int fragments = random.nextBoolean() ? 1 : 1 + random.nextInt(5);
        for (int i = 0; i < fragments; i++) {
            int from = (int) ((long) message.length * i / fragments);
            int to = (int) ((long) message.length * (i + 1) / fragments);
            parts.add(Wire.frame((i == 0 ? opcode : 0) | (i == fragments - 1 ? Wire.FIN : 0),
                Arrays.copyOfRange(message, from, to)));
            byte[] payload = Wire.bytes(random.nextInt(126));
            if (i < fragments - 1 && random.nextBoolean()) {
                parts.add(Wire.ping(payload));
                expected.add(Frame.pong(payload));
            } else if (i < fragments - 1 && random.nextBoolean()) {
                parts.add(Wire.pong(payload));
            }
        }
    }

    private static void send(RawClient client, Random random, byte[] script) {
        int write = 1 + (int) Math.pow(2, random.nextInt(4, 17));
        for (int from = 0; from < script.length;) {
            int to = Math.min(script.length, from + 1 + random.nextInt(write));
            client.send(Arrays.copyOfRange(script, from, to));
            from = to;
        }
    }
}
