package io.mooring.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What waits is begun anew where the kernel lets go of closed sockets in order. On a kernel of
 * before 6.13 (the emulated Pi 5) this shows that they are let go of; on others, that nothing is
 * lost by it.
 */
@Tag("kernel")
@Timeout(120)
@Tag("io_uring") // epoll lets go of sockets at once
class RenewalTest {
    private static final int BINARY = 0x82;
    private static final int SILENT = 60;
    private static final int LARGE = 12;
    private static final int SOCKETS_OF_OTHERS = 150;
    private static final Pattern USED = Pattern.compile("sockets: used (\\d+)");

    @ParameterizedTest
    @EnumSource(Arming.class)
    void closedSocketsAreLetGoOfWhileOthersWait(Arming arming) throws Exception {
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.arming = arming;
        sizes.kernelRelease = "6.12";
        try (TestServer server = new TestServer(sizes)) {
            int before = socketsUsed();
            Random random = new Random(23);
            List<WsClient> silent = new ArrayList<>();
            for (int i = 0; i < SILENT; i++) {
                silent.add(WsClient.open(server.port, "/echo", random));
            }
            byte[] large = Clients.bytes(random, 1 << 20);
            WsClient slow = silent.getFirst();
            // More than the socket buffers of both ends take: sends of either end wait.
            Thread sending = Thread.ofVirtual().start(() -> sendAll(slow, large));
            server.await("a send waits", () -> server.count(Counter.SHORT_SENDS) > 0);
            int closed = churn(server);
            server.await("closed", () -> server.count(Counter.CLOSED) == closed);

            assertThat(server.count(Counter.RENEWALS)).isBetween(2L, 20L);
            server.await("the sockets are gone: " + before + " before",
                () -> socketsUsed() - before < 2 * SILENT + 64 + SOCKETS_OF_OTHERS);
            for (int i = 0; i < LARGE; i++) {
                assertThat(slow.read().payload()).isEqualTo(large);
            }
            sending.join();
            for (WsClient client : silent) {
                byte[] message = Clients.bytes(random, 100);
                client.send(BINARY, message);
                assertThat(client.read().payload()).isEqualTo(message);
                client.closeProperly();
                client.close();
            }
            server.awaitEmpty();
        }
    }

    private static void sendAll(WsClient client, byte[] message) {
        try {
            for (int i = 0; i < LARGE; i++) {
                client.send(BINARY, message);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e); // the reader will miss the rest
        }
    }

    private static int churn(TestServer server) {
        int rounds = 10;
        int each = 100;
        for (int round = 0; round < rounds; round++) {
            Clients.run(each, round, (number, random) -> {
                try (WsClient client = WsClient.open(server.port, "/echo", random)) {
                    byte[] message = Clients.bytes(random, 50);
                    client.send(BINARY, message);
                    assertThat(client.read().payload()).isEqualTo(message);
                    if (number % 2 == 0) {
                        client.closeProperly();
                    } else {
                        client.reset();
                    }
                }
            });
        }
        return rounds * each;
    }

    private static int socketsUsed() {
        try {
            Matcher used = USED.matcher(Files.readString(Path.of("/proc/net/sockstat")));
            assertThat(used.find()).isTrue();
            return Integer.parseInt(used.group(1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
