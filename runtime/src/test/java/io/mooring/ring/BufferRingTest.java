package io.mooring.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.sys.Seccomp;
import io.mooring.sys.SetupException;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class BufferRingTest {
    private static final int MOST = 1 << 15;

    @Test
    void theKernelHasEveryBufferAtFirst() {
        try (Ring ring = Variant.NEWEST.open(4, 4);
                BufferRing buffers = new BufferRing(ring, 3, 8, 100)) {
            assertThat(buffers.group()).isEqualTo(3);
            assertThat(buffers.buffers()).isEqualTo(8);
            assertThat(buffers.bufferBytes()).isEqualTo(100);
            assertThat(buffers.held()).isZero();
            assertThat(buffers.mappedBytes()).isEqualTo(2L * OffHeap.PAGE_BYTES);
            for (int id = 0; id < 8; id++) {
                assertThat(buffers.address(id)).isEqualTo(buffers.address(0) + 100L * id);
            }
            assertThatThrownBy(() -> buffers.address(8)).isInstanceOf(AssertionError.class);
            assertThatThrownBy(() -> buffers.address(-1)).isInstanceOf(AssertionError.class);
        }
    }

    /** What nobody has received cannot be given back, nor what nobody lacks be received. */
    @Test
    void giveTwiceAsserts() {
        try (Ring ring = Variant.NEWEST.open(4, 4);
                BufferRing buffers = new BufferRing(ring, 0, 2, 64)) {
            assertThatThrownBy(() -> buffers.give(0)).isInstanceOf(AssertionError.class)
                .hasMessage("buffer given twice");
            buffers.taken();
            assertThat(buffers.held()).isEqualTo(1);
            buffers.give(1);
            assertThat(buffers.held()).isZero();
            assertThatThrownBy(() -> buffers.give(1)).isInstanceOf(AssertionError.class);
            buffers.taken();
            buffers.taken();
            assertThatThrownBy(buffers::taken).isInstanceOf(AssertionError.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 1000, -1, -8, Integer.MIN_VALUE, MOST + 1, 2 * MOST,
        Integer.MAX_VALUE})
    void sizesThatAreNoPowerOfTwoOrTooLarge(int buffers) {
        try (Ring ring = Variant.NEWEST.open(4, 4)) {
            assertThatThrownBy(() -> new BufferRing(ring, 0, buffers, 64))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("buffers must be a power of two up to 32768: " + buffers);
        }
    }

    @Test
    void groupsAreApart() throws IOException {
        try (Loopback loopback = Loopback.open(1);
                BufferRing first = new BufferRing(loopback.ring, 1, 2, 16);
                BufferRing second = new BufferRing(loopback.ring, 65_535, 4, 16)) {
            SocketChannel peer = loopback.accept(0);
            Loopback.write(peer, new byte[] {1, 2, 3});
            Sqe.prepRecv(loopback.sq.next(), 0, second.group(), 0, 1);
            Completion completion = loopback.driver.next(1);
            assertThat(completion.result()).isEqualTo(3);
            assertThat(OffHeap.getByte(second.address(completion.buffer()) + 2))
                .isEqualTo((byte) 3);
            assertThat(OffHeap.getInt(first.address(0))).isZero();
            assertThat(OffHeap.getInt(first.address(1))).isZero();
            // A group that is not there.
            Loopback.write(peer, new byte[] {4});
            Sqe.prepRecv(loopback.sq.next(), 0, 2, 0, 2);
            assertThat(loopback.driver.next(2).result()).isEqualTo(-Errno.ENOBUFS);
            SetupException taken = catchThrowableOfType(SetupException.class,
                () -> new BufferRing(loopback.ring, 1, 2, 16));
            assertThat(taken.errno()).isEqualTo(Errno.EEXIST);
        }
    }

    @Tag("io_uring") // nothing refuses epoll's
    @Test
    void saysWhichLimitToRaise() throws Exception {
        Variant.NEWEST.features();
        SetupException refused = Seccomp.refusing(Abi.SYS_IO_URING_REGISTER, 1,
            Abi.REGISTER_PBUF_RING, Errno.ENOMEM, () -> {
                try (Ring ring = Variant.NEWEST.open(4, 4)) {
                    return catchThrowableOfType(SetupException.class,
                        () -> new BufferRing(ring, 0, 4, 64));
                }
            });
        assertThat(refused.errno()).isEqualTo(Errno.ENOMEM);
        assertThat(refused.getMessage()).doesNotContain("\n")
            .contains("a ring of 4 buffers", "RLIMIT_MEMLOCK", "ulimit -l", "LimitMEMLOCK=");
    }

    /** Each buffer that a receive has taken is counted once, until all are given back. */
    @Test
    void countsWhatIsTouched() throws IOException {
        try (Loopback loopback = Loopback.open(1);
                BufferRing buffers = new BufferRing(loopback.ring, 0, 4, OffHeap.PAGE_BYTES)) {
            SocketChannel peer = loopback.accept(0);
            long ring = OffHeap.PAGE_BYTES;
            for (int turn = 0; turn < 2; turn++) {
                assertThat(buffers.memory().touched()).isEqualTo(ring);
                for (int round = 1; round <= 6; round++) {
                    Loopback.write(peer, new byte[] {1});
                    Sqe.prepRecv(loopback.sq.next(), 0, 0, 0, 1);
                    Completion completion = loopback.driver.next(1);
                    buffers.taken();
                    assertThat(buffers.memory().used())
                        .isEqualTo(4L * Abi.BUF_BYTES + OffHeap.PAGE_BYTES);
                    buffers.give(completion.buffer());
                    buffers.publish();
                    long resident =
                        OffHeap.residentBytes(buffers.address(0), 4L * OffHeap.PAGE_BYTES);
                    assertThat(resident).isEqualTo(Math.min(round, 4L) * OffHeap.PAGE_BYTES);
                    assertThat(buffers.memory().touched())
                        .as("a page more, where buffers share one")
                        .isBetween(ring + resident, ring + resident + OffHeap.PAGE_BYTES);
                }
                buffers.trim();
            }
            assertThat(buffers.memory().mapped()).isEqualTo(5L * OffHeap.PAGE_BYTES);
        }
    }

    /** Trimmed memory is as good as before; while a buffer is ours, nothing is trimmed. */
    @Test
    void trims() throws IOException {
        try (Loopback loopback = Loopback.open(1);
                BufferRing buffers = new BufferRing(loopback.ring, 0, 4, OffHeap.PAGE_BYTES)) {
            SocketChannel peer = loopback.accept(0);
            for (int round = 1; round <= 6; round++) { // every buffer, and some again
                Loopback.write(peer, new byte[] {(byte) round});
                Sqe.prepRecv(loopback.sq.next(), 0, 0, 0, 1);
                Completion completion = loopback.driver.next(1);
                long at = buffers.address(completion.buffer());
                buffers.taken();
                buffers.trim();
                assertThat(OffHeap.getByte(at)).as("ours").isEqualTo((byte) round);
                buffers.give(completion.buffer());
                buffers.publish();
                buffers.trim();
                assertThat(OffHeap.getByte(at)).as("given back").isZero();
            }
        }
    }

    /** After it is closed its group is free again, and the memory gone. */
    @Test
    void closes() {
        try (Ring ring = Variant.NEWEST.open(4, 4)) {
            for (int i = 0; i < 50; i++) {
                new BufferRing(ring, 0, 16, 64).close();
            }
        }
    }

    /**
     * Every buffer comes once before any comes again, through several turns of the 16-bit tail, for
     * the smallest ring and the largest. A buffer of one byte makes one completion per byte.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 64, MOST})
    void everyBufferComesOnce(int count) throws IOException {
        int rounds = count == MOST ? 3 : 40;
        SplittableRandom random = new SplittableRandom(count);
        try (Loopback loopback = Loopback.open(Variant.NEWEST.open(8, 4096), 1, "127.0.0.1");
                BufferRing buffers = new BufferRing(loopback.ring, 0, count, 1)) {
            SocketChannel peer = loopback.accept(0);
            byte[] sent = new byte[count];
            int[] order = new int[count];
            for (int round = 0; round < rounds; round++) {
                random.nextBytes(sent);
                Loopback.write(peer, sent);
                receiveEach(loopback.driver, buffers, sent, order);
                assertThat(buffers.held()).isEqualTo(count);
                giveBack(buffers, order, random);
            }
        }
    }

    private static void receiveEach(Driver driver, BufferRing buffers, byte[] sent, int[] order) {
        BitSet seen = new BitSet();
        boolean armed = false;
        int got = 0;
        while (got < sent.length || armed) {
            if (!armed) {
                Sqe.prepRecvMultishot(driver.sq.next(), 0, 0, false, 1);
                armed = true;
            }
            Completion completion = driver.next(1);
            armed = completion.more();
            int id = completion.buffer();
            if (id < 0) { // all are ours
                assertThat(completion.result()).isEqualTo(-Errno.ENOBUFS);
                continue;
            }
            buffers.taken();
            order[got] = id;
            if (completion.result() != 1 || seen.get(id)
                || OffHeap.getByte(buffers.address(id)) != sent[got]) {
                throw new AssertionError(completion + " for byte " + got + " of " + sent.length);
            }
            seen.set(id);
            got++;
            if (got == sent.length && armed) {
                endReceive(driver);
                armed = false;
            }
        }
        assertThat(seen.cardinality()).isEqualTo(sent.length);
    }

    /** Either the cancel ends it, or it has ended by itself, for want of a buffer. */
    private static void endReceive(Driver driver) {
        Sqe.prepCancel(driver.sq.next(), 1, 2);
        List<Completion> last = new ArrayList<>(List.of(driver.next()));
        if (last.getFirst().userData() == 2) {
            last.add(driver.next());
        }
        last.addAll(driver.posted());
        if (last.size() == 1) {
            assertThat(last).containsExactly(new Completion(1, -Errno.ECANCELED, 0));
        } else {
            assertThat(last).containsExactlyInAnyOrder(new Completion(1, -Errno.ENOBUFS, 0),
                new Completion(2, -Errno.ENOENT, 0));
        }
    }

    /** In another order, so that ids and places differ from then on. */
    private static void giveBack(BufferRing buffers, int[] order, SplittableRandom random) {
        for (int i = order.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int id = order[i];
            order[i] = order[j];
            order[j] = id;
        }
        for (int id : order) {
            buffers.give(id);
        }
        buffers.publish();
    }
}
