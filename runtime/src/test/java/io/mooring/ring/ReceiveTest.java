package io.mooring.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** RECV into buffers that the kernel picks, once and again and again. */
@Timeout(120)
class ReceiveTest {
    private static final int BUFFERS = 4;
    private static final int BUFFER_BYTES = 64;
    private static final long RECV = UserData.pack(3, 77, 0);
    private static final long POLL = UserData.pack(4, 77, 0);
    private static final long CANCEL = UserData.pack(9, 77, 0);

    private Loopback loopback;
    private BufferRing buffers;
    private Driver driver;
    private SocketChannel peer;

    @BeforeEach
    void connect() throws IOException {
        loopback = Loopback.open(2);
        driver = loopback.driver;
        buffers = new BufferRing(loopback.ring, 0, BUFFERS, BUFFER_BYTES);
        peer = loopback.accept(0);
    }

    @AfterEach
    void close() throws IOException {
        if (buffers != null) { // else the set-up was skipped
            loopback.close();
            buffers.close();
        }
    }

    @Test
    void onceWithDataAlreadyThere() throws IOException {
        write("hello");
        recv(0);
        assertThat(textOf(driver.next(RECV))).isEqualTo("hello");
    }

    @Test
    void onceAndWaitsForIt() throws IOException {
        recv(0);
        assertThat(driver.posted()).isEmpty();
        assertThat(buffers.held()).as("a receive that waits holds no buffer").isZero();
        write("later");
        assertThat(textOf(driver.next(RECV))).isEqualTo("later");
        write("again");
        assertThat(driver.posted()).as("it was for once").isEmpty();
    }

    @Test
    void dontWait() throws IOException {
        recv(Abi.MSG_DONTWAIT);
        Completion completion = driver.next(RECV);
        assertThat(completion.result()).isEqualTo(-Errno.EAGAIN);
        assertThat(completion.buffer()).isEqualTo(-1);
        write("x");
        Sqe.prepPoll(loopback.sq.next(), 0, Abi.POLLIN, POLL); // until it is there
        driver.next(POLL);
        recv(Abi.MSG_DONTWAIT);
        assertThat(textOf(driver.next(RECV))).isEqualTo("x");
    }

    /** A buffer takes what fits; the kernel says that there is more. */
    @Test
    void moreThanABuffer() throws IOException {
        write("a".repeat(BUFFER_BYTES) + "bcd");
        recv(0);
        Completion first = driver.next(RECV);
        assertThat(first.flags() & Abi.CQE_F_SOCK_NONEMPTY).isNotZero();
        assertThat(textOf(first)).isEqualTo("a".repeat(BUFFER_BYTES));
        recv(0);
        Completion second = driver.next(RECV);
        assertThat(second.flags() & Abi.CQE_F_SOCK_NONEMPTY).isZero();
        assertThat(textOf(second)).isEqualTo("bcd");
    }

    @Test
    void theEndIsZero() throws IOException {
        write("x");
        peer.shutdownOutput();
        recv(0);
        textOf(driver.next(RECV));
        for (int i = 0; i < 2; i++) { // and stays so
            recv(0);
            assertThat(driver.next(RECV).result()).isZero();
        }
    }

    @Test
    void aResetIsAnError() throws IOException {
        recv(0);
        assertThat(driver.posted()).isEmpty();
        Loopback.reset(peer);
        assertThat(driver.next(RECV).result()).isEqualTo(-Errno.ECONNRESET);
    }

    @Test
    void noBufferLeft() throws IOException {
        takeAll();
        write("x");
        recv(0);
        assertThat(driver.next(RECV)).isEqualTo(new Completion(RECV, -Errno.ENOBUFS, 0));
        buffers.give(2);
        recv(0);
        assertThat(driver.next(RECV).result()).as("given, not published")
            .isEqualTo(-Errno.ENOBUFS);
        buffers.publish();
        recv(0);
        Completion completion = driver.next(RECV);
        assertThat(completion.buffer()).isEqualTo(2);
        assertThat(textOf(completion)).isEqualTo("x");
    }

    /** Neither waits for a buffer: with none to begin with, both end at once, data or not. */
    @Test
    void armedWithoutABuffer() throws IOException {
        takeAll();
        recv(0);
        assertThat(driver.next(RECV).result()).isEqualTo(-Errno.ENOBUFS);
        multishot(false);
        Completion completion = driver.next(RECV);
        assertThat(completion).isEqualTo(new Completion(RECV, -Errno.ENOBUFS, 0));
        assertThat(completion.more()).isFalse();
        for (int id = 0; id < BUFFERS; id++) {
            buffers.give(id);
        }
        buffers.publish();
        multishot(false);
        assertThat(driver.posted()).isEmpty();
        write("well");
        Completion got = driver.next(RECV);
        assertThat(got.more()).isTrue();
        assertThat(textOf(got)).isEqualTo("well");
    }

