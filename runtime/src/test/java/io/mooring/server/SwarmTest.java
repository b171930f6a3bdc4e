package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.epoll.EngineChoice;
import io.mooring.swarm.Scenario;
import io.mooring.swarm.Swarm;
import io.mooring.swarm.SwarmConfig;
import io.mooring.swarm.Target;
import io.mooring.sys.SetupException;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The load generator against the server of this project, in one process. */
@Tag("e2e")
@Timeout(60)
class SwarmTest {
    private static final int SLOTS = 50;

    private static String url(WebSocketServer server, String path) {
        return "ws://127.0.0.1:" + server.port() + path;
    }

    private static SwarmConfig config(String url, Scenario scenario, int bytes) {
        TestServer.requireIoUring();
        return SwarmConfig.of(Target.parse(url), scenario, bytes);
    }

    private static void grow(Swarm swarm, int connections) {
        swarm.grow(connections);
        Await.until(() -> "all are open or have failed: " + swarm.status(), swarm::isGrown);
    }

    private static void closeAll(Swarm swarm) {
        Swarm.Run closing = swarm.closeAll();
        Await.until(() -> "all are closed: " + swarm.status(), closing::isDone);
        swarm.invariants();
    }

    /** So few slots a ring that a few hundred connections need several. */
    @ParameterizedTest
    @CsvSource({"1, 1", "1, 50", "1, 51", "1, 230", "2, 230", "2, 2000"})
    void holdsConnectionsOverSeveralRings(int threads, int connections) {
        try (WebSocketServer server = TestServer.start(TestServer.builder());
                Swarm swarm = Swarm.open(config(url(server, "/topic/a"), Scenario.IDLE, 64)
                    .withThreads(threads).withSlotsPerShard(SLOTS))) {
            grow(swarm, connections);
            Swarm.Status status = swarm.status();
            assertThat(status.connected()).isEqualTo(connections);
            assertThat(status.failed()).isZero();
            if (EngineChoice.byDefault() == EngineChoice.EPOLL) {
                assertThat(status.rings()).as("one holds all").isEqualTo(threads);
            } else {
                assertThat(status.rings()).isBetween(Math.ceilDiv(connections, SLOTS),
                    Math.ceilDiv(connections, SLOTS) + threads);
            }
            assertThat(server.connections()).isEqualTo(connections);
            swarm.invariants();
            closeAll(swarm);
            assertThat(swarm.status().closed()).isEqualTo(connections);
            assertThat(swarm.status().lost()).isZero();
            TestServer.awaitQuiet(server);
        }
    }

    @Test
    void growsInStepsAndAgainAfterClosing() {
        try (WebSocketServer server = TestServer.start(TestServer.builder());
                Swarm swarm = Swarm.open(config(url(server, "/echo"), Scenario.ECHO, 64)
                    .withThreads(2).withSlotsPerShard(SLOTS))) {
            for (int round = 0; round < 3; round++) {
                for (int n : new int[] {10, 60, 60, 199}) {
                    grow(swarm, n);
                    assertThat(swarm.status().connected()).isEqualTo(n);
                }
                Swarm.Run run = swarm.echo(0, 50);
                Await.until("the echoes are back", run::isDone);
                closeAll(swarm);
                assertThat(swarm.status().connected()).isZero();
            }
            Swarm.Status status = swarm.status();
            assertThat(status.closed()).isEqualTo(3 * 199);
            assertThat(status.sent()).isEqualTo(status.received()).isGreaterThan(3 * 199);
            assertThat(status.corrupt()).isZero();
            TestServer.awaitQuiet(server);
        }
    }

    /** At a constant rate (0: closed loop), with several sizes, all comes back and is right. */
    @ParameterizedTest
    @CsvSource({"0, 16, 1", "0, 64, 300", "0, 125, 10", "0, 126, 10", "0, 5000, 200",
        "0, 65000, 20", "3000, 64, 1", "5000, 64, 300", "200, 60000, 10", "100, 64, 300"})
    void echoes(int rate, int bytes, int connections) {
        try (WebSocketServer server = TestServer.start(TestServer.builder());
                Swarm swarm = Swarm.open(config(url(server, "/echo"), Scenario.ECHO, bytes)
                    .withThreads(2).withSlotsPerShard(SLOTS))) {
            grow(swarm, connections);
            Swarm.Run run = swarm.echo(rate, 300);
            Await.until(() -> "the echoes are back: " + swarm.status(), run::isDone);
            Swarm.Status status = swarm.status();
            assertThat(status.received()).isEqualTo(status.sent());
            assertThat(status.corrupt()).isZero();
            assertThat(swarm.latency().getTotalCount()).isEqualTo(status.received());
            if (rate > 0) {
                // Each thread rounds its share.
                assertThat(status.sent()).isBetween(rate * 3L / 10 - 2, rate * 3L / 10 + 2);
            } else {
                assertThat(status.sent()).isGreaterThanOrEqualTo(connections);
            }
            closeAll(swarm);
            assertThat(swarm.status().lost()).isZero();
            TestServer.awaitQuiet(server);
        }
    }

