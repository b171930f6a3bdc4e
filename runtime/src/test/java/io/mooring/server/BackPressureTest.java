package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.reactor.Arming;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Peers that read slowly or not at all: they cost the server a bounded amount of memory, and lose
 * nothing.
 */
@Tag("e2e")
class BackPressureTest {
    private static final int MESSAGE = 16 * 1024;
    /** More than the socket buffers of both ends can grow to. */
    private static final int MESSAGES = 48 * 64;
    private static final int RECEIVE_BYTES = 8 * 1024;
    /**
     * Generous for what is in the works when reading stops, and next to nothing beside what is
     * sent.
     */
    private static final long KEPT_MAX = 4 << 20;

    @ParameterizedTest
    @EnumSource(Arming.class)
    void aPeerThatDoesNotReadIsNotReadFrom(Arming arming) throws InterruptedException {
        try (WebSocketServer server =
                TestServer.start(TestServer.builder().reactors(1).arming(arming));
                RawClient client = RawClient.connect(server.port(), RECEIVE_BYTES, "127.0.0.1")
                    .upgrade("/echo");
                RawClient other = RawClient.open(server.port(), "/echo")) {
            AtomicLong sent = new AtomicLong();
            Thread sender = Thread.ofPlatform().start(() -> {
                for (int i = 0; i < MESSAGES; i++) {
                    client.send(Wire.binary(message(i)));
                    sent.incrementAndGet();
                }
            });
            Await.until("the server has stopped reading",
                () -> TestServer.metric(server, "reads_paused") >= 1);
            // It stays bounded while the sender goes on until nothing goes in any more.
            long before;
            do {
                before = sent.get();
                for (int i = 0; i < 50; i++) {
                    other.send(Wire.text("served")).expect(Frame.text("served"));
                    assertThat(TestServer.metric(server, "spill_used_bytes"))
                        .as("bytes kept for a peer that does not read")
                        .isLessThanOrEqualTo(KEPT_MAX);
                }
            } while (sent.get() != before);
            for (int i = 0; i < MESSAGES; i++) {
                client.expect(Frame.binary(message(i)));
            }
            sender.join();
            client.closeNormally();
            other.closeNormally();
            assertThat(TestServer.metric(server, "short_sends")).isPositive();
            assertThat(TestServer.metric(server, "spill_exhausted")).isZero();
            TestServer.awaitQuiet(server);
        }
    }

    private static byte[] message(int number) {
        byte[] bytes = new byte[MESSAGE];
        Arrays.fill(bytes, (byte) number);
        ByteBuffer.wrap(bytes).putInt(number);
        return bytes;
    }

