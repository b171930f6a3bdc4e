package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code mooring swarm} as a process: reports, exit codes, signals, and its control protocol. */
@Tag("e2e")
@Timeout(120)
class SwarmCommandTest {
    private static JavaProcess mains;

    @BeforeAll
    static void startMains() {
        TestServer.requireIoUring();
        mains = JavaProcess.start(RepeatedMain.class.getName());
    }

    @AfterAll
    static void endMains() {
        if (mains != null) {
            mains.close();
        }
    }

    private static JavaProcess swarm(String url, String options) {
        List<String> arguments = new ArrayList<>(List.of("swarm", url));
        arguments.addAll(List.of(options.split(" ")));
        return JavaProcess.start(Main.class.getName(), arguments.toArray(String[]::new));
    }

    private static String url(WebSocketServer server, String path) {
        return "ws://127.0.0.1:" + server.port() + path;
    }

    /** A number of a JSON text; the names of ours are unique where a test looks. */
    private static double number(String json, String name) {
        Matcher matcher = Pattern.compile("\"" + Pattern.quote(name) + "\":(-?[0-9.]+)")
            .matcher(json);
        assertThat(matcher.find()).as("%s in %s", name, json).isTrue();
        return Double.parseDouble(matcher.group(1));
    }

    // ---- one run

    @Test
    void echoReportsInJson() {
        try (WebSocketServer server = TestServer.start(TestServer.builder());
                JavaProcess swarm = swarm(url(server, "/echo"), "--connections 50 --hold 500ms "
                    + "--scenario echo --rate 1000 --size 100 --threads 2 --json")) {
            assertThat(swarm.awaitExit()).as("%s", swarm).isZero();
            assertThat(swarm.out()).hasSize(1);
            String json = swarm.out().getFirst();
            assertThat(number(json, "connections")).isEqualTo(50);
            assertThat(number(json, "connected")).isEqualTo(50);
            assertThat(number(json, "sent")).isBetween(498.0, 502.0);
            assertThat(number(json, "received")).isEqualTo(number(json, "sent"));
            assertThat(number(json, "missing")).isZero();
            assertThat(number(json, "corrupt")).isZero();
            assertThat(number(json, "p99.9")).isPositive();
            assertThat(number(json, "closed")).isEqualTo(50);
            assertThat(json).contains("\"failures\":{}");
            TestServer.awaitQuiet(server);
        }
    }

    @Test
    void broadcastReportsInATable() {
        try (WebSocketServer server = TestServer.start(TestServer.builder());
                JavaProcess swarm = swarm(url(server, "/topic/x"),
                    "--connections 200 --hold 500ms --scenario broadcast --rate 20")) {
            assertThat(swarm.awaitExit()).as("%s", swarm).isZero();
            assertThat(row(swarm, "broadcasts")).isEqualTo("10");
            assertThat(row(swarm, "receivers of each")).isEqualTo("200");
            assertThat(row(swarm, "received and right")).isEqualTo("2,000");
            assertThat(row(swarm, "missing")).isEqualTo("0");
            assertThat(row(swarm, "closed in good order")).isEqualTo("200");
        }
    }

    private static String row(JavaProcess swarm, String label) {
        String line = swarm.out().stream().filter(each -> each.startsWith(label + "  "))
            .findFirst().orElseThrow(() -> new AssertionError(label + " in\n" + swarm));
        return line.substring(label.length()).strip();
    }

    @Test
    void deafReceiversAreReported() {
        try (WebSocketServer server = TestServer.start(TestServer.builder());
                JavaProcess swarm = swarm(url(server, "/topic/x"), "--connections 100 "
                    + "--hold 200ms --scenario broadcast --rate 20 --deaf 3 --json")) {
            assertThat(swarm.awaitExit()).as("%s", swarm).isZero();
            String json = swarm.out().getFirst();
            assertThat(number(json, "connected")).isEqualTo(100);
            assertThat(number(json, "deaf")).isEqualTo(3);
            assertThat(number(json, "subscribers")).isEqualTo(97);
            assertThat(number(json, "received")).isEqualTo(97 * number(json, "broadcasts"));
            assertThat(number(json, "missing") + number(json, "lost")).isZero();
            assertThat(number(json, "closed")).isEqualTo(97);
            assertThat(number(json, "deaf_cut")).isEqualTo(3);
        }
    }

