package io.mooring.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server that does exactly what a test wants, on plain sockets: also what no server should. */
final class ScriptedServer implements AutoCloseable {
    /** What it does with a connection, on a thread of its own; it is closed then. */
    @FunctionalInterface
    interface Script {
        void run(Peer peer) throws IOException;
    }

    private final ServerSocket listener = new ServerSocket();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final Script script;

    ScriptedServer(Script script) throws IOException {
        this.script = script;
        listener.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 1000);
        Thread.ofVirtual().start(this::accept);
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                sockets.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            script.run(new Peer(socket));
        } catch (IOException | UncheckedIOException e) {
            // the other side went first
        }
    }

    String url() {
        return "ws://127.0.0.1:" + listener.getLocalPort() + "/x";
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    /** One connection. */
    static final class Peer {
        final Socket socket;
        final InputStream in;
        final OutputStream out;

        private Peer(Socket socket) throws IOException {
            this.socket = socket;
            this.in = socket.getInputStream();
            this.out = socket.getOutputStream();
        }

        /** Reads the request; the response that upgrades. */
        byte[] response() throws IOException {
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                int c = in.read();
                if (c < 0) {
                    throw new IOException("no request");
                }
                head.append((char) c);
            }
            String key = head.toString().lines()
                .filter(line -> line.startsWith("Sec-WebSocket-Key"))
                .findFirst().orElseThrow().split(": ")[1];
            try {
                byte[] digest = MessageDigest.getInstance("SHA-1").digest(
                    (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                        .getBytes(StandardCharsets.US_ASCII));
                return Frame.utf8("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                    + "Connection: Upgrade\r\nSec-WebSocket-Accept: "
                    + Base64.getEncoder().encodeToString(digest) + "\r\n\r\n");
            } catch (NoSuchAlgorithmException e) {
                throw new AssertionError(e);
            }
        }

        void upgrade() throws IOException {
            out.write(response());
        }

        /** A client's frame, unmasked: opcode in front of the payload. Null at the end. */
        byte[] frame() throws IOException {
            int first = in.read();
            if (first < 0) {
                return null;
            }
            int length = in.read() & 0x7f;
            int more = length == 126 ? 2 : length == 127 ? 8 : 0;
            for (int i = 0; i < more; i++) {
                length = (i == 0 ? 0 : length << 8) | in.read();
            }
            byte[] key = in.readNBytes(4);
            byte[] payload = in.readNBytes(length);
            byte[] frame = new byte[1 + length];
            frame[0] = (byte) (first & 0xf);
            for (int i = 0; i < payload.length; i++) {
                frame[1 + i] = (byte) (payload[i] ^ key[i & 3]);
            }
            return frame;
        }

        /** Sends an unmasked frame of at most 65,535 bytes, what {@link #frame} gave. */
        void send(byte[] frame) throws IOException {
            int length = frame.length - 1;
            byte[] header = length < 126 ? new byte[] {(byte) (0x80 | frame[0]), (byte) length}
                : new byte[] {(byte) (0x80 | frame[0]), 126, (byte) (length >> 8), (byte) length};
            byte[] all = new byte[header.length + length];
            System.arraycopy(header, 0, all, 0, header.length);
            System.arraycopy(frame, 1, all, header.length, length);
            out.write(all);
        }

        /** Echoes until the close frame, which it answers. */
        void echo() throws IOException {
            for (byte[] frame = frame(); frame != null; frame = frame()) {
                send(frame);
                if (frame[0] == 8) {
                    return;
                }
            }
        }
    }
}
