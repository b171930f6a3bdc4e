package io.mooring.server;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Group 9 of the public Autobahn fuzzing client, a few representatives: messages up to 16 MiB, in
 * fragments from 64 B, in writes from 64 B, and many round trips.
 */
@Tag("e2e")
class LargeMessageTest {
    private static final int MIB = 1 << 20;

    private static WebSocketServer server;

    @BeforeAll
    static void start() {
        server = TestServer.start(TestServer.builder().maxMessage(16 * MIB));
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            TestServer.awaitQuiet(server);
            server.close();
        }
    }

    @ParameterizedTest(name = "9.1, 9.2: one frame of {0} B")
    @ValueSource(ints = {65_537, 262_144, MIB, 4 * MIB, 16 * MIB})
    void whole(int length) {
        byte[] text = Wire.utf8(length);
        byte[] bytes = Wire.bytes(length);
        try (RawClient client = RawClient.open(server.port(), "/echo")) {
            sendAside(client, Wire.text(text), length);
            client.expect(Frame.text(text));
            sendAside(client, Wire.binary(bytes), length);
            client.expect(Frame.binary(bytes)).closeNormally();
        }
    }

    @ParameterizedTest(name = "9.3, 9.4: {0} B in fragments of {1} B")
    @CsvSource({"4194304, 64", "4194304, 4096", "4194304, 1048576", "16777216, 262144"})
    void inFragments(int length, int fragment) {
        byte[] text = Wire.utf8(length);
        byte[] bytes = Wire.bytes(length);
        try (RawClient client = RawClient.open(server.port(), "/echo")) {
            sendAside(client, Wire.fragments(Frame.TEXT, text, fragment), length);
            client.expect(Frame.text(text));
            sendAside(client, Wire.fragments(Frame.BINARY, bytes, fragment), length);
            client.expect(Frame.binary(bytes)).closeNormally();
        }
    }

    @ParameterizedTest(name = "9.5, 9.6: 1 MiB in writes of {0} B")
    @ValueSource(ints = {64, 1_031, 2_048})
    void inWrites(int write) {
        byte[] text = Wire.utf8(MIB);
        try (RawClient client = RawClient.open(server.port(), "/echo")) {
            sendAside(client, Wire.text(text), write);
            client.expect(Frame.text(text)).closeNormally();
        }
    }

    @ParameterizedTest(name = "9.7, 9.8: 1,000 round trips of {0} B")
    @ValueSource(ints = {0, 16, 64, 256, 1_024, 4_096})
    void roundTrips(int length) {
        byte[] text = Wire.utf8(length);
        byte[] bytes = Wire.bytes(length);
        byte[] both = Wire.join(Wire.text(text), Wire.binary(bytes));
        try (RawClient client = RawClient.open(server.port(), "/echo")) {
            for (int i = 0; i < 1_000; i++) {
                client.send(both).expect(Frame.text(text), Frame.binary(bytes));
            }
            client.closeNormally();
        }
    }

    /**
     * More than the socket buffers hold is under way at once, so the server must queue and read on
     * in turn.
     */
    @Test
    void manyMessagesInOneStream() {
        int messages = 3_000;
        byte[][] sent = IntStream.range(0, messages)
            .mapToObj(i -> Wire.binary(Wire.bytes(i * 7 % 20_000))).toArray(byte[][]::new);
        try (RawClient client = RawClient.open(server.port(), "/echo")) {
            sendAside(client, Wire.join(sent), 100_000);
            for (int i = 0; i < messages; i++) {
                client.expect(Frame.binary(Wire.bytes(i * 7 % 20_000)));
            }
            client.closeNormally();
        }
    }

    /**
     * Sends on a thread of its own: the echo may begin before all is sent, and must be read
     * meanwhile.
     */
    private static void sendAside(RawClient client, byte[] bytes, int write) {
        Thread.ofVirtual().start(() -> {
            for (int from = 0; from < bytes.length; from += write) {
                int to = Math.min(bytes.length, from + write);
                client.send(Arrays.copyOfRange(bytes, from, to));
            }
        });
    }
}
