package io.mooring.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.epoll.EngineChoice;
import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.sys.Syscalls;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the epoll ring does beside what every ring does, and its own corners. */
@Tag("once") // opens its rings itself
@Timeout(120)
class EpollRingTest {
    private static final int EVENTS = Abi.POLLIN | Abi.POLLRDHUP;
    private static final int CLOSE = 9;

    private static Ring open(int submissions, int completions) {
        return EngineChoice.EPOLL.open().open(submissions, completions);
    }

    private static Loopback loopback(int submissions, int completions, int slots)
        throws IOException {
        return Loopback.open(open(submissions, completions), slots, "127.0.0.1");
    }

    private static long userData(int op, int slot) {
        return UserData.pack(op, 1, slot);
    }

    /** In the kernel a poll holds its socket; here it ends with it. */
    @Test
    void closingASlotEndsWhatWaitsThere() throws IOException {
        try (Loopback loopback = Loopback.open(open(16, 16), 2, "127.0.0.1")) {
            SocketChannel peer = loopback.accept(0);
            Sqe.prepPoll(loopback.sq.next(), 0, EVENTS, userData(1, 0));
            Sqe.prepPoll(loopback.sq.next(), 0, Abi.POLLIN, userData(2, 7)); // beside the slot
            assertThat(loopback.driver.posted()).isEmpty();
            Sqe.prepClose(loopback.sq.next(), 0, userData(CLOSE, 0));
            assertThat(loopback.driver.posted()).containsExactlyInAnyOrder(
                new Completion(userData(1, 0), -Errno.ECANCELED, 0),
                new Completion(userData(2, 7), -Errno.ECANCELED, 0),
                new Completion(userData(CLOSE, 0), 0, 0));
            assertThat(Loopback.isAtEnd(peer)).isTrue();
            loopback.accept(0);
            assertThat(loopback.driver.posted()).as("nothing of the old one").isEmpty();
        }
    }

    /** What was sent before the close counts as sent. */
    @Test
    void closingASlotTellsHowMuchWasSent() throws IOException {
        try (Loopback loopback = Loopback.open(open(16, 16), 1, "127.0.0.1")) {
            SocketChannel peer = loopback.accept(0);
            int bytes = 16 << 20;
            Sqe.prepSendAll(loopback.sq.next(), 0, loopback.memory, bytes, userData(1, 0));
            assertThat(loopback.driver.posted()).isEmpty();
            Loopback.read(peer, 100_000);
            assertThat(loopback.driver.posted()).isEmpty();
            Sqe.prepCancel(loopback.sq.next(), userData(1, 0), userData(2, 0));
            Completion sent = loopback.driver.next(userData(1, 0));
            assertThat(sent.result()).isBetween(100_000, bytes - 1);
            Sqe.prepClose(loopback.sq.next(), 0, userData(CLOSE, 0));
            assertThat(loopback.driver.next(userData(CLOSE, 0)).result()).isZero();
            assertThat(Loopback.read(peer, bytes)).hasSize(sent.result() - 100_000);
        }
    }

    /** An edge is reported once; nobody waits for it then, and still it is not lost. */
    @Test
    void anEdgeThatNobodyWaitsFor() throws IOException {
        try (Loopback loopback = Loopback.open(open(16, 16), 1, "127.0.0.1");
                BufferRing buffers = new BufferRing(loopback.ring, 0, 4, 64)) {
            SocketChannel peer = loopback.accept(0);
            Sqe.prepPoll(loopback.sq.next(), 0, EVENTS, userData(1, 0));
            loopback.driver.posted();
            Sqe.prepCancel(loopback.sq.next(), userData(1, 0), userData(2, 0));
            loopback.driver.next(userData(1, 0));
            Loopback.write(peer, new byte[] {1, 2, 3});
            awaitInput(loopback, peer);
            Sqe.prepPoll(loopback.sq.next(), 0, EVENTS, userData(1, 0));
            assertThat(loopback.driver.next(userData(1, 0)).result()).isEqualTo(Abi.POLLIN);
            Sqe.prepRecvMultishot(loopback.sq.next(), 0, 0, false, userData(3, 0));
            Completion received = loopback.driver.next(userData(3, 0));
            assertThat(received.result()).isEqualTo(3);
            assertThat(received.more()).isTrue();
            assertThat(received.flags() & Abi.CQE_F_SOCK_NONEMPTY).isZero();
            peer.shutdownOutput();
            Completion end = loopback.driver.next(userData(3, 0));
            assertThat(end.result()).isZero();
            assertThat(end.more()).isFalse();
        }
    }

