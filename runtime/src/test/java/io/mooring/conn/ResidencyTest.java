package io.mooring.conn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.sys.Syscalls;
import org.junit.jupiter.api.Test;

/** Memory for a million connections costs nothing until they come: mincore(2) counts the pages. */
class ResidencyTest {
    private static final int SYS_MINCORE = System.getProperty("os.arch").equals("aarch64")
        ? 232 : 27;

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

    private static long residentPages(long address, long bytes) {
        long pages = bytes / OffHeap.PAGE_BYTES;
        long vector = OffHeap.map(pages);
        long result = Syscalls.call(SYS_MINCORE, address, bytes, vector, 0, 0, 0);
        assumeTrue(result == 0, "mincore(2) is refused: " + Errno.text(result));
        long resident = 0;
        for (long page = 0; page < pages; page++) {
            resident += OffHeap.getByte(vector + page) & 1;
        }
        OffHeap.unmap(vector, pages);
        return resident;
    }
}
