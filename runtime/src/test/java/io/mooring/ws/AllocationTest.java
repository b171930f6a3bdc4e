package io.mooring.ws;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

/**
 * Nothing is allocated on the data path, or by a handshake, once the code is compiled. A round
 * while the compiler is at work may allocate, so one clean round out of many is the proof.
 */
class AllocationTest {
    private static final int ROUNDS_MAX = 200;
    private static final int CALLS = 2_000;
    /** The way the runtime addresses memory. */
    private static final MemorySegment EVERYTHING =
            MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final MemorySegment memory = Bytes.offHeap(new byte[4096], 4096);
    private final long base = memory.address();
    private long sink;

    @Test
    void frames() {
        byte[] text = Bytes.utf8("Hello, wörld € 😀".repeat(4));
        MemorySegment.copy(text, 0, memory, ValueLayout.JAVA_BYTE, 100, text.length);
        byte[] reason = Bytes.utf8("bye");
        check("decode", () -> {
            FrameEncoder.maskedHeader(EVERYTHING, base, Opcode.TEXT, true, 1000, 77);
            long header = FrameDecoder.header(EVERYTHING, base, 200, true);
            return FrameDecoder.opcode(header) + FrameDecoder.payloadLength(header)
                    + FrameDecoder.maskKey(EVERYTHING, base, header)
                    + FrameDecoder.sequence(false, FrameDecoder.opcode(header));
        });
        check("mask", () -> Mask.apply(EVERYTHING, base + 1006, base + 1002, 67, 0x1234_5678, 1));
        check("utf8", () -> Utf8.validate(EVERYTHING, base + 100, text.length, Utf8.ACCEPT));
        check("encode", () -> FrameEncoder.header(EVERYTHING, base, Opcode.BINARY, true, 70_000));
        check("close", () -> {
            int length = FrameEncoder.close(EVERYTHING, base, CloseCode.NORMAL, reason);
            return ClosePayload.parse(EVERYTHING, base + 2, length - 2);
        });
    }

    @Test
    void handshakes() {
        Handshake server = new Handshake(1024);
        ClientHandshake client = new ClientHandshake(1024);
        int length = ClientHandshake.request(EVERYTHING, base, "localhost:9001", "/echo", 9);
        check("server", () -> server.parse(EVERYTHING, base, length)
                + server.response(EVERYTHING, base + 2048));
        assertThat(client.parse(EVERYTHING, base + 2048, 129, 9)).isEqualTo(101);
    }

    private void check(String what, LongSupplier call) {
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS_MAX && least > 0; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                sink += call.getAsLong();
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(least).as("bytes allocated by %d calls of %s", CALLS, what).isZero();
    }
}
