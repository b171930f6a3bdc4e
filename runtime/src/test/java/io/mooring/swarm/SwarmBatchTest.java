package io.mooring.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.api.Connections;
import io.mooring.api.Payload;
import io.mooring.api.Request;
import io.mooring.api.WebSocketHandler;
import io.mooring.server.Await;
import io.mooring.server.WebSocketServer;
import io.mooring.sys.KernelFeatures;
import io.mooring.sys.SetupException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** While a broadcast comes in the swarm sleeps for many completions at once. */
@Timeout(60)
class SwarmBatchTest {
    private static final int ROUNDS = 5;
    private static final int ROUNDS_MAX = 100;
    private static final int EARLY = 3;
    private static final int CONNECTIONS = 10;

    /** Sends what is published to the first few, and to the others when the test says so. */
    private static final class Halting implements WebSocketHandler {
        private final AtomicInteger opened = new AtomicInteger();
        private final BlockingQueue<byte[]> published = new LinkedBlockingQueue<>();

        @Override
        public void onOpen(Connections connections, long connection, Request request) {
            connections.subscribe(connection,
                opened.getAndIncrement() < EARLY ? "early" : "late");
        }

        @Override
        public void onMessage(Connections connections, long connection, Payload message) {
            published.add(message.toBytes());
            connections.publish("early", message, connection);
        }
    }

    private static long batchesCut(Swarm swarm) {
        AtomicLong sum = new AtomicLong();
        swarm.onEach(worker -> sum.addAndGet(worker.counts.get(Count.BATCHES_CUT)));
        return sum.get();
    }

    /** Fewer than it waits for come, then none at all; and it still sees the rest. */
    @Test
    void doesNotHangWhenFewerComeThanItWaitsFor() throws InterruptedException {
        try {
            KernelFeatures.probe();
        } catch (SetupException e) {
            Assumptions.abort(e.getMessage());
        }
        Halting halting = new Halting();
        try (WebSocketServer server = WebSocketServer.builder().path("/b", halting).start();
                Swarm swarm = Swarm.open(SwarmConfig.of(
                    Target.parse("ws://127.0.0.1:" + server.port() + "/b"), Scenario.BROADCAST, 64)
                    .withThreads(1).withSlotsPerShard(4))) { // several rings too
            swarm.grow(CONNECTIONS);
            Await.until(() -> "all are open: " + swarm.status(), swarm::isGrown);
            swarm.openPublisher();
            // On a slow machine all may be there before anybody sleeps: then once more.
            int rounds = 0;
            while (rounds < ROUNDS || rounds < ROUNDS_MAX && batchesCut(swarm) == 0) {
                rounds++;
                swarm.publish(64, true);
                Await.until(() -> "the first have it: " + swarm.status(),
                    () -> swarm.currentReceivers() == EARLY);
                assertThat(swarm.isReceived()).isFalse();
                server.publishBinary("late", halting.published.take());
                Await.until(() -> "all have it: " + swarm.status(), swarm::isReceived);
            }
            assertThat(batchesCut(swarm)).as("sleeps for many that were cut").isPositive();
            Swarm.Run closing = swarm.closeAll();
            Await.until(() -> "all are closed: " + swarm.status(), closing::isDone);
            assertThat(swarm.status().received()).isEqualTo((long) rounds * CONNECTIONS);
            assertThat(swarm.status().closed()).isEqualTo(CONNECTIONS);
            assertThat(swarm.status().lost()).isZero();
            swarm.invariants();
        }
    }
}
