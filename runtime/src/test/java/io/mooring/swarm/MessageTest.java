package io.mooring.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.sys.OffHeap;
import io.mooring.ws.FrameDecoder;
import io.mooring.ws.Mask;
import io.mooring.ws.Opcode;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageTest {
    private static final int ROOM = 1 << 20;

    private final long memory = OffHeap.map(ROOM);

    @AfterEach
    void free() {
        OffHeap.unmap(memory, ROOM);
    }

    /** Unmasks a frame in place; where its payload begins. */
    private long payload(int bytes, int number, int tag, long stamp) {
        int length = Message.writeFrame(memory, bytes, number, tag, stamp);
        assertThat(length).isEqualTo(Message.frameBytes(bytes));
        long header = FrameDecoder.header(OffHeap.ALL, memory, length, true);
        assertThat(FrameDecoder.opcode(header)).isEqualTo(Opcode.BINARY);
        assertThat(FrameDecoder.fin(header)).isTrue();
        assertThat(FrameDecoder.payloadLength(header)).isEqualTo(bytes);
        int key = FrameDecoder.maskKey(OffHeap.ALL, memory, header);
        assertThat(key).isNotZero();
        long payload = memory + FrameDecoder.headerLength(header);
        Mask.apply(OffHeap.ALL, payload, payload, bytes, key, 0);
        return payload;
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 17, 64, 125, 126, 4096, 65_535, 65_536, 65_537, 200_000})
    void isRightWhole(int bytes) {
        long payload = payload(bytes, 7, 0x8123_4567, 123_456_789_012L);
        assertThat(OffHeap.getInt(payload)).isEqualTo(7);
        assertThat(OffHeap.getInt(payload + Message.TAG)).isEqualTo(0x8123_4567);
        assertThat(OffHeap.getLong(payload + Message.STAMP)).isEqualTo(123_456_789_012L);
        assertThat(Message.matches(7, 0x8123_4567, Message.PREFIX, payload + Message.PREFIX,
            bytes - Message.PREFIX)).isTrue();
    }

    @Test
    void isRightInAnyPiece() {
        int bytes = 300;
        long payload = payload(bytes, 9, 4, 0);
        for (int from = Message.PREFIX; from < bytes; from++) {
            for (int to = from; to <= bytes; to++) {
                assertThat(Message.matches(9, 4, from, payload + from, to - from)).isTrue();
            }
        }
    }

    @Test
    void aWrongBitIsSeenAnywhere() {
        int bytes = 300;
        long payload = payload(bytes, 9, 4, 0);
        for (int at = Message.PREFIX; at < bytes; at++) {
            byte right = OffHeap.getByte(payload + at);
            OffHeap.putByte(payload + at, (byte) (right ^ 1 << at % 8));
            assertThat(Message.matches(9, 4, Message.PREFIX, payload + Message.PREFIX,
                bytes - Message.PREFIX)).as("byte %d", at).isFalse();
            OffHeap.putByte(payload + at, right);
        }
    }

    /** Neither another number nor another sender has the same content. */
    @Test
    void contentDiffers() {
        Set<Long> seen = new HashSet<>();
        for (int number = 0; number < 50; number++) {
            for (int tag = 0; tag < 50; tag++) {
                seen.add(OffHeap.getLong(payload(32, number, tag, 0) + Message.PREFIX));
            }
        }
        // 2,500 of 65,536 places in the text: some fall together.
        assertThat(seen).hasSizeGreaterThan(2_300);
    }
}
