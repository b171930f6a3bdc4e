package io.mooring.ws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class HandshakeTest {
    private static final int HEAD_BYTES_MAX = 4096;
    private static final String KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    private static final String[] UPGRADE = {
        "GET /chat HTTP/1.1", "Host: server.example.com", "Upgrade: websocket",
        "Connection: Upgrade", KEY, "Sec-WebSocket-Version: 13"};

    private final Handshake handshake = new Handshake(HEAD_BYTES_MAX);

    /** RFC 6455, 1.3. */
    @Test
    void rfcExample() {
        assertThat(judge(head(UPGRADE))).isEqualTo(Handshake.UPGRADE);
        byte[] response = new byte[Handshake.RESPONSE_LENGTH + 2];
        assertThat(handshake.response(MemorySegment.ofArray(response), 1)).isEqualTo(129);
        assertThat(new String(response, StandardCharsets.ISO_8859_1)).isEqualTo(
                "\0HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                + "Connection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\0");
        assertThat(handshake.method()).isEqualTo("GET");
        assertThat(handshake.path()).isEqualTo("/chat");
        assertThat(handshake.query()).isEmpty();
        assertThat(handshake.header("HOST")).isEqualTo("server.example.com");
        assertThat(handshake.header("Origin")).isNull();
        assertThat(handshake.contentLength()).isEqualTo(-1);
        assertThat(handshake.problem()).isEmpty();
    }

    /**
     * The status, and what to do to the example: {@code -n} drops line n, {@code n=text} replaces
     * it, anything else is a further line.
     */
    @ParameterizedTest(name = "{index}")
    @ValueSource(strings = {
        // Accepted.
        "101; Origin: http://example.com",
        "101; 2=upgrade:WebSocket",
        "101; 2=UPGRADE: \t websocket \t ",
        "101; 2=Upgrade: h2c, websocket",
        "101; 2=Upgrade: h2c ; Upgrade: websocket",
        "101; 3=Connection: keep-alive, Upgrade",
        "101; 3=Connection: keep-alive,,\tUPGRADE ,",
        "101; 3=Connection: keep-alive ; connection: upgrade",
        "101; 1=host: [::1]:9001",
        "101; 1=Host: a-b_c.example:80",
        "101; 1=Host: example.com:",
        "101; Content-Length: 0",
        "101; X: \u00e9\u00ff",
        "101; X:",
        "101; 0=GET http://server.example.com/chat HTTP/1.1",
        "101; 0=GET /a?b=%20{|}^`[]\\ HTTP/1.1",
        "101; 4=Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAB==", // ends in bits that mean nothing
        // No upgrade to WebSocket.
        "200; -2",
        "200; 2=Upgrade: h2c",
        "200; 2=Upgrade: websockets",
        "200; 2=Upgrade: \"websocket\"",
        "200; -2 ; 0=POST /topic/a HTTP/1.1 ; Content-Length: 5",
        "200; -2 ; 0=OPTIONS * HTTP/1.1",
        "200; -2 ; 0=GET / HTTP/1.0 ; -1",
        "200; -2 ; Transfer-Encoding: chunked",
        // Not an upgrade as it should be.
        "400; -3",
        "400; 3=Connection: close",
        "400; 3=Connection: upgrades",
        "400; 3=Connection: keep-alive upgrade",
        "400; 0=GET /chat HTTP/1.0",
        "400; -4",
        "400; 4=Sec-WebSocket-Key:",
        "400; 4=Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=",
        "400; 4=Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ===",
        "400; 4=Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQA=", // 17 bytes
        "400; 4=Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ-==",
        "400; 4=Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j ==",
        "400; " + KEY,
        "400; Sec-WebSocket-Version: 13",
        "400; Content-Length: 1",
        "400; Transfer-Encoding: chunked",
        "405; 0=POST /chat HTTP/1.1",
        "405; 0=get /chat HTTP/1.1",
        "405; 0=GETS /chat HTTP/1.1",
        "400; 0=POST /chat HTTP/1.1 ; -4", // not otherwise valid
        "426; -5",
        "426; 5=Sec-WebSocket-Version: 8",
        "426; 5=Sec-WebSocket-Version: 013",
        "426; 5=Sec-WebSocket-Version: 13, 8",
        "426; 5=Sec-WebSocket-Version: 8 ; -4",
        // Host.
        "400; -1",
        "400; -1 ; -2",
        "400; 1=Host:",
        "400; Host: server.example.com",
        "400; 1=Host: a b",
        "400; 1=Host: a/b",
        "400; 1=Host: a:b",
        "400; 1=Host: a:1:2",
        "400; 1=Host: :80",
        "400; 1=Host: user@a",
        "400; 1=Host: [::1",
        "400; 1=Host: []",
        "400; 1=Host: [::1]a",
        "400; 1=Host: [v1]",
        "400; 1=Host: caf\u00e9",
        // The body's length.
        "400; -2 ; Content-Length: 5 ; Transfer-Encoding: chunked",
        "400; -2 ; Transfer-Encoding: chunked ; Content-Length: 5",
        "400; -2 ; Content-Length: 5 ; content-length: 5",
        "400; -2 ; Content-Length: -1",
        "400; -2 ; Content-Length: +5",
        "400; -2 ; Content-Length: 5, 5",
        "400; -2 ; Content-Length: 0x5",
        "400; -2 ; Content-Length:",
        "400; -2 ; 0=POST / HTTP/1.0 ; Transfer-Encoding: chunked",
        // Header lines.
        "400; : nothing",
        "400; nothing",
        "400; Origin : http://example.com",
        "400; Origin\t: http://example.com",
        "400; ' folded: or not'",
        "400; X: a ; ' folded'",
        "400; X(Y): a",
        "400; X\u00e9: a",
        "400; X: a\u0000b",
        "400; X: a\u0001b",
        "400; X: a\u007fb",
        "400; X: a\nY: b",
        "400; X: a\rY: b",
        "400; X\n",
        // The request line.
        "400; 0=GET /chat",
        "400; 0=GET  /chat HTTP/1.1",
        "400; 0=GET /chat  HTTP/1.1",
        "400; 0=GET /chat HTTP/1.1 ",
        "400; 0=GET /chat http/1.1",
        "400; 0=GET /chat HTTP/1.x",
        "400; 0=GET /chat HTTP/11",
        "400; 0=GET chat HTTP/1.1",
        "400; 0=GET http:/chat HTTP/1.1",
        "400; 0=GET http:// HTTP/1.1",
        "400; 0=GET http:///chat HTTP/1.1",
        "400; 0=GET hello HTTP/1.1",
        "400; 0=GET * HTTP/1.1",
        "400; 0=GET *a HTTP/1.1",
        "400; 0=GET /caf\u00e9 HTTP/1.1",
        "400; 0=GET /a\tb HTTP/1.1",
        "400; 0=GET /a#b HTTP/1.1",
        "400; 0=GET /a<b HTTP/1.1",
        "400; 0=GET /a\"b HTTP/1.1",
        "400; 0=GET /\u0000 HTTP/1.1",
        "400; 0=G@T /chat HTTP/1.1",
        "400; 0=",
        "505; 0=GET /chat HTTP/2.0",
        "505; 0=GET /chat HTTP/0.9",
        "505; 0=GET /chat HTTP/1.2",
        "505; 0=PRI * HTTP/2.0",
    })
    void table(String row) {
        int expected = Integer.parseInt(row.substring(0, 3));
        String changes = row.substring("400; ".length());
        String[] lines = UPGRADE.clone();
        StringBuilder added = new StringBuilder();
        for (String change : changes.split(" ; ")) {
            String text = change.startsWith("'") ? change.substring(1, change.length() - 1)
                    : change;
            if (text.matches("-\\d")) {
                lines[text.charAt(1) - '0'] = null;
            } else if (text.matches("(?s)\\d=.*")) {
                lines[text.charAt(0) - '0'] = text.substring(2);
            } else {
                added.append(text).append("\r\n");
            }
        }
        StringBuilder request = new StringBuilder();
        for (String line : lines) {
            request.append(line == null ? "" : line + "\r\n");
        }
        assertThat(judge(request.append(added).append("\r\n").toString()))
                .as("%s: %s", row, handshake.problem()).isEqualTo(expected);
    }

    /** The bytes, the status, and after how many bytes it is known. */
    static List<Arguments> refusesAtOnce() {
        return List.of(
            arguments("\u0016\u0003\u0001\u0002\u0000", 400, 1), // TLS ClientHello
            arguments("\u0005\u0001\u0000", 400, 1), // SOCKS
            arguments("\u0000", 400, 1),
            arguments("\r\nGET / HTTP/1.1\r\n", 400, 1),
            arguments(" GET / HTTP/1.1\r\n", 400, 1),
            arguments("SSH-2.0-OpenSSH_9.6\r\n", 400, 20),
            arguments("{\"method\":1}", 400, 1),
            arguments("AUTH: secret\r\n", 400, 5),
            arguments("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 400, 33),
            arguments("GET \u0000", 400, 5),
            arguments("GET chat HTTP/1.1\r\n", 400, 5),
            arguments("GET /\n", 400, 6),
            arguments("GET / HTCPCP/1.0\r\n", 400, 9),
            arguments("GET / HTTP/2.0\r\n", 505, 12),
            arguments("GET / HTTP/1.1\n", 400, 15),
            arguments("GET / HTTP/1.1\rX", 400, 16),
            arguments("GET / HTTP/1.1\r\n X: y", 400, 17),
            arguments("GET / HTTP/1.1\r\nX : y", 400, 18),
            arguments("GET / HTTP/1.1\r\nX: \u0000", 400, 20),
            arguments("GET / HTTP/1.1\r\nX: y\n", 400, 21),
            arguments("GET / HTTP/1.1\r\nHost: ?\r\nX: y", 400, 25));
    }

    @ParameterizedTest(name = "{index}")
    @MethodSource
    void refusesAtOnce(String request, int status, int knownAfter) {
        byte[] bytes = Bytes.latin1(request);
        for (int n = 0; n <= bytes.length; n++) {
            assertThat(handshake.parse(Bytes.heap(bytes, n), 0, n)).as("%d bytes", n)
                    .isEqualTo(n < knownAfter ? Handshake.NEED_MORE : status);
        }
    }

    @Test
    void limitOfTheTarget() {
        String longest = "/" + "a".repeat(2047);
        assertThat(judge(head("GET " + longest + " HTTP/1.1", "Host: a"))).isEqualTo(200);
        assertThat(handshake.path()).isEqualTo(longest);
        String longer = "GET " + longest + "a";
        assertThat(parse(longer.substring(0, longer.length() - 1))).isEqualTo(0);
        assertThat(parse(longer)).isEqualTo(414);
        assertThat(judge(head(longer + " HTTP/1.1", "Host: a"))).isEqualTo(414);
    }

    @Test
    void limitOfTheHead() {
        String start = head("GET / HTTP/1.1", "Host: a").replaceFirst("\r\n\r\n$", "\r\nX: ");
        String exact = start + "x".repeat(HEAD_BYTES_MAX - start.length() - 4) + "\r\n\r\n";
        assertThat(judge(exact)).isEqualTo(Handshake.PLAIN);
        assertThat(handshake.headLength()).isEqualTo(HEAD_BYTES_MAX);
        assertThat(judge(exact.replace("\r\n\r\n", "x\r\n\r\n"))).isEqualTo(431);
        assertThat(parse(exact.substring(0, HEAD_BYTES_MAX - 1))).isEqualTo(0);
        String endless = exact.substring(0, HEAD_BYTES_MAX - 4) + "xxxx";
        assertThat(parse(endless)).isEqualTo(431);
        assertThat(handshake.problem()).isEqualTo("the request's head is too large");
    }

    /** The request and its response may share memory, as in a receive buffer. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 60, 100})
    void responseOverTheRequest(int offset) {
        byte[] bytes = Arrays.copyOf(Bytes.latin1(head(UPGRADE)), 300);
        MemorySegment mem = MemorySegment.ofArray(bytes);
        assertThat(handshake.parse(mem, 0, head(UPGRADE).length())).isEqualTo(101);
        handshake.response(mem, offset);
        assertThat(new String(bytes, offset, 129, StandardCharsets.US_ASCII))
                .startsWith("HTTP/1.1 101 ").endsWith(" s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
        assertThat(handshake.path()).as("from the copy").isEqualTo("/chat");
    }

    @Test
    void responseNeedsAnUpgrade() {
        MemorySegment mem = MemorySegment.ofArray(new byte[200]);
        assertThatThrownBy(() -> handshake.response(mem, 0))
                .isInstanceOf(IllegalStateException.class);
        assertThat(judge(head(UPGRADE))).isEqualTo(101);
        assertThat(parse("GET / HTTP/1.1\r\n")).isEqualTo(0);
        assertThatThrownBy(() -> handshake.response(mem, 0))
                .isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "/a/b?c=d&e,                  /a/b, c=d&e",
        "/,                           /,    ''",
        "/?,                          /,    ''",
        "/a?b?c,                      /a,   b?c",
        "/a%20b,                      /a%20b, ''",
        "http://h:1/a?b,              /a,   b",
        "HTTPS://h?b,                 /,    b",
        "https://h,                   /,    ''",
    })
    void targets(String target, String path, String query) {
        assertThat(judge(head("GET " + target + " HTTP/1.1", "Host: h"))).isEqualTo(200);
        assertThat(handshake.path()).isEqualTo(path);
        assertThat(handshake.query()).isEqualTo(query);
    }

    @Test
    void headersAndBody() {
        String request = head("POST /topic/news HTTP/1.1", "Host: h", "a:1", "A:  2\t", "AB: 3",
                "Content-Type: application/octet-stream", "Content-Length: 0005") + "hello";
        assertThat(parse(request)).isEqualTo(Handshake.PLAIN);
        assertThat(handshake.method()).isEqualTo("POST");
        assertThat(handshake.contentLength()).isEqualTo(5);
        assertThat(handshake.hasTransferEncoding()).isFalse();
        assertThat(request.substring(handshake.headLength())).isEqualTo("hello");
        assertThat(handshake.header("a")).isEqualTo("1, 2");
        assertThat(handshake.header("content-TYPE")).isEqualTo("application/octet-stream");
        assertThat(handshake.header("Content")).isNull();
        assertThat(handshake.header("")).isNull();
    }

    @Test
    void hugeContentLengthSaturates() {
        for (String length : new String[] {"2147483647", "2147483648", "9".repeat(100)}) {
            assertThat(judge(head("POST / HTTP/1.1", "Host: h", "Content-Length: " + length)))
                    .isEqualTo(200);
            assertThat(handshake.contentLength()).isEqualTo(Integer.MAX_VALUE);
        }
    }

    /** Nothing of one request is left for the next. */
    @Test
    void forgets() {
        assertThat(judge(head(UPGRADE))).isEqualTo(101);
        assertThat(judge(head("GET / HTTP/1.1"))).isEqualTo(400); // the Host was the other one's
        assertThat(parse("G")).isEqualTo(0);
        assertThat(handshake.problem()).isEmpty();
        assertThat(handshake.headLength()).isZero();
        assertThat(handshake.method() + handshake.path() + handshake.query()).isEmpty();
        assertThat(handshake.header("Host")).isNull();
    }

    @Test
    void refusesAnImpossibleLimit() {
        assertThatThrownBy(() -> new Handshake(10))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("8192");
    }

    /**
     * Judges the request, and all its prefixes: each must be incomplete or refused in the same way,
     * and once refused stay so. What follows the head must not matter.
     */
    private int judge(String request) {
        byte[] bytes = Bytes.latin1(request);
        int last = Handshake.NEED_MORE;
        for (int n = 0; n <= bytes.length; n++) {
            int status = handshake.parse(Bytes.heap(bytes, n), 0, n);
            if (last != Handshake.NEED_MORE) {
                assertThat(status).as("%d bytes", n).isEqualTo(last);
            }
            boolean refused = status != 0 && status != 101 && status != 200;
            assertThat(handshake.problem().isEmpty()).isEqualTo(!refused);
            if (n < bytes.length && !refused) {
                assertThat(status).as("%d bytes", n).isEqualTo(Handshake.NEED_MORE);
            }
            last = status;
        }
        byte[] longer = Bytes.concat(Bytes.latin1("before"), bytes, Bytes.hex("81 80 00 0d 0a"));
        assertThat(handshake.parse(Bytes.offHeap(longer, longer.length), 6, longer.length - 6))
                .isEqualTo(last);
        if (last == 101 || last == 200) {
            assertThat(handshake.headLength()).isEqualTo(bytes.length);
        }
        return last;
    }

    private int parse(String request) {
        byte[] bytes = Bytes.latin1(request);
        return handshake.parse(Bytes.heap(bytes), 0, bytes.length);
    }

    private static String head(String... lines) {
        return String.join("\r\n", lines) + "\r\n\r\n";
    }
}
