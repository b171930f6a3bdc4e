package io.mooring.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The peers and the clients, each in a process of its own, as a measurement uses them. */
class ServersTest {

    private final Home home = Home.locate();
    private final NativeTools tools = new NativeTools(home);

    @BeforeEach
    void needsTheMachinesTools() {
        TestServers.needTools();
    }

    @ParameterizedTest
    @ValueSource(strings = {"netty-nio", EngineOptions.NETTY_EPOLL, "netty-io_uring",
        EngineOptions.NETTY_INCUBATOR, EngineOptions.C_LOOP, EngineOptions.C_EPOLL})
    void everySizeComesBackWholeOrSplit(String engine) throws IOException {
        try (ServerProcess server = TestServers.echo(engine, home);
                Socket socket = WebSockets.open(server.port(), "/echo")) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            for (int size : new int[] {0, 1, 16, 125, 126, 2048, 65_535, 65_536, 1_000_000}) {
                byte[] payload = new byte[size];
                new Random(size).nextBytes(payload);
                socket.getOutputStream().write(WebSockets.frame(payload));
                assertThat(WebSockets.read(in)).as("%d B", size).isEqualTo(payload);
            }
            // Two frames in one piece, then one in two pieces, split at every byte.
            byte[] two = WebSockets.frame("first".getBytes(StandardCharsets.UTF_8));
            byte[] both = Arrays.copyOf(two, 2 * two.length);
            System.arraycopy(two, 0, both, two.length, two.length);
            for (int split = 1; split < both.length; split++) {
                socket.getOutputStream().write(both, 0, split);
                socket.getOutputStream().write(both, split, both.length - split);
                assertThat(WebSockets.read(in)).asString(StandardCharsets.UTF_8).isEqualTo("first");
                assertThat(WebSockets.read(in)).asString(StandardCharsets.UTF_8).isEqualTo("first");
            }
        }
    }

    @Test
    void theHolderGrowsAndResets() throws IOException {
        try (ServerProcess server = TestServers.echo(EngineOptions.NETTY_EPOLL, home);
                Holder holder = new Holder(tools.program("idle_hold"), new Core(1, false),
                        server.port(), "/echo")) {
            holder.grow(10);
            holder.grow(25);
            holder.reset();
            holder.grow(5);
        }
    }

    @Test
    void anEngineThatDiesIsSaidWithItsLastWords() {
        Engine broken = new Engine("broken",
                endpoint -> List.of("sh", "-c", "echo no luck; exit 3"));
        assertThatThrownBy(() -> ServerProcess.start(broken, "127.0.0.1", 1,
                new Core(0, false), home))
                .isInstanceOf(BenchException.class)
                .hasMessageContaining("exit code 3").hasMessageContaining("no luck");
    }
}
