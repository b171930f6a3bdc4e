package io.mooring.ws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FrameEncoderTest {
    private static final byte[] NO_REASON = {};

    @ParameterizedTest
    @CsvSource({
        "1,  true,  5,          81 05", // RFC 6455, 5.7
        "1,  false, 3,          01 03",
        "0,  true,  2,          80 02",
        "9,  true,  5,          89 05",
        "2,  true,  256,        82 7e 01 00",
        "2,  true,  65536,      82 7f 00 00 00 00 00 01 00 00",
        "2,  true,  0,          82 00",
        "2,  true,  125,        82 7d",
        "2,  true,  126,        82 7e 00 7e",
        "2,  true,  65535,      82 7e ff ff",
        "2,  false, 2147483647, 02 7f 00 00 00 00 7f ff ff ff",
        "10, true,  125,        8a 7d",
    })
    void headers(int opcode, boolean fin, int payloadLength, String hex) {
        byte[] expected = Bytes.hex(hex);
        byte[] bytes = new byte[20];
        MemorySegment mem = MemorySegment.ofArray(bytes);
        assertThat(FrameEncoder.header(mem, 3, opcode, fin, payloadLength))
                .isEqualTo(expected.length)
                .isEqualTo(FrameEncoder.headerLength(payloadLength));
        assertThat(Arrays.copyOfRange(bytes, 3, 3 + expected.length)).isEqualTo(expected);
        assertThat(bytes[3 + expected.length]).as("nothing beyond").isZero();

        int length = FrameEncoder.maskedHeader(mem, 3, opcode, fin, payloadLength, 0x3d21_fa37);
        assertThat(length).isEqualTo(expected.length + 4);
        expected[1] |= (byte) 0x80;
        assertThat(Arrays.copyOfRange(bytes, 3, 3 + length))
                .isEqualTo(Bytes.concat(expected, Bytes.hex("37 fa 21 3d")));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 64, 125, 126, 127, 255, 256, 32767, 32768, 65535, 65536, 65537,
        1 << 20, Integer.MAX_VALUE})
    void decoderReadsWhatEncoderWrites(int payloadLength) {
        MemorySegment mem = MemorySegment.ofArray(new byte[14]);
        for (int opcode : new int[] {Opcode.CONTINUATION, Opcode.TEXT, Opcode.BINARY}) {
            for (boolean fin : new boolean[] {true, false}) {
                int length = FrameEncoder.header(mem, 0, opcode, fin, payloadLength);
                check(FrameDecoder.header(mem, 0, length, false),
                        opcode, fin, length, payloadLength);
                int key = 0x89ab_cdef;
                length = FrameEncoder.maskedHeader(mem, 0, opcode, fin, payloadLength, key);
                long header = FrameDecoder.header(mem, 0, length, true);
                check(header, opcode, fin, length, payloadLength);
                assertThat(FrameDecoder.maskKey(mem, 0, header)).isEqualTo(key);
            }
        }
    }

    private static void check(
            long header, int opcode, boolean fin, int headerLength, int payloadLength) {
        assertThat(header).isPositive();
        assertThat(FrameDecoder.opcode(header)).isEqualTo(opcode);
        assertThat(FrameDecoder.fin(header)).isEqualTo(fin);
        assertThat(FrameDecoder.headerLength(header)).isEqualTo(headerLength);
        assertThat(FrameDecoder.payloadLength(header)).isEqualTo(payloadLength);
    }

    @Test
    void closeFrames() {
        assertThat(close(CloseCode.NO_STATUS, NO_REASON)).isEqualTo(Bytes.hex("88 00"));
        assertThat(close(CloseCode.NORMAL, NO_REASON)).isEqualTo(Bytes.hex("88 02 03 e8"));
        assertThat(close(4999, Bytes.utf8("bye"))).isEqualTo(Bytes.hex("88 05 13 87 62 79 65"));
    }

    @Test
    void closeRefusesCodesThatAreNeverSent() {
        for (int code : new int[] {0, 999, 1004, CloseCode.ABNORMAL, CloseCode.TLS, 2999, 5000}) {
            assertThatThrownBy(() -> close(code, NO_REASON))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("close code " + code);
        }
    }

    /** Characters of one to four bytes, at every position relative to the limit. */
    @ParameterizedTest
    @ValueSource(strings = {"a", "é", "€", "😀"})
    void closeCutsTheReasonAtACharacter(String character) {
        for (int before = 0; before < 4; before++) {
            for (int count = 0; count < 130; count++) {
                byte[] reason = Bytes.utf8("x".repeat(before) + character.repeat(count));
                byte[] frame = close(CloseCode.GOING_AWAY, reason);
                int sent = frame.length - 4;
                assertThat(sent).isEqualTo(frame[1] - 2).isLessThanOrEqualTo(123);
                assertThat(ClosePayload.parse(Bytes.heap(frame), 2, frame[1]))
                        .isEqualTo(CloseCode.GOING_AWAY);
                assertThat(Arrays.copyOfRange(frame, 4, frame.length))
                        .isEqualTo(Arrays.copyOf(reason, sent));
                int size = Bytes.utf8(character).length;
                assertThat(sent).as("as much as fits")
                        .isGreaterThan(Math.min(reason.length, 123) - size);
            }
        }
    }

    private static byte[] close(int code, byte[] reason) {
        byte[] bytes = new byte[127];
        int length = FrameEncoder.close(MemorySegment.ofArray(bytes), 0, code, reason);
        return Arrays.copyOf(bytes, length);
    }
}
