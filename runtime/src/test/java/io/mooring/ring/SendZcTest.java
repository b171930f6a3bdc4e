package io.mooring.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.KernelFeatures;
import io.mooring.sys.OffHeap;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Zero-copy sends from registered memory: when are the bytes free? */
@Timeout(120)
@Tag("io_uring") // epoll has no such sends
class SendZcTest {
    private static final long SEND = UserData.pack(4, 5, 0);
    private static final long CANCEL = UserData.pack(7, 5, 0);
    private static final long OPTION = UserData.pack(8, 5, 0);
    private static final long CLOSE = UserData.pack(9, 5, 0);

    private static final int BYTES = 8 << 20;
    private static final int NOW = Abi.MSG_DONTWAIT | Abi.MSG_WAITALL;
    private static final int NOTIFIED = Abi.CQE_F_NOTIF;
    private static final int SO_LINGER = 13;

    private final KernelFeatures features = Variant.NEWEST.features();

    /** The count first, the notification when the peer's kernel has the bytes. */
    @Test
    void twoCompletions() throws IOException {
        try (Loopback loopback = loopback(false)) {
            SocketChannel peer = loopback.accept(0);
            for (int bytes : new int[] {1, 66, 1_000, 16 << 10, 100_000}) {
                byte[] sent = fill(loopback.memory, bytes, bytes);
                send(loopback, loopback.memory, bytes, NOW);
                CompletableFuture<byte[]> received = reading(peer, bytes);
                Completion count = loopback.driver.next(SEND);
                assertThat(count).isEqualTo(new Completion(SEND, bytes, Abi.CQE_F_MORE));
                assertThat(CompletionQueue.isNotification(count.flags())).isFalse();
                Completion notice = loopback.driver.next(SEND);
                assertThat(notice).isEqualTo(new Completion(SEND, 0, NOTIFIED));
                assertThat(CompletionQueue.isNotification(notice.flags())).isTrue();
                OffHeap.zero(loopback.memory, bytes);
                assertThat(received.join()).isEqualTo(sent);
                assertThat(loopback.driver.posted()).isEmpty();
            }
        }
    }

    /** Within one machine the receiver's side copies, and the notification says so. */
    @Test
    void reportsACopy() throws IOException {
        assumeTrue(features.closesAtOnce() || !features.release().startsWith("6.1."),
            "SEND_ZC reports usage from 6.2 on");
        try (Loopback loopback = loopback(false)) {
            loopback.accept(0);
            Sqe.prepSendZcFixed(loopback.sq.next(), 0, FixedBuffers.INDEX, loopback.memory, 1_000,
                NOW, true, SEND);
            assertThat(loopback.driver.next(SEND))
                .isEqualTo(new Completion(SEND, 1_000, Abi.CQE_F_MORE));
            Completion notice = loopback.driver.next(SEND);
            assertThat(notice.flags()).isEqualTo(NOTIFIED);
            assertThat(CompletionQueue.wasCopied(notice.result())).isTrue();
            assertThat(CompletionQueue.wasCopied(0)).isFalse();
        }
    }

    /**
     * A peer that does not read: what is written to the memory meanwhile is what it gets. So the
     * bytes lie nowhere else, and must not be reused before the notification.
     */
    @Test
    void bytesAreInUseUntilTheNotification() throws IOException {
        try (Loopback loopback = loopback(true)) {
            SocketChannel peer = loopback.accept(0);
            fill(loopback.memory, BYTES, 1);
            Stalled stalled = stall(loopback);
            byte[] changed = fill(loopback.memory, BYTES, 2);
            byte[] received = reading(peer, stalled.bytes).join();
            stalled.awaitNotifications(loopback);
            int tail = 1_000; // of what lay in the sender's queue
            assertThat(Arrays.copyOfRange(received, stalled.bytes - tail, stalled.bytes))
                .isEqualTo(Arrays.copyOfRange(changed, stalled.bytes - tail, stalled.bytes));

            // After it they are ours: what is written now reaches nobody.
            byte[] second = fill(loopback.memory, 1_000, 3);
            send(loopback, loopback.memory, 1_000, NOW);
            loopback.driver.next(SEND);
            loopback.driver.next(SEND);
            OffHeap.zero(loopback.memory, 1_000);
            assertThat(Loopback.read(peer, 1_000)).isEqualTo(second);
        }
    }

