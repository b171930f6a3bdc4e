package io.mooring.conn;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.sys.OffHeap;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Published frames in a connection's output, among other output. */
class SendQueueFramesTest {
    private static final int SCRATCH = 4096;
    private static final long BUDGET = 1 << 20;
    private static final int PIECES_MAX = 500;

    private final SpillPool pool = new SpillPool(8 << 20);
    private final FrameBudget budget = new FrameBudget(BUDGET);
    private final SendQueue queue = new SendQueue(pool, budget);
    private final ConnectionTable table = new ConnectionTable(4);
    private final long scratch = OffHeap.allocate(SCRATCH);
    private final long c = table.at(table.take());

    @AfterEach
    void close() {
        OffHeap.free(scratch);
        table.close();
        pool.close();
    }

    private static byte[] bytes(int value, int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private long at(byte[] bytes) {
        OffHeap.copy(bytes, 0, scratch, bytes.length);
        return scratch;
    }

    private byte[] drain() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        while (Connection.output(c) != 0) {
            byte[] part = new byte[queue.firstBytes(c)];
            OffHeap.copy(queue.firstAddress(c), part, 0, part.length);
            out.writeBytes(part);
            queue.sent(c, part.length);
        }
        return out.toByteArray();
    }

    @Test
    void framesThatStayShareChunksAndOthersDoNot() {
        for (int i = 0; i < 6; i++) {
            assertThat(queue.appendFrame(c, 0, at(bytes(i, 70)), 70, false)).isTrue();
        }
        assertThat(pool.usedBytes()).isEqualTo(512);
        assertThat(queue.append(c, at(bytes(9, 5)), 5)).isTrue();
        assertThat(pool.usedBytes()).as("other output has its own").isEqualTo(1024);
        assertThat(queue.appendFrame(c, 7, at(bytes(10, 70)), 70, false)).isTrue();
        assertThat(queue.appendFrame(c, 7, at(bytes(11, 70)), 70, false)).isTrue();
        assertThat(pool.usedBytes()).isEqualTo(2048);
        assertThat(queue.frames(c)).isEqualTo(8);
        assertThat(budget.bytes()).isEqualTo(1536);
        assertThat(drain()).hasSize(8 * 70 + 5);
        assertThat(budget.bytes()).isZero();
        assertThat(pool.usedBytes()).isZero();
    }

    @Test
    void aFrameThatHasBegunIsNotDropped() {
        queue.appendFrame(c, 7, at(bytes(1, 70)), 70, false);
        queue.appendFrame(c, 7, at(bytes(2, 70)), 70, false);
        queue.sent(c, 1);
        assertThat(queue.dropFrame(c, 7, false)).isTrue();
        assertThat(queue.dropFrame(c, 7, false)).isFalse();
        assertThat(drain()).isEqualTo(bytes(1, 69));
    }

    @Test
    void aFrameThatTheKernelReadsIsNotDropped() {
        queue.appendFrame(c, 7, at(bytes(1, 70)), 70, false);
        assertThat(queue.dropFrame(c, 7, true)).isFalse();
        assertThat(queue.dropFrame(c, 8, false)).isFalse();
        assertThat(queue.holdsFrame(c, 7)).isTrue();
        assertThat(queue.holdsFrame(c, 8)).isFalse();
        assertThat(queue.dropFrame(c, 7, false)).isTrue();
        assertThat(Connection.output(c)).isZero();
        assertThat(budget.bytes()).isZero();
    }

    @Test
    void theBudgetIsSharedAndLeavesOtherOutputAlone() {
        long d = table.at(table.take());
        while (queue.appendFrame(c, 7, at(bytes(1, 400)), 400, false)) { }
        long most = BUDGET / 4 * 3;
        assertThat(budget.bytes()).isBetween(most, most + 512);
        assertThat(queue.appendFrame(d, 7, scratch, 10, false)).as("its first").isTrue();
        assertThat(queue.appendFrame(d, 7, scratch, 10, false)).isFalse();
        assertThat(queue.prependFrame(d, 0, scratch, 10)).isFalse();
        assertThat(queue.append(d, scratch, 10)).isTrue();
        assertThat(queue.prepend(d, scratch, 10)).isTrue();
        queue.clear(c);
        assertThat(budget.bytes()).isEqualTo(512);
        assertThat(queue.appendFrame(d, 7, scratch, 10, false)).isTrue();
        queue.clear(d);
        assertThat(pool.usedBytes()).isZero();
    }

