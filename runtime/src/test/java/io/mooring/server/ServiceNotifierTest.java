package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.mooring.api.Connections;
import io.mooring.api.Payload;
import io.mooring.api.WebSocketHandler;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a service manager hears of a server; it is a socket of this test's. */
@Tag("e2e")
@Timeout(120)
class ServiceNotifierTest {
    private static final String PID = "" + ProcessHandle.current().pid();
    private static final int PERIOD_MS = 20;

    private final List<String> notices = new CopyOnWriteArrayList<>();

    @TempDir
    private Path folder;

    private static String abstractName() {
        return "@mooring-test-" + UUID.randomUUID();
    }

    private WebSocketServer start(WebSocketServer.Builder builder, String... environment) {
        Map<String, String> variables = new HashMap<>();
        for (int i = 0; i < environment.length; i += 2) {
            variables.put(environment[i], environment[i + 1]);
        }
        return TestServer.start(builder.notifyServiceManager().environment(variables)
            .onNotice(notices::add));
    }

    private WebSocketServer start(String address, String... environment) {
        String[] all = new String[environment.length + 2];
        all[0] = "NOTIFY_SOCKET";
        all[1] = address;
        System.arraycopy(environment, 0, all, 2, environment.length);
        return start(TestServer.builder(), all);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readyAndStopping(boolean isAbstract) {
        String address = isAbstract ? abstractName() : folder.resolve("notify").toString();
        try (NotifyListener manager = new NotifyListener(address)) {
            try (WebSocketServer server = start(address)) {
                assertThat(manager.await("READY=1")).singleElement().isEqualTo(
                    "READY=1\nMAINPID=" + PID + "\nSTATUS=0 of 10000 connections");
                try (RawClient client = RawClient.open(server.port(), "/echo")) {
                    client.closeNormally(); // it serves when it says so
                }
                server.stop(Duration.ofSeconds(5));
                assertThat(manager.await("STOPPING=1")).singleElement().asString()
                    .startsWith("STOPPING=1\nSTATUS=stopping, closing ")
                    .endsWith(" connections");
            }
            assertThat(manager.drain()).as("messages after the end").isZero();
        }
        assertThat(said("service manager")).isEmpty();
    }

    /** A manager that never heard of it would end a healthy server. */
    @Test
    void readyIsToldUntilItIsHeard() {
        String address = abstractName();
        try (WebSocketServer server = start(address)) {
            Await.until("nobody has heard it",
                () -> TestServer.metric(server, "notify_errors") > 0);
            try (NotifyListener manager = new NotifyListener(address)) {
                manager.await("READY=1");
            }
        }
    }

    @Test
    void feedsTheWatchdogAndTellsTheConnections() {
        String address = abstractName();
        try (NotifyListener manager = new NotifyListener(address);
                WebSocketServer server = start(address, "WATCHDOG_USEC",
                    "" + 2 * PERIOD_MS * 1_000, "WATCHDOG_PID", PID);
                RawClient client = RawClient.open(server.port(), "/echo")) {
            manager.await("WATCHDOG=1\nSTATUS=1 of 10000 connections");
            manager.await("WATCHDOG=1");
            client.closeNormally();
            manager.await("WATCHDOG=1\nSTATUS=0 of 10000 connections");
            assertThat(TestServer.metric(server, "notify_messages")).isPositive();
            assertThat(TestServer.metric(server, "notify_errors")).isZero();
        }
    }

    /** The pings end while a handler blocks its reactor, and go on when it has returned. */
    @Test
    void aReactorThatHangsIsNotCoveredUp() {
        CountDownLatch hang = new CountDownLatch(1);
        String address = abstractName();
        try (NotifyListener manager = new NotifyListener(address);
                WebSocketServer server = start(TestServer.builder().path("/hang", hanging(hang)),
                    "NOTIFY_SOCKET", address, "WATCHDOG_USEC", "" + 2 * PERIOD_MS * 1_000)) {
            try {
                manager.await("WATCHDOG=1");
                RawClient client = RawClient.open(server.port(), "/hang");
                long late = TestServer.metric(server, "watchdog_late");
                client.send(Wire.text("hang"));
                Await.until("a ping is held back",
                    () -> TestServer.metric(server, "watchdog_late") > late);
                manager.drain();
                // Both reactors must turn: the other one's turns do not count for this one.
                assertThat(manager.hears(20 * PERIOD_MS)).as("a ping while one hangs").isFalse();
                assertThat(said("has not turned")).isNotEmpty();
                hang.countDown();
                manager.await("WATCHDOG=1");
                client.close();
            } finally {
                hang.countDown();
            }
        }
    }

    private static WebSocketHandler hanging(CountDownLatch until) {
        return new WebSocketHandler() {
            @Override
            public void onMessage(Connections connections, long connection, Payload message) {
                try {
                    until.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        };
    }

    /** The environment of a parent that has a watchdog: it is not this process's to feed. */
    @Test
    void anothersWatchdogIsNotFed() {
        String address = abstractName();
        try (NotifyListener manager = new NotifyListener(address);
                WebSocketServer server = start(address, "WATCHDOG_USEC", "1000",
                    "WATCHDOG_PID", "1")) {
            manager.await("READY=1");
            assertThat(manager.hears(100)).isFalse();
            server.stop(Duration.ZERO);
            assertThat(manager.await("STOPPING=1")).hasSize(1);
        }
    }

    @Test
    void withoutAManagerNothingIsDone() {
        try (WebSocketServer server = start(TestServer.builder())) {
            assertThat(server.metrics()).doesNotContain("mooring_notify");
            assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().equals("mooring-service"));
        }
        assertThat(said("service manager")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"vsock:2:1234", "relative", "/", "@"})
    void anAddressOfNoUseIsSaidOnce(String address) {
        try (WebSocketServer server = start(address, "WATCHDOG_USEC", "1000000")) {
            serves(server);
            assertThat(TestServer.metric(server, "notify_errors")).isEqualTo(1);
        }
        assertThat(said("NOTIFY_SOCKET")).hasSize(1);
    }

    @Test
    void anAddressThatIsTooLongIsSaid() {
        try (WebSocketServer server = start("/" + "a".repeat(120))) {
            serves(server);
        }
        assertThat(said("the most are 107")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "0", "soon", "99999999999999999999"})
    void aWatchdogsTimeOfNoUseIsSaid(String time) {
        String address = abstractName();
        try (NotifyListener manager = new NotifyListener(address);
                WebSocketServer server = start(address, "WATCHDOG_USEC", time)) {
            manager.await("READY=1");
            serves(server);
            assertThat(TestServer.metric(server, "notify_errors")).isEqualTo(1);
        }
        assertThat(said("WATCHDOG_USEC")).hasSize(1);
    }

    /** Nobody listens; then somebody does, at the same address. */
    @Test
    void aManagerThatIsAwayIsSaidOnceAndFoundAgain() throws Exception {
        Path socket = folder.resolve("notify");
        try (WebSocketServer server = start(socket.toString(), "WATCHDOG_USEC",
                "" + 2 * PERIOD_MS * 1_000)) {
            Await.until("several messages have failed",
                () -> TestServer.metric(server, "notify_errors") > 3);
            serves(server);
            assertThat(said("is not told")).singleElement().asString().contains("No such file");
            try (NotifyListener manager = new NotifyListener(socket.toString())) {
                manager.await("WATCHDOG=1");
            }
            long errors = TestServer.metric(server, "notify_errors");
            Await.until("it is away again",
                () -> TestServer.metric(server, "notify_errors") > errors);
            Files.delete(socket);
            try (NotifyListener manager = new NotifyListener(socket.toString())) {
                manager.await("WATCHDOG=1");
            }
        }
        assertThat(said("is not told")).hasSize(1);
    }

    /** A manager that does not read is no reason to wait. */
    @Test
    void aManagerThatDoesNotReadHoldsNobodyUp() {
        String address = abstractName();
        try (NotifyListener manager = new NotifyListener(address);
                WebSocketServer server = start(address, "WATCHDOG_USEC", "1000")) {
            Await.until("its queue is full",
                () -> TestServer.metric(server, "notify_errors") > 0);
            serves(server);
            assertThat(said("temporarily unavailable")).hasSize(1);
            assertThat(manager.drain()).isPositive();
        }
    }

    /** A hundred pings in a row without a byte: once the code is warm there is no garbage. */
    @Test
    void pingsAllocateNothing() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        String address = abstractName();
        try (NotifyListener manager = new NotifyListener(address);
                WebSocketServer server = start(address, "WATCHDOG_USEC", "1000")) {
            manager.await("READY=1");
            long id = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("mooring-service"))
                .findAny().orElseThrow().threadId();
            Await.until("a hundred pings allocate nothing", () -> {
                long before = threads.getThreadAllocatedBytes(id);
                for (int i = 0; i < 100; i++) {
                    manager.await("WATCHDOG=1");
                }
                return threads.getThreadAllocatedBytes(id) == before;
            });
        }
    }

    private static void serves(WebSocketServer server) {
        try (RawClient client = RawClient.open(server.port(), "/echo")) {
            client.send(Wire.text("x")).expect(Frame.text("x")).closeNormally();
        }
    }

    private List<String> said(String part) {
        return notices.stream().filter(line -> line.contains(part)).toList();
    }
}
