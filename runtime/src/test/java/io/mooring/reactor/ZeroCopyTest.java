package io.mooring.reactor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.api.Delivery;
import io.mooring.api.SendResult;
import io.mooring.api.SlowReceivers;
import io.mooring.api.SlowReceivers.Policy;
import io.mooring.conn.Connection;
import io.mooring.conn.Phase;
import io.mooring.sys.SetupException;
import io.mooring.ws.Opcode;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Published frames that the kernel reads where they lie, until their peers have them. */
@Tag("kernel")
@Timeout(120)
@Tag("io_uring") // epoll has no such sends
class ZeroCopyTest {
    private static final String TOPIC = "/topic/t";
    private static final int FROM = 2_000;
    private static final int CLOSE = 8;
    /** More room at our end than at a peer's: what it does not read stays with us. */
    private static final int SEND_BUFFER = 200_000;
    private static final int SLOW_BUFFER = 16 << 10;
    private static final int WHOLE = 30_000;
    private static final int PARTLY = 400_000;

    private final Random random = new Random(11);

    private static TestServer.Sizes sizes() {
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.zeroCopyFrom = FROM;
        sizes.frameBytes = 20 << 20;
        sizes.sendBufferBytes = SEND_BUFFER;
        return sizes;
    }

    /** What became of it is told while peers still do not read. */
    private static Delivery publish(TestServer server, String topic, byte[] message) {
        CompletableFuture<Delivery> told = new CompletableFuture<>();
        SendResult result = server.group.publish(topic, Opcode.BINARY,
            MemorySegment.ofArray(message), 0, message.length, 0, told::complete);
        assertThat(result).isEqualTo(SendResult.QUEUED);
        return told.orTimeout(60, TimeUnit.SECONDS).join();
    }

    private byte[] message(int bytes) {
        return Clients.bytes(random, bytes);
    }

    private WsClient openSlow(TestServer server, String topic) throws IOException {
        return open(server, topic, SLOW_BUFFER);
    }

    /** Until its handshake is through, a receiver is not idle, and frames for it are queued. */
    private WsClient open(TestServer server, String topic, int buffer) throws IOException {
        WsClient client = WsClient.open(server.port, topic, random, buffer);
        server.await("it is idle", () -> idle(server) == server.group.admission().open());
        return client;
    }

    private static int idle(TestServer server) {
        int[] idle = new int[1];
        server.onReactors(r -> {
            for (Shard shard : r.shards) {
                for (int slot = 0; slot < shard.table.highWater(); slot++) {
                    long c = shard.table.at(slot);
                    if (Connection.phase(c) == Phase.OPEN && shard.sender.isIdle(c)) {
                        idle[0]++;
                    }
                }
            }
        });
        return idle[0];
    }

    private static void assertReads(WsClient client, byte[]... messages) throws IOException {
        for (byte[] message : messages) {
            assertThat(client.read().payload()).isEqualTo(message);
        }
    }

    /** Connections with a frame lent to the kernel. */
    private static int lent(TestServer server) {
        int[] lent = new int[1];
        server.onReactors(r -> {
            for (Shard shard : r.shards) {
                for (int slot = 0; slot < shard.table.highWater(); slot++) {
                    if (Connection.is(shard.table.at(slot), Connection.FLAG_LENT)) {
                        lent[0]++;
                    }
                }
            }
        });
        return lent[0];
    }

    @ParameterizedTest
    @CsvSource({"1, 400", "2, 8"})
    void everybodyGetsEveryByte(int reactors, int slotsPerShard) throws IOException {
        TestServer.Sizes sizes = sizes();
        sizes.reactors = reactors;
        sizes.slots = 40;
        sizes.slotsPerShard = Math.min(40, slotsPerShard);
        int receivers = 14; // as one ring with 64 completions lends to at once
        try (TestServer server = new TestServer(sizes)) {
            List<WsClient> clients = new ArrayList<>();
            for (int i = 0; i < receivers; i++) {
                clients.add(open(server, TOPIC, 0));
            }
            int large = 0;
            for (int bytes : new int[] {1, FROM - 5, FROM - 4, 5_000, 70_000, 10, 66_000}) {
                byte[] message = message(bytes);
                assertThat(publish(server, TOPIC, message))
                    .isEqualTo(new Delivery(receivers, receivers, 0, 0, 0, 0));
                for (WsClient client : clients) {
                    assertReads(client, message);
                }
                server.await("the frame is free", () -> server.group.frameBytes() == 0);
                large += bytes + 4 >= FROM ? 1 : 0;
                assertThat(server.count(Counter.ZERO_COPY)).isEqualTo(large * (long) receivers);
            }
            assertThat(server.count(Counter.DELIVERED)).isEqualTo(7L * receivers);
            assertThat(server.count(Counter.ZERO_COPY_COPIED)).as("within a machine all are, from "
                + "Linux 6.2 on").isIn(0L, large * (long) receivers);
            assertThat(server.count(Counter.COMPLETION_OVERFLOWS)).isZero();
            for (WsClient client : clients) {
                client.closeProperly();
            }
            server.awaitEmpty();
        }
    }