    @Test
    void aRestThatMustGoMayPassTheBudget() {
        while (queue.appendFrame(c, 7, at(bytes(1, 400)), 400, false)) { }
        int rests = 0;
        while (queue.prependRest(c, scratch, 400)) {
            rests++;
        }
        assertThat(budget.bytes()).isBetween(BUDGET / 2 * 3, BUDGET / 2 * 3 + 512);
        assertThat(queue.frames(c)).isGreaterThan(rests);
        assertThat(queue.appendFrame(c, 7, scratch, 10, false)).isFalse();
        assertThat(queue.dropFrame(c, 7, false)).isTrue();
        assertThat(queue.appendFrame(c, 7, scratch, 10, true)).as("in its place").isTrue();
        queue.clear(c);
        assertThat(budget.bytes()).isZero();
    }

    @Test
    void onlyFramesOfTheTopicMakeRoom() {
        queue.appendFrame(c, 7, at(bytes(1, 100)), 100, false);
        queue.appendFrame(c, 8, at(bytes(2, 100)), 100, false);
        assertThat(queue.canMakeRoom(c, 7, false, 100, 2, 200)).isTrue();
        assertThat(queue.canMakeRoom(c, 7, false, 101, 2, 200)).isFalse();
        assertThat(queue.canMakeRoom(c, 7, false, 100, 1, 200)).isFalse();
        assertThat(queue.canMakeRoom(c, 7, true, 100, 2, 200)).isFalse();
        assertThat(queue.canMakeRoom(c, 9, false, 100, 3, 300)).isTrue();
        assertThat(queue.dropFrame(c, 8, false)).isTrue();
        assertThat(queue.canMakeRoom(c, 7, false, 1000, 1, 1)).as("it is alone").isTrue();
        queue.clear(c);
    }

    /** What is queued here is a list of pieces, and everything is known of each. */
    private record Piece(byte[] bytes, int topic, boolean frame, boolean[] begun) {
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void doesWhatAListDoes(long seed) {
        Random random = new Random(seed);
        List<Piece> model = new ArrayList<>();
        int tag = 0;
        for (int step = 0; step < 20_000; step++) {
            int length = 1 + random.nextInt(300);
            byte[] bytes = bytes(tag++, length);
            int topic = random.nextInt(3);
            switch (model.size() > PIECES_MAX ? 7 : random.nextInt(8)) {
                case 0 -> {
                    assertThat(queue.append(c, at(bytes), length)).isTrue();
                    model.add(new Piece(bytes, 0, false, new boolean[1]));
                }
                case 1, 2 -> {
                    assertThat(queue.appendFrame(c, topic, at(bytes), length, false)).isTrue();
                    model.add(new Piece(bytes, topic, true, new boolean[1]));
                }
                case 3 -> {
                    if (model.isEmpty() || !model.getFirst().begun[0]) {
                        assertThat(queue.prependFrame(c, topic, at(bytes), length)).isTrue();
                        model.addFirst(new Piece(bytes, topic, true, new boolean[1]));
                    }
                }
                case 4 -> {
                    int wanted = 1 + random.nextInt(2);
                    Piece dropped = model.stream()
                        .filter(p -> p.frame && p.topic == wanted && !p.begun[0]).findFirst()
                        .orElse(null);
                    assertThat(queue.holdsFrame(c, wanted)).isEqualTo(dropped != null);
                    assertThat(queue.dropFrame(c, wanted, false)).isEqualTo(dropped != null);
                    model.remove(dropped);
                }
                default -> send(random, model);
            }
            assertThat(queue.bytes(c)).isEqualTo(
                model.stream().mapToInt(p -> p.bytes.length).sum());
        }
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        model.forEach(p -> rest.writeBytes(p.bytes));
        assertThat(drain()).isEqualTo(rest.toByteArray());
        assertThat(queue.frames(c)).isZero();
        assertThat(budget.bytes()).isZero();
        assertThat(pool.usedBytes()).isZero();
        pool.invariants();
    }

    private void send(Random random, List<Piece> model) {
        if (model.isEmpty()) {
            return;
        }
        int count = 1 + random.nextInt(queue.firstBytes(c));
        byte[] sent = new byte[count];
        OffHeap.copy(queue.firstAddress(c), sent, 0, count);
        queue.sent(c, count);
        int at = 0;
        while (at < count) {
            Piece first = model.removeFirst();
            int part = Math.min(first.bytes.length, count - at);
            assertThat(Arrays.copyOfRange(sent, at, at + part))
                .isEqualTo(Arrays.copyOf(first.bytes, part));
            at += part;
            if (part < first.bytes.length) {
                model.addFirst(new Piece(
                    Arrays.copyOfRange(first.bytes, part, first.bytes.length),
                    first.topic, first.frame, new boolean[] {true}));
            }
        }
    }
}