    /** Enters until the bytes are certainly here: those of the loopback are, once written. */
    private static void awaitInput(Loopback loopback, SocketChannel peer) {
        assertThat(peer.isConnected()).isTrue();
        assertThat(loopback.driver.posted()).isEmpty();
        assertThat(loopback.driver.posted()).isEmpty();
    }

    /** The old connection has input, and is queued too; the slot's next one hears none of it. */
    @Test
    void aSlotIsReusedWithNewsOfTheOldOneOnItsWay() throws IOException {
        try (Loopback loopback = loopback(16, 16, 2);
                BufferRing buffers = new BufferRing(loopback.ring, 0, 2, 8)) {
            SocketChannel old = loopback.accept(0);
            Sqe.prepRecvMultishot(loopback.sq.next(), 0, 0, false, userData(1, 0));
            assertThat(loopback.driver.posted()).isEmpty();
            Loopback.write(old, new byte[64]); // more than there are buffers: it is stopped
            assertThat(loopback.driver.posted()).hasSize(2);
            assertThat(loopback.ring.hasWork()).isTrue();
            Loopback.write(old, new byte[64]);
            SocketChannel next = loopback.connect();
            Loopback.write(next, new byte[] {5});
            Sqe.prepClose(loopback.sq.next(), 0, userData(CLOSE, 0));
            loopback.prepAccept(0);
            List<Completion> posted = loopback.driver.posted();
            assertThat(posted).contains(new Completion(userData(1, 0), -Errno.ECANCELED, 0),
                new Completion(userData(CLOSE, 0), 0, 0),
                new Completion(Loopback.ACCEPT, 0, 0)).hasSize(3);
            buffers.taken();
            buffers.taken();
            buffers.give(0);
            buffers.give(1);
            buffers.publish();
            Sqe.prepRecvMultishot(loopback.sq.next(), 0, 0, false, UserData.pack(1, 2, 0));
            Completion received = loopback.driver.next(UserData.pack(1, 2, 0));
            assertThat(received.result()).isEqualTo(1);
            assertThat(OffHeap.getByte(buffers.address(received.buffer()))).isEqualTo((byte) 5);
            assertThat(loopback.driver.posted()).isEmpty();
        }
    }

    /** More sockets are ready than completions fit: the rest stays where it is, and is said. */
    @Test
    void aFullCompletionQueueStopsTheReceives() throws IOException {
        int sockets = 20;
        try (Loopback loopback = loopback(32, 32, sockets);
                Ring narrow = open(4, 4);
                BufferRing buffers = new BufferRing(loopback.ring, 0, 64, 8)) {
            assertThat(narrow.hasWork()).isFalse();
            List<SocketChannel> peers = new ArrayList<>();
            for (int slot = 0; slot < sockets; slot++) {
                peers.add(loopback.accept(slot));
                Sqe.prepRecvMultishot(loopback.sq.next(), slot, 0, false, userData(1, slot));
                assertThat(loopback.driver.posted()).isEmpty();
            }
            for (SocketChannel peer : peers) {
                Loopback.write(peer, new byte[16]); // two completions each: 40 in all
            }
            loopback.driver.enter();
            assertThat(loopback.ring.cq().tail() - loopback.ring.cq().head()).isEqualTo(32);
            assertThat(loopback.ring.overflowed()).isFalse();
            loopback.driver.enter();
            assertThat(loopback.ring.cq().tail() - loopback.ring.cq().head()).isEqualTo(32);
            List<Completion> all = new ArrayList<>(loopback.driver.queued());
            assertThat(loopback.ring.hasWork()).as("some were stopped").isTrue();
            while (all.size() < 40) {
                all.add(loopback.driver.next());
            }
            assertThat(all).allSatisfy(one -> assertThat(one.result()).isEqualTo(8));
            Set<Long> heard = new HashSet<>();
            all.forEach(one -> heard.add(one.userData()));
            assertThat(heard).hasSize(sockets);
            assertThat(loopback.driver.posted()).isEmpty();
            assertThat(loopback.ring.cq().lost()).isZero();
        }
    }