    /** Nothing fits: an error, and a notification as well, which comes at once. */
    @Test
    void noRoomAtAll() throws IOException {
        try (Loopback loopback = loopback(true)) {
            SocketChannel peer = loopback.accept(0);
            Stalled stalled = stall(loopback);
            int sent = stalled.bytes;
            Completion last = null;
            for (int i = 0; last == null || last.result() != -Errno.EAGAIN; i++) {
                long tag = UserData.pack(6, 1, i);
                Sqe.prepSendZcFixed(loopback.sq.next(), 0, FixedBuffers.INDEX, loopback.memory,
                    BYTES, NOW, false, tag);
                last = loopback.driver.next(tag);
                assertThat(last.more()).isTrue();
                sent += Math.max(0, last.result());
                stalled.outstanding.add(tag);
            }
            assertThat(loopback.driver.next(last.userData()))
                .isEqualTo(new Completion(last.userData(), 0, NOTIFIED));
            stalled.outstanding.remove(last.userData());
            loopback.closeSlot(0);
            assertThat(readToTheEnd(loopback, peer, sent + 1)).as("not a byte more").hasSize(sent);
            stalled.awaitNotifications(loopback);
        }
    }

    /** One that waits sends all; its notification is of all. It can be cancelled. */
    @Test
    void oneThatWaits() throws IOException {
        try (Loopback loopback = loopback(true)) {
            SocketChannel peer = loopback.accept(0);
            byte[] sent = fill(loopback.memory, BYTES, 4);
            send(loopback, loopback.memory, BYTES, Abi.MSG_WAITALL);
            assertThat(loopback.driver.posted()).as("it waits").isEmpty();
            CompletableFuture<byte[]> received = reading(peer, BYTES);
            assertThat(loopback.driver.next(SEND))
                .isEqualTo(new Completion(SEND, BYTES, Abi.CQE_F_MORE));
            assertThat(loopback.driver.next(SEND)).isEqualTo(new Completion(SEND, 0, NOTIFIED));
            assertThat(Arrays.equals(received.join(), sent)).isTrue();

            send(loopback, loopback.memory, BYTES, Abi.MSG_WAITALL);
            assertThat(loopback.driver.posted()).as("it waits").isEmpty();
            Sqe.prepCancel(loopback.sq.next(), SEND, CANCEL);
            Completion count = loopback.driver.next(SEND);
            assertThat(count.flags()).isEqualTo(Abi.CQE_F_MORE);
            assertThat(count.result()).isBetween(1, BYTES - 1);
            assertThat(loopback.driver.posted()).isEmpty();
            reading(peer, count.result()).join();
            assertThat(loopback.driver.next(SEND)).isEqualTo(new Completion(SEND, 0, NOTIFIED));
        }
    }

    /** A peer that is killed: the queue goes, and with it the last hold on the bytes. */
    @Test
    void aPeerThatResets() throws IOException {
        try (Loopback loopback = loopback(true)) {
            SocketChannel peer = loopback.accept(0);
            Stalled stalled = stall(loopback);
            Loopback.reset(peer);
            stalled.awaitNotifications(loopback);
            send(loopback, loopback.memory, BYTES, NOW);
            Completion error = loopback.driver.next(SEND);
            assertThat(error.result()).isIn(-Errno.EPIPE, -Errno.ECONNRESET);
            assertThat(error.more()).isTrue();
            assertThat(loopback.driver.next(SEND)).isEqualTo(new Completion(SEND, 0, NOTIFIED));
        }
    }

    /** Closing does not free the bytes: the socket lives on until its peer has taken them. */
    @Test
    void closedBeforeTheNotification() throws IOException {
        try (Loopback loopback = loopback(true)) {
            SocketChannel peer = loopback.accept(0);
            byte[] sent = fill(loopback.memory, BYTES, 5);
            Stalled stalled = stall(loopback);
            loopback.closeSlot(0);
            assertThat(loopback.driver.posted()).as("no notification").isEmpty();
            byte[] received = readToTheEnd(loopback, peer, BYTES);
            assertThat(received).hasSize(stalled.bytes);
            assertThat(Arrays.equals(received, Arrays.copyOf(sent, stalled.bytes))).isTrue();
            stalled.awaitNotifications(loopback);
        }
    }

    /** Closed with SO_LINGER 0, it resets, and the bytes are free at once. */
    @Test
    void resetBeforeTheNotification() throws IOException {
        try (Loopback loopback = loopback(true)) {
            assumeTrue(features.closesAtOnce(), "a closed slot's socket is let go of"
                + " only after the notification that it is to bring about: before 6.13");
            loopback.accept(0);
            Stalled stalled = stall(loopback);
            long linger = loopback.memory + BYTES;
            OffHeap.putInt(linger, 1);
            OffHeap.putInt(linger + 4, 0);
            Sqe.prepSetOption(loopback.sq.next(), 0, Abi.SOL_SOCKET, SO_LINGER, linger, 8, OPTION);
            assertThat(loopback.driver.next(OPTION).result()).isZero();
            Sqe.prepClose(loopback.sq.next(), 0, CLOSE);
            stalled.outstanding.add(CLOSE);
            stalled.awaitNotifications(loopback);
        }
    }

