package io.mooring.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.api.Delivery;
import io.mooring.api.SendResult;
import io.mooring.api.SlowReceivers;
import io.mooring.api.SlowReceivers.Policy;
import io.mooring.ws.Opcode;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A receiver that does not read, and one that does, frame by frame, under each policy. */
@Tag("kernel")
@Timeout(120)
class SlowReceiversTest {
    private static final String TOPIC = "/topic/t";
    private static final int BYTES = 3_000;
    private static final int FRAMES_MAX = 5;
    private static final int CLOSE = 8;

    private final Random random = new Random(5);
    private int published;
    private int evicted;
    private volatile AssertionError wrong;
    private volatile int quickRead;

    private static TestServer start(SlowReceivers slow) {
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.slow = slow;
        return new TestServer(sizes);
    }

    /** What a receiver is to get as number {@code number}. */
    private static byte[] message(int number) {
        byte[] bytes = new byte[BYTES];
        for (int i = 0; i < BYTES; i++) {
            bytes[i] = (byte) (number + i * 7);
        }
        bytes[0] = (byte) (number >> 8);
        bytes[1] = (byte) number;
        return bytes;
    }

    private Delivery publish(TestServer server) {
        CompletableFuture<Delivery> told = new CompletableFuture<>();
        SendResult result = server.group.publish(TOPIC, Opcode.BINARY,
            MemorySegment.ofArray(message(published++)), 0, BYTES, 0, told::complete);
        assertThat(result).isEqualTo(SendResult.QUEUED);
        Delivery delivery = told.orTimeout(60, TimeUnit.SECONDS).join();
        assertThat(delivery.subscribers()).isEqualTo(delivery.delivered() + delivery.queued()
            + delivery.dropped() + delivery.closed());
        evicted += (int) delivery.evicted();
        int all = published;
        server.await("the quick one has it", () -> quickRead == all || wrong != null);
        return delivery;
    }

    /** Until the kernel takes nothing more for the one who does not read, and it has a backlog. */
    private void fill(TestServer server) {
        for (int queued = 0; queued < FRAMES_MAX - 1; ) {
            queued = publish(server).queued() == 0 ? 0 : queued + 1;
        }
    }

    /** One that the kernel keeps little for. */
    private WsClient openSlow(TestServer server) throws IOException {
        return WsClient.open(server.port, TOPIC, random, 4096);
    }

    private int read(WsClient client) throws IOException {
        WsClient.Frame frame = client.read();
        assertThat(frame.opcode()).isEqualTo(Opcode.BINARY);
        int number = (frame.payload()[0] & 255) << 8 | frame.payload()[1] & 255;
        assertThat(frame.payload()).isEqualTo(message(number));
        return number;
    }

    /** All that comes until the last one published. */
    private List<Integer> readAll(WsClient client) throws IOException {
        List<Integer> numbers = new ArrayList<>();
        do {
            numbers.add(read(client));
        } while (numbers.getLast() != published - 1);
        return numbers;
    }

    private static List<Integer> range(int from, int to) {
        return IntStream.range(from, to).boxed().toList();
    }

    @FunctionalInterface
    private interface Course {
        /** Whether the slow one is still there. */
        boolean run(TestServer server, WsClient slow) throws Exception;
    }

    /** One who does not read and has a backlog, and one who reads all. */
    private void behind(Policy policy, Course course) throws Exception {
        try (TestServer server = start(new SlowReceivers(policy, FRAMES_MAX, 1 << 20));
                WsClient slow = openSlow(server);
                WsClient quick = WsClient.open(server.port, TOPIC, random)) {
            Thread reading = drain(quick);
            fill(server);
            if (course.run(server, slow)) {
                end(server, reading, slow, quick);
            } else {
                end(server, reading, quick);
            }
        }
    }

    @Test
    void dropsTheNewest() throws Exception {
        behind(Policy.DROP_NEWEST, (server, slow) -> {
            int kept = published;
            while (publish(server).queued() == 1) {
                kept++;
            }
            assertThat(kept).isEqualTo(published - 1);
            for (int i = 0; i < 20; i++) {
                assertThat(publish(server)).isEqualTo(new Delivery(2, 1, 0, 1, 0, 0));
            }
            for (int number : range(0, kept)) {
                assertThat(read(slow)).isEqualTo(number);
            }
            server.await("nothing waits", () -> backlogBytes(server) == 0);
            assertThat(publish(server)).isEqualTo(new Delivery(2, 2, 0, 0, 0, 0));
            assertThat(read(slow)).isEqualTo(published - 1);
            return true;
        });
    }

