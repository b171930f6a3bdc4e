package io.mooring.reactor;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/**
 * A blocking WebSocket client of its own making: what it shares with the server is the standard.
 */
final class WsClient implements AutoCloseable {
    private static final int TIMEOUT_MS = 30_000;

    final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;
    private final Random random;

    /** A frame received: first byte of the header, payload. */
    record Frame(int first, byte[] payload) {
        int opcode() {
            return first & 15;
        }

        int closeCode() {
            return payload.length < 2 ? 1005 : (payload[0] & 255) << 8 | payload[1] & 255;
        }
    }

    /** Connects without a word. */
    WsClient(int port, Random random) throws IOException {
        this(port, random, 0);
    }

    private WsClient(int port, Random random, int receiveBytes) throws IOException {
        this.socket = new Socket();
        if (receiveBytes > 0) {
            socket.setReceiveBufferSize(receiveBytes);
        }
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        this.random = random;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MS);
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 16_384));
        this.out = socket.getOutputStream();
    }

    /** Connects and upgrades. */
    static WsClient open(int port, String path, Random random) throws IOException {
        return open(port, path, random, 0);
    }

    /** @param receiveBytes of the socket's buffer; 0: as many as the kernel likes */
    static WsClient open(int port, String path, Random random, int receiveBytes)
        throws IOException {
        WsClient client = new WsClient(port, random, receiveBytes);
        client.write(request(path).getBytes(StandardCharsets.ISO_8859_1));
        String head = client.readHead();
        if (!head.startsWith("HTTP/1.1 101 ")) {
            client.close();
            throw new IOException(head);
        }
        return client;
    }

    static String request(String path) {
        return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    }

    String readHead() throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
            int b = in.read();
            if (b < 0) {
                return head.toString();
            }
            head.append((char) b);
        }
        return head.toString();
    }

    byte[] readBytes(int length) throws IOException {
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return bytes;
    }

    void write(byte[] bytes) throws IOException {
        out.write(bytes);
    }

    /** Writes in pieces of random size. */
    void writeChopped(byte[] bytes) throws IOException {
        int at = 0;
        while (at < bytes.length) {
            int piece = Math.min(bytes.length - at, 1 + random.nextInt(1 + bytes.length / 3));
            out.write(bytes, at, piece);
            at += piece;
        }
    }

    static byte[] frame(int first, byte[] payload, int key) {
        int length = payload.length;
        int extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
        byte[] frame = new byte[6 + extra + length];
        frame[0] = (byte) first;
        frame[1] = (byte) (128 | (extra == 0 ? length : extra == 2 ? 126 : 127));
        for (int i = 0; i < extra; i++) {
            frame[2 + i] = (byte) ((long) length >>> 8 * (extra - 1 - i));
        }
        for (int i = 0; i < 4; i++) {
            frame[2 + extra + i] = (byte) (key >>> 8 * i);
        }
        for (int i = 0; i < length; i++) {
            frame[6 + extra + i] = (byte) (payload[i] ^ key >>> 8 * (i & 3));
        }
        return frame;
    }

    void send(int first, byte[] payload) throws IOException {
        write(frame(first, payload, random.nextInt()));
    }

    Frame read() throws IOException {
        int first = in.readUnsignedByte();
        int second = in.readUnsignedByte();
        long length = second & 127;
        if (second > 127) {
            throw new IOException("the server masks");
        }
        if (length == 126) {
            length = in.readUnsignedShort();
        } else if (length == 127) {
            length = in.readLong();
        }
        byte[] payload = new byte[(int) length];
        in.readFully(payload);
        return new Frame(first, payload);
    }

    /** Whether the server has ended the connection properly: nothing more, then FIN. */
    boolean atEnd() throws IOException {
        try {
            return in.read() < 0;
        } catch (EOFException e) {
            return true;
        }
    }

    /** The closing handshake, begun here. */
    void closeProperly() throws IOException {
        send(0x88, new byte[] {3, (byte) 0xe8});
        Frame frame = read();
        if (frame.opcode() != 8 || frame.closeCode() != 1000 || !atEnd()) {
            throw new IOException("no proper close: " + frame.opcode() + " " + frame.closeCode());
        }
        close();
    }

    /** Answers nothing, and returns when the server has ended the connection, one way or other. */
    void awaitEnd() throws IOException {
        try {
            while (in.read() >= 0) { }
        } catch (SocketException e) {
            // a reset is an end too
        }
    }

    /** Resets the connection. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