    /** connect(2) to AF_UNSPEC resets as well, and every kernel has it. */
    @Test
    void disconnectedBeforeTheNotification() throws IOException {
        try (Loopback loopback = loopback(true)) {
            loopback.accept(0);
            Stalled stalled = stall(loopback);
            Sqe.prepDisconnect(loopback.sq.next(), 0, OPTION);
            stalled.outstanding.add(OPTION);
            stalled.awaitNotifications(loopback);
            loopback.closeSlot(0);
        }
    }

    /** The ring goes, then the memory, with bytes on their way: the peer gets what was there. */
    @Test
    void theRingIsClosedAndTheMemoryUnmapped() throws IOException {
        try (Loopback loopback = Loopback.openDeep(1)) {
            long memory = OffHeap.map(BYTES);
            byte[] sent = fill(memory, BYTES, 6);
            FixedBuffers.register(loopback.ring, memory, BYTES);
            SocketChannel peer = loopback.accept(0);
            Stalled stalled = stall(loopback, memory);
            loopback.closeRing();
            OffHeap.unmap(memory, BYTES);
            long other = OffHeap.map(BYTES);
            OffHeap.zero(other, BYTES);
            byte[] received = reading(peer, BYTES).join(); // up to the end
            OffHeap.unmap(other, BYTES);
            assertThat(Arrays.equals(received, Arrays.copyOf(sent, stalled.bytes))).isTrue();
        }
    }

    /** Outside the region, or saying nothing on success: refused, with one completion. */
    @Test
    void refused() throws IOException {
        try (Loopback loopback = loopback(false)) {
            loopback.accept(0);
            long sqe = loopback.sq.next();
            Sqe.prepSendZcFixed(sqe, 0, FixedBuffers.INDEX, loopback.memory, 10, NOW, false, SEND);
            Sqe.silently(sqe);
            assertThat(loopback.driver.next(SEND))
                .isEqualTo(new Completion(SEND, -Errno.EINVAL, 0));
            Sqe.prepSendZcFixed(loopback.sq.next(), 0, FixedBuffers.INDEX + 1, loopback.memory, 10,
                NOW, false, SEND);
            assertThat(loopback.driver.next(SEND).result()).isEqualTo(-Errno.EFAULT);
            List<Completion> rest = loopback.driver.posted();
            assertThat(rest).allSatisfy(one -> assertThat(one.flags()).isEqualTo(NOTIFIED));
        }
    }

    /** How many bytes went, and whose notifications are to come. */
    private record Stalled(int bytes, Set<Long> outstanding) {
        void awaitNotifications(Loopback loopback) {
            while (!outstanding.isEmpty()) {
                Completion completion = loopback.driver.next();
                assertThat(outstanding.remove(completion.userData())).as("%s", completion).isTrue();
                assertThat(completion.result()).isZero();
            }
        }
    }

    private static Stalled stall(Loopback loopback) {
        return stall(loopback, loopback.memory);
    }

    /** One send of more than a peer that does not read has room for. */
    private static Stalled stall(Loopback loopback, long memory) {
        send(loopback, memory, BYTES, NOW);
        Completion count = loopback.driver.next(SEND);
        assertThat(count.flags()).isEqualTo(Abi.CQE_F_MORE);
        assertThat(count.result()).isBetween(1, BYTES);
        assumeTrue(count.result() > 3 * Loopback.PEER_BYTES,
            "a socket may have too little room for this test: net.core.wmem_max");
        assertThat(loopback.driver.posted()).as("no notification").isEmpty();
        return new Stalled(count.result(), new HashSet<>(Set.of(SEND)));
    }

    private Loopback loopback(boolean deep) {
        Loopback loopback = deep ? Loopback.openDeep(1) : Loopback.open(1);
        FixedBuffers.register(loopback.ring, loopback.memory, 16 << 20);
        return loopback;
    }

    private static void send(Loopback loopback, long memory, int bytes, int flags) {
        Sqe.prepSendZcFixed(loopback.sq.next(), 0, FixedBuffers.INDEX, memory, bytes, flags, false,
            SEND);
    }

    private static byte[] fill(long memory, int bytes, long seed) {
        byte[] content = new byte[bytes];
        new SplittableRandom(seed).nextBytes(content);
        OffHeap.copy(content, 0, memory, bytes);
        return content;
    }

    /**
     * All that the peer gets, if it is less. Before Linux 6.13 a closed slot's socket is let go of
     * when the last notification is made, and so in an enter.
     */
    private static byte[] readToTheEnd(Loopback loopback, SocketChannel peer, int bytes) {
        CompletableFuture<byte[]> reading = reading(peer, bytes);
        loopback.driver.enterUntil("the peer has read up to the end", reading::isDone);
        return reading.join();
    }

    private static CompletableFuture<byte[]> reading(SocketChannel peer, int bytes) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return Loopback.read(peer, bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }
}
