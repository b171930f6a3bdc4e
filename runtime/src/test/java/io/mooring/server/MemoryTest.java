package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The memory for partial messages is bounded: who asks for more is closed with 1013, the others go
 * on.
 */
@Tag("e2e")
class MemoryTest {
    private static final int MESSAGE = 60_000;
    private static final int SENT = 40_000;
    /** More partial messages than 64 MiB hold. */
    private static final int CLIENTS_MAX = 1_800;

    @Test
    void partialMessagesUseItUp() {
        try (WebSocketServer server = TestServer.start(TestServer.builder().reactors(1));
                RawClient witness = RawClient.open(server.port(), "/echo")) {
            byte[] part = Arrays.copyOf(Wire.binary(new byte[MESSAGE]), SENT);
            List<RawClient> clients = new ArrayList<>();
            while (TestServer.metric(server, "spill_exhausted") == 0) {
                assertThat(clients.size()).as("partial messages held").isLessThan(CLIENTS_MAX);
                RawClient client = RawClient.open(server.port(), "/echo");
                long before = TestServer.metric(server, "received_bytes");
                clients.add(client.send(part));
                Await.until("the server has it", () ->
                    TestServer.metric(server, "received_bytes") >= before + part.length);
            }
            RawClient last = clients.getLast();
            last.expect(Frame.close(1013)).expectEnd();

            witness.send(Wire.text("served")).expect(Frame.text("served"));
            RawClient.open(server.port(), "/echo").closeNormally();
            clients.forEach(RawClient::close);
            Await.until("all but the witness are gone", () -> server.connections() == 1);
            byte[] whole = Wire.bytes(MESSAGE);
            witness.send(Wire.binary(whole)).expect(Frame.binary(whole)).closeNormally();
            TestServer.awaitQuiet(server);
        }
    }
}
