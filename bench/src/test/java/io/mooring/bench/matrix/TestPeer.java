package io.mooring.bench.matrix;

import io.mooring.bench.Home;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A server for {@code --peer}, a thread for each connection: a good one, or one that does what
 * would make a comparison unfair. Arguments: port, and what is wrong with it.
 */
public final class TestPeer {

    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private final Map<String, Set<Socket>> topics = new ConcurrentHashMap<>();
    private final String wrong;

    private TestPeer(String wrong) {
        this.wrong = wrong;
    }

    /** Runs until it is killed. */
    public static void main(String[] args) throws IOException {
        new TestPeer(args[1]).serve(Integer.parseInt(args[0]));
    }

    /** The command line of one with the fault {@code wrong}; "none": a good one. */
    static String command(String wrong) {
        return "%s -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.net.preferIPv4Stack=true -cp %s"
                .formatted(Home.jdkTool("java"), TestPeer.class.getProtectionDomain()
                .getCodeSource().getLocation().getPath()) + " " + TestPeer.class.getName()
                + " {port} " + wrong;
    }

    private void serve(int port) throws IOException {
        if (wrong.equals("children")) {
            new ProcessBuilder("sleep", "60").start();
        }
        try (ServerSocket listener = new ServerSocket()) {
            if (wrong.equals("buffers")) {
                listener.setReceiveBufferSize(8192);
            }
            listener.bind(new InetSocketAddress("0.0.0.0", port),
                    wrong.equals("backlog") ? 7 : 1024);
            while (true) {
                Socket socket = listener.accept();
                socket.setTcpNoDelay(!wrong.equals("nagle"));
                Thread.ofVirtual().start(() -> run(socket));
            }
        }
    }

    private void run(Socket socket) {
        String path = "";
        try (socket) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            StringBuilder head = new StringBuilder();
            do {
                head.append((char) in.readUnsignedByte());
            } while (head.indexOf("\r\n\r\n") < 0);
            List<String> lines = head.toString().lines().toList();
            path = lines.getFirst().split(" ")[1];
            String key = lines.stream().filter(line -> line.toLowerCase(Locale.ROOT)
                    .startsWith("sec-websocket-key:")).findFirst().orElseThrow()
                    .substring(18).strip();
            socket.getOutputStream().write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket"
                    + "\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept(key)
                    + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            members(path).add(socket);
            boolean open = true;
            while (open) {
                open = frame(socket, in, path);
            }
        } catch (IOException | NoSuchAlgorithmException e) {
            // The peer is gone.
        } finally {
            members(path).remove(socket);
        }
    }

    private Set<Socket> members(String path) {
        return topics.computeIfAbsent(path, any -> ConcurrentHashMap.newKeySet());
    }

    private static String accept(String key) throws NoSuchAlgorithmException {
        return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-1")
                .digest((key + GUID).getBytes(StandardCharsets.US_ASCII)));
    }

    /** False after a close frame. */
    private boolean frame(Socket socket, DataInputStream in, String path) throws IOException {
        int first = in.readUnsignedByte();
        int length = in.readUnsignedByte() & 127;
        length = length == 126 ? in.readUnsignedShort() : length;
        byte[] key = in.readNBytes(4);
        byte[] payload = in.readNBytes(length);
        for (int i = 0; i < length; i++) {
            payload[i] ^= key[i & 3];
        }
        if (wrong.equals("contents") && length > 100) {
            payload[99] ^= 1;
        }
        int kind = wrong.equals("kind") ? 0x82 : first;
        byte[] frame = new byte[length + (length < 126 ? 2 : 4)];
        frame[0] = (byte) kind;
        frame[1] = (byte) (length < 126 ? length : 126);
        if (length >= 126) {
            frame[2] = (byte) (length >> 8);
            frame[3] = (byte) length;
        }
        System.arraycopy(payload, 0, frame, frame.length - length, length);
        boolean closing = (first & 15) == 8;
        if (closing || path.startsWith("/echo")) {
            socket.getOutputStream().write(frame);
        } else {
            for (Socket other : members(path)) {
                if (other != socket) {
                    other.getOutputStream().write(frame);
                }
            }
        }
        return !closing;
    }
}
