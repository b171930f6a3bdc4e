package io.mooring.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The data path on a real kernel with everything too small: queues that fill, tables that are full,
 * buffers and pools that run out. Whatever happens, every byte arrives in order, and nothing is
 * left behind.
 */
class ReactorTest {
    private static final int BINARY = 0x82;

    @ParameterizedTest
    @EnumSource(Arming.class)
    void echoesWholeAndInOrderThroughTinyRings(Arming arming) {
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.arming = arming;
        try (TestServer server = new TestServer(sizes)) {
            Clients.run(150, 1, (number, random) -> {
                try (WsClient client = WsClient.open(server.port, "/echo", random)) {
                    for (int round = 0; round < 12; round++) {
                        echoSome(client, random);
                    }
                    client.closeProperly();
                }
            });
            server.awaitEmpty();
            assertThat(server.count(Counter.UPGRADED)).isEqualTo(150);
            assertThat(server.count(Counter.MESSAGES_RECEIVED))
                .isEqualTo(server.count(Counter.MESSAGES_SENT));
        }
    }

    /** One to five messages of mixed sizes, sent in pieces, then read back. */
    private static void echoSome(WsClient client, Random random) throws IOException {
        int messages = 1 + random.nextInt(5);
        List<byte[]> sent = new ArrayList<>();
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        for (int i = 0; i < messages; i++) {
            int size = switch (random.nextInt(4)) {
                case 0 -> random.nextInt(126);
                case 1 -> random.nextInt(600);
                case 2 -> random.nextInt(3_000);
                default -> random.nextInt(20) == 0 ? 70_000 : 64;
            };
            byte[] message = Clients.bytes(random, size);
            sent.add(message);
            if (size > 10 && random.nextInt(3) == 0) {
                int cut = random.nextInt(size);
                wire.writeBytes(WsClient.frame(2, Arrays.copyOf(message, cut), 77));
                wire.writeBytes(WsClient.frame(0x80,
                    Arrays.copyOfRange(message, cut, size), random.nextInt()));
            } else {
                wire.writeBytes(WsClient.frame(BINARY, message, random.nextInt()));
            }
        }
        client.writeChopped(wire.toByteArray());
        for (byte[] message : sent) {
            WsClient.Frame frame = client.read();
            assertThat(frame.first()).isEqualTo(BINARY);
            assertThat(frame.payload()).isEqualTo(message);
        }
    }

    @Test
    void buffersRunOutAndNothingIsLost() {
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.buffers = 2;
        sizes.bufferBytes = 64;
        sizes.completions = 256;
        sizes.submissions = 128;
        try (TestServer server = new TestServer(sizes)) {
            for (int attempt = 0; attempt == 0
                    || server.count(Counter.BUFFERS_EXHAUSTED) == 0 && attempt < 50; attempt++) {
                Clients.run(100, attempt, (number, random) -> {
                    try (WsClient client = WsClient.open(server.port, "/echo", random)) {
                        for (int i = 0; i < 20; i++) {
                            byte[] message = Clients.bytes(random, 200);
                            client.send(BINARY, message);
                            assertThat(client.read().payload()).isEqualTo(message);
                        }
                        client.closeProperly();
                    }
                });
            }
            server.awaitEmpty();
            assertThat(server.count(Counter.BUFFERS_EXHAUSTED)).isPositive();
        }
    }

    @Tag("io_uring") // an epoll reactor has one shard
    @ParameterizedTest
    @EnumSource(Arming.class)
    void severalShardsFillAndEmpty(Arming arming) {
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.reactors = 2;
        sizes.slots = 120;
        sizes.slotsPerShard = 30; // four rings each
        sizes.connectionsMax = 200;
        sizes.arming = arming;
        try (TestServer server = new TestServer(sizes)) {
            for (int round = 0; round < 3; round++) {
                holdAll(server, round);
                server.awaitEmpty();
            }
            List<Integer> used = new ArrayList<>();
            server.onReactors(r -> {
                for (Shard shard : r.shards) {
                    used.add(shard.table.highWater());
                }
            });
            // A reactor holds 120 at most, so each had 80 at least: three rings.
            assertThat(used).hasSize(8);
            assertThat(used.stream().filter(slots -> slots > 0)).hasSizeGreaterThanOrEqualTo(6);
        }
    }

    /** Twelve rings, one that talks: entering them all would be twelve calls a message and more. */
    @Test
    void onlyShardsWithWorkAreEntered() throws IOException {
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.slots = 240;
        sizes.slotsPerShard = 20;
        int messages = 500;
        Random random = new Random(13);
        List<WsClient> clients = new ArrayList<>();
        try (TestServer server = new TestServer(sizes)) {
            for (int i = 0; i < 150; i++) {
                clients.add(WsClient.open(server.port, "/echo", random));
            }
            WsClient last = clients.getLast();
            long before = server.count(Counter.ENTERS);
            for (int i = 0; i < messages; i++) {
                last.send(BINARY, new byte[] {(byte) i});
                assertThat(last.read().payload()).containsExactly(i);
            }
            assertThat(server.count(Counter.ENTERS) - before).isLessThan(8L * messages);
            for (WsClient client : clients) {
                client.closeProperly();
            }
            server.awaitEmpty();
        }
    }

