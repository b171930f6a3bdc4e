package io.mooring.server;

import io.mooring.reactor.Arming;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * RFC 6455 over real sockets, in the manner of the public Autobahn fuzzing client, groups 1 to 7
 * and 10 (group 9 is in {@link LargeMessageTest}). Each case is sent in one write, then byte by
 * byte, under every arming; then in two writes for every place to cut, the second only when the
 * server has had the first. Each time the exact frames must come back, then the end of the stream,
 * not a reset.
 */
@Tag("e2e")
class ConformanceTest {
    /**
     * Longer scripts are not sent byte by byte, but in pieces of this and cut at a sample of
     * places.
     */
    private static final int SHORT = 400;
    private static final int PIECE = 997;
    private static final int CUTS = 48;

    private static final Map<Arming, WebSocketServer> SERVERS = new EnumMap<>(Arming.class);

    @BeforeAll
    static void start() {
        for (Arming arming : Arming.values()) {
            SERVERS.put(arming, TestServer.start(TestServer.builder().arming(arming)
                .maxMessage(1 << 20).closeTimeout(Duration.ofSeconds(60))));
        }
    }

    @AfterAll
    static void stop() {
        SERVERS.values().forEach(server -> {
            TestServer.awaitQuiet(server);
            server.close();
        });
    }

    @TestFactory
    Stream<DynamicTest> framing() {
        return tests(FramingCases.all());
    }

    @TestFactory
    Stream<DynamicTest> utf8() {
        return tests(Utf8Cases.all());
    }

    @TestFactory
    Stream<DynamicTest> utf8FailsFast() {
        return tests(Utf8Cases.failFast());
    }

    @TestFactory
    Stream<DynamicTest> closing() {
        return tests(CloseCases.all());
    }

    @Test
    void everyCloseCodeIsJudged() {
        WebSocketServer server = SERVERS.get(Arming.ADAPTIVE);
        CloseCases.sweep().forEach(code -> {
            try (RawClient client = RawClient.open(server.port(), "/echo")) {
                client.send(Wire.close(code))
                    .expect(Frame.close(CloseCases.isValid(code) ? code : 1002))
                    .expectEnd();
            }
        });
    }

    private static Stream<DynamicTest> tests(List<ConformanceCase> cases) {
        return cases.stream().map(each -> DynamicTest.dynamicTest(each.title(), () -> run(each)));
    }

    private static void run(ConformanceCase each) {
        byte[] script = each.script();
        if (each.late().length != 0 && script.length > SHORT) {
            // Apart from the rest, the late bytes reset what is still on its way.
            SERVERS.forEach((arming, server) -> runWhole(each, server, arming));
            return;
        }
        SERVERS.forEach((arming, server) -> {
            runWhole(each, server, arming);
            if (script.length <= SHORT) {
                run(each, server, arming + ", byte by byte", client ->
                    check(each, client.sendChopped(script)));
            } else {
                run(each, server, arming + ", in pieces", client -> {
                    sendInPieces(client, script);
                    check(each, client);
                });
            }
        });
        WebSocketServer server = SERVERS.get(Arming.ADAPTIVE);
        for (int cut : cuts(script.length)) {
            run(each, server, "cut at " + cut, client -> {
                sendCut(server, client, script, cut);
                check(each, client);
            });
        }
    }

    private interface Sending {
        void send(RawClient client);
    }

    private static void runWhole(ConformanceCase each, WebSocketServer server, Arming arming) {
        byte[] all = Wire.join(each.script(), each.late());
        run(each, server, arming + ", in one write",
            client -> client.send(all).expect(each.answers()).expectEnd());
    }

    /** Late bytes come apart from the rest, so the server has closed by then, or has not. */
    private static void check(ConformanceCase each, RawClient client) {
        if (each.late().length == 0) {
            client.expect(each.answers()).expectEnd();
        } else {
            client.sendIfTaken(each.late()).expect(each.answers()).expectEndOrReset();
        }
    }

    private static void run(ConformanceCase each, WebSocketServer server, String how,
        Sending sending) {
        try (RawClient client = RawClient.open(server.port(), "/echo")) {
            sending.send(client);
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(each.title() + ", " + how + ": " + e.getMessage(), e);
        }
    }

    private static void sendInPieces(RawClient client, byte[] script) {
        for (int from = 0; from < script.length; from += PIECE) {
            client.send(part(script, from, Math.min(script.length, from + PIECE)));
        }
    }

    private static void sendCut(WebSocketServer server, RawClient client, byte[] script,
        int cut) {
        long before = TestServer.metric(server, "received_bytes");
        client.send(part(script, 0, cut));
        Await.until("the server has the first " + cut + " bytes",
            () -> TestServer.metric(server, "received_bytes") >= before + cut);
        client.send(part(script, cut, script.length));
    }

    private static byte[] part(byte[] script, int from, int to) {
        return Arrays.copyOfRange(script, from, to);
    }

    /**
     * Every place of a short script; of a long one all in its first and last bytes and a sample of
     * the rest.
     */
    private static List<Integer> cuts(int length) {
        List<Integer> cuts = new ArrayList<>();
        int step = length <= SHORT ? 1 : length / CUTS;
        for (int cut = 1; cut < length; cut++) {
            if (cut % step == 0 || length > SHORT && (cut < 16 || length - cut < 16)) {
                cuts.add(cut);
            }
        }
        return cuts;
    }
}
