package io.mooring.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The engines of {@code broadcast}, each in a process of its own, and a whole measurement. */
class BroadcastServersTest {

    private static final byte[] CLOSE = {(byte) 0x88, (byte) 0x80, 1, 2, 3, 4};

    private final Home home = Home.locate();
    private final NativeTools tools = new NativeTools(home);

    @BeforeEach
    void needsTheMachinesTools() {
        assumeTrue(NativeTools.has("gcc"), "gcc is missing: apt-get install gcc libc6-dev");
        assumeTrue(NativeTools.has("taskset"), "taskset is missing: apt-get install util-linux");
        assumeTrue(Runtime.getRuntime().availableProcessors() >= 2, "needs two cores");
    }

    private static boolean isUringAllowed() {
        Path sysctl = Path.of("/proc/sys/kernel/io_uring_disabled");
        return !Files.exists(sysctl) || Proc.read(sysctl.toString()).strip().equals("0");
    }

    private ServerProcess start(String name) {
        assumeTrue(!name.equals(EngineOptions.URING_LOOP) || isUringAllowed(),
                "io_uring is missing or disabled (kernel.io_uring_disabled)");
        EngineOptions options = CommandLine.populateCommand(new EngineOptions());
        return ServerProcess.start(options.broadcastEngine(name, home, tools), "127.0.0.1", 1000,
                new Core(0, false), home);
    }

    /** Someone who is subscribed. */
    private record Member(Socket socket, DataInputStream in) implements AutoCloseable {

        static Member join(ServerProcess server) throws IOException {
            Socket socket = WebSockets.open(server.port(), "/topic/x");
            return new Member(socket, new DataInputStream(socket.getInputStream()));
        }

        void send(byte[] bytes) throws IOException {
            socket.getOutputStream().write(bytes);
        }

        byte[] read() throws IOException {
            return WebSockets.read(in);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {EngineOptions.NETTY_EPOLL, EngineOptions.SEND_LOOP,
        EngineOptions.URING_LOOP})
    void whatOneSendsGoesToAllTheOthers(String engine) throws IOException {
        try (ServerProcess server = start(engine); Member one = Member.join(server);
                Member two = Member.join(server); Member three = Member.join(server)) {
            for (int size : new int[] {0, 1, 125, 126, 2048, 65_535, 65_536}) {
                byte[] payload = new byte[size];
                new Random(size).nextBytes(payload);
                one.send(WebSockets.frame(payload));
                assertThat(two.read()).as("%d B", size).isEqualTo(payload);
                assertThat(three.read()).as("%d B", size).isEqualTo(payload);
            }
            byte[] answer = "from two".getBytes(StandardCharsets.UTF_8);
            two.send(WebSockets.frame(answer));
            // Nothing before it: what one has sent itself did not come back.
            assertThat(one.read()).isEqualTo(answer);
            assertThat(three.read()).isEqualTo(answer);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {EngineOptions.NETTY_EPOLL, EngineOptions.SEND_LOOP,
        EngineOptions.URING_LOOP})
    void splitAnywhereAndTwoAtOnce(String engine) throws IOException {
        byte[] text = "first".getBytes(StandardCharsets.UTF_8);
        byte[] frame = WebSockets.frame(text);
        byte[] both = Arrays.copyOf(frame, 2 * frame.length);
        System.arraycopy(frame, 0, both, frame.length, frame.length);
        try (ServerProcess server = start(engine); Member one = Member.join(server);
                Member two = Member.join(server)) {
            for (int split = 1; split < both.length; split++) {
                one.send(Arrays.copyOf(both, split));
                one.send(Arrays.copyOfRange(both, split, both.length));
                assertThat(two.read()).isEqualTo(text);
                assertThat(two.read()).isEqualTo(text);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {EngineOptions.NETTY_EPOLL, EngineOptions.SEND_LOOP,
        EngineOptions.URING_LOOP})
    void whoLeavesIsForgotten(String engine) throws IOException {
        byte[] text = "still here".getBytes(StandardCharsets.UTF_8);
        try (ServerProcess server = start(engine); Member one = Member.join(server);
                Member two = Member.join(server)) {
            for (int i = 0; i < 3; i++) {
                try (Member polite = Member.join(server); Member gone = Member.join(server)) {
                    polite.send(CLOSE);
                    assertThat(polite.in.readUnsignedByte()).isEqualTo(0x88);
                    assertThat(polite.in.readUnsignedByte()).isLessThan(126);
                    gone.socket.setSoLinger(true, 0);
                }
                one.send(WebSockets.frame(text));
                assertThat(two.read()).isEqualTo(text);
            }
            server.requireAlive();
        }
    }
}
