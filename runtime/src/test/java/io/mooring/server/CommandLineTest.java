package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.epoll.EngineChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code mooring serve} as a process: what it prints, what signals do, how it exits. */
@Tag("e2e")
class CommandLineTest {
    private static final Frame GOING_AWAY = Frame.close(1001, "the server is stopping");
    private static final int SIGNAL_INT = 2;

    private static ServerProcess mains;

    @BeforeAll
    static void startMains() {
        mains = ServerProcess.startBy(RepeatedMain.class);
    }

    @AfterAll
    static void endMains() {
        mains.close();
    }

    @Test
    void serves() {
        TestServer.requireIoUring();
        try (ServerProcess server = ServerProcess.serve("--max-message", "100KiB",
                "--arming", "hot", "--idle-timeout", "1h");
                RawClient echo = RawClient.open(server.port(), "/echo");
                RawClient topic = RawClient.open(server.port(), "/topic/t?self=true")) {
            byte[] bytes = Wire.bytes(100 * 1024);
            echo.send(Wire.binary(bytes)).expect(Frame.binary(bytes));
            topic.send(Wire.text("x")).expect(Frame.text("x"));
            try (RawClient http = RawClient.connect(server.port())) {
                HttpAnswer answer =
                    http.send(Frame.utf8("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")).answer();
                assertThat(OpenMetrics.parse(answer.text()))
                    .containsKey("mooring_connections_accepted_total{reactor=\"1\"}");
            }
            echo.closeNormally();
            topic.closeNormally();
            assertThat(server.out().getFirst()).startsWith(
                EngineChoice.byDefault() == EngineChoice.EPOLL ? "epoll on Linux "
                    : "io_uring on Linux ");
            assertThat(server.out().get(1)).contains("ws://127.0.0.1:", "2 reactors", "Ctrl-C");
            assertThat(server.err()).isEmpty();
        }
    }

