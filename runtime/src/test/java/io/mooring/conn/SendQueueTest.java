package io.mooring.conn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.sys.OffHeap;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SendQueueTest {
    private static final int EXTENT = 256 << 10;
    /** What a chunk has in front of copied bytes. */
    private static final int HEADER = 64;
    private static final int SCRATCH_BYTES = 64 << 10;
    private static final int CONNECTIONS = 8;

    private final ConnectionTable table = new ConnectionTable(CONNECTIONS);
    private final long scratch = OffHeap.map(SCRATCH_BYTES);
    private SpillPool pool = new SpillPool(8L << 20);
    private SendQueue queue = new SendQueue(pool, new FrameBudget(1 << 30));

    SendQueueTest() {
        for (int i = 0; i < CONNECTIONS; i++) {
            table.take();
        }
    }

    @AfterEach
    void close() {
        pool.invariants();
        pool.close();
        OffHeap.unmap(scratch, SCRATCH_BYTES);
        table.close();
    }

    @Test
    void anEmptyQueueHasNoChunk() {
        long c = table.at(0);
        assertThat(queue.bytes(c)).isZero();
        queue.clear(c);
        assertThat(append(c, "ab")).isTrue();
        queue.sent(c, 2);
        assertThat(queue.bytes(c)).isZero();
        assertThat(Connection.output(c)).isZero();
        assertThat(pool.usedBytes()).isZero();
    }

    @Test
    void smallAppendsShareAChunk() {
        long c = table.at(0);
        append(c, "abc");
        append(c, "def");
        assertThat(queue.firstBytes(c)).isEqualTo(6);
        assertThat(first(c)).isEqualTo("abcdef");
        assertThat(pool.usedBytes()).isEqualTo(512);
        queue.sent(c, 2);
        assertThat(first(c)).isEqualTo("cdef");
        assertThat(queue.bytes(c)).isEqualTo(4);
        append(c, "g");
        assertThat(first(c)).isEqualTo("cdefg");
        queue.clear(c);
    }

    /** The next send reads from there: what is added meanwhile moves nothing. */
    @Test
    void firstBytesStayWhereTheyAre() {
        long c = table.at(0);
        append(c, "abc");
        long at = queue.firstAddress(c);
        for (int i = 0; i < 50; i++) {
            assertThat(queue.append(c, scratch, 300)).isTrue();
            assertThat(queue.firstAddress(c)).isEqualTo(at);
        }
        assertThat(first(c)).startsWith("abc");
        assertThat(queue.bytes(c)).isEqualTo(3 + 50 * 300);
        queue.clear(c);
        assertThat(pool.usedBytes()).isZero();
    }

    @Test
    void aChunkIsFilledToItsEnd() {
        long c = table.at(0);
        queue.append(c, scratch, 512 - HEADER - 5);
        queue.append(c, scratch, 5);
        assertThat(pool.usedBytes()).isEqualTo(512);
        queue.append(c, scratch, 1);
        assertThat(pool.usedBytes()).isEqualTo(1024);
        assertThat(queue.firstBytes(c)).isEqualTo(512 - HEADER);
        queue.sent(c, 512 - HEADER);
        assertThat(queue.firstBytes(c)).isEqualTo(1);
        assertThat(pool.usedBytes()).isEqualTo(512);
        queue.clear(c);
    }

    @Test
    void prependedBytesGoFirst() {
        long c = table.at(0);
        assertThat(prepend(c, "c")).isTrue();
        assertThat(prepend(c, "ab")).isTrue();
        append(c, "d");
        assertThat(queue.bytes(c)).isEqualTo(4);
        assertThat(drain(c)).isEqualTo("abcd");
        assertThat(pool.usedBytes()).isZero();
    }

    @Test
    void chunksOfOthersAreTakenOver() {
        long c = table.at(0);
        append(c, "ab");
        int chunk = pool.take(1000);
        put(pool.address(chunk) + 240, "xcdx");
        queue.appendChunk(c, chunk, 241, 243);
        append(c, "ef"); // behind them, in their chunk
        assertThat(queue.bytes(c)).isEqualTo(6);
        assertThat(pool.usedBytes()).isEqualTo(512 + 1024);
        assertThat(drain(c)).isEqualTo("abcdef");
        assertThat(pool.usedBytes()).isZero();
    }

    @Test
    void aChunkMayBeTheFirst() {
        long c = table.at(0);
        int chunk = pool.take(512);
        put(pool.address(chunk) + 510, "zz");
        queue.appendChunk(c, chunk, 510, 512);
        append(c, "y");
        assertThat(drain(c)).isEqualTo("zzy");
    }

    @Test
    void reservedRoomIsPartOfTheQueue() {
        long c = table.at(0);
        append(c, "a");
        long room = queue.reserve(c, 2);
        put(room, "bc");
        append(c, "d");
        assertThat(drain(c)).isEqualTo("abcd");
    }

    @Test
    void anExhaustedPoolLeavesEverythingAsItWas() {
        pool = new SpillPool(EXTENT);
        queue = new SendQueue(pool, new FrameBudget(1 << 30));
        long c = table.at(0);
        append(c, "ab");
        Deque<Integer> taken = new ArrayDeque<>();
        for (int chunk = pool.take(512); chunk != 0; chunk = pool.take(512)) {
            taken.push(chunk);
        }
        assertThat(queue.append(c, scratch, 512)).isFalse();
        assertThat(queue.reserve(c, 512)).isZero();
        assertThat(prepend(c, "x")).isFalse();
        assertThat(queue.append(table.at(1), scratch, 1)).isFalse();
        assertThat(Connection.output(table.at(1))).isZero();
        assertThat(queue.bytes(c)).isEqualTo(2);
        assertThat(append(c, "cd")).isTrue(); // the last chunk has room
        assertThat(queue.append(c, scratch, 512 - HEADER - 4)).isTrue();
        assertThat(queue.append(c, scratch, 1)).isFalse();
        assertThat(first(c)).startsWith("abcd");
        pool.give(taken.pop());
        assertThat(prepend(c, "x")).isTrue();
        assertThat(drain(c)).startsWith("xabcd").hasSize(1 + 512 - HEADER);
        taken.forEach(pool::give);
    }

    @Test
    void sendingMoreThanThereIsAsserts() {
        long c = table.at(0);
        append(c, "abc");
        assertThatThrownBy(() -> queue.sent(c, 4)).isInstanceOf(AssertionError.class);
        queue.clear(c);
    }

    /** Several connections and one small pool, against arrays of bytes. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void fuzz(long seed) {
        pool = new SpillPool(3 * EXTENT);
        queue = new SendQueue(pool, new FrameBudget(1 << 30));
        SplittableRandom random = new SplittableRandom(seed);
        SendQueueModel[] models = new SendQueueModel[CONNECTIONS];
        int refused = 0;
        for (int i = 0; i < CONNECTIONS; i++) {
            models[i] = new SendQueueModel();
        }
        for (int step = 0; step < 8_000; step++) {
            boolean filling = step / 500 % 2 == 0;
            int i = random.nextInt(CONNECTIONS);
            long c = table.at(i);
            SendQueueModel model = models[i];
            if (random.nextInt(100) < (filling ? 70 : 30)) {
                refused += add(random, c, model) ? 0 : 1;
            } else {
                take(random, c, model);
            }
            String failure = compare(c, model);
            if (failure != null) {
                throw new AssertionError("seed " + seed + ", step " + step + ": " + failure);
            }
        }
        assertThat(refused).as("seed %d: the pool was never exhausted", seed).isPositive();
        for (int i = 0; i < CONNECTIONS; i++) {
            while (models[i].length() > 0) {
                models[i].remove(queue.firstBytes(table.at(i)));
                queue.sent(table.at(i), queue.firstBytes(table.at(i)));
                assertThat(compare(table.at(i), models[i])).as("seed %d, end", seed).isNull();
            }
        }
        assertThat(pool.usedBytes()).as("seed %d", seed).isZero();
    }

    /** False if the pool had no room. */
    private boolean add(SplittableRandom random, long c, SendQueueModel model) {
        byte[] bytes = new byte[1 + random.nextInt(random.nextInt(8) == 0 ? 20_000 : 400)];
        random.nextBytes(bytes);
        OffHeap.copy(bytes, 0, scratch, bytes.length);
        switch (random.nextInt(6)) {
            case 0 -> {
                long room = queue.reserve(c, bytes.length);
                if (room == 0) {
                    return false;
                }
                OffHeap.copy(bytes, 0, room, bytes.length);
                model.add(bytes);
            }
            case 1 -> {
                int start = HEADER + random.nextInt(300);
                int chunk = pool.take(start + bytes.length);
                if (chunk == 0) {
                    return false;
                }
                OffHeap.copy(bytes, 0, pool.address(chunk) + start, bytes.length);
                queue.appendChunk(c, chunk, start, start + bytes.length);
                model.add(bytes);
            }
            case 2 -> {
                if (!queue.prepend(c, scratch, bytes.length)) {
                    return false;
                }
                model.addFirst(bytes);
            }
            default -> {
                if (!queue.append(c, scratch, bytes.length)) {
                    return false;
                }
                model.add(bytes);
            }
        }
        return true;
    }

    private void take(SplittableRandom random, long c, SendQueueModel model) {
        if (random.nextInt(40) == 0) {
            queue.clear(c);
            model.remove(model.length());
        } else if (model.length() > 0) {
            int first = queue.firstBytes(c);
            int sent = random.nextInt(3) == 0 ? random.nextInt(first + 1) : first;
            queue.sent(c, sent);
            model.remove(sent);
        }
    }

    /** What differs, or null. */
    private String compare(long c, SendQueueModel model) {
        if (queue.bytes(c) != model.length()) {
            return queue.bytes(c) + " bytes, not " + model.length();
        }
        if ((Connection.output(c) == 0) != (model.length() == 0)) {
            return "a chunk without bytes, or the reverse";
        }
        if (model.length() == 0) {
            return null;
        }
        byte[] first = new byte[queue.firstBytes(c)];
        OffHeap.copy(queue.firstAddress(c), first, 0, first.length);
        return first.length > 0 && model.startsWith(first) ? null
            : "other bytes among the first " + first.length;
    }

    private boolean append(long c, String text) {
        put(scratch, text);
        return queue.append(c, scratch, text.length());
    }

    private boolean prepend(long c, String text) {
        put(scratch, text);
        return queue.prepend(c, scratch, text.length());
    }

    private static void put(long at, String text) {
        for (int i = 0; i < text.length(); i++) {
            OffHeap.putByte(at + i, (byte) text.charAt(i));
        }
    }

    private String first(long c) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < queue.firstBytes(c); i++) {
            text.append((char) OffHeap.getByte(queue.firstAddress(c) + i));
        }
        return text.toString();
    }

    private String drain(long c) {
        StringBuilder text = new StringBuilder();
        while (queue.bytes(c) > 0) {
            text.append(first(c));
            queue.sent(c, queue.firstBytes(c));
        }
        return text.toString();
    }
}
