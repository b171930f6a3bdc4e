package io.mooring.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** POLL_ADD as cold connections wait by it, and how they are ended. */
@Timeout(120)
class PollTest {
    private static final int EVENTS = Abi.POLLIN | Abi.POLLRDHUP;
    private static final long POLL = UserData.pack(1, 9, 0);
    private static final long CANCEL = UserData.pack(2, 9, 0);
    private static final long CLOSE = UserData.pack(3, 9, 0);
    private static final long SHUTDOWN = UserData.pack(4, 9, 0);

    private Loopback loopback;
    private Driver driver;
    private SocketChannel peer;

    @BeforeEach
    void connect() throws IOException {
        loopback = Loopback.open(1);
        driver = loopback.driver;
        peer = loopback.accept(0);
    }

    @AfterEach
    void close() throws IOException {
        if (loopback != null) { // else the set-up was skipped
            loopback.close();
        }
    }

    @Test
    void firesOnData() throws IOException {
        poll();
        assertThat(driver.posted()).isEmpty();
        Loopback.write(peer, new byte[1]);
        assertThat(driver.next(POLL)).isEqualTo(new Completion(POLL, Abi.POLLIN, 0));
        Loopback.write(peer, new byte[1]);
        assertThat(driver.posted()).as("it was for once").isEmpty();
        poll(); // with data there already
        assertThat(driver.next(POLL).result()).isEqualTo(Abi.POLLIN);
    }

    @Test
    void firesOnAHalfClose() throws IOException {
        poll();
        assertThat(driver.posted()).isEmpty();
        peer.shutdownOutput();
        assertThat(driver.next(POLL).result()).isEqualTo(Abi.POLLIN | Abi.POLLRDHUP);
        poll();
        assertThat(driver.next(POLL).result()).isEqualTo(Abi.POLLIN | Abi.POLLRDHUP);
    }

    @Test
    void firesOnAReset() throws IOException {
        poll();
        assertThat(driver.posted()).isEmpty();
        Loopback.reset(peer);
        assertThat(driver.next(POLL).result())
            .isEqualTo(Abi.POLLIN | Abi.POLLRDHUP | Abi.POLLERR | Abi.POLLHUP);
    }

    @Test
    void cancelled() throws IOException {
        poll();
        assertThat(driver.posted()).isEmpty();
        cancel();
        assertThat(driver.next(POLL).result()).isEqualTo(-Errno.ECANCELED);
        assertThat(driver.posted()).as("the cancel itself").isEmpty();
        cancel();
        assertThat(driver.next(CANCEL).result()).as("nothing to cancel").isEqualTo(-Errno.ENOENT);
        poll(); // the connection is none the worse
        Loopback.write(peer, new byte[1]);
        assertThat(driver.next(POLL).result()).isEqualTo(Abi.POLLIN);
    }

    /**
     * A poll that waits holds the socket: closing the slot ends nothing. The socket lives, as the
     * poll that still fires shows, and goes with it.
     */
    @Tag("io_uring") // epoll: EpollRingTest
    @Test
    void aPollHoldsTheSocket() throws IOException {
        poll();
        assertThat(driver.posted()).isEmpty();
        Sqe.prepClose(loopback.sq.next(), 0, CLOSE);
        assertThat(driver.next(CLOSE).result()).isZero();
        peer.shutdownOutput();
        assertThat(driver.next(POLL).result()).isEqualTo(Abi.POLLIN | Abi.POLLRDHUP);
        assertThat(Loopback.isAtEnd(peer)).isTrue();
    }

    /** What the closer does: cancel, join, close. The peer sees a clean end. */
    @Test
    void cancelThenClose() throws IOException {
        poll();
        assertThat(driver.posted()).isEmpty();
        cancel();
        assertThat(driver.next(POLL).result()).isEqualTo(-Errno.ECANCELED);
        Sqe.prepClose(loopback.sq.next(), 0, CLOSE);
        assertThat(driver.next(CLOSE)).isEqualTo(new Completion(CLOSE, 0, 0));
        assertThat(Loopback.isAtEnd(peer)).isTrue();
        poll();
        assertThat(driver.next(POLL).result()).isEqualTo(-Errno.EBADF);
    }

    /** The same in one enter: the close overtakes the end of the poll, and still nothing stays. */
    @Test
    void cancelAndCloseAtOnce() throws IOException {
        poll();
        assertThat(driver.posted()).isEmpty();
        cancel();
        Sqe.prepClose(loopback.sq.next(), 0, CLOSE);
        Completion one = driver.next();
        Completion other = driver.next();
        assertThat(List.of(one, other)).containsExactlyInAnyOrder(
            new Completion(POLL, -Errno.ECANCELED, 0), new Completion(CLOSE, 0, 0));
        assertThat(driver.posted()).isEmpty();
        assertThat(Loopback.isAtEnd(peer)).isTrue();
    }

    /** A slot that was closed is empty: the next connection may have it. */
    @Test
    void aClosedSlotTakesTheNextConnection() throws IOException {
        for (int i = 0; i < 50; i++) {
            poll();
            cancel();
            assertThat(driver.next(POLL).result()).isEqualTo(-Errno.ECANCELED);
            Sqe.prepClose(loopback.sq.next(), 0, CLOSE);
            assertThat(driver.next(CLOSE).result()).isZero();
            assertThat(Loopback.isAtEnd(peer)).isTrue();
            peer.close();
            peer = loopback.accept(0);
        }
    }

    /** Our end alone: the peer sees it, and what it still sends is read. */
    @Test
    void shutdownOfOurSide() throws IOException {
        shutdown(Abi.SHUT_WR);
        assertThat(driver.next(SHUTDOWN).result()).isZero();
        assertThat(Loopback.isAtEnd(peer)).isTrue();
        poll();
        assertThat(driver.posted()).isEmpty();
        Loopback.write(peer, new byte[1]);
        assertThat(driver.next(POLL).result()).isEqualTo(Abi.POLLIN);
    }

    /** Both ends: a poll that waits fires by that. */
    @Test
    void shutdownOfBothSidesEndsAPoll() throws IOException {
        poll();
        assertThat(driver.posted()).isEmpty();
        shutdown(Abi.SHUT_RDWR);
        Completion one = driver.next();
        Completion other = driver.next();
        Completion polled = one.userData() == POLL ? one : other;
        Completion shut = one.userData() == POLL ? other : one;
        assertThat(shut).isEqualTo(new Completion(SHUTDOWN, 0, 0));
        assertThat(polled.userData()).isEqualTo(POLL);
        assertThat(polled.result() & Abi.POLLRDHUP).isNotZero();
        assertThat(Loopback.isAtEnd(peer)).isTrue();
    }

    @Test
    void shutdownOfAConnectionThatIsGone() throws IOException {
        poll();
        Loopback.reset(peer);
        driver.next(POLL);
        shutdown(Abi.SHUT_WR);
        assertThat(driver.next(SHUTDOWN).result()).isEqualTo(-Errno.ENOTCONN);
    }

    private void poll() {
        Sqe.prepPoll(loopback.sq.next(), 0, EVENTS, POLL);
    }

    private void cancel() {
        Sqe.prepCancel(loopback.sq.next(), POLL, CANCEL);
    }

    private void shutdown(int how) {
        Sqe.prepShutdown(loopback.sq.next(), 0, how, SHUTDOWN);
    }
}
