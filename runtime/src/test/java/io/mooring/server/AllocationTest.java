package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.reactor.Arming;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The data path allocates nothing once it is warm: a million echoes, counted by the JVM on the
 * reactor's thread.
 */
@Tag("e2e")
class AllocationTest {
    private static final int CONNECTIONS = 8;
    private static final int ECHOES_WARM_UP = 200_000;
    private static final int ECHOES = 1_000_000;
    private static final int BATCH = 50;
    private static final long BYTES_MAX = 64 * 1024;
    /**
     * While the compiler is at work code may allocate that will not later: one clean round is the
     * proof.
     */
    private static final int ROUNDS_MAX = 5;

    private interface Traffic {
        void run(List<RawClient> clients) throws IOException;
    }

    @ParameterizedTest
    @EnumSource
    void aMillionSmallEchoesAllocateNothing(Arming arming) throws IOException {
        byte[] payload = Wire.bytes(64);
        byte[] sent = Wire.binary(payload);
        // In the warm-up each message is a receive of its own, so that code is compiled, too.
        check(arming + ": a million of 64 B", arming,
            clients -> echo(clients, sent, payload, 1, ECHOES_WARM_UP),
            clients -> echo(clients, sent, payload, BATCH, ECHOES));
    }

    /** In three fragments: put together in the spill pool. */
    @Test
    void fragmentsAllocateNothing() throws IOException {
        byte[] payload = Wire.bytes(64);
        byte[] sent = Wire.fragments(Frame.BINARY, payload, 30);
        check("64 B in three fragments", Arming.ADAPTIVE,
            clients -> echo(clients, sent, payload, 1, ECHOES_WARM_UP / 4),
            clients -> echo(clients, sent, payload, BATCH, ECHOES / 4));
    }

    /** More than a receive buffer holds, so that each message is put together, too. */
    @Test
    void largeMessagesAllocateNothing() throws IOException {
        byte[] payload = Wire.bytes(10_000);
        byte[] sent = Wire.binary(payload);
        check("10,000 B", Arming.ADAPTIVE,
            clients -> echo(clients, sent, payload, 1, ECHOES_WARM_UP / 10),
            clients -> echo(clients, sent, payload, 3, ECHOES / 20));
    }

    /** The second half of a message comes when the server has gone to sleep over the first. */
    @Test
    void halfMessagesAllocateNothing() throws IOException {
        byte[] payload = Wire.bytes(600);
        byte[] none = {};
        byte[] first = Wire.join(Wire.frame(Frame.BINARY, Arrays.copyOf(payload, 300)),
            Wire.ping(none));
        byte[] second = Wire.frame(Wire.FIN, Arrays.copyOfRange(payload, 300, 600));
        Traffic halves = clients -> {
            for (int i = 0; i < ECHOES / 100; i++) {
                RawClient client = clients.getFirst();
                client.send(first).expect(Frame.pong(none));
                client.send(second).expect(Frame.binary(payload));
            }
        };
        check("600 B in two halves", Arming.ADAPTIVE, halves, halves);
    }

    private static void check(String what, Arming arming, Traffic warmUp, Traffic traffic)
        throws IOException {
        try (WebSocketServer server =
                TestServer.start(TestServer.builder().reactors(1).arming(arming))) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                clients.add(RawClient.open(server.port(), "/echo"));
            }
            ReactorThreads reactor = ReactorThreads.find(1);
            warmUp.run(clients);
            long least = Long.MAX_VALUE;
            for (int round = 0; round < ROUNDS_MAX && least >= BYTES_MAX; round++) {
                long echoesBefore = TestServer.metric(server, "messages_sent");
                long bytesBefore = reactor.allocatedBytes();
                traffic.run(clients);
                long bytes = reactor.allocatedBytes() - bytesBefore;
                System.out.printf("%s: %,d echoes allocated %,d bytes%n", what,
                    TestServer.metric(server, "messages_sent") - echoesBefore, bytes);
                least = Math.min(least, bytes);
            }
            assertThat(least).as("bytes allocated by the reactor, %s", what).isLessThan(BYTES_MAX);
            clients.forEach(RawClient::closeNormally);
            TestServer.awaitQuiet(server);
        }
    }

    /**
     * Sends at least so many, in batches that a socket buffer takes whole, and checks each one that
     * comes back.
     */
    private static void echo(List<RawClient> clients, byte[] sent, byte[] payload, int batch,
        int echoes) throws IOException {
        byte[] batchSent = repeat(sent, batch);
        byte[] batchBack = repeat(Wire.unmasked(Wire.FIN | Frame.BINARY, payload), batch);
        byte[] read = new byte[batchBack.length];
        for (int done = 0; done < echoes; done += batch * clients.size()) {
            for (RawClient client : clients) {
                client.send(batchSent);
            }
            for (RawClient client : clients) {
                int bytes = client.in().readNBytes(read, 0, read.length);
                assertThat(bytes == read.length && Arrays.equals(read, batchBack))
                    .as("the batch came back").isTrue();
            }
        }
    }

    private static byte[] repeat(byte[] bytes, int times) {
        byte[][] copies = new byte[times][];
        Arrays.fill(copies, bytes);
        return Wire.join(copies);
    }
}