    /** Part of the first goes; its rest and the following ones come after it, in order. */
    @Test
    void aSlowReceiver() throws IOException {
        TestServer.Sizes sizes = sizes();
        sizes.slow = new SlowReceivers(Policy.DROP_NEWEST, 100, 8 << 20);
        try (TestServer server = new TestServer(sizes);
                WsClient slow = openSlow(server, TOPIC)) {
            byte[] first = message(PARTLY);
            assertThat(publish(server, TOPIC, first))
                .isEqualTo(new Delivery(1, 0, 1, 0, 0, 0));
            byte[] second = message(30_000);
            byte[] third = message(10);
            assertThat(publish(server, TOPIC, second)).isEqualTo(new Delivery(1, 0, 1, 0, 0, 0));
            assertThat(publish(server, TOPIC, third)).isEqualTo(new Delivery(1, 0, 1, 0, 0, 0));
            assertThat(lent(server)).isEqualTo(1);
            assertThat(server.group.frameBytes()).isGreaterThan(first.length);
            assertReads(slow, first, second, third);
            server.await("the frame is free", () -> server.group.frameBytes() == 0);
            assertThat(server.count(Counter.ZERO_COPY)).isEqualTo(1);

            byte[] again = message(3_000);
            assertThat(publish(server, TOPIC, again)).isEqualTo(new Delivery(1, 1, 0, 0, 0, 0));
            assertReads(slow, again);
            assertThat(server.count(Counter.ZERO_COPY)).isEqualTo(2);
            slow.closeProperly();
            server.awaitEmpty();
        }
    }

    /** While one is lent, what fits is copied, and follows it. */
    @Test
    void oneAtATime() throws IOException {
        try (TestServer server = new TestServer(sizes());
                WsClient slow = openSlow(server, TOPIC)) {
            List<byte[]> sent = new ArrayList<>();
            do {
                sent.add(message(FROM));
                assertThat(publish(server, TOPIC, sent.getLast()).subscribers()).isEqualTo(1);
            } while (lent(server) == 0);
            long zeroCopies = server.count(Counter.ZERO_COPY);
            for (int i = 0; i < 3; i++) {
                sent.add(message(FROM));
                assertThat(publish(server, TOPIC, sent.getLast()).dropped()).isZero();
            }
            long lent = lent(server);
            if (server.count(Counter.ZERO_COPY) - lent == zeroCopies - 1) {
                assertThat(lent).as("the first one still is, and no other").isEqualTo(1);
            }
            assertReads(slow, sent.toArray(byte[][]::new));
            slow.closeProperly();
            server.awaitEmpty();
        }
    }

    @Test
    void aRingLendsToSoManyAtOnce() throws IOException {
        int receivers = 25;
        try (TestServer server = new TestServer(sizes())) {
            List<WsClient> clients = new ArrayList<>();
            for (int i = 0; i < receivers; i++) {
                clients.add(openSlow(server, TOPIC));
            }
            byte[] message = message(WHOLE);
            assertThat(publish(server, TOPIC, message).subscribers()).isEqualTo(receivers);
            assertThat(server.count(Counter.ZERO_COPY)).isEqualTo(16);
            assertThat(lent(server)).isEqualTo(16);
            for (WsClient client : clients) {
                assertReads(client, message);
                client.closeProperly();
            }
            server.awaitEmpty();
        }
    }

