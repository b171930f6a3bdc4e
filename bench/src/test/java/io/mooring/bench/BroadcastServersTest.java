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

/** The engines of {@code broadcast}, each in a process of its own, and a whole measurement. */
class BroadcastServersTest {

    private static final byte[] CLOSE = {(byte) 0x88, (byte) 0x80, 1, 2, 3, 4};

    private final Home home = Home.locate();

    @BeforeEach
    void needsTheMachinesTools() {
        TestServers.needTools();
    }

    private ServerProcess start(String name) {
        return TestServers.broadcast(name, home);
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
    @ValueSource(strings = {"netty-nio", EngineOptions.NETTY_EPOLL, "netty-io_uring",
        EngineOptions.NETTY_INCUBATOR, EngineOptions.SEND_LOOP, EngineOptions.URING_LOOP})
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
    @ValueSource(strings = {"netty-nio", EngineOptions.NETTY_EPOLL, "netty-io_uring",
        EngineOptions.NETTY_INCUBATOR, EngineOptions.SEND_LOOP, EngineOptions.URING_LOOP})
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
    @ValueSource(strings = {"netty-nio", EngineOptions.NETTY_EPOLL, "netty-io_uring",
        EngineOptions.NETTY_INCUBATOR, EngineOptions.SEND_LOOP, EngineOptions.URING_LOOP})
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
