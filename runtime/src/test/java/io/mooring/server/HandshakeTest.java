package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The opening handshake over raw sockets, in every split, and its deadline. */
@Tag("e2e")
class HandshakeTest {
    private static final Frame HELLO_BACK = Frame.text("hello");

    private static WebSocketServer server;

    @BeforeAll
    static void start() {
        server = TestServer.start(TestServer.builder());
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            TestServer.awaitQuiet(server);
            server.close();
        }
    }

    @Test
    void answersTheKeyOfTheRfc() {
        assertThat(RawClient.acceptOf(RawClient.KEY)).isEqualTo(RawClient.ACCEPT);
        RawClient.open(server.port(), "/echo").closeNormally();
    }

    @Test
    void answersOtherKeys() {
        for (int i = 0; i < 20; i++) {
            String key = Base64.getEncoder().encodeToString(Arrays.copyOf(Wire.bytes(i + 1), 16));
            String request = new String(RawClient.request("/echo"), StandardCharsets.US_ASCII)
                .replace(RawClient.KEY, key);
            try (RawClient client = RawClient.connect(server.port())) {
                HttpAnswer answer = client.send(request.getBytes(StandardCharsets.US_ASCII)).head();
                assertThat(answer.header("Sec-WebSocket-Accept"))
                    .isEqualTo(RawClient.acceptOf(key));
                client.closeNormally();
            }
        }
    }

    /**
     * Browsers offer extensions and protocols, send many headers, and spell these ones in their own
     * way.
     */
    @Test
    void takesWhatABrowserSends() {
        String request = "GET /echo?token=abc%20def HTTP/1.1\r\nhost: localhost:9001\r\n"
            + "User-Agent: Mozilla/5.0 (X11; Linux aarch64; rv:140.0) Gecko/20100101\r\n"
            + "Accept: */*\r\nAccept-Language: de,en-US;q=0.7,en;q=0.3\r\n"
            + "Accept-Encoding: gzip, deflate, br, zstd\r\nsec-websocket-version: 13\r\n"
            + "Origin: http://localhost:8000\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"
            + "Sec-WebSocket-Protocol: chat, superchat\r\n"
            + "SEC-WEBSOCKET-KEY:   " + RawClient.KEY + "  \r\nConnection: keep-alive, UPGRADE\r\n"
            + "Cookie: session=" + "x".repeat(2_000) + "\r\nPragma: no-cache\r\n"
            + "Cache-Control: no-cache\r\nUpgrade: WebSocket\r\n\r\n";
        try (RawClient client = RawClient.connect(server.port())) {
            client.send(request.getBytes(StandardCharsets.US_ASCII));
            RawClient.checkUpgraded(client.head()); // no extension and no protocol is accepted
            client.send(Wire.text("hello")).expect(HELLO_BACK).closeNormally();
        }
    }

    @Test
    void readsFramesSentWithTheRequest() {
        byte[] large = Wire.bytes(20_000);
        byte[] all = Wire.join(RawClient.request("/echo"), Wire.text("hello"),
            Wire.ping(new byte[] {1, 2}), Wire.fragments(Frame.TEXT, Frame.utf8("hello"), 2),
            Wire.binary(large), Wire.close(1001));
        try (RawClient client = RawClient.connect(server.port())) {
            client.send(all);
            RawClient.checkUpgraded(client.head());
            client.expect(HELLO_BACK, Frame.pong(new byte[] {1, 2}), HELLO_BACK,
                Frame.binary(large), Frame.close(1001)).expectEnd();
        }
    }

    /**
     * Two writes, the second when the server has the first, for every place to cut; frames follow
     * in the second.
     */
    @Test
    void takesTheRequestInTwoPieces() {
        byte[] request = RawClient.request("/echo");
        byte[] all = Wire.join(request, Wire.text("hello"), Wire.close(1000));
        for (int cut = 1; cut < all.length; cut++) {
            try (RawClient client = RawClient.connect(server.port())) {
                long before = TestServer.metric(server, "received_bytes");
                int bytes = cut;
                client.send(Arrays.copyOf(all, cut));
                Await.until("the server has the first " + cut + " bytes",
                    () -> TestServer.metric(server, "received_bytes") >= before + bytes);
                client.send(Arrays.copyOfRange(all, cut, all.length));
                RawClient.checkUpgraded(client.head());
                client.expect(HELLO_BACK, Frame.close(1000)).expectEnd();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("cut at " + cut + ": " + e.getMessage(), e);
            }
        }
    }

    @Test
    void takesTheRequestByteByByte() {
        byte[] all = Wire.join(RawClient.request("/echo"), Wire.text("hello"), Wire.close(1000));
        for (int i = 0; i < 20; i++) {
            try (RawClient client = RawClient.connect(server.port())) {
                client.sendChopped(all);
                RawClient.checkUpgraded(client.head());
                client.expect(HELLO_BACK, Frame.close(1000)).expectEnd();
            }
        }
    }

    @Test
    void cutsASilentPeerAndTellsADribblingOne() {
        try (WebSocketServer hasty = TestServer.start(TestServer.builder()
                .handshakeTimeout(Duration.ofSeconds(2)).closeTimeout(Duration.ofSeconds(60)));
                RawClient silent = RawClient.connect(hasty.port());
                RawClient dribbling = RawClient.connect(hasty.port());
                RawClient stuck = RawClient.connect(hasty.port())) {
            byte[] request = RawClient.request("/echo");
            stuck.send(Arrays.copyOf(request, 30));
            AtomicInteger sent = new AtomicInteger();
            Await.until("the server has lost patience with all three", () -> {
                // Never the whole: a byte of an endless header now and then.
                int at = sent.getAndIncrement();
                dribbling.send(new byte[] {at < 30 ? request[at] : (byte) 'x'});
                LockSupport.parkNanos(5_000_000);
                return TestServer.metric(hasty, "handshakes_timed_out") == 3;
            });
            silent.expectEnd();
            assertThat(stuck.answer().status()).isEqualTo(408);
            HttpAnswer answer = dribbling.answer();
            assertThat(answer.status()).isEqualTo(408);
            assertThat(answer.header("Connection")).containsIgnoringCase("close");
            silent.close();
            stuck.close();
            dribbling.close();
            TestServer.awaitQuiet(hasty);
        }
    }
}
