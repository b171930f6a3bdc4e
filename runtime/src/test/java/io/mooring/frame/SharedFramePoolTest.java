package io.mooring.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.sys.OffHeap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SharedFramePoolTest {
    private static final int MIB = 1 << 20;
    private static final long LATER_NANOS = 3_000_000_000L;

    private final SharedFramePool pool = new SharedFramePool(16 * MIB);

    @AfterEach
    void addsUp() {
        assertThat(pool.invariants()).isTrue();
        pool.close();
    }

    @Test
    void wholePagesFromTheStart() {
        try (SharedFramePool odd = new SharedFramePool(100_001)) {
            assertThat(odd.bytesMax()).isEqualTo(OffHeap.pageAlign(100_001));
            assertThat(odd.address() % OffHeap.PAGE_BYTES).isZero();
            long all = odd.take(odd.bytesMax() - SharedFramePool.HEADER_BYTES, 0);
            assertThat(all).as("one frame may fill it").isEqualTo(odd.address() + 16);
            assertThat(odd.usedBytes()).isEqualTo(odd.bytesMax());
            assertThat(odd.take(1, 0)).isZero();
            odd.give(all);
            assertThat(odd.invariants()).isTrue();
        }
        assertThatThrownBy(() -> new SharedFramePool(0))
            .isInstanceOf(IllegalArgumentException.class);
    }

    /** A small frame wastes less than a unit of 64 bytes; a large one no more. */
    @Test
    void takesWhatIsNeeded() {
        for (int bytes : new int[] {0, 1, 32, 48, 49, 112, 1_000, 65_546, MIB + 10, 15 * MIB}) {
            long frame = pool.take(bytes, 0);
            assertThat(pool.usedBytes()).isBetween(bytes + 16L, bytes + 16L + 63);
            pool.give(frame);
        }
        assertThat(pool.usedBytes()).isZero();
        assertThat(pool.highWaterBytes()).isBetween(15L * MIB, 15L * MIB + 79);
    }

    /** What a frame takes elsewhere counts, up to the last byte. */
    @Test
    void overheadCounts() {
        int overhead = 4 * MIB - 64;
        long[] frames = new long[4];
        for (int i = 0; i < 4; i++) {
            frames[i] = pool.take(1, overhead);
            assertThat(frames[i]).isNotZero();
        }
        assertThat(pool.usedBytes()).isEqualTo(16 * MIB);
        assertThat(pool.take(1, 0)).isZero();
        pool.give(frames[0]);
        assertThat(pool.take(1, overhead + 1)).isZero();
        assertThat(pool.usedBytes()).isEqualTo(12 * MIB);
        for (int i = 1; i < 4; i++) {
            pool.give(frames[i]);
        }
        assertThat(pool.usedBytes()).isZero();
    }

    /** Against a map of what is taken: no two overlap, nothing is lost, each keeps its bytes. */
    @Test
    void aLongLife() {
        SplittableRandom random = new SplittableRandom(7);
        TreeMap<Long, Integer> taken = new TreeMap<>();
        List<Long> order = new ArrayList<>();
        int refused = 0;
        for (int i = 0; i < 60_000; i++) {
            if (random.nextInt(100) < 52) {
                int bytes = 1 + random.nextInt(1 << random.nextInt(1, 20));
                long frame = pool.take(bytes, 200);
                if (frame == 0) {
                    refused++;
                    continue;
                }
                Map.Entry<Long, Integer> below = taken.floorEntry(frame);
                Map.Entry<Long, Integer> above = taken.higherEntry(frame);
                assertThat(below == null || below.getKey() + below.getValue() <= frame).isTrue();
                assertThat(above == null || frame + bytes <= above.getKey()).isTrue();
                assertThat(frame).isGreaterThan(pool.address());
                assertThat(frame + bytes).isLessThanOrEqualTo(pool.address() + pool.bytesMax());
                OffHeap.putByte(frame, (byte) frame);
                OffHeap.putByte(frame + bytes - 1, (byte) (bytes == 1 ? frame : bytes));
                taken.put(frame, bytes);
                order.add(frame);
            } else if (!order.isEmpty()) {
                giveChecked(taken, order.remove(random.nextInt(order.size())));
            }
            if (i % 5_000 == 0) {
                assertThat(pool.invariants()).isTrue();
                pool.trim(System.nanoTime() + (i + 1) * LATER_NANOS);
                assertThat(pool.invariants()).isTrue();
            }
        }
        assertThat(refused).as("it was full at times").isPositive();
        Collections.shuffle(order, new Random(1));
        order.forEach(frame -> giveChecked(taken, frame));
        assertThat(pool.usedBytes()).isZero();
        long all = pool.take(16 * MIB - 16, 0);
        assertThat(all).as("one piece again").isNotZero();
        pool.give(all);
    }

    private void giveChecked(TreeMap<Long, Integer> taken, long frame) {
        int bytes = taken.remove(frame);
        assertThat(OffHeap.getByte(frame)).isEqualTo((byte) frame);
        assertThat(OffHeap.getByte(frame + bytes - 1)).isEqualTo((byte) (bytes == 1 ? frame
            : bytes));
        pool.give(frame);
    }

    /**
     * Small frames that stay (a slow receiver's) among large ones that come and go: the large ones
     * find room as long as it is there, and half as much again.
     */
    @Test
    void smallOnesDoNotCutUpTheWhole() {
        SplittableRandom random = new SplittableRandom(3);
        List<Long> small = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            long large = pool.take(500_000 + random.nextInt(100_000), 0);
            small.add(pool.take(32 + random.nextInt(1_000), 0));
            if (small.size() > 1_000) {
                pool.give(small.remove(random.nextInt(small.size())));
            }
            pool.give(large);
        }
        long large = pool.take(12 * MIB, 0);
        assertThat(large).as("with %d bytes in use", pool.usedBytes()).isNotZero();
        pool.give(large);
        small.forEach(pool::give);
    }

    @Test
    void givesBackWhatABurstHasTouched() throws IOException {
        long before = residentBytes();
        long stays = pool.take(100, 0);
        OffHeap.putByte(stays, (byte) 42);
        long burst = fill(14 * MIB);
        assertThat(residentBytes() - before).isGreaterThan(13 * MIB);
        pool.give(burst);
        assertThat(pool.needsTrim()).isTrue();
        long now = System.nanoTime();
        pool.trim(now + LATER_NANOS); // the burst was a moment ago: it may come again
        assertThat(residentBytes() - before).isGreaterThan(13 * MIB);
        pool.trim(now + LATER_NANOS + 1); // too soon after
        assertThat(residentBytes() - before).isGreaterThan(13 * MIB);
        pool.trim(now + 2 * LATER_NANOS);
        assertThat(residentBytes() - before).isLessThan(MIB);
        assertThat(pool.needsTrim()).isFalse();
        assertThat(OffHeap.getByte(stays)).isEqualTo((byte) 42);
        pool.give(stays);
    }

    @Test
    void pinnedMemoryStays() throws IOException {
        pool.pin();
        long before = residentBytes();
        long burst = fill(14 * MIB);
        pool.give(burst);
        assertThat(pool.needsTrim()).isFalse();
        pool.trim(System.nanoTime() + LATER_NANOS);
        pool.trim(System.nanoTime() + 2 * LATER_NANOS);
        assertThat(residentBytes() - before).isGreaterThan(13 * MIB);
    }

    /** Closed while a frame is still read: the memory goes with the frame. */
    @Test
    void closedWithAFrameInFlight() throws IOException {
        SharedFramePool other = new SharedFramePool(MIB);
        long frame = other.take(100, 10);
        OffHeap.putByte(frame, (byte) 5);
        other.close();
        other.close();
        assertThat(other.take(1, 0)).isZero();
        assertThat(OffHeap.getByte(frame)).isEqualTo((byte) 5);
        assertThat(isMapped(other.address())).isTrue();
        other.trim(System.nanoTime() + LATER_NANOS);
        other.give(frame);
        assertThat(other.usedBytes()).isZero();
    }

    @Test
    void manyThreads() throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 4; i++) {
            SplittableRandom random = new SplittableRandom(i);
            byte mark = (byte) (i + 1);
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    churn(random, mark);
                } catch (Throwable e) {
                    failures.add(e);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
        assertThat(pool.usedBytes()).isZero();
    }

    private void churn(SplittableRandom random, byte mark) {
        long[] frames = new long[50];
        int[] sizes = new int[50];
        for (int i = 0; i < 20_000; i++) {
            int k = random.nextInt(frames.length);
            if (frames[k] != 0) {
                assertThat(OffHeap.getByte(frames[k])).isEqualTo(mark);
                assertThat(OffHeap.getByte(frames[k] + sizes[k] - 1)).isEqualTo(mark);
                pool.give(frames[k]);
            }
            sizes[k] = 1 + random.nextInt(20_000);
            frames[k] = pool.take(sizes[k], 100);
            if (frames[k] != 0) {
                OffHeap.putByte(frames[k], mark);
                OffHeap.putByte(frames[k] + sizes[k] - 1, mark);
            }
        }
        for (long frame : frames) {
            if (frame != 0) {
                pool.give(frame);
            }
        }
    }

    private long fill(int bytes) {
        long frame = pool.take(bytes, 0);
        for (int i = 0; i < bytes; i += 4096) {
            OffHeap.putByte(frame + i, (byte) 42);
        }
        return frame;
    }

    /** Of the pool's mapping, as the kernel counts it. */
    private long residentBytes() throws IOException {
        long sum = 0;
        boolean inside = false;
        for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
            if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                int dash = line.indexOf('-');
                long from = Long.parseUnsignedLong(line.substring(0, dash), 16);
                long to = Long.parseUnsignedLong(line.substring(dash + 1, line.indexOf(' ')), 16);
                inside = from < pool.address() + pool.bytesMax() && to > pool.address();
            } else if (inside && line.startsWith("Rss:")) {
                sum += Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        return sum;
    }

    private static boolean isMapped(long address) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/smaps")).stream()
            .filter(line -> line.matches("[0-9a-f]+-[0-9a-f]+ .*"))
            .anyMatch(line -> {
                int dash = line.indexOf('-');
                long from = Long.parseUnsignedLong(line.substring(0, dash), 16);
                long to = Long.parseUnsignedLong(line.substring(dash + 1, line.indexOf(' ')), 16);
                return from <= address && address < to;
            });
    }
}
