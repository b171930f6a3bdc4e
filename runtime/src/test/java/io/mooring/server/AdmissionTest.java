package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.memory.FakeMachine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A machine that runs short of memory, by files that say so: who comes is refused, nobody goes. */
@Tag("e2e")
class AdmissionTest {
    private static final long RESERVE = 400L << 20;
    /** What the reactors have in the kernel when accepting stops. */
    private static final int ACCEPTS = 2 * 8;
    private static final int REFUSED_MAX = 512;

    @TempDir
    private Path directory;

    private final List<String> notices = new CopyOnWriteArrayList<>();

    private WebSocketServer start(FakeMachine machine, WebSocketServer.Builder builder) {
        return TestServer.start(builder.memoryRoot(machine.root()).memoryReserve(RESERVE)
            .onNotice(notices::add));
    }

    @Test
    void shortOfMemoryItRefusesAndRecovers() {
        FakeMachine machine = new FakeMachine(directory);
        try (WebSocketServer server = start(machine, TestServer.builder());
                RawClient old = RawClient.open(server.port(), "/echo")) {
            machine.availableMib(300);
            awaitNotice("refusing connections");
            expectRefusals(server, "connections_refused_memory", "The machine is short of memory");
            old.send(Wire.text("still")).expect(Frame.text("still"));
            machine.availableMib(900);
            awaitNotice("admitting connections again");
            RawClient.open(server.port(), "/echo").closeNormally();
            Await.until("the old one alone is left", () -> server.connections() == 1);
            assertThat(notices).filteredOn(line -> line.contains("refusing")).singleElement()
                .asString().contains("--memory-reserve").doesNotContain("\n");
            old.closeNormally();
            TestServer.awaitQuiet(server);
        }
    }

    @Test
    void tcpMemoryPastThePressureMark() {
        FakeMachine machine = new FakeMachine(directory);
        try (WebSocketServer server = start(machine, TestServer.builder());
                RawClient old = RawClient.open(server.port(), "/echo")) {
            machine.tcpPages(20_001);
            awaitNotice("refusing connections");
            expectRefusals(server, "connections_refused_tcp_memory", "net.ipv4.tcp_mem");
            assertThat(TestServer.metric(server, "tcp_memory_bytes")).isEqualTo(20_001L * 4096);
            old.send(Wire.text("still")).expect(Frame.text("still"));
            machine.tcpPages(17_000);
            awaitNotice("admitting connections again");
            RawClient.open(server.port(), "/echo").closeNormally();
        }
    }

    @Test
    void theGroupAtItsLimit() {
        FakeMachine machine = new FakeMachine(directory).cgroup2();
        try (WebSocketServer server = start(machine, TestServer.builder());
                RawClient old = RawClient.open(server.port(), "/echo")) {
            machine.group2("app.slice", 1_000, "" + (1_300L << 20), "max", 0);
            awaitNotice("refusing connections");
            expectRefusals(server, "connections_refused_cgroup", "control group");
            assertThat(TestServer.metric(server, "cgroup_memory_headroom_bytes"))
                .isEqualTo(300L << 20);
            old.send(Wire.text("still")).expect(Frame.text("still"));
            machine.group2("app.slice", 200, "" + (1_300L << 20), "max", 0);
            awaitNotice("admitting connections again");
            RawClient.open(server.port(), "/echo").closeNormally();
        }
    }