    /**
     * Buffers that this enter has used up are no shortage: whoever is to give them back has not
     * seen them. What was used up before is one.
     */
    @Test
    void buffersThatAreUsedUpAndGivenBack() throws IOException {
        int sockets = 6;
        try (Loopback loopback = loopback(32, 64, sockets);
                BufferRing buffers = new BufferRing(loopback.ring, 0, 2, 64)) {
            List<SocketChannel> peers = new ArrayList<>();
            for (int slot = 0; slot < sockets; slot++) {
                peers.add(loopback.accept(slot));
                Sqe.prepRecvMultishot(loopback.sq.next(), slot, 0, false, userData(1, slot));
            }
            assertThat(loopback.driver.posted()).isEmpty();
            for (SocketChannel peer : peers) {
                Loopback.write(peer, new byte[10]);
            }
            Set<Long> heard = new HashSet<>();
            for (int turn = 0; turn < 3; turn++) {
                List<Completion> two = loopback.driver.posted();
                assertThat(two).hasSize(2);
                for (Completion one : two) {
                    assertThat(one.result()).isEqualTo(10);
                    heard.add(one.userData());
                    buffers.taken();
                    buffers.give(one.buffer());
                }
                buffers.publish();
            }
            assertThat(heard).hasSize(sockets);
            for (SocketChannel peer : peers) {
                Loopback.write(peer, new byte[10]);
            }
            assertThat(loopback.driver.posted()).hasSize(2); // and kept
            assertThat(loopback.driver.posted()).hasSize(4).allSatisfy(one ->
                assertThat(one.result()).isEqualTo(-Errno.ENOBUFS));
        }
    }

    /** A peer that has sent very much does not keep the others from being heard. */
    @Test
    void onePeerDoesNotStarveTheOthers() throws IOException {
        try (Loopback loopback = loopback(32, 64, 3);
                BufferRing buffers = new BufferRing(loopback.ring, 0, 32, 16)) {
            SocketChannel loud = loopback.accept(0);
            List<SocketChannel> quiet = List.of(loopback.accept(1), loopback.accept(2));
            for (int slot = 0; slot < 3; slot++) {
                Sqe.prepRecvMultishot(loopback.sq.next(), slot, 0, false, userData(1, slot));
            }
            assertThat(loopback.driver.posted()).isEmpty();
            Loopback.write(loud, new byte[16 * 100]);
            for (SocketChannel peer : quiet) {
                Loopback.write(peer, new byte[1]);
            }
            List<Completion> first = loopback.driver.posted();
            assertThat(first).extracting(Completion::userData)
                .contains(userData(1, 0), userData(1, 1), userData(1, 2));
            assertThat(first).hasSizeLessThan(12);
        }
    }

    /** A chain whose head waits: what follows begins when it may, or ends with it. */
    @Test
    void chainsThatWait() throws IOException {
        try (Loopback loopback = loopback(16, 16, 1)) {
            SocketChannel peer = loopback.accept(0);
            pollThenNop(loopback);
            assertThat(loopback.driver.posted()).isEmpty();
            Loopback.write(peer, new byte[1]);
            assertThat(loopback.driver.next()).isEqualTo(
                new Completion(userData(1, 0), Abi.POLLIN, 0));
            assertThat(loopback.driver.next()).isEqualTo(new Completion(userData(2, 0), 0, 0));

            OffHeap.putByte(loopback.memory, (byte) 0);
            Sqe.prepShutdown(loopback.sq.next(), 0, Abi.SHUT_WR, userData(3, 0));
            assertThat(loopback.driver.next(userData(3, 0)).result()).isZero();
            // Fails at once: the rest of the chain was not begun, and says so.
            long send = loopback.sq.next();
            Sqe.prepSendAll(send, 0, loopback.memory, 1, userData(4, 0));
            link(send);
            Sqe.prepNop(loopback.sq.next(), userData(5, 0));
            Sqe.prepNop(loopback.sq.next(), userData(6, 0)); // not of the chain
            assertThat(loopback.driver.posted()).containsExactly(
                new Completion(userData(4, 0), -Errno.EPIPE, 0),
                new Completion(userData(5, 0), -Errno.ECANCELED, 0),
                new Completion(userData(6, 0), 0, 0));
        }
    }