    @Test
    void dropsTheOldest() throws Exception {
        behind(Policy.DROP_OLDEST, (server, slow) -> {
            for (int i = 0; i < 40; i++) {
                assertThat(publish(server).queued()).isPositive();
            }
            assertThat(evicted).isBetween(40 - FRAMES_MAX, 40);
            List<Integer> got = readAll(slow);
            assertThat(got).hasSize(published - evicted);
            // One gap: what the kernel had, then the newest.
            int newest = FRAMES_MAX;
            while (got.get(got.size() - newest) != published - newest) {
                newest--;
            }
            assertThat(newest).isGreaterThanOrEqualTo(FRAMES_MAX - 1);
            List<Integer> wanted = new ArrayList<>(range(0, got.size() - newest));
            wanted.addAll(range(published - newest, published));
            assertThat(got).isEqualTo(wanted);
            return true;
        });
    }

    @Test
    void keepsTheLatest() throws Exception {
        behind(Policy.LATEST, (server, slow) -> {
            for (int i = 0; i < 40; i++) {
                publish(server);
            }
            assertThat(evicted).isBetween(38, 40 + FRAMES_MAX);
            List<Integer> got = readAll(slow);
            assertThat(got).isEqualTo(concat(range(0, got.size() - 1), published - 1));
            assertThat(got).hasSize(published - evicted);
            return true;
        });
    }

    @Test
    void closes() throws Exception {
        behind(Policy.CLOSE, (server, slow) -> {
            int kept = published;
            Delivery delivery = publish(server);
            while (delivery.closed() == 0) {
                assertThat(delivery).isEqualTo(new Delivery(2, 1, 1, 0, 0, 0));
                kept++;
                delivery = publish(server);
            }
            assertThat(delivery).isEqualTo(new Delivery(2, 1, 0, 0, 1, 0));
            assertThat(publish(server)).as("it has left").isEqualTo(
                new Delivery(1, 1, 0, 0, 0, 0));
            assertThat(server.count(Counter.SLOW_CLOSED)).isEqualTo(1);
            for (int number : range(0, kept)) {
                assertThat(read(slow)).isEqualTo(number);
            }
            WsClient.Frame last = slow.read();
            assertThat(last.opcode()).isEqualTo(CLOSE);
            assertThat(last.closeCode()).isEqualTo(1013);
            slow.close();
            return false;
        });
    }

    /** However many do not read, what they are behind has a bound, and others are not touched. */
    @ParameterizedTest
    @EnumSource(value = Policy.class, names = "CLOSE", mode = EnumSource.Mode.EXCLUDE)
    void backlogsHaveABoundInCommon(Policy policy) throws Exception {
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.slow = new SlowReceivers(policy, 1000, 1 << 30);
        sizes.spillBytes = 8 << 20;
        List<WsClient> clients = new ArrayList<>();
        try (TestServer server = new TestServer(sizes);
                WsClient quick = WsClient.open(server.port, TOPIC, random)) {
            for (int i = 0; i < 20; i++) {
                clients.add(openSlow(server));
            }
            Thread reading = drain(quick);
            boolean full = false;
            for (int i = 0; i < 600 || !full; i++) {
                Delivery delivery = publish(server);
                assertThat(delivery.subscribers()).isEqualTo(21);
                assertThat(delivery.closed()).isZero();
                full |= delivery.dropped() + delivery.evicted() > 0;
            }
            long least = policy == Policy.LATEST ? 1 : 2 << 20;
            assertThat(backlogBytes(server)).isBetween(least, (4L << 20) + 4096);
            try (WsClient other = WsClient.open(server.port, "/echo", random)) {
                byte[] large = Clients.bytes(random, 300_000);
                other.send(0x82, large);
                assertThat(other.read().payload()).isEqualTo(large);
                other.closeProperly();
            }
            for (WsClient client : clients) {
                client.reset();
            }
            server.await("their backlogs are gone", () -> backlogBytes(server) == 0);
            end(server, reading, quick);
        }
    }

    private static List<Integer> concat(List<Integer> numbers, int last) {
        List<Integer> all = new ArrayList<>(numbers);
        all.add(last);
        return all;
    }

    private static long backlogBytes(TestServer server) {
        long[] bytes = new long[1];
        server.onReactors(r -> bytes[0] += r.backlog.bytes());
        return bytes[0];
    }

    /** Reads whatever comes, in order and without a gap. */
    private Thread drain(WsClient client) {
        return Thread.ofVirtual().start(() -> {
            try {
                for (int next = 0; ; next++) {
                    WsClient.Frame frame = client.read();
                    if (frame.opcode() == CLOSE) {
                        return;
                    }
                    assertThat(frame.payload()).isEqualTo(message(next));
                    quickRead = next + 1;
                }
            } catch (IOException e) {
                // The test has ended.
            } catch (AssertionError e) {
                wrong = e;
            }
        });
    }

    private void end(TestServer server, Thread reading, WsClient... clients) throws Exception {
        for (WsClient client : clients) {
            client.reset();
        }
        reading.join();
        if (wrong != null) {
            throw wrong;
        }
        server.awaitEmpty();
    }
}
