package io.mooring.conn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.sys.OffHeap;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SmallPoolTest {
    private static final long BOUND = 64L << 20;
    private static final int EXTENT = SmallPool.EXTENT_BYTES;

    private final AtomicBoolean memoryShort = new AtomicBoolean();
    private final SmallPool pool = new SmallPool(BOUND, memoryShort::get);

    @AfterEach
    void close() {
        pool.invariants();
        pool.close();
    }

    @ParameterizedTest
    @CsvSource({"1, 8", "8, 8", "9, 16", "64, 64", "65, 80", "80, 80", "81, 96", "112, 112",
        "113, 128", "128, 128", "129, 160", "4100, 5120", "14337, 16384", "16384, 16384"})
    void sizes(int asked, int given) {
        int chunk = pool.take(asked);
        assertThat(chunk).isPositive();
        assertThat(pool.capacity(chunk)).isEqualTo(given);
        assertThat(SmallPool.capacityFor(asked)).isEqualTo(given);
        assertThat(pool.address(chunk) % 8).isZero();
        assertThat(pool.usedBytes()).isEqualTo(given);
        OffHeap.zero(pool.address(chunk), given);
        pool.give(chunk);
        assertThat(pool.usedBytes()).isZero();
    }

    @Test
    void noChunkIsMoreThanAFifthLargerThanAsked() {
        int before = 0;
        for (int bytes = 65; bytes <= SmallPool.CHUNK_BYTES_MAX; bytes++) {
            int given = SmallPool.capacityFor(bytes);
            assertThat(given).as("%d", bytes).isGreaterThanOrEqualTo(Math.max(bytes, before))
                .isLessThan(bytes + bytes / 4 + 8);
            before = given;
        }
        assertThatThrownBy(() -> pool.take(SmallPool.CHUNK_BYTES_MAX + 1))
            .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> pool.take(0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void chunksOfSixteenHaveEvenHandles() {
        for (int i = 0; i < 10_000; i++) {
            assertThat(pool.take(16) & 1).isZero();
        }
    }

    @Test
    void nothingIsMappedOrTouchedBeforeItIsNeeded() {
        assertThat(pool.memoryBytes()).isZero();
        pool.trim();
        assertThat(pool.base()).isZero();
        pool.take(8);
        assertThat(pool.memoryBytes()).isEqualTo(2L * OffHeap.PAGE_BYTES);
    }

    /** Chunks do not overlap: each keeps what was written into it, whatever the others do. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void agreesWithAModel(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<int[]> chunks = new ArrayList<>(); // handle, bytes, mark
        Set<Integer> handles = new HashSet<>();
        for (int step = 0; step < 200_000; step++) {
            int wanted = step / 20_000 % 2 == 0 ? 6 : 4;
            if (chunks.isEmpty() || random.nextInt(10) < wanted) {
                int bytes = random.nextInt(20) == 0
                    ? random.nextInt(4, SmallPool.CHUNK_BYTES_MAX + 1) : random.nextInt(4, 200);
                int chunk = pool.take(bytes);
                if (chunk == 0) {
                    continue;
                }
                assertThat(handles.add(chunk)).as("seed %d, step %d", seed, step).isTrue();
                mark(chunk, bytes, step);
                chunks.add(new int[] {chunk, bytes, step});
            } else {
                int[] chunk = chunks.set(random.nextInt(chunks.size()), chunks.getLast());
                chunks.removeLast();
                check(chunk, seed);
                handles.remove(chunk[0]);
                pool.give(chunk[0]);
            }
            if (step % 10_000 == 0) {
                pool.trim();
                pool.invariants();
            }
        }
        chunks.forEach(chunk -> {
            check(chunk, seed);
            pool.give(chunk[0]);
        });
        assertThat(pool.usedBytes()).isZero();
        pool.trim();
        assertThat(pool.memoryBytes()).as("only the records are left")
            .isLessThan(64 << 10);
    }

    private void mark(int chunk, int bytes, int mark) {
        OffHeap.putInt(pool.address(chunk), mark);
        OffHeap.putInt(pool.address(chunk) + bytes - 4, mark);
    }

    private void check(int[] chunk, long seed) {
        long at = pool.address(chunk[0]);
        if (chunk[1] >= 8) {
            assertThat(OffHeap.getInt(at)).as("seed %d", seed).isEqualTo(chunk[2]);
        }
        assertThat(OffHeap.getInt(at + chunk[1] - 4)).as("seed %d", seed).isEqualTo(chunk[2]);
    }

    @Test
    void theBoundHolds() {
        SmallPool small = new SmallPool(3L * EXTENT, () -> false);
        List<Integer> chunks = new ArrayList<>();
        for (int chunk = small.take(16_384); chunk != 0; chunk = small.take(16_384)) {
            chunks.add(chunk);
        }
        assertThat(chunks).hasSize(12);
        assertThat(small.take(8)).as("another size").isZero();
        assertThat(small.memoryBytes()).isLessThanOrEqualTo(small.mappedBytes());
        chunks.subList(0, 4).forEach(small::give);
        assertThat(small.take(8)).as("an extent has emptied").isPositive();
        small.close();
    }

    @Test
    void doesNotGrowWhileMemoryIsShort() {
        memoryShort.set(true);
        int last = 0;
        int taken = 0;
        for (int chunk = pool.take(4096); chunk != 0; chunk = pool.take(4096)) {
            last = chunk;
            taken++;
        }
        assertThat(taken).as("4 MiB").isEqualTo(1024);
        pool.give(last);
        assertThat(pool.take(4096)).isEqualTo(last);
        memoryShort.set(false);
        assertThat(pool.take(4096)).isPositive();
    }

    /** A size that comes and goes does not touch and give back pages each time. */
    @Test
    void aFewEmptyExtentsKeepTheirPages() {
        int chunk = pool.take(4096);
        long memory = pool.memoryBytes();
        pool.give(chunk);
        assertThat(pool.memoryBytes()).isEqualTo(memory);
        assertThat(pool.needsTrim()).isTrue();
        assertThat(pool.take(4096)).isEqualTo(chunk);
        pool.give(chunk);
        pool.trim();
        assertThat(pool.needsTrim()).isFalse();
        assertThat(pool.memoryBytes()).isEqualTo(OffHeap.PAGE_BYTES);
    }

    /** What it says it takes is what the kernel says, page by page. */
    @Test
    void theKernelAgrees() {
        List<Integer> chunks = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(4);
        for (int round = 0; round < 4; round++) {
            for (int i = 0; i < 40_000; i++) {
                int bytes = random.nextInt(8, 400);
                int chunk = pool.take(bytes);
                OffHeap.zero(pool.address(chunk), bytes);
                chunks.add(chunk);
            }
            assertThat(residentBytes()).isEqualTo(pool.memoryBytes());
            // Whole extents, mostly, as connections that came together go together.
            List<Integer> gone = chunks.subList(0, chunks.size() * 3 / 4);
            gone.forEach(pool::give);
            gone.clear();
            assertThat(residentBytes()).isEqualTo(pool.memoryBytes());
        }
        chunks.forEach(pool::give);
        pool.trim();
        assertThat(residentBytes()).isEqualTo(pool.memoryBytes());
    }

    private long residentBytes() {
        long bytes = OffHeap.pageAlign(pool.mappedBytes());
        int pages = (int) (bytes / OffHeap.PAGE_BYTES);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment resident = arena.allocate(pages);
            int result = (int) Linker.nativeLinker().downcallHandle(
                Linker.nativeLinker().defaultLookup().findOrThrow("mincore"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG, ValueLayout.ADDRESS))
                .invokeExact(pool.base(), bytes, resident);
            assertThat(result).isZero();
            long count = 0;
            for (int i = 0; i < pages; i++) {
                count += resident.get(ValueLayout.JAVA_BYTE, i) & 1;
            }
            return count * OffHeap.PAGE_BYTES;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