    @Test
    void multishotManyMessages() throws IOException {
        multishot(true);
        for (int i = 0; i < 1_000; i++) {
            write("message " + i);
            Completion completion = driver.next(RECV);
            assertThat(completion.more()).isTrue();
            assertThat(textOf(completion)).isEqualTo("message " + i);
        }
        assertThat(driver.posted()).isEmpty();
    }

    /** POLL_FIRST waits before it tries, which changes nothing for data that is there. */
    @Test
    void multishotWithDataAlreadyThere() throws IOException {
        write("a".repeat(2 * BUFFER_BYTES) + "b");
        for (boolean pollFirst : new boolean[] {true, false}) {
            multishot(pollFirst);
            StringBuilder all = new StringBuilder();
            while (!all.toString().endsWith("b")) {
                Completion completion = driver.next(RECV);
                assertThat(completion.more()).isTrue();
                all.append(textOf(completion));
            }
            assertThat(all).hasToString("a".repeat(2 * BUFFER_BYTES) + "b");
            cancelMultishot();
            write("a".repeat(2 * BUFFER_BYTES) + "b");
        }
    }

    /** It ends when the buffers do; what has not been read stays in the socket. */
    @Test
    void multishotRunsOutOfBuffers() throws IOException {
        multishot(true);
        int[] held = new int[BUFFERS];
        for (int i = 0; i < BUFFERS; i++) {
            write("message " + i);
            Completion completion = driver.next(RECV);
            assertThat(completion.more()).isTrue();
            assertThat(text(completion)).isEqualTo("message " + i);
            buffers.taken();
            held[i] = completion.buffer();
        }
        write("one more");
        assertThat(driver.next(RECV)).isEqualTo(new Completion(RECV, -Errno.ENOBUFS, 0));
        buffers.give(held[0]);
        buffers.publish();
        assertThat(driver.posted()).as("it is over, not waiting").isEmpty();
        multishot(false);
        Completion completion = driver.next(RECV);
        assertThat(completion.buffer()).isEqualTo(held[0]);
        assertThat(textOf(completion)).isEqualTo("one more");
    }

    @Test
    void multishotEndsWithTheStream() throws IOException {
        multishot(true);
        write("last");
        Completion last = driver.next(RECV);
        assertThat(last.more()).isTrue();
        textOf(last);
        peer.shutdownOutput();
        Completion end = driver.next(RECV);
        assertThat(end.result()).isZero();
        assertThat(end.more()).isFalse();
    }

    @Test
    void multishotCancelled() throws IOException {
        multishot(true);
        assertThat(driver.posted()).isEmpty();
        cancelMultishot();
        // The connection is none the worse.
        write("still");
        recv(0);
        assertThat(textOf(driver.next(RECV))).isEqualTo("still");
        // What is over cannot be cancelled.
        Sqe.prepCancel(loopback.sq.next(), RECV, CANCEL);
        assertThat(driver.next(CANCEL).result()).isEqualTo(-Errno.ENOENT);
    }

    /** Its own completion tells; the cancel posts none. */
    private void cancelMultishot() {
        Sqe.prepCancel(loopback.sq.next(), RECV, CANCEL);
        assertThat(driver.next(RECV)).isEqualTo(new Completion(RECV, -Errno.ECANCELED, 0));
        assertThat(driver.posted()).isEmpty();
    }

    private void recv(int flags) {
        Sqe.prepRecv(loopback.sq.next(), 0, buffers.group(), flags, RECV);
    }

    private void multishot(boolean pollFirst) {
        Sqe.prepRecvMultishot(loopback.sq.next(), 0, buffers.group(), pollFirst, RECV);
    }

    private void write(String text) throws IOException {
        Loopback.write(peer, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** What was received; the buffer is given back. */
    private String textOf(Completion completion) {
        String text = text(completion);
        buffers.taken();
        buffers.give(completion.buffer());
        buffers.publish();
        return text;
    }

    private String text(Completion completion) {
        assertThat(completion.result()).as("%s", completion).isPositive();
        assertThat(completion.buffer()).isBetween(0, BUFFERS - 1);
        byte[] bytes = new byte[completion.result()];
        OffHeap.copy(buffers.address(completion.buffer()), bytes, 0, bytes.length);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** Has every buffer in our hands. */
    private void takeAll() throws IOException {
        for (int i = 0; i < BUFFERS; i++) {
            write("y");
            recv(0);
            assertThat(driver.next(RECV).result()).isEqualTo(1);
            buffers.taken();
        }
    }
}
