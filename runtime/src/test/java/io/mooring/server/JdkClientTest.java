package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The JDK's java.net.http.WebSocket against the server. */
@Tag("e2e")
class JdkClientTest {
    private static final int MIB = 1 << 20;
    private static final int CLIENTS = 300;

    private static final Recorder RECORDER = new Recorder();
    private static HttpClient http;
    private static WebSocketServer server;

    @BeforeAll
    static void start() {
        server = TestServer.start(TestServer.builder().maxMessage(2 * MIB)
            .path("/recorded", RECORDER));
        http = HttpClient.newHttpClient();
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            http.shutdownNow();
            TestServer.awaitQuiet(server);
            RECORDER.checkEachClosedOnce();
            server.close();
        }
    }

    @ParameterizedTest(name = "{0} B in {1} parts")
    @CsvSource({"0, 1", "1, 1", "125, 1", "126, 1", "4096, 1", "65535, 1", "65536, 1",
        "1048576, 1", "0, 2", "10, 3", "65536, 7", "1048576, 4", "1048576, 500"})
    void echoes(int length, int parts) {
        JdkClient client = JdkClient.await(JdkClient.open(http, server.port(), "/echo"));
        JdkClient.await(echoBoth(client, length, parts));
        assertThat(client.close(1000, "").code()).isEqualTo(1000);
    }

    private static CompletableFuture<?> echoBoth(JdkClient client, int length, int parts) {
        String text = new String(Wire.utf8(length), StandardCharsets.UTF_8);
        byte[] bytes = Wire.bytes(length);
        return client.sendText(text, parts)
            .thenCompose(sent -> client.next())
            .thenCompose(echo -> {
                assertThat(echo.equals(text)).as("text of %s B came back", length).isTrue();
                return client.sendBinary(bytes, parts);
            })
            .thenCompose(sent -> client.next())
            .thenAccept(echo -> assertThat(
                    echo instanceof byte[] back && Arrays.equals(back, bytes))
                .as("binary of %s B came back", length).isTrue());
    }

    @Test
    void echoesHundredsAtOnce() {
        List<CompletableFuture<JdkClient>> opening = IntStream.range(0, CLIENTS)
            .mapToObj(i -> JdkClient.open(http, server.port(), "/echo")).toList();
        List<JdkClient> clients = opening.stream().map(JdkClient::await).toList();
        Await.until("all of them are open", () -> server.connections() == CLIENTS);
        for (int length : new int[] {0, 5, 200, 5_000, 70_000}) {
            List<CompletableFuture<?>> echoes = clients.stream()
                .<CompletableFuture<?>>map(client -> echoBoth(client, length, 1 + length / 20_000))
                .toList();
            echoes.forEach(JdkClient::await);
        }
        clients.forEach(client -> client.close(1000, ""));
    }

    @Test
    void pings() {
        JdkClient client = JdkClient.await(JdkClient.open(http, server.port(), "/echo"));
        for (int length : new int[] {0, 1, 125}) {
            JdkClient.await(client.ping(Wire.bytes(length)));
            assertThat(JdkClient.await(client.next())).isEqualTo(Frame.pong(Wire.bytes(length)));
        }
        client.close(1000, "");
    }

    @ParameterizedTest(name = "the client closes with {0}")
    @CsvSource({"1000", "1001", "1011", "3000", "4999"})
    void isClosedByTheClient(int code) {
        JdkClient client = JdkClient.await(JdkClient.open(http, server.port(), "/recorded"));
        assertThat(client.close(code, "because").code()).isEqualTo(code);
        long connection = RECORDER.opened().getLast();
        assertThat(RECORDER.awaitClose(connection)).containsExactly(code);
    }

    @ParameterizedTest(name = "the server closes with {0}")
    @CsvSource({"1000", "1001", "1008", "1013", "3000", "4999"})
    void isClosedByTheServer(int code) {
        JdkClient client = JdkClient.await(JdkClient.open(http, server.port(), "/recorded"));
        long connection = RECORDER.opened().getLast();
        server.close(connection, code, "because \u20ac");
        assertThat(client.awaitEnd()).isEqualTo(new JdkClient.End(code, "because \u20ac"));
        assertThat(RECORDER.awaitClose(connection)).containsExactly(code);
    }
}
