package io.mooring.ws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameDecoderTest {
    private static final MemorySegment OFF_HEAP = Bytes.offHeap(new byte[40], 40);

    /** Good headers: each prefix is incomplete, and whatever follows changes nothing. */
    @ParameterizedTest
    @CsvSource({
        // side, bytes, opcode, fin, header length, payload length
        "client, 81 05,                           1, true,  2,  5", // RFC 6455, 5.7
        "server, 81 85 37 fa 21 3d,               1, true,  6,  5",
        "client, 01 03,                           1, false, 2,  3",
        "client, 80 02,                           0, true,  2,  2",
        "client, 89 05,                           9, true,  2,  5",
        "server, 8a 85 37 fa 21 3d,              10, true,  6,  5",
        "client, 82 7e 01 00,                     2, true,  4,  256",
        "client, 82 7f 00 00 00 00 00 01 00 00,   2, true, 10,  65536",
        "client, 82 00,                           2, true,  2,  0",
        "server, 02 80 00 00 00 00,               2, false, 6,  0",
        "server, 88 80 01 02 03 04,               8, true,  6,  0",
        "server, 88 fd 01 02 03 04,               8, true,  6,  125",
        "server, 82 fd 01 02 03 04,               2, true,  6,  125",
        "server, 82 fe 00 7e 01 02 03 04,         2, true,  8,  126",
        "server, 82 fe ff ff 01 02 03 04,         2, true,  8,  65535",
        "server, 82 ff 00 00 00 00 00 01 00 00 01 02 03 04,  2, true, 14,  65536",
        "server, 82 ff 00 00 00 00 7f ff ff fe 01 02 03 04,  2, true, 14,  2147483646",
        "server, 82 ff 00 00 00 00 7f ff ff ff 01 02 03 04,  2, true, 14,  2147483647",
        "server, 82 ff 00 00 00 00 80 00 00 00 01 02 03 04,  2, true, 14,  2147483647",
        "server, 82 ff 00 01 00 00 00 00 00 00 01 02 03 04,  2, true, 14,  2147483647",
        "client, 82 7f 7f ff ff ff ff ff ff ff,   2, true, 10,  2147483647",
    })
    void good(String side, String hex, int opcode, boolean fin, int headerLength,
            int payloadLength) {
        byte[] bytes = Bytes.hex(hex);
        boolean masked = side.equals("server");
        for (int n = 0; n < headerLength; n++) {
            assertThat(header(bytes, n, masked)).as("%d bytes", n)
                    .isEqualTo(FrameDecoder.NEED_MORE);
        }
        long header = header(bytes, headerLength, masked);
        assertThat(header).isPositive();
        assertThat(FrameDecoder.opcode(header)).isEqualTo(opcode);
        assertThat(FrameDecoder.fin(header)).isEqualTo(fin);
        assertThat(FrameDecoder.headerLength(header)).isEqualTo(headerLength);
        assertThat(FrameDecoder.payloadLength(header)).isEqualTo(payloadLength);
        byte[] longer = Arrays.copyOf(bytes, 40);
        Arrays.fill(longer, headerLength, 40, (byte) 0xff);
        for (int n = headerLength; n <= 40; n++) {
            assertThat(header(longer, n, masked)).as("%d bytes", n).isEqualTo(header);
        }
    }

    /** Bad headers: incomplete before {@code wrongAfter} bytes, the same error from there on. */
    @ParameterizedTest
    @CsvSource({
        // side, bytes, wrong after
        "server, c1, 1", // RSV1, RSV2, RSV3
        "server, a1, 1",
        "server, 91, 1",
        "client, f1, 1",
        "server, 83, 1", // reserved opcodes
        "server, 07, 1",
        "server, 8b, 1",
        "server, 8f, 1",
        "server, 08, 1", // fragmented control frames
        "server, 09, 1",
        "client, 0a, 1",
        "server, 81 05, 2", // not masked
        "client, 81 85, 2", // masked
        "server, 89 fe, 2", // control frames above 125 bytes
        "server, 88 ff, 2",
        "client, 8a 7e, 2",
        "server, 82 fe 00 7d, 4", // a 16-bit length that fits in 7 bits
        "server, 82 fe 00 00, 4",
        "client, 82 7e 00 05, 4",
        "server, 82 ff 80, 3", // a 64-bit length with the top bit
        "server, 82 ff ff ff ff ff ff ff ff ff, 3",
        "server, 82 ff 00 00 00 00 00 00, 8", // a 64-bit length that fits in 16 bits
        "client, 82 7f 00 00 00 00 00 00 ff ff, 8",
    })
    void bad(String side, String hex, int wrongAfter) {
        boolean masked = side.equals("server");
        for (int filler : new int[] {0x00, 0xff, 0x7e}) {
            byte[] start = Bytes.hex(hex);
            byte[] bytes = Arrays.copyOf(start, 20);
            Arrays.fill(bytes, start.length, 20, (byte) filler);
            for (int n = 0; n <= 20; n++) {
                assertThat(header(bytes, n, masked)).as("%d bytes, filler %02x", n, filler)
                        .isEqualTo(n < wrongAfter ? FrameDecoder.NEED_MORE
                                : -CloseCode.PROTOCOL_ERROR);
            }
        }
    }

    /** All 65,536 first two bytes, on both sides, against the words of the RFC. */
    @Test
    void everyFirstTwoBytes() {
        byte[] bytes = Bytes.hex("00 00 01 01 01 01 01 01 01 01 01 01 01 01");
        for (int two = 0; two < 0x1_0000; two++) {
            bytes[0] = (byte) (two >> 8);
            bytes[1] = (byte) two;
            for (boolean masked : new boolean[] {false, true}) {
                long header = header(bytes, 14, masked);
                boolean good = goodStart(bytes[0], bytes[1], masked);
                assertThat(header > 0).as("%04x, masked %b", two, masked).isEqualTo(good);
                assertThat(header < 0).as("%04x, masked %b", two, masked).isEqualTo(!good);
                assertThat(header(bytes, 2, masked) < 0).isEqualTo(!good);
            }
        }
    }

    private static boolean goodStart(byte first, byte second, boolean masked) {
        String bits = String.format("%8s", Integer.toBinaryString(first & 0xff)).replace(' ', '0');
        int opcode = Integer.parseInt(bits.substring(4), 2);
        boolean data = opcode <= 2;
        boolean control = opcode >= 8 && opcode <= 10;
        int length = (second & 0xff) % 128;
        return bits.startsWith("000", 1)
                && (data || control && bits.startsWith("1") && length <= 125)
                && (second < 0) == masked;
    }

    @Test
    void maskKeyIsLittleEndian() {
        byte[] bytes = Bytes.hex("81 85 37 fa 21 3d");
        MemorySegment mem = Bytes.heap(bytes);
        long header = FrameDecoder.header(mem, 0, 6, true);
        int key = FrameDecoder.maskKey(mem, 0, header);
        for (int i = 0; i < 4; i++) {
            assertThat((byte) (key >>> 8 * i)).isEqualTo(bytes[2 + i]);
        }
    }

    @Test
    void anywhereInMemory() {
        byte[] frame = Bytes.hex("82 ff 00 00 00 00 00 01 00 00 01 02 03 04");
        long expected = header(frame, 14, true);
        for (int offset = 0; offset < 17; offset++) {
            MemorySegment mem = Bytes.offHeap(new byte[40], offset + 14);
            MemorySegment.copy(frame, 0, mem, ValueLayout.JAVA_BYTE, offset, 14);
            assertThat(FrameDecoder.header(mem, offset, 14, true)).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "false,  0, 1002", // a continuation of nothing
        "false,  1, 0",
        "false,  2, 0",
        "true,   0, 0",
        "true,   1, 1002", // a message inside a message
        "true,   2, 1002",
        "false,  8, 0", "false,  9, 0", "false, 10, 0",
        "true,   8, 0", "true,   9, 0", "true,  10, 0",
    })
    void sequence(boolean inMessage, int opcode, int expected) {
        assertThat(FrameDecoder.sequence(inMessage, opcode)).isEqualTo(expected);
    }

    /** In exactly that much memory, on the heap and off it: a look beyond throws. */
    private static long header(byte[] bytes, int available, boolean masked) {
        long header = FrameDecoder.header(Bytes.heap(bytes, available), 0, available, masked);
        MemorySegment.copy(bytes, 0, OFF_HEAP, ValueLayout.JAVA_BYTE, 0, available);
        MemorySegment offHeap = OFF_HEAP.asSlice(0, available);
        if (FrameDecoder.header(offHeap, 0, available, masked) != header) {
            fail("off the heap: %s", Bytes.hex(bytes));
        }
        return header;
    }
}
