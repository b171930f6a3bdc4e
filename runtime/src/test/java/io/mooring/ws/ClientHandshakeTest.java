package io.mooring.ws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ClientHandshakeTest {
    private final Handshake server = new Handshake(1024);
    private final ClientHandshake client = new ClientHandshake(1024);

    @Test
    void serverAndClientAgree() {
        Set<String> keys = new HashSet<>();
        for (long seed : new long[] {0, 1, -1, 42, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32}) {
            byte[] bytes = new byte[512];
            MemorySegment mem = MemorySegment.ofArray(bytes);
            int length = ClientHandshake.request(mem, 7, "127.0.0.1:9001", "/echo?a", seed);
            assertThat(length)
                    .isEqualTo(ClientHandshake.requestLength("127.0.0.1:9001", "/echo?a"));
            assertThat(server.parse(mem, 7, length)).isEqualTo(Handshake.UPGRADE);
            assertThat(server.path() + " " + server.query()).isEqualTo("/echo a");
            assertThat(server.header("Host")).isEqualTo("127.0.0.1:9001");
            keys.add(server.header("Sec-WebSocket-Key"));

            byte[] answer = new byte[129];
            server.response(MemorySegment.ofArray(answer), 0);
            for (int n = 0; n < 129; n++) {
                assertThat(client.parse(Bytes.heap(answer, n), 0, n, seed)).as("%d bytes", n)
                        .isEqualTo(ClientHandshake.NEED_MORE);
            }
            byte[] longer = Bytes.concat(answer, Bytes.hex("81 00"));
            assertThat(client.parse(Bytes.heap(longer), 0, 131, seed)).isEqualTo(101);
            assertThat(client.headLength()).isEqualTo(129);
            assertThat(client.problem()).isEmpty();
            assertThat(client.parse(Bytes.heap(answer), 0, 129, seed + 1))
                    .isEqualTo(ClientHandshake.INVALID);
            assertThat(client.problem()).contains("Sec-WebSocket-Accept");
        }
        assertThat(keys).as("every seed has its own key").hasSize(7);
    }

    /** A change to the right answer, by regular expression, and what becomes of it. */
    static List<Arguments> answers() {
        return List.of(
            arguments("Upgrade: websocket\r\n", "", -1),
            arguments("Connection: Upgrade", "Connection: close", -1),
            arguments("Sec-WebSocket-Accept: .", "Sec-WebSocket-Accept: _", -1),
            arguments("Sec-WebSocket-Accept", "X", -1),
            arguments("(Sec-WebSocket-Accept: .*\r\n)", "$1$1", -1),
            arguments("\\z", "the first frame", 101),
            arguments("HTTP/1.1", "HTTP/1.0", -1),
            arguments("HTTP/1.1", "HTTP/2.0", -1),
            arguments("HTTP", "ICAP", -1),
            arguments("101", "1O1", -1),
            arguments("101", "1011", -1),
            arguments("101", "099", -1),
            arguments("101", "200", 200),
            arguments("101", "503", 503),
            arguments(" Switching Protocols", "", 101),
            arguments(" Switching Protocols", " ", 101),
            arguments("Upgrade: w", "upgrade:W", 101),
            arguments("\r\n\r\n", "\r\nSec-WebSocket-Protocol: chat\r\n\r\n", -1),
            arguments("\r\n\r\n", "\r\nSec-WebSocket-Extensions: x\r\n\r\n", -1),
            arguments("\r\n\r\n", "\r\nServer: x\r\n\r\n", 101),
            arguments("\r\n", "\n", -1));
    }

    @ParameterizedTest(name = "{index}")
    @MethodSource
    void answers(String pattern, String replacement, int expected) {
        byte[] bytes = new byte[512];
        MemorySegment mem = MemorySegment.ofArray(bytes);
        int length = ClientHandshake.request(mem, 0, "h", "/", 5);
        assertThat(server.parse(mem, 0, length)).isEqualTo(Handshake.UPGRADE);
        server.response(mem, 0);
        String good = new String(bytes, 0, 129, StandardCharsets.US_ASCII);
        byte[] changed = Bytes.latin1(good.replaceFirst(pattern, replacement));
        int last = ClientHandshake.NEED_MORE;
        for (int n = 0; n <= changed.length; n++) {
            int status = client.parse(Bytes.heap(changed, n), 0, n, 5);
            if (last != ClientHandshake.NEED_MORE) {
                assertThat(status).as("%d bytes", n).isEqualTo(last);
            }
            last = status;
        }
        assertThat(last).isEqualTo(expected);
        assertThat(client.problem().isEmpty()).isEqualTo(expected != ClientHandshake.INVALID);
    }

    @Test
    void refusals() {
        byte[] refusal = Handshake.httpResponse(503, "text/plain", Bytes.utf8("full"));
        assertThat(client.parse(Bytes.heap(refusal), 0, refusal.length, 1)).isEqualTo(503);
        assertThat(Arrays.copyOfRange(refusal, client.headLength(), refusal.length))
                .isEqualTo(Bytes.utf8("full"));
        byte[] endless = Bytes.latin1("HTTP/1.1 200 " + "x".repeat(1100));
        assertThat(client.parse(Bytes.heap(endless, 1023), 0, 1023, 1)).isEqualTo(0);
        assertThat(client.parse(Bytes.heap(endless), 0, 1100, 1)).isEqualTo(-1);
        assertThat(client.problem()).isEqualTo("the response's head is too large");
    }
}
