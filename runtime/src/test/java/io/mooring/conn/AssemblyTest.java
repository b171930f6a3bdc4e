package io.mooring.conn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.sys.OffHeap;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AssemblyTest {
    private static final int EXTENT = 256 << 10;

    private SpillPool pool = new SpillPool(8L << 20);

    @AfterEach
    void close() {
        pool.invariants();
        pool.close();
    }

    @Test
    void opensEmptyWhateverTheChunkHeld() {
        int dirty = pool.take(1_000);
        OffHeap.ALL.asSlice(pool.address(dirty), pool.capacity(dirty)).fill((byte) -1);
        pool.give(dirty);
        int chunk = Assembly.open(pool, 700);
        assertThat(chunk).isEqualTo(dirty);
        long a = pool.address(chunk);
        assertThat(Assembly.length(a)).isZero();
        assertThat(Assembly.utf8State(a)).isZero();
        assertThat(Assembly.opcode(a)).isZero();
        assertThat(Assembly.frames(a)).isZero();
        assertThat(Assembly.stashed(a)).isZero();
        assertThat(Assembly.remaining(a)).isZero();
        assertThat(Assembly.maskKey(a)).isZero();
        assertThat(Assembly.maskPhase(a)).isZero();
        assertThat(Assembly.isInFrame(a)).isFalse();
        assertThat(Assembly.isLastFrame(a)).isFalse();
        assertThat(pool.capacity(chunk)).isGreaterThanOrEqualTo(Assembly.MESSAGE + 700);
    }

    @Test
    void aFrameRunsDown() {
        long a = pool.address(Assembly.open(pool, 100));
        Assembly.beginFrame(a, 2, false, 0x89abcdef, 10);
        assertThat(Assembly.opcode(a)).isEqualTo(2);
        assertThat(Assembly.isLastFrame(a)).isFalse();
        assertThat(Assembly.isInFrame(a)).isTrue();
        assertThat(Assembly.maskKey(a)).isEqualTo(0x89abcdef);
        Assembly.advanceFrame(a, 7);
        assertThat(Assembly.remaining(a)).isEqualTo(3);
        assertThat(Assembly.maskPhase(a)).isEqualTo(3);
        assertThat(Assembly.length(a)).isEqualTo(7);
        assertThatThrownBy(() -> Assembly.endFrame(a)).isInstanceOf(AssertionError.class);
        Assembly.advanceFrame(a, 3);
        assertThat(Assembly.maskPhase(a)).isEqualTo(2);
        Assembly.endFrame(a);
        assertThat(Assembly.isInFrame(a)).isFalse();

        Assembly.beginFrame(a, 2, true, 1, 4);
        assertThat(Assembly.maskPhase(a)).isZero();
        assertThat(Assembly.frames(a)).isEqualTo(2);
        assertThat(Assembly.isLastFrame(a)).isTrue();
        Assembly.advanceFrame(a, 4);
        Assembly.endFrame(a);
        assertThat(Assembly.length(a)).isEqualTo(14);
        Assembly.utf8State(a, 12);
        Assembly.stashed(a, 3);
        Assembly.endMessage(a);
        assertThat(Assembly.length(a)).isZero();
        assertThat(Assembly.frames(a)).isZero();
        assertThat(Assembly.opcode(a)).isZero();
        assertThat(Assembly.utf8State(a)).isZero();
        assertThat(Assembly.stashed(a)).isEqualTo(3);
    }

    /** The mask's phase is the frame's length so far, modulo 4, however it came. */
    @Test
    void maskPhaseCountsModuloFour() {
        long a = pool.address(Assembly.open(pool, 1_000));
        Assembly.beginFrame(a, 1, true, 5, 500);
        int sum = 0;
        for (int bytes = 1; sum + bytes <= 500; bytes++) {
            Assembly.advanceFrame(a, bytes);
            sum += bytes;
            assertThat(Assembly.maskPhase(a)).isEqualTo(sum % 4);
            assertThat(Assembly.remaining(a)).isEqualTo(500 - sum);
        }
    }

    @Test
    void growingKeepsStateStashAndMessage() {
        int chunk = Assembly.open(pool, 100);
        long a = pool.address(chunk);
        int length = pool.capacity(chunk) - Assembly.MESSAGE; // to the last byte
        Assembly.beginFrame(a, 1, true, 0x12345678, 100_000);
        Assembly.advanceFrame(a, length);
        Assembly.utf8State(a, 36);
        Assembly.stashed(a, 160);
        for (int i = Assembly.STASH; i < pool.capacity(chunk); i++) {
            OffHeap.putByte(a + i, (byte) (i * 7));
        }
        int larger = Assembly.grow(pool, chunk, 100_000);
        assertThat(larger).isNotIn(0, chunk);
        assertThat(pool.capacity(larger)).isEqualTo(128 << 10);
        assertThat(pool.usedBytes()).as("the old one is given back").isEqualTo(128 << 10);
        long b = pool.address(larger);
        assertThat(Assembly.length(b)).isEqualTo(length);
        assertThat(Assembly.utf8State(b)).isEqualTo(36);
        assertThat(Assembly.opcode(b)).isEqualTo(1);
        assertThat(Assembly.isLastFrame(b)).isTrue();
        assertThat(Assembly.isInFrame(b)).isTrue();
        assertThat(Assembly.maskKey(b)).isEqualTo(0x12345678);
        assertThat(Assembly.remaining(b)).isEqualTo(100_000 - length);
        assertThat(Assembly.maskPhase(b)).isEqualTo(length % 4);
        assertThat(Assembly.stashed(b)).isEqualTo(160);
        assertThat(Assembly.frames(b)).isEqualTo(1);
        for (int i = Assembly.STASH; i < Assembly.MESSAGE + length; i++) {
            if (OffHeap.getByte(b + i) != (byte) (i * 7)) {
                throw new AssertionError("byte " + i + " is lost");
            }
        }
    }

    @Test
    void growsOnlyIfItMust() {
        int chunk = Assembly.open(pool, 100);
        int room = pool.capacity(chunk) - Assembly.MESSAGE;
        assertThat(Assembly.grow(pool, chunk, 1)).isEqualTo(chunk);
        assertThat(Assembly.grow(pool, chunk, room)).isEqualTo(chunk);
        int larger = Assembly.grow(pool, chunk, room + 1);
        assertThat(larger).isNotEqualTo(chunk);
        assertThat(pool.capacity(larger)).isGreaterThanOrEqualTo(2 * (Assembly.MESSAGE + room));
    }

    @Test
    void anExhaustedPoolLeavesTheOldOne() {
        pool = new SpillPool(EXTENT);
        int chunk = Assembly.open(pool, 200);
        long a = pool.address(chunk);
        Assembly.length(a, 3);
        OffHeap.putInt(a + Assembly.MESSAGE, 0x01020304);
        List<Integer> rest = new ArrayList<>();
        for (int other = pool.take(512); other != 0; other = pool.take(512)) {
            rest.add(other);
        }
        assertThat(Assembly.open(pool, 10)).isZero();
        assertThat(Assembly.grow(pool, chunk, 5_000)).isZero();
        assertThat(Assembly.length(a)).isEqualTo(3);
        assertThat(OffHeap.getInt(a + Assembly.MESSAGE)).isEqualTo(0x01020304);
        assertThat(pool.usedBytes()).isEqualTo(EXTENT);
        rest.forEach(pool::give);
    }

    /** A message that is echoed from where it was put together: the send queue takes it over. */
    @Test
    void becomesOutput() {
        ConnectionTable table = new ConnectionTable(1);
        long c = table.at(table.take());
        int chunk = Assembly.open(pool, 100);
        long a = pool.address(chunk);
        Assembly.beginFrame(a, 1, true, 0, 4);
        OffHeap.putInt(a + Assembly.MESSAGE, 0x04030201);
        Assembly.advanceFrame(a, 4);
        SendQueue queue = new SendQueue(pool, new FrameBudget(1 << 30));
        queue.appendChunk(c, chunk, Assembly.MESSAGE, Assembly.MESSAGE + Assembly.length(a));
        assertThat(Assembly.length(a)).as("fields lie apart").isEqualTo(4);
        assertThat(queue.firstBytes(c)).isEqualTo(4);
        assertThat(OffHeap.getInt(queue.firstAddress(c))).isEqualTo(0x04030201);
        queue.sent(c, 4);
        assertThat(pool.usedBytes()).isZero();
        table.close();
    }
}