    @Test
    void controlTellsOfDeafReceivers() {
        try (WebSocketServer server = TestServer.start(TestServer.builder());
                JavaProcess swarm = swarm(url(server, "/topic/c"), "--control --deaf 10")) {
            swarm.say("grow 50");
            String grown = await(swarm, "grown", 1);
            assertThat(number(grown, "connected")).isEqualTo(50);
            assertThat(number(grown, "deaf")).isEqualTo(5);
            swarm.say("broadcast 1 100");
            String broadcast = await(swarm, "broadcast", 1);
            assertThat(number(broadcast, "receivers")).isEqualTo(45);
            assertThat(number(broadcast, "received")).isEqualTo(45);
            assertThat(number(broadcast, "deaf")).isEqualTo(5);
            swarm.say("status");
            assertThat(number(await(swarm, "status", 1), "deaf")).isEqualTo(5);
            swarm.say("close");
            String closed = await(swarm, "closed", 1);
            assertThat(number(closed, "closed")).isEqualTo(45);
            assertThat(number(closed, "deaf_cut")).isEqualTo(5);
            assertThat(number(closed, "lost")).isZero();
            TestServer.awaitQuiet(server);
        }
    }

    /** What could not be had is reported, and told by the exit code. */
    @Test
    void exitsWith1IfConnectionsFail() {
        try (WebSocketServer server = TestServer.start(TestServer.builder().maxConnections(10));
                JavaProcess swarm = swarm(url(server, "/echo"),
                    "--connections 12 --hold 100ms --json")) {
            assertThat(swarm.awaitExit()).as("%s", swarm).isEqualTo(1);
            assertThat(swarm.out().getFirst()).contains("\"failures\":{\"503\":2}",
                "\"connected\":10", "\"failed_total\":2");
        }
    }

    @Test
    void exitsWith1IfNobodyListens() {
        WebSocketServer server = TestServer.start(TestServer.builder());
        server.close();
        try (JavaProcess swarm = swarm(url(server, "/echo"), "--connections 3 --json")) {
            assertThat(swarm.awaitExit()).as("%s", swarm).isEqualTo(1);
            assertThat(swarm.out().getFirst()).contains("\"connect ECONNREFUSED\":3");
        }
    }

    /** Who is gone receives nothing more: nobody waits for it. */
    @ParameterizedTest
    @ValueSource(strings = {"--rate 20", "--rate 0"})
    void aLostReceiverIsNotWaitedFor(String rate) throws IOException {
        List<ScriptedServer.Peer> peers = new CopyOnWriteArrayList<>();
        try (ScriptedServer server = new ScriptedServer(peer -> {
            peers.add(peer);
            peer.upgrade();
            byte[] frame = peer.frame();
            while (frame != null && frame[0] == 2) { // the publisher's
                peers.getFirst().socket.close();
                peers.get(1).send(frame);
                peers.get(2).send(frame);
                frame = peer.frame();
            }
            if (frame != null) {
                peer.send(frame);
            }
        }); JavaProcess swarm = swarm(server.url(), "--connections 3 --hold 300ms "
                + "--scenario broadcast --json " + rate)) {
            assertThat(swarm.awaitExit()).as("%s", swarm).isEqualTo(1);
            String json = swarm.out().getFirst();
            assertThat(number(json, "lost")).isEqualTo(1);
            assertThat(number(json, "missing")).isEqualTo(number(json, "broadcasts"));
            assertThat(number(json, "closed")).isEqualTo(2);
        }
    }

    /** Also what is lost at the very end is. */
    @Test
    void exitsWith1IfTheServerDoesNotClose() throws IOException {
        try (ScriptedServer server = new ScriptedServer(peer -> {
            peer.upgrade();
            peer.frame();
        }); JavaProcess swarm = swarm(server.url(), "--connections 2 --hold 10ms --json")) {
            assertThat(swarm.awaitExit()).as("%s", swarm).isEqualTo(1);
            assertThat(swarm.out().getFirst()).contains("\"ended without a close frame\":2");
        }
    }

    @Test
    void aSignalClosesAndReports() {
        try (WebSocketServer server = TestServer.start(TestServer.builder());
                JavaProcess swarm =
                    swarm(url(server, "/echo"),
                        "--connections 50 --scenario echo --rate 20 --hold 1h --json")) {
            // Which begins when all are connected, by the swarm's own count.
            Await.until("it sends", () -> TestServer.metric(server, "messages_received") > 0);
            swarm.signal("TERM");
            assertThat(swarm.awaitExit()).as("%s", swarm).isZero();
            assertThat(number(swarm.out().getFirst(), "closed")).isEqualTo(50);
            TestServer.awaitQuiet(server);
        }
    }

    // ---- used wrongly

