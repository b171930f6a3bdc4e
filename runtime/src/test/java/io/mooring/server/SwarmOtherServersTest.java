package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.swarm.Scenario;
import io.mooring.swarm.Swarm;
import io.mooring.swarm.SwarmConfig;
import io.mooring.swarm.Target;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.java_websocket.WebSocket;
import org.java_websocket.handshake.ClientHandshake;
import org.java_websocket.server.WebSocketServer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The load generator against servers that are not ours, and such as do wrong. */
@Tag("e2e")
@Timeout(60)
class SwarmOtherServersTest {
    @BeforeAll
    static void require() {
        TestServer.requireIoUring();
    }

    private static SwarmConfig config(String url, Scenario scenario, int bytes) {
        return SwarmConfig.of(Target.parse(url), scenario, bytes).withSlotsPerShard(50);
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

    private static void echo(Swarm swarm, int rate, int millis) {
        Swarm.Run run = swarm.echo(rate, millis);
        Await.until(() -> "the run is over: " + swarm.status(), run::isDone);
    }

    @Test
    void javaWebSocketEchoes() throws InterruptedException {
        try (JavaWebSocketEcho server = new JavaWebSocketEcho();
                Swarm swarm = Swarm.open(config(server.url(), Scenario.ECHO, 300))) {
            grow(swarm, 120);
            assertThat(swarm.status().connected()).isEqualTo(120);
            echo(swarm, 0, 300);
            echo(swarm, 1000, 300);
            Swarm.Status status = swarm.status();
            assertThat(status.received()).isEqualTo(status.sent()).isGreaterThan(240);
            assertThat(status.corrupt()).isZero();
            closeAll(swarm);
            assertThat(swarm.status().closed()).isEqualTo(120);
        }
    }

    /** The response in single bytes, frames right behind it, an echo in pieces. */
    @Test
    void aServerThatSpeaksInPieces() throws IOException {
        try (ScriptedServer server = new ScriptedServer(peer -> {
            byte[] response = peer.response();
            for (byte b : response) {
                peer.out.write(b);
            }
            peer.out.write(new byte[] {(byte) 0x89, 1, 'p', (byte) 0x8a, 0});
            for (byte[] frame = peer.frame(); frame != null; frame = peer.frame()) {
                if (frame[0] == 8) {
                    peer.send(frame);
                    return;
                }
                if (frame[0] == 2) {
                    int half = frame.length / 2;
                    peer.out.write(new byte[] {2, (byte) (half - 1)});
                    peer.out.write(frame, 1, half - 1);
                    peer.out.write(new byte[] {(byte) 0x89, 0});
                    peer.out.write(new byte[] {(byte) 0x80, (byte) (frame.length - half)});
                    for (int i = half; i < frame.length; i++) {
                        peer.out.write(frame[i]);
                    }
                }
            }
        }); Swarm swarm = Swarm.open(config(server.url(), Scenario.ECHO, 40))) {
            grow(swarm, 10);
            echo(swarm, 0, 200);
            Swarm.Status status = swarm.status();
            assertThat(status.received()).isEqualTo(status.sent()).isGreaterThanOrEqualTo(10);
            assertThat(status.corrupt()).isZero();
            assertThat(status.pings()).isEqualTo(10 + status.received());
            closeAll(swarm);
            assertThat(swarm.status().closed()).isEqualTo(10);
        }
    }

    /** One wrong bit in each third echo. */
    @Test
    void aServerThatCorrupts() throws IOException {
        AtomicInteger wrong = new AtomicInteger();
        try (ScriptedServer server = new ScriptedServer(peer -> {
            peer.upgrade();
            int count = 0;
            for (byte[] frame = peer.frame(); frame != null; frame = peer.frame()) {
                if (frame[0] == 2 && ++count % 3 == 0) {
                    frame[50] ^= 4;
                    wrong.incrementAndGet();
                }
                peer.send(frame);
                if (frame[0] == 8) {
                    return;
                }
            }
        }); Swarm swarm = Swarm.open(config(server.url(), Scenario.ECHO, 64))) {
            grow(swarm, 20);
            echo(swarm, 0, 200);
            Swarm.Status status = swarm.status();
            assertThat(status.corrupt()).isEqualTo(wrong.get()).isPositive();
            assertThat(status.received()).isEqualTo(status.sent() - wrong.get());
            closeAll(swarm);
        }
    }

    /** Ends, with and without a word, or with nonsense, after the second message. */
    @Test
    void serversThatGo() throws IOException {
        AtomicInteger next = new AtomicInteger();
        try (ScriptedServer server = new ScriptedServer(peer -> {
            int kind = next.getAndIncrement() % 4;
            peer.upgrade();
            peer.send(peer.frame());
            peer.frame();
            switch (kind) {
                case 0 -> peer.send(new byte[] {8, 3, (byte) 0xe9});
                case 1 -> peer.socket.setSoLinger(true, 0);
                case 2 -> peer.out.write(new byte[] {(byte) 0xf3, 0});
                default -> { }
            }
            if (kind == 0) {
                assertThat(peer.frame()[0]).isEqualTo((byte) 8);
            }
        }); Swarm swarm = Swarm.open(config(server.url(), Scenario.ECHO, 64))) {
            grow(swarm, 40);
            assertThat(swarm.status().connected()).isEqualTo(40);
            Swarm.Run run = swarm.echo(0, 20_000);
            Await.until(() -> "all are lost: " + swarm.status(),
                () -> swarm.status().lost() == 40);
            run.endNow();
            Await.until("the run is over", run::isDone);
            Map<String, Long> why = swarm.failures();
            assertThat(why.get("closed by the server")).isEqualTo(10);
            assertThat(why.get("protocol error")).isEqualTo(10);
            assertThat(why.getOrDefault("ended by the server", 0L)
                + why.getOrDefault("ECONNRESET", 0L)).isEqualTo(20);
            assertThat(swarm.status().received()).isEqualTo(40);
            closeAll(swarm);
        }
    }

    @Test
    void responsesThatAreNone() throws IOException {
        AtomicInteger next = new AtomicInteger();
        CountDownLatch end = new CountDownLatch(1);
        try (ScriptedServer server = new ScriptedServer(peer -> {
            byte[] response = peer.response();
            switch (next.getAndIncrement() % 5) {
                case 0 -> peer.out.write(Frame.utf8("SSH-2.0-OpenSSH\r\n\r\n"));
                case 1 -> peer.out.write(Frame.utf8("HTTP/1.1 429 Too Many\r\n\r\n"));
                case 2 -> {
                    response[response.length - 8] ^= 1; // the accept key
                    peer.out.write(response);
                }
                case 3 -> peer.out.write(response, 0, 20);
                default -> {
                    try {
                        end.await(); // says nothing
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                }
            }
        }); Swarm swarm = Swarm.open(config(server.url(), Scenario.IDLE, 64)
                .withTimeouts(500, 500))) {
            grow(swarm, 50);
            end.countDown();
            assertThat(swarm.status().connected()).isZero();
            assertThat(swarm.failures()).containsEntry("429", 10L)
                .containsEntry("closed in the handshake", 10L)
                .containsEntry("handshake timeout", 10L);
            long bad = swarm.failures().entrySet().stream()
                .filter(each -> each.getKey().startsWith("bad response: "))
                .mapToLong(Map.Entry::getValue).sum();
            assertThat(bad).as("%s", swarm.failures()).isEqualTo(20);
            closeAll(swarm);
        }
    }

    /** It does not read for a while: what was due is sent late, with the time it was due. */
    @Test
    void aServerThatIsSlow() throws IOException {
        CountDownLatch read = new CountDownLatch(1);
        int bytes = 60_000;
        try (ScriptedServer server = new ScriptedServer(peer -> {
            peer.socket.setReceiveBufferSize(16 << 10);
            peer.upgrade();
            for (int i = 0; i < 10; i++) {
                peer.send(peer.frame());
            }
            try {
                read.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            peer.echo();
        }); Swarm swarm = Swarm.open(config(server.url(), Scenario.ECHO, bytes))) {
            grow(swarm, 4);
            echo(swarm, 400, 100); // a first run, so that the second one does not begin at 0
            assertThat(swarm.status().received()).isEqualTo(40);
            Swarm.Run run = swarm.echo(4000, 1000);
            // Far less than what is due: the rest does not exist.
            assertThat(swarm.await(run::isDone, 1500)).isFalse();
            long sent = swarm.status().sent();
            assertThat(sent).isLessThan(1500);
            read.countDown();
            Await.until(() -> "all are sent: " + swarm.status(),
                () -> swarm.status().sent() == 40 + 4000);
            Await.until(() -> "all are back: " + swarm.status(), run::isDone);
            assertThat(swarm.status().received()).isEqualTo(40 + 4000);
            assertThat(swarm.status().corrupt()).isZero();
            assertThat(swarm.status().late()).isGreaterThan(1000);
            assertThat(swarm.latency().getMaxValue()).isGreaterThan(500_000_000L);
            closeAll(swarm);
        }
    }

    /** It answers our close with silence or nonsense, or ends without its close frame. */
    @Test
    void serversThatDoNotCloseWell() throws IOException {
        AtomicInteger next = new AtomicInteger();
        try (ScriptedServer server = new ScriptedServer(peer -> {
            int kind = next.getAndIncrement() % 4;
            peer.upgrade();
            byte[] close = peer.frame();
            assertThat(close).isEqualTo(new byte[] {8, 3, (byte) 0xe8});
            switch (kind) {
                case 0 -> peer.in.read(); // until we give up
                case 1 -> {
                    peer.send(close);
                    peer.in.read(); // leaves it to us to end the connection
                }
                case 2 -> {
                    peer.out.write(new byte[] {(byte) 0xf3, 0});
                    peer.in.read();
                }
                default -> { }
            }
        }); Swarm swarm = Swarm.open(config(server.url(), Scenario.IDLE, 64)
                .withTimeouts(10_000, 300))) {
            for (int round = 1; round <= 2; round++) { // in the same slots
                grow(swarm, 40);
                assertThat(swarm.status().connected()).isEqualTo(40);
                closeAll(swarm);
                assertThat(swarm.status().closed()).isEqualTo(10 * round);
                assertThat(swarm.status().lost()).isEqualTo(30 * round);
                assertThat(swarm.failures()).isEqualTo(Map.of("close timeout", 10L * round,
                    "ended without a close frame", 10L * round, "protocol error", 10L * round));
            }
        }
    }

    /** A large ping, and many, are answered; the last one counts. */
    @Test
    void pings() throws IOException {
        CountDownLatch done = new CountDownLatch(20);
        try (ScriptedServer server = new ScriptedServer(peer -> {
            peer.upgrade();
            byte[] ping = new byte[126];
            Arrays.fill(ping, (byte) 'x');
            ping[0] = 9;
            peer.send(ping);
            byte[] pong = peer.frame();
            assertThat(pong[0]).isEqualTo((byte) 10);
            assertThat(Arrays.copyOfRange(pong, 1, 126))
                .isEqualTo(Arrays.copyOfRange(ping, 1, 126));
            ByteBuffer many = ByteBuffer.allocate(3000);
            for (int i = 0; i < 1000; i++) {
                many.put((byte) 0x89).put((byte) 1).put((byte) i);
            }
            peer.out.write(many.array());
            while (pong[1] != (byte) 999) {
                pong = peer.frame();
                assertThat(pong).hasSize(2);
            }
            done.countDown();
            peer.echo();
        }); Swarm swarm = Swarm.open(config(server.url(), Scenario.IDLE, 64))) {
            grow(swarm, 20);
            Await.until(() -> "all pings are answered: " + swarm.status(),
                () -> done.getCount() == 0);
            assertThat(swarm.status().pings()).isEqualTo(20 * 1001);
            assertThat(swarm.status().lost()).isZero();
            closeAll(swarm);
            assertThat(swarm.status().closed()).isEqualTo(20);
        }
    }

    /** A message is to go while pongs are on their way, whichever ring they are in. */
    @Test
    void publishesBetweenPongs() throws IOException {
        byte[] pings = new byte[3 * 2];
        for (int i = 0; i < pings.length; i += 2) {
            pings[i] = (byte) 0x89;
        }
        try (ScriptedServer server = new ScriptedServer(peer -> {
            peer.upgrade();
            for (byte[] frame = peer.frame(); frame != null; frame = peer.frame()) {
                if (frame[0] == 2) {
                    peer.out.write(pings);
                } else if (frame[0] == 8) {
                    peer.send(frame);
                    return;
                }
            }
        }); Swarm swarm = Swarm.open(config(server.url(), Scenario.BROADCAST, 64))) {
            grow(swarm, 50); // all slots of the first ring: the publisher is in another one
            swarm.openPublisher();
            for (int i = 0; i < 300; i++) {
                assertThat(swarm.publish(64, false)).isEqualTo(i);
            }
            Swarm.Run run = swarm.publish(2000, 100);
            Await.until("the last one is sent", run::isDone);
            closeAll(swarm);
            assertThat(swarm.status().closed()).isEqualTo(50);
        }
    }

    /** Of the library that the tests of the server use as a client. */
    private static final class JavaWebSocketEcho extends WebSocketServer implements AutoCloseable {
        private final CountDownLatch started = new CountDownLatch(1);

        JavaWebSocketEcho() throws InterruptedException {
            super(new InetSocketAddress("127.0.0.1", 0), 1);
            setReuseAddr(true);
            setTcpNoDelay(true);
            start();
            started.await();
        }

        String url() {
            return "ws://127.0.0.1:" + getPort() + "/";
        }

        @Override
        public void onOpen(WebSocket socket, ClientHandshake handshake) {
        }

        @Override
        public void onMessage(WebSocket socket, String message) {
            socket.send(message);
        }

        @Override
        public void onMessage(WebSocket socket, ByteBuffer message) {
            socket.send(message);
        }

        @Override
        public void onClose(WebSocket socket, int code, String reason, boolean remote) {
        }

        @Override
        public void onError(WebSocket socket, Exception e) {
        }

        @Override
        public void onStart() {
            started.countDown();
        }

        @Override
        public void close() throws InterruptedException {
            stop(1000);
        }
    }
}