    /** Those who do not read keep a quarter of the memory at most; the others go on. */
    @Test
    void slowReceiversKeepAQuarter() throws IOException {
        TestServer.Sizes sizes = sizes();
        sizes.frameBytes = 13 * WHOLE; // a quarter of it: three and a bit
        try (TestServer server = new TestServer(sizes)) {
            List<WsClient> clients = new ArrayList<>();
            byte[] message = message(WHOLE);
            for (int i = 0; i < 8; i++) {
                clients.add(openSlow(server, "/topic/" + i));
                assertThat(publish(server, "/topic/" + i, message).delivered())
                    .isEqualTo(1);
            }
            server.await("the others' are free", () -> server.group.frameBytes() < 4 * WHOLE);
            assertThat(lent(server)).isEqualTo(3);
            assertThat(server.count(Counter.ZERO_COPY)).isEqualTo(3);
            assertThat(server.group.isPublishingTooFast()).isFalse();
            for (WsClient client : clients) {
                assertReads(client, message);
            }
            server.await("all are free", () -> server.group.frameBytes() == 0);
            byte[] more = message(FROM);
            publish(server, "/topic/7", more);
            assertReads(clients.get(7), more);
            assertThat(server.count(Counter.ZERO_COPY)).isEqualTo(4);
            for (WsClient client : clients) {
                client.closeProperly();
            }
            server.awaitEmpty();
        }
    }

    @Test
    void aPeerThatIsKilled() throws IOException {
        try (TestServer server = new TestServer(sizes())) {
            for (int bytes : new int[] {WHOLE, PARTLY}) {
                WsClient slow = openSlow(server, TOPIC);
                publish(server, TOPIC, message(bytes));
                assertThat(lent(server)).isEqualTo(1);
                slow.reset();
                server.awaitEmpty();
            }
        }
    }

    /** It does not read, so a close would leave the frame in use for ever. */
    @ParameterizedTest
    @CsvSource({"false, " + WHOLE, "false, " + PARTLY, "true, " + WHOLE, "true, " + PARTLY})
    void aPeerThatIsCut(boolean asOnOldKernels, int bytes) throws IOException {
        TestServer.Sizes sizes = sizes();
        sizes.closeTimeoutMs = 300;
        sizes.kernelRelease = asOnOldKernels ? "6.12.1" : null;
        try (TestServer server = new TestServer(sizes);
                WsClient slow = openSlow(server, TOPIC)) {
            publish(server, TOPIC, message(bytes));
            assertThat(lent(server)).isEqualTo(1);
            slow.send(0x88, new byte[] {3, (byte) 0xe8});
            server.awaitEmpty();
            assertThat(server.count(Counter.CLOSE_TIMEOUT)).isEqualTo(1);
        }
    }

    /** The end waits for the peer to read: nothing is cut off, with or without lingering. */
    @ParameterizedTest
    @ValueSource(ints = {WHOLE, PARTLY})
    void aPeerThatClosesAndThenReads(int bytes) throws IOException {
        try (TestServer server = new TestServer(sizes());
                WsClient slow = openSlow(server, TOPIC)) {
            byte[] message = message(bytes);
            publish(server, TOPIC, message);
            slow.send(0x88, new byte[] {3, (byte) 0xe8});
            server.await("it is told of", () -> {
                boolean[] closing = new boolean[1];
                server.onReactors(r -> closing[0] |= r.topics.count() == 0);
                return closing[0];
            });
            assertThat(lent(server)).isEqualTo(1);
            assertReads(slow, message);
            assertThat(slow.read().opcode()).isEqualTo(CLOSE);
            assertThat(slow.atEnd()).isTrue();
            server.awaitEmpty();
        }
    }

    @Test
    void theServerStopsMeanwhile() throws IOException {
        TestServer.Sizes sizes = sizes();
        sizes.reactors = 2;
        try (TestServer server = new TestServer(sizes)) {
            List<WsClient> clients = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                clients.add(openSlow(server, TOPIC));
            }
            byte[] message = message(WHOLE);
            assertThat(publish(server, TOPIC, message).delivered()).isEqualTo(10);
            assertThat(lent(server)).isEqualTo(10);
            assertThat(server.group.stop(0)).as("all ended by themselves").isFalse();
            assertThat(server.group.frameBytes()).isZero();
            for (WsClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void tooMuchToRegister() {
        TestServer.Sizes sizes = sizes();
        sizes.frameBytes = (1L << 30) + 1;
        assertThatThrownBy(() -> new TestServer(sizes)).isInstanceOf(SetupException.class)
            .hasMessageContaining("lower --frame-memory");
    }
}