    @ParameterizedTest
    @ValueSource(strings = {"", "http://127.0.0.1/", "wss://127.0.0.1/",
        "ws://127.0.0.1/ --connections 0", "ws://127.0.0.1/ --ramp -1",
        "ws://127.0.0.1/ --size 15", "ws://127.0.0.1/ --threads 0", "ws://127.0.0.1/ --source x",
        "ws://127.0.0.1/ --scenario nap", "ws://127.0.0.1/ --rate -1", "ws://127.0.0.1/ surplus",
        "ws://127.0.0.1/ --hold soon", "ws://127.0.0.1/ --deaf 1",
        "ws://127.0.0.1/ --scenario broadcast --deaf 100"})
    void exitsWith2ForBadUse(String arguments) {
        List<String> err = mains.err();
        int before = err.size();
        mains.say(("swarm " + arguments).strip());
        Await.until(() -> "it is refused; stderr:\n" + err, () -> err.size() > before
            && err.getLast().startsWith(RepeatedMain.EXIT));
        List<String> lines = err.subList(before, err.size());
        assertThat(lines).last().isEqualTo(RepeatedMain.EXIT + 2);
        assertThat(lines).hasSize(2);
        assertThat(lines.getFirst()).startsWith("mooring: ").contains("'mooring swarm --help'");
    }

    // ---- control

    @Test
    void control() {
        try (WebSocketServer server = TestServer.start(TestServer.builder().maxConnections(300));
                JavaProcess swarm = swarm(url(server, "/topic/c"), "--control --threads 2")) {
            swarm.say("grow 100");
            String grown = await(swarm, "grown", 1);
            assertThat(number(grown, "connected")).isEqualTo(100);
            assertThat(grown).contains("\"failed\":{}", "\"failed_total\":0", "\"lost\":0",
                "\"elapsed_ms\":");
            swarm.say("grow 250");
            assertThat(number(await(swarm, "grown", 2), "connected")).isEqualTo(250);

            swarm.say("broadcast 3 1000");
            for (int i = 1; i <= 3; i++) {
                String broadcast = await(swarm, "broadcast", i);
                assertThat(number(broadcast, "number")).isEqualTo(i);
                assertThat(number(broadcast, "receivers")).isEqualTo(250);
                assertThat(number(broadcast, "received")).isEqualTo(250);
                assertThat(number(broadcast, "missing")).isZero();
                assertThat(number(broadcast, "corrupt")).isZero();
                assertThat(number(broadcast, "complete_ms")).isPositive();
                assertThat(number(broadcast, "max"))
                    .isLessThanOrEqualTo(number(broadcast, "complete_ms") * 1.01);
                assertThat(broadcast).containsPattern("\"curve\":\\[.*,250\\]\\]");
            }
            await(swarm, "broadcasted", 1);

            swarm.say("status");
            assertThat(number(await(swarm, "status", 1), "connected")).isEqualTo(250);
            assertThat(server.connections()).as("and the publisher").isEqualTo(251);
            swarm.say("dance");
            assertThat(await(swarm, "error", 1)).contains("dance");
            swarm.say("broadcast 1 3");
            assertThat(await(swarm, "error", 2)).contains("size");
            swarm.say("grow x");
            assertThat(await(swarm, "error", 3)).contains("'x'");

            swarm.say("grow 310");
            String refused = await(swarm, "grown", 3);
            assertThat(refused).contains("\"failed\":{\"503\":11}", "\"failed_total\":11");
            assertThat(number(refused, "connected")).isEqualTo(299);

            swarm.say("close");
            String closed = await(swarm, "closed", 1);
            assertThat(number(closed, "closed")).isEqualTo(299);
            assertThat(number(closed, "lost")).isZero();
            TestServer.awaitQuiet(server);
            swarm.say("grow 5");
            assertThat(number(await(swarm, "grown", 4), "connected")).isEqualTo(5);
            swarm.say("quit");
            assertThat(swarm.awaitExit()).as("%s", swarm).isZero();
            assertThat(swarm.out()).allMatch(line -> line.startsWith("{\"event\":\""));
        }
    }

    /** The n-th event of a kind. */
    private static String await(JavaProcess swarm, String event, int n) {
        String start = "{\"event\":\"" + event + "\"";
        Await.until(() -> "event " + event + " " + n + ":\n" + swarm,
            () -> !swarm.isAlive() || events(swarm, start).size() >= n);
        List<String> events = events(swarm, start);
        assertThat(events.size()).as("%s", swarm).isGreaterThanOrEqualTo(n);
        return events.get(n - 1);
    }

    private static List<String> events(JavaProcess swarm, String start) {
        return swarm.out().stream().filter(line -> line.startsWith(start)).toList();
    }

    /** While growing takes long, it tells of its progress; a signal ends it at once. */
    @Test
    void controlTellsOfProgress() {
        try (WebSocketServer server = TestServer.start(TestServer.builder());
                JavaProcess swarm = swarm(url(server, "/topic/c"), "--control --ramp 50")) {
            swarm.say("grow 10000");
            String progress = await(swarm, "progress", 2);
            assertThat(number(progress, "target")).isEqualTo(10_000);
            assertThat(number(progress, "connected")).isBetween(1.0, 9_999.0);
            assertThat(progress).contains("\"failed\":0", "\"elapsed_ms\":");
            swarm.signal("TERM");
            assertThat(swarm.awaitExit()).as("%s", swarm).isZero();
        }
    }
}
