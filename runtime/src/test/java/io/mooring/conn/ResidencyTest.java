package io.mooring.conn;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.sys.MemoryUse;
import io.mooring.sys.OffHeap;
import org.junit.jupiter.api.Test;

/** Memory for a million connections costs nothing until they come: mincore(2) counts the pages. */
class ResidencyTest {
    @Test
    void aTableTakesMemoryOnlyAsItIsTouched() {
        try (ConnectionTable table = new ConnectionTable(1 << 20)) {
            assertThat(residentPages(table.at(0), table.mappedBytes())).isZero();
            table.take();
            assertThat(residentPages(table.at(0), table.mappedBytes())).isPositive();
        }
    }

    @Test
    void discardedMemoryIsGivenBack() {
        long bytes = 1 << 22;
        long memory = OffHeap.map(bytes);
        assertThat(residentPages(memory, bytes)).isZero();
        for (long i = 0; i < bytes; i += OffHeap.PAGE_BYTES) {
            OffHeap.putByte(memory + i, (byte) 1);
        }
        assertThat(residentPages(memory, bytes)).isPositive();
        OffHeap.discard(memory, bytes);
        assertThat(residentPages(memory, bytes)).isZero();
        OffHeap.unmap(memory, bytes);
    }

    /** What a holder says that it has touched is what the kernel counts. */
    @Test
    void whatIsSaidToBeTouchedIsWhatTheKernelCounts() {
        try (ConnectionTable table = new ConnectionTable(1 << 16)) {
            for (int connections = 0; connections < 1_000; connections++) {
                table.take();
                MemoryUse use = table.memory();
                assertThat(use.touched())
                    .isEqualTo(OffHeap.residentBytes(table.at(0), use.mapped()));
                assertThat(use.used()).isEqualTo(64L * (connections + 1));
            }
        }
        try (SpillPool pool = new SpillPool(1 << 24)) {
            assertThat(pool.memory()).isEqualTo(MemoryUse.NONE);
            int first = pool.take(4_096);
            OffHeap.putByte(pool.address(first), (byte) 1);
            for (int chunks = 1; chunks < 20; chunks++) {
                MemoryUse use = pool.memory();
                assertThat(use.touched()).isEqualTo(OffHeap.pageAlign(4_096L * chunks))
                    .isEqualTo(OffHeap.residentBytes(pool.address(first), use.mapped()));
                assertThat(use.used()).isEqualTo(4_096L * chunks);
                OffHeap.putByte(pool.address(pool.take(4_096)), (byte) 1);
            }
        }
    }

    @Test
    void residentBytesOfNoMemoryAreNone() {
        long bytes = 100L << 20; // more than is asked for in one call
        long memory = OffHeap.map(bytes);
        OffHeap.putByte(memory, (byte) 1);
        OffHeap.putByte(memory + bytes - 1, (byte) 1);
        assertThat(OffHeap.residentBytes(memory, bytes)).isEqualTo(2L * OffHeap.PAGE_BYTES);
        OffHeap.unmap(memory, bytes);
    }

    private static long residentPages(long address, long bytes) {
        return OffHeap.residentBytes(address, bytes) / OffHeap.PAGE_BYTES;
    }
}