    private static void holdAll(TestServer server, int round) {
        CountDownLatch open = new CountDownLatch(200);
        Clients.run(200, round, (number, random) -> {
            try (WsClient client = WsClient.open(server.port, "/echo", random)) {
                open.countDown();
                assertThat(open.await(60, TimeUnit.SECONDS)).as("all are in").isTrue();
                for (int i = 0; i < 5; i++) {
                    byte[] message = Clients.bytes(random, random.nextInt(1_500));
                    client.send(BINARY, message);
                    assertThat(client.read().payload()).isEqualTo(message);
                }
                client.closeProperly();
            }
        });
    }

    @Test
    void oneTooManyIsToldSoAndTheNextGetsIn() throws IOException {
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.connectionsMax = 5;
        Random random = new Random(7);
        try (TestServer server = new TestServer(sizes)) {
            List<WsClient> clients = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                clients.add(WsClient.open(server.port, "/echo", random));
            }
            try (WsClient tooMany = new WsClient(server.port, random)) {
                assertThat(tooMany.readHead()).startsWith("HTTP/1.1 503 ");
            }
            assertThat(server.count(Counter.REFUSED_FULL)).isEqualTo(1);
            clients.removeFirst().closeProperly();
            server.await("one has left", () -> server.group.admission().open() == 4);
            clients.add(WsClient.open(server.port, "/echo", random));
            for (WsClient client : clients) {
                client.closeProperly();
            }
            server.awaitEmpty();
        }
    }

    /** As where a closed descriptor does not let go of its socket: peers hear of their end. */
    @ParameterizedTest
    @EnumSource(Arming.class)
    void whereAKernelClosesLateItShutsFirst(Arming arming) {
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.arming = arming;
        sizes.kernelRelease = "6.12";
        sizes.handshakeTimeoutMs = 5_000;
        try (TestServer server = new TestServer(sizes)) {
            Clients.run(150, 19, (number, random) -> {
                if (number % 3 == 0) {
                    try (WsClient silent = new WsClient(server.port, random)) {
                        silent.awaitEnd(); // it says nothing, and is cut
                    }
                    return;
                }
                try (WsClient client = WsClient.open(server.port, "/echo", random)) {
                    for (int round = 0; round < 4; round++) {
                        echoSome(client, random);
                    }
                    if (number % 3 == 1) {
                        client.closeProperly();
                    } else {
                        client.reset();
                    }
                }
            });
            server.awaitEmpty();
            assertThat(server.count(Counter.HANDSHAKE_TIMEOUT)).isEqualTo(50);
        }
    }

    /**
     * A receive buffer full of tiny messages ends each turn early, with others unread; meanwhile
     * the broadcaster must not take the records of the sends that wait for them to be read.
     */
    @Test
    void manyTinyMessagesToATopic() throws Exception {
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.arming = Arming.HOT; // all buffers are filled in one go
        sizes.bufferBytes = 8192;
        int subscribers = 200;
        int messages = 64 * 1024 / 7;
        Random random = new Random(17);
        List<WsClient> clients = new ArrayList<>();
        try (TestServer server = new TestServer(sizes)) {
            for (int i = 0; i < subscribers; i++) {
                clients.add(WsClient.open(server.port, "/topic/t", random));
            }
            WsClient publisher = WsClient.open(server.port, "/topic/t", random);
            clients.add(publisher);
            ByteArrayOutputStream frames = new ByteArrayOutputStream();
            for (int i = 0; i < messages; i++) {
                frames.write(WsClient.frame(BINARY, new byte[1], i));
            }
            publisher.write(frames.toByteArray());
            server.awaitCount("all are sent to", () -> server.count(Counter.DELIVERED)
                + server.count(Counter.QUEUED) + server.count(Counter.DROPPED),
                (long) messages * subscribers);
            assertThat(server.count(Counter.DROPPED)).isZero();
            for (WsClient client : clients) {
                client.close();
            }
            server.awaitEmpty();
        }
    }

    /** 600 peers of one address that do not go away; another address is served all the same. */
    @Test
    void oneAddressDoesNotKeepTheListenerFromOthers() throws IOException {
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.perAddressMax = 1;
        sizes.slots = 1000;
        sizes.slotsPerShard = 1000;
        List<Socket> peers = new ArrayList<>();
        try (TestServer server = new TestServer(sizes)) {
            for (int i = 0; i <= 600; i++) {
                peers.add(new Socket("127.0.0.1", server.port));
            }
            server.await("all but one are refused",
                () -> server.count(Counter.REFUSED_ADDRESS) == 600);
            try (Socket other = new Socket()) {
                other.bind(new InetSocketAddress("127.0.0.2", 0));
                other.connect(new InetSocketAddress("127.0.0.1", server.port));
                other.getOutputStream().write(WsClient.request("/echo").getBytes());
                byte[] status = other.getInputStream().readNBytes(12);
                assertThat(new String(status)).isEqualTo("HTTP/1.1 101");
            }
            for (Socket peer : peers) {
                peer.close();
            }
            server.awaitEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(Arming.class)
    void aPeerThatDoesNotReadIsNotReadFrom(Arming arming) throws Exception {
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.arming = arming;
        byte[] message = Clients.bytes(new Random(3), 10_000);
        int count = 3_000;
        try (TestServer server = new TestServer(sizes);
                WsClient client = WsClient.open(server.port, "/echo", new Random(3))) {
            Thread writer = Thread.startVirtualThread(() -> {
                try {
                    for (int i = 0; i < count; i++) {
                        client.send(BINARY, message);
                    }
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            server.await("reading pauses", () -> server.count(Counter.READS_PAUSED) > 0);
            long[] spill = new long[1];
            server.onReactors(r -> spill[0] = r.spill.usedBytes());
            assertThat(spill[0]).isLessThan(1 << 20);
            for (int i = 0; i < count; i++) {
                assertThat(client.read().payload()).isEqualTo(message);
            }
            writer.join();
            client.closeProperly();
            server.awaitEmpty();
            assertThat(server.count(Counter.SHORT_SENDS)).isPositive();
        }
    }

    @Test
    void withoutSpillMemoryAConnectionIsClosedAndTheOthersGoOn() throws IOException {
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.spillBytes = 256 << 10;
        Random random = new Random(5);
        try (TestServer server = new TestServer(sizes);
                WsClient good = WsClient.open(server.port, "/echo", random);
                WsClient greedy = WsClient.open(server.port, "/echo", random)) {
            greedy.write(WsClient.frame(BINARY, new byte[900_000], 1));
            WsClient.Frame end = greedy.read();
            assertThat(end.opcode()).isEqualTo(8);
            assertThat(end.closeCode()).isEqualTo(1013);
            assertThat(server.count(Counter.SPILL_EXHAUSTED)).isPositive();
            byte[] message = Clients.bytes(random, 300);
            good.send(BINARY, message);
            assertThat(good.read().payload()).isEqualTo(message);
            good.closeProperly();
            greedy.close();
            server.awaitEmpty();
        } catch (SocketException e) {
            throw new AssertionError("the Close frame must survive", e);
        }
    }

    @ParameterizedTest
    @EnumSource(Arming.class)
    void peersThatVanishLeaveNothing(Arming arming) {
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.arming = arming;
        try (TestServer server = new TestServer(sizes)) {
            Clients.run(200, 11, (number, random) -> {
                WsClient client = new WsClient(server.port, random);
                if (random.nextInt(5) == 0) {
                    client.reset();
                    return;
                }
                byte[] request = WsClient.request("/echo").getBytes();
                if (random.nextInt(5) == 0) {
                    client.write(Arrays.copyOf(request, random.nextInt(request.length)));
                    client.reset();
                    return;
                }
                client.write(request);
                client.readHead();
                for (int i = random.nextInt(8); i > 0; i--) {
                    client.send(BINARY, new byte[random.nextInt(5_000)]);
                }
                byte[] cut = WsClient.frame(BINARY, new byte[3_000], 9);
                client.write(Arrays.copyOf(cut, random.nextInt(cut.length)));
                if (random.nextBoolean()) {
                    client.reset();
                } else {
                    client.close();
                }
            });
            server.awaitEmpty();
        }
    }

    @Test
    void aQuietHotConnectionCoolsDownAndStillAnswers() throws IOException {
        TestServer.Sizes sizes = new TestServer.Sizes();
        try (TestServer server = new TestServer(sizes);
                WsClient client = WsClient.open(server.port, "/echo", new Random(1))) {
            for (int i = 0; i < 50 && server.count(Counter.PROMOTED) == 0; i++) {
                client.send(BINARY, new byte[10]);
                client.read();
            }
            server.await("promoted", () -> server.count(Counter.PROMOTED) == 1);
            server.await("demoted", () -> server.count(Counter.DEMOTED) == 1);
            for (int i = 0; i < 5; i++) {
                client.send(BINARY, new byte[10]);
                assertThat(client.read().payload()).hasSize(10);
            }
            client.closeProperly();
            server.awaitEmpty();
        }
    }
}