    @ParameterizedTest
    @CsvSource({"16, 1", "64, 300", "5000, 120", "60000, 120"})
    void broadcasts(int bytes, int receivers) {
        try (WebSocketServer server = TestServer.start(TestServer.builder());
                Swarm swarm = Swarm.open(config(url(server, "/topic/b"), Scenario.BROADCAST, 64)
                    .withThreads(2).withSlotsPerShard(SLOTS))) {
            grow(swarm, receivers);
            swarm.openPublisher();
            assertThat(swarm.status().connected()).isEqualTo(receivers);
            for (int i = 0; i < 5; i++) {
                int number = swarm.publish(bytes, true);
                assertThat(number).isEqualTo(i);
                Await.until(() -> "all have received it: " + swarm.status(),
                    () -> swarm.currentReceivers() == receivers);
                Swarm.BroadcastResult result = swarm.broadcast(number);
                assertThat(result.received()).isEqualTo(receivers);
                assertThat(result.completeNanos()).isPositive();
                assertThat(swarm.latency().getTotalCount()).isEqualTo(receivers);
            }
            Swarm.Status status = swarm.status();
            assertThat(status.received()).isEqualTo(5L * receivers);
            assertThat(status.corrupt() + status.duplicates()).isZero();
            closeAll(swarm);
            TestServer.awaitQuiet(server);
            assertThatThrownBy(() -> swarm.publish(64, true))
                .isInstanceOf(SetupException.class).hasMessageContaining("closed");
        }
    }

    /** All others have everything, whole, although what the server keeps for the deaf piles up. */
    @Test
    void deafReceiversAreCountedApart() {
        try (WebSocketServer server = TestServer.start(TestServer.builder());
                Swarm swarm = Swarm.open(config(url(server, "/topic/b"), Scenario.BROADCAST, 64)
                    .withThreads(2).withSlotsPerShard(SLOTS).withDeaf(5))) {
            grow(swarm, 40);
            grow(swarm, 120);
            swarm.openPublisher();
            assertThat(swarm.status().connected()).isEqualTo(120);
            assertThat(swarm.status().deaf()).isEqualTo(6);
            assertThat(swarm.status().receivers()).isEqualTo(114);
            int count = 0;
            while (TestServer.metric(server, "frames_dropped") == 0) {
                int number = swarm.publish(60_000, true);
                count++;
                Await.until(() -> "all that hear have it: " + swarm.status(), swarm::isReceived);
                assertThat(swarm.broadcast(number).received()).isEqualTo(114);
            }
            Swarm.Status status = swarm.status();
            assertThat(status.received()).isEqualTo(114L * count);
            assertThat(status.corrupt() + status.duplicates() + status.lost()).isZero();
            closeAll(swarm);
            status = swarm.status();
            assertThat(status.closed()).isEqualTo(114);
            assertThat(status.deafCut()).isEqualTo(6);
            assertThat(status.deaf() + status.connected() + status.lost()).isZero();
            TestServer.awaitQuiet(server);
        }
    }

