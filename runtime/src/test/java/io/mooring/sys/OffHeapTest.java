package io.mooring.sys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OffHeapTest {
    private static final int PAGE = OffHeap.PAGE_BYTES;
    private static final int BYTES = 512;

    private final Arena arena = Arena.ofConfined();
    private final long memory = arena.allocate(BYTES, 64).address();

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void roundsUpToThisMachinesPages() {
        assertThat(Integer.bitCount(PAGE)).isEqualTo(1);
        assertThat(OffHeap.pageAlign(0)).isZero();
        assertThat(OffHeap.pageAlign(1)).isEqualTo(PAGE);
        assertThat(OffHeap.pageAlign(PAGE)).isEqualTo(PAGE);
        assertThat(OffHeap.pageAlign(PAGE + 1)).isEqualTo(2L * PAGE);
        assertThat(OffHeap.pageAlign(1L << 40)).isEqualTo(1L << 40);
        assertThat(OffHeap.pageAlign((1L << 40) + 1)).isEqualTo((1L << 40) + PAGE);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 63, 4095, 4096, 4097, 16_385, 65_537, 1 << 20})
    void mapsWholeZeroedPages(long bytes) {
        long address = OffHeap.map(bytes);
        long end = OffHeap.pageAlign(bytes);
        assertThat(address % PAGE).isZero();
        for (long i = 0; i < end; i += 8) {
            if (OffHeap.getLong(address + i) != 0) {
                throw new AssertionError("not zero at " + i);
            }
        }
        OffHeap.putByte(address + end - 1, (byte) 1); // the last page is whole
        OffHeap.unmap(address, bytes);
    }

    /** More than any address space: the kernel itself refuses. */
    @Test
    void saysThatItCannotMap() {
        SetupException refused =
            catchThrowableOfType(SetupException.class, () -> OffHeap.map(1L << 61));
        assertThat(refused.errno()).isEqualTo(Errno.ENOMEM);
        assertThat(refused.getMessage())
            .contains("cannot map 2305843009213693952 bytes", "ulimit -v", "max_map_count");
    }

    @Test
    void triesToMap() {
        assertThat(OffHeap.tryMap(1L << 61)).isZero();
        long address = OffHeap.tryMap(10);
        assertThat(address % PAGE).isZero();
        OffHeap.putByte(address + PAGE - 1, (byte) 1);
        OffHeap.unmap(address, 10);
    }

    @Test
    void allocatesAndFrees() {
        for (long bytes : new long[] {1, 66, 100_000, 1 << 24}) {
            long address = OffHeap.allocate(bytes);
            assertThat(address).isNotZero();
            OffHeap.putByte(address, (byte) 1);
            OffHeap.putByte(address + bytes - 1, (byte) 2);
            OffHeap.free(address);
        }
        assertThat(OffHeap.allocate(1L << 61)).as("no memory, no exception").isZero();
    }

    @Test
    void unmapOfWhatIsNoMappingAsserts() {
        assertThatThrownBy(() -> OffHeap.unmap(memory | 1, 1)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> OffHeap.discard(memory | 1, 1)).isInstanceOf(AssertionError.class);
    }

    @Test
    void discardedPagesReadAsZeros() {
        long address = OffHeap.map(3L * PAGE);
        for (long i = 0; i < 3L * PAGE; i += 8) {
            OffHeap.putLong(address + i, -1);
        }
        OffHeap.discard(address + PAGE, 1); // rounded up: the page whole, no neighbour
        for (long i = 0; i < 3L * PAGE; i += 8) {
            long expected = i / PAGE == 1 ? 0 : -1;
            if (OffHeap.getLong(address + i) != expected) {
                throw new AssertionError("at " + i + " of pages of " + PAGE);
            }
        }
        OffHeap.putLong(address + PAGE, 5); // still mapped
        assertThat(OffHeap.getLong(address + PAGE)).isEqualTo(5);
        OffHeap.unmap(address, 3L * PAGE);
    }

    @Test
    void everyWidthAtEveryAlignment() {
        for (int at = 8; at < 24; at++) {
            fill();
            OffHeap.putByte(memory + at, (byte) 0x81);
            assertThat(OffHeap.getByte(memory + at)).isEqualTo((byte) 0x81);
            unchangedBut(at, 1);
            fill();
            OffHeap.putShort(memory + at, (short) 0x8123);
            assertThat(OffHeap.getShort(memory + at)).isEqualTo((short) 0x8123);
            unchangedBut(at, 2);
            fill();
            OffHeap.putInt(memory + at, 0x81234567);
            assertThat(OffHeap.getInt(memory + at)).isEqualTo(0x81234567);
            unchangedBut(at, 4);
            fill();
            OffHeap.putLong(memory + at, 0x8123456789abcdefL);
            assertThat(OffHeap.getLong(memory + at)).isEqualTo(0x8123456789abcdefL);
            unchangedBut(at, 8);
        }
    }

    @Test
    void acquireAndReleaseRoundTrip() {
        for (int at = 64; at < 80; at += 4) {
            fill();
            OffHeap.putIntRelease(memory + at, 0x81234567);
            assertThat(OffHeap.getIntAcquire(memory + at)).isEqualTo(0x81234567);
            assertThat(OffHeap.getInt(memory + at)).isEqualTo(0x81234567);
            unchangedBut(at, 4);
        }
        for (int at = 64; at < 80; at += 2) {
            fill();
            OffHeap.putShortRelease(memory + at, (short) 0x8123);
            assertThat(OffHeap.getShort(memory + at)).isEqualTo((short) 0x8123);
            unchangedBut(at, 2);
        }
    }

    /** An atomic access that crossed a cache line would be none. */
    @Test
    void acquireAndReleaseRefuseOddAddresses() {
        assertThatThrownBy(() -> OffHeap.getIntAcquire(memory + 2))
            .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> OffHeap.putIntRelease(memory + 2, 0))
            .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> OffHeap.putShortRelease(memory + 1, (short) 0))
            .isInstanceOf(IllegalArgumentException.class);
    }

    /** What was written before the release is seen after the acquire. */
    @Test
    void releasePublishes() {
        int count = 200_000;
        long entries = OffHeap.map(8L * count);
        CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < count; i++) {
                OffHeap.putLong(entries + 8L * i, ~(long) i);
                OffHeap.putIntRelease(memory, i + 1);
            }
        });
        int seen = 0;
        int wrong = 0;
        while (seen < count) {
            int tail = OffHeap.getIntAcquire(memory);
            if (tail == seen) {
                Thread.onSpinWait();
            }
            for (; seen < tail; seen++) {
                wrong += OffHeap.getLong(entries + 8L * seen) == ~(long) seen ? 0 : 1;
            }
        }
        writer.join();
        OffHeap.unmap(entries, 8L * count);
        assertThat(wrong).isZero();
    }

    @Test
    void copiesThatOverlap() {
        SplittableRandom random = new SplittableRandom(11);
        for (int distance = -40; distance <= 40; distance++) {
            for (int bytes : new int[] {0, 1, 7, 8, 9, 31, 64, 65, 200}) {
                byte[] expected = new byte[BYTES];
                random.nextBytes(expected);
                OffHeap.copy(expected, 0, memory, BYTES);
                System.arraycopy(expected, 100, expected, 100 + distance, bytes);
                OffHeap.copy(memory + 100, memory + 100 + distance, bytes);
                if (!Arrays.equals(contents(), expected)) {
                    throw new AssertionError(bytes + " bytes moved by " + distance);
                }
            }
        }
    }

    @Test
    void copiesToAndFromTheHeap() {
        fill();
        OffHeap.copy(new byte[] {1, 2, 3, 4, 5}, 1, memory + 9, 3);
        assertThat(Arrays.copyOfRange(contents(), 8, 13)).containsExactly(-1, 2, 3, 4, -1);
        byte[] back = {9, 9, 9, 9, 9};
        OffHeap.copy(memory + 9, back, 1, 3);
        assertThat(back).containsExactly(9, 2, 3, 4, 9);
    }

    @Test
    void zerosARange() {
        for (int bytes : new int[] {0, 1, 7, 8, 63, 64, 300}) {
            fill();
            OffHeap.zero(memory + 5, bytes);
            byte[] expected = new byte[BYTES];
            Arrays.fill(expected, (byte) -1);
            Arrays.fill(expected, 5, 5 + bytes, (byte) 0);
            assertThat(contents()).as("%d bytes", bytes).isEqualTo(expected);
        }
    }

    private void fill() {
        OffHeap.ALL.asSlice(memory, BYTES).fill((byte) -1);
    }

    private byte[] contents() {
        return OffHeap.ALL.asSlice(memory, BYTES).toArray(ValueLayout.JAVA_BYTE);
    }

    private void unchangedBut(int at, int bytes) {
        byte[] contents = contents();
        for (int i = 0; i < BYTES; i++) {
            if ((i < at || i >= at + bytes) && contents[i] != -1) {
                throw new AssertionError(bytes + " bytes at " + at + " changed byte " + i);
            }
        }
    }
}
