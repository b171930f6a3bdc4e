package io.mooring.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.api.Connections;
import io.mooring.api.Payload;
import io.mooring.api.Request;
import io.mooring.api.Routes;
import io.mooring.api.SendResult;
import io.mooring.api.SlowReceivers;
import io.mooring.api.SlowReceivers.Policy;
import io.mooring.api.WebSocketHandler;
import io.mooring.ws.Opcode;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Two publishers on threads of their own and one over a WebSocket, two reactors of several rings
 * each, receivers that come, go, and leave and join again in one turn: everybody gets each message
 * once at most, in one and the same order, and from joining to leaving without a gap.
 */
@Tag("kernel")
@Timeout(180)
class TopicOrderTest {
    private static final String TOPIC = "/topic/t";
    private static final int PUBLISHERS = 3;
    private static final int EACH = 1_500;
    private static final int STAYING = 24;
    private static final int VISITORS = 12;
    private static final byte LEAVE_AND_JOIN = 1;

    private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();

    private static TestServer start() {
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.reactors = 2;
        sizes.slots = 120;
        sizes.slotsPerShard = 30;
        // Nobody is to miss anything, so the frames in flight are the bound.
        sizes.slow = new SlowReceivers(Policy.DROP_NEWEST, 60_000, 1 << 30);
        return new TestServer(sizes, Routes.builder().webSocket("/topic/*", new Handler()).build());
    }

    /** One message leaves the topic and joins it again, in one turn; any other is published. */
    private static final class Handler implements WebSocketHandler {
        @Override
        public void onOpen(Connections connections, long connection, Request request) {
            connections.subscribe(connection, TOPIC);
        }

        @Override
        public void onMessage(Connections connections, long connection, Payload message) {
            if (message.length() == 1) {
                assertThat(connections.unsubscribe(connection, TOPIC)).isTrue();
                assertThat(connections.subscribe(connection, TOPIC)).isTrue();
            } else {
                SendResult result = connections.publish(TOPIC, message, 0);
                assertThat(result).isEqualTo(SendResult.QUEUED);
            }
        }
    }

    private static byte[] message(int publisher, int number) {
        return ByteBuffer.allocate(100).putInt(publisher).putInt(number).array();
    }

    @Test
    void everybodyGetsTheSameInTheSameOrder() throws Exception {
        Random random = new Random(3);
        try (TestServer server = start()) {
            List<WsClient> staying = new ArrayList<>();
            List<List<Long>> got = new ArrayList<>();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < STAYING; i++) {
                WsClient client = WsClient.open(server.port, TOPIC, random);
                staying.add(client);
                List<Long> mine = new ArrayList<>();
                got.add(mine);
                boolean restless = i % 4 == 0;
                threads.add(run(() -> readAll(client, mine, restless)));
            }
            AtomicInteger publishing = new AtomicInteger(PUBLISHERS);
            WsClient overWebSocket = WsClient.open(server.port, TOPIC, random);
            Thread drained = run(() -> readAll(overWebSocket, new ArrayList<>(), false));
            List<Thread> publishers = List.of(
                run(() -> publish(server, 0, publishing)),
                run(() -> publish(server, 1, publishing)),
                run(() -> {
                    for (int number = 0; number < EACH; number++) {
                        overWebSocket.send(0x82, message(2, number));
                    }
                    publishing.decrementAndGet();
                }));
            List<List<Long>> visits = new ArrayList<>();
            List<Thread> visitors = new ArrayList<>();
            for (int i = 0; i < VISITORS; i++) {
                visitors.add(run(() -> visit(server, publishing, visits)));
            }
            join(publishers);
            join(threads);
            drained.join();
            join(visitors);
            assertThat(failures).isEmpty();

            List<Long> order = got.getFirst();
            assertThat(order).doesNotHaveDuplicates().hasSize(PUBLISHERS * EACH);
            for (int publisher = 0; publisher < PUBLISHERS; publisher++) {
                int p = publisher;
                assertThat(order.stream().filter(m -> m >> 32 == p).map(m -> (int) (long) m))
                    .isSorted();
            }
            for (List<Long> other : got) {
                assertThat(other).isEqualTo(order);
            }
            assertThat(visits).isNotEmpty();
            for (List<Long> visit : visits) {
                int from = visit.isEmpty() ? 0 : order.indexOf(visit.getFirst());
                assertThat(visit).isEqualTo(order.subList(from, from + visit.size()));
            }
            for (WsClient client : staying) {
                client.reset();
            }
            overWebSocket.reset();
            server.awaitEmpty();
            assertThat(server.count(Counter.DROPPED)).isZero();
        }
    }

    private void publish(TestServer server, int publisher, AtomicInteger publishing) {
        for (int number = 0; number < EACH; number++) {
            byte[] message = message(publisher, number);
            SendResult result = server.group.publish(TOPIC, Opcode.BINARY,
                MemorySegment.ofArray(message), 0, message.length, 0, null);
            if (result == SendResult.FULL) {
                number--;
                Thread.onSpinWait();
            } else {
                assertThat(result).isEqualTo(SendResult.QUEUED);
            }
        }
        publishing.decrementAndGet();
    }

    private void readAll(WsClient client, List<Long> into, boolean restless) throws IOException {
        while (into.size() < PUBLISHERS * EACH) {
            into.add(read(client));
            if (restless && into.size() % 50 == 0) {
                client.send(0x82, new byte[] {LEAVE_AND_JOIN});
            }
        }
    }

    private static long read(WsClient client) throws IOException {
        WsClient.Frame frame = client.read();
        assertThat(frame.opcode()).isEqualTo(Opcode.BINARY);
        assertThat(frame.payload()).hasSize(100);
        ByteBuffer payload = ByteBuffer.wrap(frame.payload());
        return (long) payload.getInt() << 32 | payload.getInt();
    }

    /** Comes, reads a few, goes; again and again, into slots that others have left. */
    private void visit(TestServer server, AtomicInteger publishing, List<List<Long>> visits)
        throws IOException {
        Random random = new Random(Thread.currentThread().threadId());
        while (publishing.get() == PUBLISHERS) {
            List<Long> visit = new ArrayList<>();
            try (WsClient client = WsClient.open(server.port, TOPIC, random)) {
                for (int i = random.nextInt(20); i > 0 && publishing.get() == PUBLISHERS; i--) {
                    visit.add(read(client));
                }
                client.reset();
            }
            synchronized (visits) {
                visits.add(visit);
            }
        }
    }

    private interface Step {
        void run() throws Exception;
    }

    private Thread run(Step step) {
        return Thread.ofPlatform().start(() -> {
            try {
                step.run();
            } catch (Exception | AssertionError e) {
                failures.add(e.toString());
            }
        });
    }

    private static void join(List<Thread> threads) throws InterruptedException {
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