    @Test
    void aChainThatWaitsIsCancelled() throws IOException {
        try (Loopback loopback = loopback(16, 16, 1)) {
            loopback.accept(0);
            pollThenNop(loopback);
            assertThat(loopback.driver.posted()).isEmpty();
            Sqe.prepCancel(loopback.sq.next(), userData(2, 0), userData(7, 0)); // not begun yet
            assertThat(loopback.driver.next().result()).isEqualTo(-Errno.ENOENT);
            Sqe.prepCancel(loopback.sq.next(), userData(1, 0), userData(7, 0));
            assertThat(loopback.driver.posted()).containsExactly(
                new Completion(userData(1, 0), -Errno.ECANCELED, 0),
                new Completion(userData(2, 0), -Errno.ECANCELED, 0));
        }
    }

    private static void pollThenNop(Loopback loopback) {
        long poll = loopback.sq.next();
        Sqe.prepPoll(poll, 0, Abi.POLLIN, userData(1, 0));
        link(poll);
        Sqe.prepNop(loopback.sq.next(), userData(2, 0));
    }

    private static void link(long entry) {
        byte flags = OffHeap.getByte(entry + Abi.SQE_FLAGS);
        OffHeap.putByte(entry + Abi.SQE_FLAGS, (byte) (flags | Abi.SQE_IO_LINK));
    }

    /** A burst longer than what waits for it: none is lost, whenever the next accepts come. */
    @Test
    void moreConnectionsThanAccepts() throws IOException {
        int connections = 100;
        try (Loopback loopback = loopback(32, 32, connections)) {
            for (int i = 0; i < connections; i++) {
                loopback.connect();
            }
            int slot = 0;
            while (slot < connections) {
                for (int i = 0; i < 10; i++) {
                    loopback.prepAccept(slot++);
                }
                for (int i = 0; i < 10; i++) {
                    assertThat(loopback.driver.next(Loopback.ACCEPT).result()).isZero();
                }
            }
            loopback.prepAccept(0);
            assertThat(loopback.driver.posted()).as("none is left").isEmpty();
        }
    }

    /** EMFILE is told to the accepts, and the connection stays for the time when there is room. */
    @Test
    void withoutDescriptorsAnAcceptFails() throws IOException {
        long limits = OffHeap.map(Abi.RLIMIT_BYTES);
        try (Loopback loopback = loopback(16, 16, 4)) {
            SocketChannel peer = loopback.connect();
            Syscalls.prlimit(Abi.RLIMIT_NOFILE, 0, limits);
            long soft = OffHeap.getLong(limits);
            int lowestFree = Syscalls.eventfd(0, Abi.EFD_CLOEXEC);
            Syscalls.close(lowestFree);
            List<Completion> failed;
            try {
                OffHeap.putLong(limits, lowestFree);
                assertThat(Syscalls.prlimit(Abi.RLIMIT_NOFILE, limits, 0)).isZero();
                loopback.prepAccept(0);
                loopback.prepAccept(1);
                failed = loopback.driver.posted();
            } finally {
                OffHeap.putLong(limits, soft);
                Syscalls.prlimit(Abi.RLIMIT_NOFILE, limits, 0);
            }
            assertThat(failed).hasSize(2).allSatisfy(one ->
                assertThat(one.result()).isEqualTo(-Errno.EMFILE));
            loopback.prepAccept(2);
            assertThat(loopback.driver.next(Loopback.ACCEPT).result()).isZero();
            OffHeap.putByte(loopback.memory, (byte) 3);
            Sqe.prepSendNow(loopback.sq.next(), 2, loopback.memory, 1, userData(1, 2));
            assertThat(loopback.driver.posted()).isEmpty();
            assertThat(Loopback.read(peer, 1)).containsExactly(3);
        } finally {
            OffHeap.unmap(limits, Abi.RLIMIT_BYTES);
        }
    }

    /** An operation that the table of operations does not list fails, and so does its kernel's. */
    @Test
    void knowsWhatItCanDo() {
        try (Ring ring = open(4, 4)) {
            assertThat(ring.supports(Abi.OP_BIND)).isTrue();
            assertThat(ring.supports(Abi.OP_SEND_ZC)).isFalse();
            assertThat(ring.register(Abi.REGISTER_BUFFERS, 0, 0)).isEqualTo(-Errno.EINVAL);
            ring.close();
            assertThat(ring.register(Abi.REGISTER_FILES2, 0, 0)).isEqualTo(-Errno.EBADF);
        }
    }
}
