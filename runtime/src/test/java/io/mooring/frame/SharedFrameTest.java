package io.mooring.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.ws.Opcode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SharedFrameTest {
    private static final int THREADS = 8;

    private final SharedFramePool pool = new SharedFramePool(4 << 20);

    @AfterEach
    void close() {
        pool.close();
    }

    /** RFC 6455, 5.2: final, not masked, the length in 7, 16 or 64 bits. */
    @ParameterizedTest
    @CsvSource({"0, 8100", "1, 8101", "125, 817d", "126, 817e007e", "127, 817e007f",
        "65535, 817effff", "65536, 817f0000000000010000", "100000, 817f00000000000186a0"})
    void encodesHeaderAndPayload(int length, String header) {
        byte[] payload = new byte[length];
        new SplittableRandom(length).nextBytes(payload);
        byte[] expected = HexFormat.of().parseHex(header);
        int headerLength = expected.length;
        expected = Arrays.copyOf(expected, headerLength + length);
        System.arraycopy(payload, 0, expected, headerLength, length);

        SharedFrame frame = SharedFrame.encode(pool, Opcode.TEXT,
            MemorySegment.ofArray(payload), 0, length, 1);
        assertThat(frame.bytes()).isEqualTo(headerLength + length);
        assertThat(contents(frame)).isEqualTo(expected);
        assertThat(pool.usedBytes()).isEqualTo(
            FreeBlocks.sizeOf(headerLength + length) + SharedFrame.overheadBytes(1));
        frame.release();
        assertThat(pool.usedBytes()).isZero();
    }

    /** The payload is copied from where it lies; what becomes of it then does not matter. */
    @Test
    void copiesFromOffHeapAtAnOffset() {
        SharedFrame frame;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(100);
            for (int i = 0; i < 100; i++) {
                memory.set(ValueLayout.JAVA_BYTE, i, (byte) i);
            }
            frame = SharedFrame.encode(pool, Opcode.BINARY, memory, 40, 3, 1);
            memory.fill((byte) -1);
        }
        assertThat(contents(frame)).containsExactly(0x82, 3, 40, 41, 42);
        frame.release();
    }

    @Test
    void refusesWhatDoesNotFit() {
        SharedFrame first = frame(pool, 3 << 20, 1);
        assertThat(first).isNotNull();
        long used = pool.usedBytes();
        assertThat(frame(pool, 1 << 20, 1)).isNull();
        assertThat(pool.usedBytes()).as("a refusal takes nothing").isEqualTo(used);
        SharedFrame second = frame(pool, 1000 << 10, 1);
        assertThat(second).isNotNull();
        first.release();
        second.release();
        assertThat(pool.usedBytes()).isZero();
    }

    /** What it takes on the heap counts, more for more holders; so empty frames are bounded. */
    @Test
    void overheadCounts() {
        SharedFrame one = frame(pool, 0, 1);
        long used = pool.usedBytes();
        SharedFrame ten = frame(pool, 0, 10);
        assertThat(pool.usedBytes() - used).isGreaterThan(used).isGreaterThan(100);
        one.release();
        for (int i = 0; i < 10; i++) {
            ten.release();
        }
        assertThat(pool.usedBytes()).isZero();
    }

    @Test
    void staysUntilTheLastHolderLetsGo() {
        SharedFrame frame = frame(pool, 10, 3);
        long used = pool.usedBytes();
        byte[] before = contents(frame);
        frame.release();
        frame.release();
        assertThat(pool.usedBytes()).isEqualTo(used);
        assertThat(contents(frame)).isEqualTo(before);
        frame.release();
        assertThat(pool.usedBytes()).isZero();
        assertThatThrownBy(frame::release).isInstanceOf(AssertionError.class);
        assertThat(pool.usedBytes()).isZero();
    }

    /** Threads let go of the same frames at the same time; each is freed exactly once. */
    @Test
    void manyThreadsRelease() throws InterruptedException {
        int count = 500;
        List<SharedFrame> frames = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            frames.add(frame(pool, i, THREADS));
        }
        List<Throwable> failures = together(thread -> {
            long sum = 0;
            for (SharedFrame frame : frames) {
                sum += contents(frame).length;
                frame.release();
            }
            assertThat(sum).isPositive();
        });
        assertThat(failures).isEmpty();
        assertThat(pool.usedBytes()).isZero();
        for (SharedFrame frame : frames) {
            assertThatThrownBy(frame::release).isInstanceOf(AssertionError.class);
        }
        assertThat(pool.usedBytes()).isZero();
    }

    /** Publishers on all threads at once: the sum comes out even. */
    @Test
    void manyThreadsShareThePool() throws InterruptedException {
        SharedFramePool small = new SharedFramePool(1);
        List<Throwable> failures = together(thread -> {
            SplittableRandom random = new SplittableRandom(thread);
            for (int i = 0; i < 2_000; i++) {
                SharedFrame frame = frame(small, random.nextInt(120), 1);
                if (frame != null) {
                    frame.release();
                }
            }
        });
        assertThat(failures).isEmpty();
        assertThat(small.usedBytes()).isZero();
        small.close();
    }

    private interface Body {
        void run(int thread);
    }

    private static List<Throwable> together(Body body) throws InterruptedException {
        CountDownLatch start = new CountDownLatch(THREADS);
        List<Throwable> failures = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int number = i;
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    start.countDown();
                    start.await();
                    body.run(number);
                } catch (Throwable e) {
                    synchronized (failures) {
                        failures.add(e);
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return failures;
    }

    private static SharedFrame frame(SharedFramePool pool, int length, int holders) {
        return SharedFrame.encode(pool, Opcode.BINARY, MemorySegment.ofArray(new byte[length]),
            0, length, holders);
    }

    private static byte[] contents(SharedFrame frame) {
        return MemorySegment.ofAddress(frame.address()).reinterpret(frame.bytes())
            .toArray(ValueLayout.JAVA_BYTE);
    }
}