    /**
     * Pongs are queued even where a message would be refused; so pings must not be read without end
     * either.
     */
    @ParameterizedTest
    @EnumSource(Arming.class)
    void aPeerThatPingsAndDoesNotReadIsBounded(Arming arming) throws InterruptedException {
        byte[][] pings = new byte[500][];
        Arrays.fill(pings, Wire.ping(Wire.bytes(125)));
        byte[] burst = Wire.join(pings);
        try (WebSocketServer server =
                TestServer.start(TestServer.builder().reactors(1).arming(arming));
                RawClient other = RawClient.open(server.port(), "/echo")) {
            RawClient client = RawClient.connect(server.port(), RECEIVE_BYTES, "127.0.0.1")
                .upgrade("/echo");
            Thread sender = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < MESSAGES; i++) {
                        client.send(burst);
                    }
                } catch (UncheckedIOException e) {
                    // reset below
                }
            });
            Await.until("the server has stopped reading",
                () -> TestServer.metric(server, "reads_paused") >= 1);
            for (int i = 0; i < 500; i++) {
                other.send(Wire.text("served")).expect(Frame.text("served"));
                assertThat(TestServer.metric(server, "spill_used_bytes"))
                    .as("bytes kept for a peer that does not read").isLessThanOrEqualTo(KEPT_MAX);
            }
            client.reset();
            sender.join();
            other.closeNormally();
            TestServer.awaitQuiet(server);
        }
    }

    @Test
    void aSlowReaderGetsItsMessageWhole() throws IOException {
        int length = 1 << 20;
        byte[] message = Wire.bytes(length);
        try (WebSocketServer server = TestServer.start(TestServer.builder().maxMessage(length));
                RawClient client = RawClient.connect(server.port(), RECEIVE_BYTES, "127.0.0.1")
                    .upgrade("/echo")) {
            client.send(Wire.fragments(Frame.BINARY, message, 100_000));
            InputStream in = client.in();
            byte[] header = in.readNBytes(10);
            assertThat(header).startsWith(0x82, 127);
            assertThat(ByteBuffer.wrap(header).getLong(2)).isEqualTo(length);
            byte[] read = new byte[length];
            int step = 0;
            for (int at = 0; at < length;) {
                step = step % 997 + 1;
                int bytes = in.read(read, at, Math.min(step, length - at));
                assertThat(bytes).isPositive();
                at += bytes;
            }
            assertThat(Arrays.equals(read, message)).as("the echo is intact").isTrue();
            client.closeNormally();
            TestServer.awaitQuiet(server);
        }
    }

    /** A subscriber that does not read loses the newest messages, counted; the others lose none. */
    @Test
    void aSlowSubscriberLosesOnlyItsOwn() {
        int messages = 3_000;
        try (WebSocketServer server = TestServer.start(TestServer.builder());
                RawClient slow = RawClient.connect(server.port(), RECEIVE_BYTES, "127.0.0.1")
                    .upgrade("/topic/t");
                RawClient fast = RawClient.open(server.port(), "/topic/t");
                RawClient publisher = RawClient.open(server.port(), "/topic/t")) {
            int sent = 0;
            while (TestServer.metric(server, "frames_dropped") == 0 || sent < messages) {
                publisher.send(Wire.binary(message(sent)));
                fast.expect(Frame.binary(message(sent)));
                sent++;
                assertThat(sent).as("messages without a drop").isLessThan(20_000);
            }
            int published = sent;
            Await.until("the last one has been dealt with", () -> 2L * published
                == TestServer.metric(server, "frames_delivered")
                    + TestServer.metric(server, "frames_queued")
                    + TestServer.metric(server, "frames_dropped"));
            long kept = sent - TestServer.metric(server, "frames_dropped");
            assertThat(TestServer.metric(server, "spill_used_bytes")).isLessThan(KEPT_MAX);
            int last = -1;
            for (long i = 0; i < kept; i++) {
                byte[] got = slow.frame().payload();
                int number = ByteBuffer.wrap(got).getInt();
                assertThat(number).isGreaterThan(last);
                assertThat(Arrays.equals(got, message(number))).as("intact").isTrue();
                last = number;
            }
            slow.closeNormally();
            fast.closeNormally();
            publisher.closeNormally();
            TestServer.awaitQuiet(server);
        }
    }

    /** What waits for subscribers that do not read leaves room for everybody else. */
    @Test
    void manySlowSubscribersHarmNobody() {
        int slowOnes = 40;
        byte[] large = Wire.bytes(60_000);
        try (WebSocketServer server = TestServer.start(TestServer.builder().reactors(1));
                RawClient publisher = RawClient.open(server.port(), "/topic/t");
                RawClient witness = RawClient.open(server.port(), "/echo")) {
            List<RawClient> slow = new ArrayList<>();
            for (int i = 0; i < slowOnes; i++) {
                slow.add(RawClient.connect(server.port(), RECEIVE_BYTES, "127.0.0.1")
                    .upgrade("/topic/t"));
            }
            int sent = 0;
            while (TestServer.metric(server, "frames_dropped") < 100L * slowOnes) {
                publisher.send(Wire.binary(message(sent++)));
                witness.send(Wire.fragments(Frame.BINARY, large, 25_000))
                    .expect(Frame.binary(large));
                assertThat(sent).as("messages without drops").isLessThan(20_000);
            }
            RawClient.open(server.port(), "/echo").closeNormally();
            assertThat(TestServer.metric(server, "spill_exhausted")).isZero();
            witness.closeNormally();
            publisher.closeNormally();
            slow.forEach(RawClient::reset);
            TestServer.awaitQuiet(server);
        }
    }

    /** Pings are answered in order even behind a message that the peer has not read yet. */
    @Test
    void aPongWaitsBehindALargeEcho() {
        int length = 8 << 20;
        byte[] message = Wire.bytes(length);
        try (WebSocketServer server = TestServer.start(TestServer.builder().maxMessage(length));
                RawClient client = RawClient.connect(server.port(), RECEIVE_BYTES, "127.0.0.1")
                    .upgrade("/echo")) {
            client.send(Wire.binary(message), Wire.ping(new byte[] {7}), Wire.text("after"));
            client.expect(Frame.binary(message), Frame.pong(new byte[] {7}), Frame.text("after"))
                .closeNormally();
            TestServer.awaitQuiet(server);
        }
    }
}
