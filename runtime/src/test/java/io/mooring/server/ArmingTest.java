package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.reactor.Arming;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Arming follows heat, and nobody notices but the counters. */
@Tag("e2e")
class ArmingTest {
    private static final int CONNECTIONS = 50;

    /** Promoted by talking, demoted by silence, again and again. */
    @Tag("io_uring") // with epoll adaptive means hot
    @Test
    void heatComesAndGoes() {
        try (WebSocketServer server = TestServer.start(TestServer.builder())) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                clients.add(RawClient.open(server.port(), "/echo"));
            }
            for (int round = 1; round <= 2; round++) {
                long promoted = CONNECTIONS * (long) round;
                Await.until("all are hot", () -> {
                    // So often that on a slow machine, too, some come in close succession.
                    clients.forEach(client -> talk(client, 10));
                    return TestServer.metric(server, "arming_promoted") >= promoted;
                });
                Await.until("all have cooled down", () ->
                    TestServer.metric(server, "arming_demoted")
                        == TestServer.metric(server, "arming_promoted"));
            }
            clients.forEach(client -> talk(client, 1));
            clients.forEach(RawClient::closeNormally);
            TestServer.awaitQuiet(server);
        }
    }

    private static void talk(RawClient client, int messages) {
        for (int i = 0; i < messages; i++) {
            client.send(Wire.text("warm")).expect(Frame.text("warm"));
        }
    }

    @ParameterizedTest
    @EnumSource(value = Arming.class, names = {"COLD", "HOT"})
    void aPinnedArmingStays(Arming arming) {
        try (WebSocketServer server = TestServer.start(TestServer.builder().arming(arming));
                RawClient client = RawClient.open(server.port(), "/echo")) {
            talk(client, 100);
            client.closeNormally();
            assertThat(TestServer.metric(server, "arming_promoted")).isZero();
            assertThat(TestServer.metric(server, "arming_demoted")).isZero();
            TestServer.awaitQuiet(server);
        }
    }
}