    /** Whoever watches the server can see why it refuses, while it does. */
    @Test
    void refusingItStillAnswersPlainRequests() {
        FakeMachine machine = new FakeMachine(directory);
        try (WebSocketServer server = start(machine,
                TestServer.builder().post("/post", PostHandlers.echo()))) {
            machine.availableMib(300);
            awaitNotice("refusing connections");
            try (RawClient post = RawClient.connect(server.port())) { // a body takes memory
                HttpAnswer answer =
                    post.send(PostHandlers.post("/post", Frame.utf8("x"))).answer();
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.text()).contains("The machine is short of memory");
            }
            try (RawClient http = RawClient.connect(server.port())) {
                http.send(Frame.utf8("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"));
                HttpAnswer answer = http.answer();
                assertThat(answer.status()).isEqualTo(200);
                assertThat(OpenMetrics.parse(answer.text())).containsKey(
                    "mooring_connections_refused_memory_total{reactor=\"0\"}");
            }
            try (RawClient silent = RawClient.connect(server.port())) {
                assertThat(silent.answer().status()).isEqualTo(503); // told after two seconds
            }
            RawClient late = RawClient.connect(server.port()); // and then there is memory again
            machine.availableMib(900);
            awaitNotice("admitting connections again");
            late.upgrade("/echo").closeNormally();
            TestServer.awaitQuiet(server);
        }
    }

    private static void expectRefusals(WebSocketServer server, String counter, String why) {
        long before = TestServer.metric(server, counter);
        for (int i = 0; i < 50; i++) {
            try (RawClient refused = RawClient.connect(server.port())) {
                HttpAnswer answer = refused.send(RawClient.request("/echo")).answer();
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.text()).contains(why);
                assertThat(answer.header("Retry-After")).isNotNull();
            }
        }
        assertThat(TestServer.metric(server, counter)).isEqualTo(before + 50);
    }

    /** With half the reserve gone nobody is taken from the listener; who waits there is served. */
    @Test
    void veryShortOfMemoryItAcceptsNobodyUntilThereIsSome() {
        FakeMachine machine = new FakeMachine(directory);
        List<RawClient> clients = new ArrayList<>();
        try (WebSocketServer server = start(machine, TestServer.builder());
                RawClient old = RawClient.open(server.port(), "/echo")) {
            machine.availableMib(100);
            awaitNotice("taking no connections");
            assertThat(TestServer.metric(server, "accepting_stopped")).isEqualTo(1);
            for (int i = 0; i < ACCEPTS + 5; i++) {
                clients.add(RawClient.connect(server.port()).send(RawClient.request("/echo")));
            }
            Await.until("what was in the kernel has been answered",
                () -> TestServer.metric(server, "connections_refused_memory") == ACCEPTS);
            old.send(Wire.text("still")).expect(Frame.text("still"));
            assertThat(TestServer.metric(server, "connections_accepted")).isEqualTo(1 + ACCEPTS);

            machine.availableMib(900);
            awaitNotice("admitting connections again");
            Await.until("those that waited are served", () -> server.connections() == 1 + 5);
            assertThat(TestServer.metric(server, "connections_refused_memory")).isEqualTo(ACCEPTS);
            assertThat(TestServer.metric(server, "accept_stops")).isEqualTo(1);
            clients.forEach(RawClient::close);
            old.closeNormally();
            TestServer.awaitQuiet(server);
        }
    }

    /** A refused connection is a whole socket until it is closed: there is a bound on them too. */
    @Test
    void soManyAreRefusedAtOnceAndNoMore() {
        FakeMachine machine = new FakeMachine(directory);
        List<RawClient> clients = new ArrayList<>();
        try (WebSocketServer server = start(machine,
                TestServer.builder().reactors(1).closeTimeout(Duration.ofHours(1)));
                RawClient old = RawClient.open(server.port(), "/echo")) {
            machine.availableMib(300);
            awaitNotice("refusing connections");
            for (int i = 0; i < REFUSED_MAX + 50; i++) {
                clients.add(RawClient.connect(server.port())
                    .send(RawClient.request("/echo"))); // and they do not end
            }
            Await.until("as many are refused as may be", () ->
                TestServer.metric(server, "connections_refused_memory") >= REFUSED_MAX);
            // The others stand in the listener. Each answer takes the one reactor a turn at least,
            // in which it would take eight of them and could refuse the eight before.
            for (int i = 0; i < 100; i++) {
                old.send(Wire.text("still")).expect(Frame.text("still"));
            }
            assertThat(TestServer.metric(server, "connections_accepted"))
                .isEqualTo(1 + REFUSED_MAX);
            assertThat(TestServer.metric(server, "connections_refused_memory"))
                .isEqualTo(REFUSED_MAX);

            clients.subList(0, 60).forEach(RawClient::close);
            Await.until("others are told in their place", () ->
                TestServer.metric(server, "connections_refused_memory") == REFUSED_MAX + 50);
            clients.forEach(RawClient::close);
            old.closeNormally();
            TestServer.awaitQuiet(server);
        }
    }

    /** Half a message costs the server memory as well: there is less for them then. */
    @Test
    void veryShortOfMemoryTheSpillPoolStopsGrowing() {
        FakeMachine machine = new FakeMachine(directory);
        List<RawClient> clients = new ArrayList<>();
        try (WebSocketServer server = start(machine, TestServer.builder().reactors(1))) {
            for (int i = 0; i < 200; i++) {
                clients.add(RawClient.open(server.port(), "/echo"));
            }
            machine.availableMib(100);
            awaitNotice("taking no connections");
            byte[] part = Arrays.copyOf(Wire.binary(new byte[60_000]), 50_000);
            for (RawClient client : clients) {
                client.send(part); // 200 x 64 KiB would be 12 MiB
            }
            Await.until("some get no memory",
                () -> TestServer.metric(server, "spill_exhausted") > 100);
            assertThat(TestServer.metric(server, "spill_mapped_bytes"))
                .isLessThanOrEqualTo(4 << 20);
            clients.forEach(RawClient::close);
        }
    }

    // ---- who is told

    @Test
    @Timeout(60)
    void whoIsToldMayStopTheServer() throws InterruptedException {
        FakeMachine machine = new FakeMachine(directory);
        AtomicReference<WebSocketServer> self = new AtomicReference<>();
        CountDownLatch stopped = new CountDownLatch(1);
        try (WebSocketServer server = TestServer.start(TestServer.builder()
                .memoryRoot(machine.root()).memoryReserve(RESERVE).onNotice(line -> {
                    self.get().stop(Duration.ZERO);
                    stopped.countDown();
                }))) {
            self.set(server);
            machine.availableMib(300);
            assertThat(stopped.await(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** The memory runs short between the plan and the first look, and who is told throws. */
    @Tag("io_uring") // with epoll a million connections fail for want of descriptors
    @Test
    void aStartThatFailsLeavesNoListener() {
        FakeMachine machine = new FakeMachine(directory).availableMib(600);
        int port;
        try (WebSocketServer server = TestServer.start(TestServer.builder())) {
            port = server.port();
        }
        WebSocketServer.Builder builder = TestServer.builder().port(port)
            .maxConnections(1_000_000).memoryRoot(machine.root()).memoryReserve(RESERVE)
            .onNotice(line -> {
                machine.availableMib(100); // at the plan's warning
                if (line.startsWith("taking no connections")) {
                    throw new IllegalStateException(line);
                }
            });
        assertThatThrownBy(builder::start).isInstanceOf(IllegalStateException.class);
        WebSocketServer.builder().port(port).start().close();
    }

    private void awaitNotice(String start) {
        Await.until(() -> "it says '" + start + "': " + notices,
            () -> !notices.isEmpty() && notices.getLast().startsWith(start));
    }
}
