package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whose pages may do what: by default, and once an origin is allowed. */
@Tag("e2e")
class OriginTest {
    private static final String HOME = "http://localhost";
    private static final String FRIEND = "https://friend.org";
    private static final String STRANGER = "https://stranger.org";

    private static WebSocketServer.Builder builder() {
        return TestServer.builder().post("/echo", PostHandlers.echo());
    }

    private static int post(WebSocketServer server, String origin) {
        String[] lines = origin == null ? new String[0] : new String[] {"Origin: " + origin};
        try (RawClient client = RawClient.connect(server.port())) {
            return client.send(PostHandlers.post("/echo", Frame.utf8("x"), lines)).answer()
                .status();
        }
    }

    private static int upgrade(WebSocketServer server, String origin) {
        String request = new String(RawClient.request("/echo"), StandardCharsets.US_ASCII);
        if (origin != null) {
            request = request.replace("Upgrade: websocket",
                "Origin: " + origin + "\r\nUpgrade: websocket");
        }
        try (RawClient client = RawClient.connect(server.port())) {
            HttpAnswer head = client.send(Frame.utf8(request)).head();
            if (head.status() == 101) {
                client.closeNormally();
            }
            return head.status();
        }
    }

    @Test
    void byDefaultOnlyPostsAreForPagesFromHere() {
        try (WebSocketServer server = TestServer.start(builder())) {
            assertThat(post(server, null)).isEqualTo(200);
            assertThat(post(server, HOME)).isEqualTo(200);
            assertThat(post(server, STRANGER)).isEqualTo(403);
            assertThat(post(server, "null")).isEqualTo(403);
            assertThat(TestServer.metric(server, "origins_refused")).isEqualTo(2);
            assertThat(upgrade(server, STRANGER)).isEqualTo(101);
            TestServer.awaitQuiet(server);
        }
    }

    @Test
    void anAllowedOriginShutsTheOthersOutOfWebSocketsToo() {
        try (WebSocketServer server = TestServer.start(builder().allowOrigin(FRIEND))) {
            for (String origin : new String[] {null, HOME, FRIEND}) {
                assertThat(post(server, origin)).isEqualTo(200);
                assertThat(upgrade(server, origin)).isEqualTo(101);
            }
            assertThat(post(server, STRANGER)).isEqualTo(403);
            assertThat(upgrade(server, STRANGER)).isEqualTo(403);
            assertThat(TestServer.metric(server, "origins_refused")).isEqualTo(2);
            TestServer.awaitQuiet(server);
        }
    }

    @Test
    void allMayBeAllowed() {
        try (WebSocketServer server = TestServer.start(builder().allowOrigin("*"))) {
            assertThat(post(server, STRANGER)).isEqualTo(200);
            assertThat(post(server, "null")).isEqualTo(200);
            assertThat(upgrade(server, STRANGER)).isEqualTo(101);
            TestServer.awaitQuiet(server);
        }
    }
}
