package io.mooring.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A WebSocket client on a blocking socket, which reads no more than it is asked for. */
final class WebSockets {

    private static final String REQUEST = "GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + "Sec-WebSocket-Version: 13\r\n\r\n";

    private WebSockets() {
    }

    /** Connected, and the handshake done. */
    static Socket open(int port, String path) throws IOException {
        Socket socket = new Socket("127.0.0.1", port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(20_000);
        socket.getOutputStream().write(REQUEST.formatted(path).getBytes(StandardCharsets.US_ASCII));
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
            head.write(socket.getInputStream().read());
        }
        assertThat(head.toString(StandardCharsets.US_ASCII)).startsWith("HTTP/1.1 101 ")
                .contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        return socket;
    }

    /** A masked binary message. */
    static byte[] frame(byte[] payload) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(0x82);
        if (payload.length < 126) {
            out.write(0x80 | payload.length);
        } else if (payload.length < 65_536) {
            out.write(0x80 | 126);
            out.writeBytes(new byte[] {(byte) (payload.length >> 8), (byte) payload.length});
        } else {
            out.write(0x80 | 127);
            out.writeBytes(new byte[] {0, 0, 0, 0, (byte) (payload.length >> 24),
                (byte) (payload.length >> 16), (byte) (payload.length >> 8),
                (byte) payload.length});
        }
        byte[] key = {0x12, (byte) 0xF3, 0x45, (byte) 0x9A};
        out.writeBytes(key);
        for (int i = 0; i < payload.length; i++) {
            out.write(payload[i] ^ key[i & 3]);
        }
        return out.toByteArray();
    }

    /** The payload of the next frame, which must be a binary message. */
    static byte[] read(DataInputStream in) throws IOException {
        assertThat(in.readUnsignedByte()).isEqualTo(0x82);
        int length = in.readUnsignedByte();
        if (length == 126) {
            length = in.readUnsignedShort();
        } else if (length == 127) {
            length = Math.toIntExact(in.readLong());
        }
        byte[] payload = new byte[length];
        in.readFully(payload);
        return payload;
    }
}
