package io.mooring.bench.matrix;

import io.mooring.bench.BenchException;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Whether a server answers frame by frame as all others do: each message back (or to the other) as
 * one whole unmasked frame of the same kind, with the same bytes, in order, and nothing else.
 */
final class FrameCheck {

    private static final int TIMEOUT_MS = 10_000;
    private static final int TEXT = 0x81;
    private static final int BINARY = 0x82;
    private static final int LENGTH_16 = 126;
    private static final int[] SIZES = {16, 64, 125, 126, 1000, 16_384};
    private static final String REQUEST = "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket"
            + "\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + "Sec-WebSocket-Version: 13\r\n\r\n";
    /** RFC 6455 section 1.3. */
    private static final String ACCEPT = "s3pplmbitxaq9kygzzhzrbk+xoo=";

    private record Client(Socket socket, DataInputStream in) implements AutoCloseable {

        void send(byte[] bytes) throws IOException {
            socket.getOutputStream().write(bytes);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private FrameCheck() {
    }

    /** Throws where {@code path} of the server at {@code port} does otherwise. */
    static void require(int port, String path) {
        boolean topic = path.startsWith("/topic");
        try (Client receiver = open(port, path); Client other = topic ? open(port, path) : null) {
            Client sender = topic ? other : receiver;
            byte[] text = "gr\u00fc\u00dfe".getBytes(StandardCharsets.UTF_8);
            sender.send(frame(TEXT, text));
            requireFrame(receiver, TEXT, text);
            for (int size : SIZES) {
                byte[] payload = payload(size);
                sender.send(frame(BINARY, payload));
                requireFrame(receiver, BINARY, payload);
            }
            ByteArrayOutputStream two = new ByteArrayOutputStream();
            two.writeBytes(frame(BINARY, payload(20)));
            two.writeBytes(frame(BINARY, payload(21)));
            sender.send(two.toByteArray());
            requireFrame(receiver, BINARY, payload(20));
            requireFrame(receiver, BINARY, payload(21));
        } catch (IOException e) {
            throw new BenchException("%s does not answer as it should: %s".formatted(path,
                    e.getMessage() == null ? "it closed the connection" : e.getMessage()));
        }
    }

    private static byte[] payload(int size) {
        byte[] payload = new byte[size];
        new Random(size).nextBytes(payload);
        return payload;
    }

    private static Client open(int port, String path) throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress("127.0.0.1", port), TIMEOUT_MS);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MS);
        socket.getOutputStream().write(REQUEST.formatted(path).getBytes(StandardCharsets.US_ASCII));
        DataInputStream in = new DataInputStream(socket.getInputStream());
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.readUnsignedByte());
        }
        requireUpgrade(path, head.toString().toLowerCase(Locale.ROOT).lines().toList());
        return new Client(socket, in);
    }

    private static void requireUpgrade(String path, List<String> head) {
        if (!head.getFirst().startsWith("http/1.1 101")) {
            throw new BenchException(path + " is not upgraded: " + head.getFirst());
        }
        if (head.stream().noneMatch(line -> line.startsWith("sec-websocket-accept:")
                && line.endsWith(ACCEPT))) {
            throw new BenchException(path + ": Sec-WebSocket-Accept is wrong");
        }
        if (head.stream().anyMatch(line -> line.startsWith("sec-websocket-extensions:"))) {
            throw new BenchException(path + ": it answers with an extension nobody asked for");
        }
    }

    private static byte[] frame(int first, byte[] payload) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(first);
        if (payload.length < LENGTH_16) {
            out.write(0x80 | payload.length);
        } else {
            out.write(0x80 | LENGTH_16);
            out.write(payload.length >> 8);
            out.write(payload.length);
        }
        byte[] key = {0x5A, (byte) 0xC3, 0x17, (byte) 0x88};
        out.writeBytes(key);
        for (int i = 0; i < payload.length; i++) {
            out.write(payload[i] ^ key[i & 3]);
        }
        return out.toByteArray();
    }

    private static void requireFrame(Client client, int first, byte[] payload)
            throws IOException {
        int kind = client.in.readUnsignedByte();
        int length = client.in.readUnsignedByte();
        if (length == LENGTH_16) {
            length = client.in.readUnsignedShort();
        }
        if (kind != first || length != payload.length) {
            throw new BenchException(("a message of %d B (first byte 0x%02x) comes as a frame of"
                    + " %d B that begins with 0x%02x").formatted(payload.length, first, length,
                    kind));
        }
        byte[] got = new byte[length];
        client.in.readFully(got);
        if (!Arrays.equals(got, payload)) {
            throw new BenchException("a message of %d B comes with other contents"
                    .formatted(length));
        }
    }
}
