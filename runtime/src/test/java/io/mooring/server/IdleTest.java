package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import io.mooring.epoll.EngineChoice;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Ten thousand connections that say nothing cost the reactors nothing. */
@Tag("e2e")
class IdleTest {
    /** With epoll both ends take descriptors of this process. */
    private static final int CONNECTIONS =
        EngineChoice.byDefault() == EngineChoice.EPOLL ? 5_000 : 10_000;
    private static final int DESCRIPTORS_SPARE = 500;
    /**
     * connect() slows down as the ports between two addresses fill up: so, several addresses of the
     * loopback.
     */
    private static final int PER_ADDRESS = 2_500;
    private static final int WINDOW_MS = 5_000;
    private static final int WINDOWS = 4;
    private static final long CPU_NANOS_MAX = 50_000_000;

    @Test
    void idleConnectionsUseNoCpu() throws IOException, InterruptedException {
        long descriptors = ((UnixOperatingSystemMXBean) ManagementFactory
            .getOperatingSystemMXBean()).getMaxFileDescriptorCount();
        Assumptions.assumeTrue(descriptors >= CONNECTIONS + DESCRIPTORS_SPARE,
            "RLIMIT_NOFILE is " + descriptors + ", too small for " + CONNECTIONS + " clients");
        List<SocketChannel> clients = new ArrayList<>();
        try (WebSocketServer server = TestServer.start(
                TestServer.builder().host("0.0.0.0").maxConnections(CONNECTIONS))) {
            try {
                for (int i = 0; i < CONNECTIONS; i++) {
                    clients.add(open("127.0.0." + (1 + i / PER_ADDRESS), server.port()));
                }
                assertThat(server.connections()).isEqualTo(CONNECTIONS);
                long least = leastCpuNanos(server);
                assertThat(least).as("CPU time of the reactors in %s ms of idleness", WINDOW_MS)
                    .isLessThan(CPU_NANOS_MAX);
                for (int i = 0; i < CONNECTIONS; i += 100) { // they are alive
                    ByteBuffer echo = ByteBuffer.allocate(3);
                    clients.get(i).write(ByteBuffer.wrap(Wire.text("x")));
                    while (echo.hasRemaining()) {
                        assertThat(clients.get(i).read(echo)).isPositive();
                    }
                    assertThat(echo.array()).containsExactly(0x81, 1, 'x');
                }
            } finally {
                for (SocketChannel client : clients) {
                    client.close();
                }
            }
            TestServer.awaitQuiet(server);
        }
    }

    /** Of some windows the best one: what else the machine does can only add. */
    private static long leastCpuNanos(WebSocketServer server) {
        ReactorThreads reactors = ReactorThreads.find(2);
        long least = Long.MAX_VALUE;
        for (int i = 0; i < WINDOWS && least >= CPU_NANOS_MAX; i++) {
            long enters = TestServer.metric(server, "enters");
            long before = reactors.cpuNanos();
            long end = System.nanoTime() + WINDOW_MS * 1_000_000L;
            while (end - System.nanoTime() > 0) { // a window of time is what is measured here
                LockSupport.parkNanos(end - System.nanoTime());
            }
            long nanos = reactors.cpuNanos() - before;
            System.out.printf("%,d idle connections, %d ms: %.3f ms of CPU, %d enters%n",
                CONNECTIONS, WINDOW_MS, nanos / 1e6, TestServer.metric(server, "enters") - enters);
            least = Math.min(least, nanos);
        }
        return least;
    }

    private static SocketChannel open(String address, int port) throws IOException {
        SocketChannel channel = SocketChannel.open(new InetSocketAddress(address, port));
        channel.write(ByteBuffer.wrap(RawClient.request("/echo")));
        ByteBuffer response = ByteBuffer.allocate(512);
        while (!endsHead(response)) {
            if (channel.read(response) < 0) {
                throw new AssertionError("the connection ended in its handshake");
            }
        }
        assertThat(response.get(9)).isEqualTo((byte) '1'); // HTTP/1.1 101
        return channel;
    }

    private static boolean endsHead(ByteBuffer response) {
        int end = response.position();
        return end >= 4 && response.getInt(end - 4) == 0x0d0a0d0a;
    }
}
