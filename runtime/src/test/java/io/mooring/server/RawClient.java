package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * A blocking socket that sends exactly the bytes it is given and reads strictly, with a decoder of
 * its own: whatever the server may not send fails the test. Reads end after {@link Await#DEADLINE}.
 */
final class RawClient implements AutoCloseable {
    /** RFC 6455 section 1.3 has this key and its answer. */
    static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
    static final String ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final int RSV = 0x70;

    private final Socket socket;
    private final DataInputStream in;

    private RawClient(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 8_192));
    }

    // ---- connecting

    static RawClient connect(int port) {
        return connect(port, 0, "127.0.0.1");
    }

    /**
     * @param receiveBytes SO_RCVBUF, set before connecting so that the window is small from the
     *     start; 0: the default
     * @param from the address to connect from
     */
    static RawClient connect(int port, int receiveBytes, String from) {
        try {
            Socket socket = new Socket();
            try {
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(Math.toIntExact(Await.DEADLINE.toMillis()));
                if (receiveBytes > 0) {
                    socket.setReceiveBufferSize(receiveBytes);
                }
                socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
                socket.connect(new InetSocketAddress("127.0.0.1", port),
                    Math.toIntExact(Await.DEADLINE.toMillis()));
                return new RawClient(socket);
            } catch (IOException e) {
                socket.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A WebSocket: connected, upgraded, the response checked. */
    static RawClient open(int port, String path) {
        return connect(port).upgrade(path);
    }

    RawClient upgrade(String path) {
        send(request(path));
        checkUpgraded(head());
        return this;
    }

    static byte[] request(String path) {
        return ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Key: " + KEY + "\r\n"
            + "Sec-WebSocket-Version: 13\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    static void checkUpgraded(HttpAnswer answer) {
        assertThat(answer.status()).as("%s", answer).isEqualTo(101);
        assertThat(answer.header("Upgrade")).isEqualToIgnoringCase("websocket");
        assertThat(answer.header("Connection")).isEqualToIgnoringCase("upgrade");
        assertThat(answer.header("Sec-WebSocket-Accept")).isEqualTo(ACCEPT);
        assertThat(answer.headers()).doesNotContainKeys("content-length", "transfer-encoding",
            "sec-websocket-extensions", "sec-websocket-protocol");
    }

    /** What a server must answer to {@code key}, RFC 6455 section 4.2.2. */
    static String acceptOf(String key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1")
                .digest((key + GUID).getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    // ---- sending

    /** In one write. */
    RawClient send(byte[]... parts) {
        try {
            socket.getOutputStream().write(parts.length == 1 ? parts[0] : Wire.join(parts));
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException("the server does not take what is sent", e);
        }
    }

    /** The same, where the server may have closed. */
    RawClient sendIfTaken(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            assertThat(e).isInstanceOf(SocketException.class);
        }
        return this;
    }

    /** In one write per byte; with TCP_NODELAY each is a segment. */
    RawClient sendChopped(byte[] bytes) {
        for (byte one : bytes) {
            send(new byte[] {one});
        }
        return this;
    }

    /** Ends our side; the other still comes. */
    RawClient endOutput() {
        try {
            socket.shutdownOutput();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Closes with a reset, as a crash or a firewall does. */
    void reset() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- reading

    HttpAnswer head() {
        try {
            return HttpAnswer.readHead(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A whole HTTP response, and the end after it. */
    HttpAnswer answer() {
        try {
            HttpAnswer answer = HttpAnswer.read(in);
            expectEnd();
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next frame. */
    Frame frame() {
        try {
            return readFrame();
        } catch (EOFException e) {
            throw new AssertionError("the connection has ended; a frame was expected", e);
        } catch (IOException e) {
            throw new AssertionError("no frame came: " + e.getMessage(), e);
        }
    }

    RawClient expect(Frame... frames) {
        for (Frame expected : frames) {
            Frame frame = frame();
            if (!frame.equals(expected)) { // before assertThat, which describes even a success
                assertThat(frame).isEqualTo(expected);
            }
        }
        return this;
    }

    /** The stream ends here and properly: no more bytes, no reset. */
    void expectEnd() {
        try {
            int next = in.read();
            assertThat(next).as("byte after the end").isEqualTo(-1);
        } catch (SocketException e) {
            throw new AssertionError("reset instead of a proper end", e);
        } catch (IOException e) {
            throw new AssertionError("no end came: " + e.getMessage(), e);
        }
    }

    /** Where we have sent to a server that may have closed. */
    void expectEndOrReset() {
        try {
            assertThat(in.read()).as("byte after the end").isEqualTo(-1);
        } catch (SocketException e) {
            assertThat(e).hasMessageContaining("reset");
        } catch (IOException e) {
            throw new AssertionError("no end came: " + e.getMessage(), e);
        }
    }

    /** The closing handshake from this side; all that came before is already read. */
    void closeNormally() {
        send(Wire.close(1000)).expect(Frame.close(1000)).expectEnd();
        close();
    }

    private Frame readFrame() throws IOException {
        int first = in.readUnsignedByte();
        int second = in.readUnsignedByte();
        int opcode = first & 0xf;
        boolean fin = (first & Wire.FIN) != 0;
        check((first & RSV) == 0, "RSV bits: " + first);
        check((second & 0x80) == 0, "a masked frame from a server");
        check(opcode <= 2 || opcode >= 8 && opcode <= 10, "reserved opcode " + opcode);
        long length = second & 0x7f;
        if (length == 126) {
            length = in.readUnsignedShort();
            check(length >= 126, "length " + length + " in the 16-bit form");
        } else if (length == 127) {
            length = in.readLong();
            check(length >= 65_536, "length " + length + " in the 64-bit form");
        }
        check(opcode < 8 || fin && length <= 125, "control frame of " + length + " B, FIN " + fin);
        byte[] payload = new byte[Math.toIntExact(length)];
        in.readFully(payload);
        if (opcode == Frame.TEXT && fin) {
            checkUtf8(payload, 0);
        }
        if (opcode == Frame.CLOSE) {
            check(payload.length != 1, "Close frame of one byte");
            checkUtf8(payload, Math.min(2, payload.length));
        }
        return new Frame(fin, opcode, payload);
    }

    private static void checkUtf8(byte[] bytes, int from) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(
                ByteBuffer.wrap(bytes, from, bytes.length - from));
        } catch (CharacterCodingException e) {
            throw new AssertionError("the server sent text that is not UTF-8", e);
        }
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError("the server broke the protocol: " + what);
        }
    }

    // ---- the rest

    /** The bytes behind the decoder, for a test that reads in its own way. */
    InputStream in() {
        return in;
    }

    int localPort() {
        return socket.getLocalPort();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