    @Test
    void broadcastsAtARate() {
        try (WebSocketServer server = TestServer.start(TestServer.builder());
                Swarm swarm = Swarm.open(config(url(server, "/topic/b?self=true"),
                    Scenario.BROADCAST, 100).withSlotsPerShard(SLOTS))) {
            grow(swarm, 120);
            swarm.openPublisher();
            Swarm.Run run = swarm.publish(200, 300);
            Await.until("the last one is sent", run::isDone);
            int count = swarm.broadcasts();
            assertThat(count).isBetween(59, 60);
            Await.until(() -> "all have received them: " + swarm.status(),
                () -> swarm.status().received() == 120L * count);
            // The publisher receives its own, which nobody judges.
            assertThat(swarm.status().corrupt() + swarm.status().duplicates()).isZero();
            closeAll(swarm);
            TestServer.awaitQuiet(server);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void countsRefusals(int threads) {
        try (WebSocketServer server = TestServer.start(TestServer.builder().maxConnections(50));
                Swarm swarm = Swarm.open(config(url(server, "/echo"), Scenario.IDLE, 64)
                    .withThreads(threads))) {
            grow(swarm, 80);
            assertThat(swarm.status().connected()).isEqualTo(50);
            assertThat(swarm.status().failed()).isEqualTo(30);
            assertThat(swarm.failures()).isEqualTo(Map.of("503", 30L));
            grow(swarm, 60); // those that are missing are tried again
            assertThat(swarm.failures()).isEqualTo(Map.of("503", 40L));
            closeAll(swarm);
            assertThat(swarm.status().closed()).isEqualTo(50);
        }
    }

    @Test
    void aWrongPath() {
        try (WebSocketServer server = TestServer.start(TestServer.builder());
                Swarm swarm = Swarm.open(config(url(server, "/nothing"), Scenario.IDLE, 64))) {
            grow(swarm, 3);
            assertThat(swarm.failures()).isEqualTo(Map.of("404", 3L));
            assertThatThrownBy(swarm::openPublisher)
                .isInstanceOf(SetupException.class).hasMessageContaining("404");
        }
    }

    /** What the server ends is lost, and said so; pings are answered until then. */
    @Test
    void countsWhatTheServerCloses() {
        try (Swarm swarm = Swarm.open(config("ws://127.0.0.1:" + stopped().port() + "/echo",
                Scenario.IDLE, 64))) {
            grow(swarm, 5);
            assertThat(swarm.failures()).isEqualTo(Map.of("connect ECONNREFUSED", 5L));
        }
        WebSocketServer server = TestServer.start(TestServer.builder());
        try (Swarm swarm = Swarm.open(config(url(server, "/echo"), Scenario.IDLE, 64)
                .withSlotsPerShard(SLOTS))) {
            grow(swarm, 120);
            server.close();
            Await.until(() -> "all are lost: " + swarm.status(),
                () -> swarm.status().lost() == 120);
            assertThat(swarm.status().connected()).isZero();
            assertThat(swarm.failures()).isEqualTo(Map.of("closed by the server", 120L));
            closeAll(swarm);
            assertThat(swarm.status().closed()).isZero();
        } finally {
            server.close();
        }
    }

    private static WebSocketServer stopped() {
        WebSocketServer server = TestServer.start(TestServer.builder());
        server.close();
        return server;
    }

    @Test
    void answersPings() {
        try (WebSocketServer server = TestServer.start(TestServer.builder()
                .idleTimeout(java.time.Duration.ofMillis(400)));
                Swarm swarm = Swarm.open(config(url(server, "/topic/p"), Scenario.IDLE, 64)
                    .withSlotsPerShard(SLOTS))) {
            grow(swarm, 120);
            Await.until(() -> "each was pinged three times: " + swarm.status(),
                () -> swarm.status().pings() >= 3 * 120);
            assertThat(swarm.status().connected()).isEqualTo(120);
            assertThat(swarm.status().lost()).isZero();
        }
    }

    @Test
    void theRampIsKept() {
        try (WebSocketServer server = TestServer.start(TestServer.builder());
                Swarm swarm = Swarm.open(config(url(server, "/echo"), Scenario.IDLE, 64)
                    .withThreads(2).withRamp(400))) {
            long start = System.nanoTime();
            grow(swarm, 100);
            assertThat(System.nanoTime() - start).isGreaterThan(240_000_000L);
            assertThat(swarm.status().connected()).isEqualTo(100);
        }
    }

    @Test
    void growingCanBeEnded() {
        try (WebSocketServer server = TestServer.start(TestServer.builder());
                Swarm swarm = Swarm.open(config(url(server, "/echo"), Scenario.IDLE, 64)
                    .withThreads(2).withRamp(100))) {
            swarm.grow(10_000);
            Await.until("some are open", () -> swarm.status().connected() > 2);
            swarm.stopGrowing();
            Await.until(() -> "nothing is under way: " + swarm.status(), swarm::isGrown);
            assertThat(swarm.status().connected()).isLessThan(1_000);
            closeAll(swarm);
            TestServer.awaitQuiet(server);
        }
    }

    /** Closing while connections are on their way: none is forgotten. */
    @ParameterizedTest
    @ValueSource(ints = {0, 10, 300})
    void closingInTheMiddle(int atLeast) {
        try (WebSocketServer server = TestServer.start(TestServer.builder());
                Swarm swarm = Swarm.open(config(url(server, "/echo"), Scenario.IDLE, 64)
                    .withThreads(2).withSlotsPerShard(SLOTS))) {
            swarm.grow(2_000);
            Await.until("some are open", () -> swarm.status().connected() >= atLeast);
            closeAll(swarm);
            assertThat(swarm.isGrown()).isTrue();
            Swarm.Status status = swarm.status();
            assertThat(status.connected() + status.lost()).isZero();
            assertThat(swarm.failures().keySet()).isSubsetOf("abandoned");
            TestServer.awaitQuiet(server);
            grow(swarm, 100);
            assertThat(swarm.status().connected()).isEqualTo(100);
        }
    }

    @Test
    void ipv6() {
        try (WebSocketServer server = TestServer.start(TestServer.builder().host("::1"));
                Swarm swarm = Swarm.open(config("ws://[::1]:" + server.port() + "/echo",
                    Scenario.ECHO, 64))) {
            grow(swarm, 20);
            assertThat(swarm.status().connected()).isEqualTo(20);
            closeAll(swarm);
        } catch (SetupException e) {
            org.junit.jupiter.api.Assumptions.abort("no IPv6 here: " + e.getMessage());
        }
    }

    @Test
    void tooManyForThePorts() {
        try (Swarm swarm = Swarm.open(config("ws://192.0.2.1/", Scenario.IDLE, 64))) {
            assertThatThrownBy(() -> swarm.grow(1_000_000)).isInstanceOf(SetupException.class)
                .hasMessageContaining("--source");
        }
    }
}