    // ---- signals

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void drainsAtASignal(String signal) throws IOException {
        TestServer.requireIoUring();
        try (ServerProcess server = ServerProcess.serve()) {
            if (signal.equals("INT")) {
                assumeNotIgnored(server, SIGNAL_INT);
            }
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                clients.add(RawClient.open(server.port(), "/echo"));
            }
            server.signal(signal);
            for (RawClient client : clients) {
                client.expect(GOING_AWAY).send(Wire.close(1001)).expectEnd();
                client.close();
            }
            assertThat(server.awaitExit()).as("%s", server).isZero();
            assertThat(server.out()).last().isEqualTo("stopped");
            assertThat(server.err()).isEmpty();
        }
    }

    @Test
    void cutsWhoDoesNotAnswerAtTheDeadline() {
        TestServer.requireIoUring();
        try (ServerProcess server = ServerProcess.serve("--drain-timeout", "2s");
                RawClient client = RawClient.open(server.port(), "/echo")) {
            server.signal("TERM");
            client.expect(GOING_AWAY).expectEnd();
            assertThat(server.awaitExit()).as("%s", server).isZero();
            assertThat(server.out()).last().asString().contains("cut");
        }
    }

    @Test
    void endsAtOnceAtASecondSignal() {
        TestServer.requireIoUring();
        try (ServerProcess server = ServerProcess.serve("--drain-timeout", "1h");
                RawClient stubborn = RawClient.open(server.port(), "/echo")) {
            server.signal("TERM");
            stubborn.expect(GOING_AWAY);
            server.awaitLine("stopping");
            assertThat(server.process().isAlive()).isTrue();
            server.signal("TERM");
            assertThat(server.awaitExit()).as("%s", server).isEqualTo(128 + 15);
        }
    }

    /**
     * A shell that starts a background job without job control has it ignore SIGINT, and children
     * inherit that.
     */
    private static void assumeNotIgnored(ServerProcess server, int signal) throws IOException {
        String ignored = Files.readAllLines(Path.of("/proc/" + server.process().pid() + "/status"))
            .stream().filter(line -> line.startsWith("SigIgn:")).findFirst().orElseThrow();
        long mask = Long.parseUnsignedLong(ignored.substring("SigIgn:".length()).strip(), 16);
        Assumptions.assumeTrue((mask & 1L << signal - 1) == 0,
            "signal " + signal + " is ignored by whatever started this test");
    }

    // ---- used wrongly

    @ParameterizedTest
    @ValueSource(strings = {"--nonsense", "--port 70000", "--max-message 1X"})
    void exitsWith2ForBadOptions(String options) {
        try (ServerProcess server = ServerProcess.start(("serve " + options).split(" "))) {
            assertThat(server.awaitExit()).as("%s", server).isEqualTo(2);
            assertThat(server.out()).isEmpty();
            expectUsageError(server.err(), options.split(" ")[0]);
        }
    }

    /** More of them, in one JVM: starting a process each takes longer than all the rest. */
    @ParameterizedTest
    @ValueSource(strings = {"--port x", "--port -1", "--max-message 5", "--max-message 3GiB",
        "--max-message -1", "--reactors 0", "--reactors 1.5", "--max-connections 0",
        "--max-connections-per-address -1", "--idle-timeout 5parsecs", "--idle-timeout 100000h",
        "--handshake-timeout 0", "--drain-timeout soon", "--arming lukewarm", "--engine kqueue",
        "--allow-origin example.com", "--allow-origin https://a/b",
        "--host", "surplus"})
    void refusesBadOptions(String options) {
        List<String> err = mains.process().err();
        int before = err.size();
        mains.process().say("serve " + options);
        Await.until(() -> "it is refused; stderr:\n" + err, () -> err.size() > before
            && err.getLast().startsWith(RepeatedMain.EXIT));
        List<String> lines = err.subList(before, err.size());
        assertThat(lines).last().isEqualTo(RepeatedMain.EXIT + 2);
        expectUsageError(lines.subList(0, lines.size() - 1), options.split(" ")[0]);
    }

    private static void expectUsageError(List<String> err, String named) {
        assertThat(err).isNotEmpty();
        assertThat(err.getFirst()).startsWith("mooring: ").contains(named);
        assertThat(err.subList(1, err.size())).as("no more than where to read on")
            .hasSizeLessThan(2).allMatch(line -> line.startsWith("Try "));
    }

    @Test
    void withoutACommandItSaysHowItIsUsed() {
        try (ServerProcess server = ServerProcess.start()) {
            assertThat(server.awaitExit()).isEqualTo(2);
            assertThat(String.join("\n", server.err())).contains("Usage:", "serve");
        }
        try (ServerProcess server = ServerProcess.start("serve", "--help")) {
            assertThat(server.awaitExit()).isZero();
            assertThat(String.join("\n", server.out())).contains("--port", "--max-connections");
        }
        try (ServerProcess server = ServerProcess.start("--version")) {
            assertThat(server.awaitExit()).isZero();
            assertThat(server.out()).singleElement().asString().startsWith("mooring ");
        }
    }

    // ---- what the machine does not give

    @ParameterizedTest
    @ValueSource(strings = {"no.such.host.invalid", "192.0.2.1"}) // RFC 5737: nobody's
    void refusesAHostThatIsNotHere(String host) {
        TestServer.requireIoUring();
        try (ServerProcess server = ServerProcess.start("serve", "--port", "0", "--host", host)) {
            expectFailure(server, host, "--host");
        }
    }

    @Test
    void refusesAPortInUse() {
        TestServer.requireIoUring();
        try (ServerProcess first = ServerProcess.serve();
                ServerProcess second = ServerProcess.start("serve", "--port", "" + first.port())) {
            expectFailure(second, "" + first.port(), "in use", "--port");
        }
    }

    @Test
    void refusesTooFewDescriptors() {
        TestServer.requireIoUring();
        try (ServerProcess server = ServerProcess.startAfter("ulimit -n 80", "serve", "--port", "0",
                "--max-connections", "1000000")) {
            expectFailure(server, "RLIMIT_NOFILE is 80", "ulimit -n", "--max-connections");
        }
    }

    /** The limit is one that a few shards in place of one make up for. */
    @Tag("io_uring") // with epoll each connection takes a descriptor
    @Test
    void servesWithFewDescriptors() {
        TestServer.requireIoUring();
        try (ServerProcess server = ServerProcess.startAfter("ulimit -n 128", "serve",
                "--port", "0", "--reactors", "2", "--max-connections", "400")) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                clients.add(RawClient.open(server.port(), "/topic/t"));
            }
            clients.getFirst().send(Wire.text("to all"));
            for (RawClient client : clients.subList(1, clients.size())) {
                client.expect(Frame.text("to all"));
            }
            clients.forEach(RawClient::closeNormally);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 38}) // EPERM, as Docker answers; ENOSYS, as other sandboxes do
    void saysThatASeccompFilterForbidsIt(int errno) {
        TestServer.requireIoUring();
        try (ServerProcess server = ServerProcess.startBy(SeccompMain.class, "" + errno, "serve",
                "--port", "0", "--engine", "io_uring")) {
            Assumptions.assumeFalse(server.awaitExit() == SeccompMain.NO_SECCOMP,
                "this kernel takes no seccomp filter");
            expectFailure(server, "io_uring", "seccomp", "io_uring_setup");
        }
    }

    private static void expectFailure(ServerProcess server, String... named) {
        assertThat(server.awaitExit()).as("%s", server).isEqualTo(1);
        assertThat(server.out()).isEmpty();
        assertThat(server.err()).as("one line").singleElement().asString().startsWith("mooring: ")
            .contains(named);
    }
}
