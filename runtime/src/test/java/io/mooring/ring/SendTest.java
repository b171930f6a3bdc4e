package io.mooring.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class SendTest {
    private static final long SEND = UserData.pack(4, 5, 0);
    private static final long ALL = UserData.pack(5, 5, 0);
    private static final long NOP = UserData.pack(6, 5, 0);
    private static final long CANCEL = UserData.pack(7, 5, 0);
    private static final long POLL = UserData.pack(8, 5, 0);

    /** The whole frame goes out within the enter, nothing is posted, its bytes are ours again. */
    @ParameterizedTest
    @EnumSource
    void aWholeSendPostsNothing(Variant variant) throws IOException {
        try (Loopback loopback = Loopback.open(variant.open(16, 16), 2, "127.0.0.1")) {
            SocketChannel peer = loopback.accept(0);
            for (int bytes : new int[] {1, 66, 1000, 16 << 10}) {
                byte[] sent = fill(loopback.memory, bytes, bytes);
                Sqe.prepSendNow(loopback.sq.next(), 0, loopback.memory, bytes, SEND);
                Sqe.prepNop(loopback.sq.next(), NOP);
                assertThat(loopback.driver.posted()).containsExactly(new Completion(NOP, 0, 0));
                OffHeap.zero(loopback.memory, bytes);
                assertThat(Loopback.read(peer, bytes)).isEqualTo(sent);
                assertThat(loopback.driver.posted()).isEmpty();
            }
        }
    }

    /** Many in one enter, to several connections: each gets its own, in order. */
    @Test
    void manyInOneEnter() throws IOException {
        try (Loopback loopback = Loopback.open(4)) {
            SocketChannel[] peers = new SocketChannel[4];
            for (int slot = 0; slot < 4; slot++) {
                peers[slot] = loopback.accept(slot);
            }
            for (int i = 0; i < 32; i++) {
                OffHeap.putByte(loopback.memory + i, (byte) i);
                Sqe.prepSendNow(loopback.sq.next(), i % 4, loopback.memory + i, 1, SEND);
            }
            assertThat(loopback.driver.posted()).isEmpty();
            for (int slot = 0; slot < 4; slot++) {
                byte[] expected = new byte[8];
                for (int i = 0; i < 8; i++) {
                    expected[i] = (byte) (4 * i + slot);
                }
                assertThat(Loopback.read(peers[slot], 8)).isEqualTo(expected);
            }
        }
    }

    /**
     * A peer that does not read: each send posts one completion, a short count while anything fits
     * and -EAGAIN then. A send that waits finishes the rest, and the peer has every byte once.
     */
    @ParameterizedTest
    @ValueSource(ints = {1 << 20, 8 << 20})
    void aSlowPeerLosesNothing(int bytes) throws IOException {
        try (Loopback loopback = Loopback.openNarrow(1)) {
            SocketChannel peer = loopback.accept(0);
            byte[] sent = fill(loopback.memory, bytes, 1);
            int done = 0;
            int result = 0;
            for (int i = 0; i < 10_000 && result != -Errno.EAGAIN; i++) {
                Sqe.prepSendNow(loopback.sq.next(), 0, loopback.memory + done, bytes - done, SEND);
                List<Completion> posted = loopback.driver.posted();
                assertThat(posted).hasSize(1);
                assertThat(posted.getFirst().userData()).isEqualTo(SEND);
                result = posted.getFirst().result();
                assertThat(result).isLessThan(bytes - done);
                if (i == 0) {
                    assertThat(result).as("a short count").isPositive();
                }
                done += Math.max(result, 0);
            }
            assertThat(result).isEqualTo(-Errno.EAGAIN);
            int rest = bytes - done;
            Sqe.prepSendAll(loopback.sq.next(), 0, loopback.memory + done, rest, ALL);
            assertThat(loopback.driver.posted()).as("it waits").isEmpty();
            CompletableFuture<byte[]> received = reading(peer, bytes);
            assertThat(loopback.driver.next(ALL)).isEqualTo(new Completion(ALL, rest, 0));
            assertThat(Arrays.equals(received.join(), sent)).isTrue();
            loopback.closeSlot(0);
            assertThat(Loopback.isAtEnd(peer)).as("not a byte more").isTrue();
        }
    }

    /** A send that waits is cancelled: what it says that it has sent is what arrives. */
    @Test
    void aSendThatWaitsCanBeCancelled() throws IOException {
        int bytes = 8 << 20;
        try (Loopback loopback = Loopback.openNarrow(1)) {
            SocketChannel peer = loopback.accept(0);
            byte[] sent = fill(loopback.memory, bytes, 2);
            Sqe.prepSendAll(loopback.sq.next(), 0, loopback.memory, bytes, ALL);
            assertThat(loopback.driver.posted()).isEmpty();
            Sqe.prepCancel(loopback.sq.next(), ALL, CANCEL);
            int result = loopback.driver.next(ALL).result();
            int done = result == -Errno.ECANCELED ? 0 : result;
            assertThat(done).isBetween(0, bytes - 1);
            assertThat(loopback.driver.posted()).isEmpty();
            loopback.closeSlot(0);
            byte[] received = Loopback.read(peer, bytes); // up to the end
            if (result > 0) {
                assertThat(received).hasSize(done);
            }
            assertThat(Arrays.equals(received, Arrays.copyOf(sent, received.length))).isTrue();
        }
    }

    /** To one that is gone: an error in a completion; no signal, or this JVM would not go on. */
    @Test
    void aResetPeer() throws IOException {
        try (Loopback loopback = Loopback.open(1)) {
            SocketChannel peer = loopback.accept(0);
            Loopback.reset(peer);
            Sqe.prepPoll(loopback.sq.next(), 0, Abi.POLLIN, POLL); // until the RST is here
            assertThat(loopback.driver.next(POLL).result() & Abi.POLLHUP).isNotZero();
            Sqe.prepSendNow(loopback.sq.next(), 0, loopback.memory, 100, SEND);
            assertThat(loopback.driver.next(SEND).result())
                .isIn(-Errno.EPIPE, -Errno.ECONNRESET);
            Sqe.prepSendNow(loopback.sq.next(), 0, loopback.memory, 100, SEND);
            assertThat(loopback.driver.next(SEND).result()).isEqualTo(-Errno.EPIPE);
            Sqe.prepSendAll(loopback.sq.next(), 0, loopback.memory, 100, ALL);
            assertThat(loopback.driver.next(ALL).result()).isEqualTo(-Errno.EPIPE);
            loopback.closeSlot(0);
        }
    }

    /** One that resets while a send waits for it. */
    @Test
    void aPeerThatResetsMeanwhile() throws IOException {
        int bytes = 8 << 20;
        try (Loopback loopback = Loopback.openNarrow(1)) {
            SocketChannel peer = loopback.accept(0);
            fill(loopback.memory, bytes, 3);
            Sqe.prepSendAll(loopback.sq.next(), 0, loopback.memory, bytes, ALL);
            assertThat(loopback.driver.posted()).isEmpty();
            Loopback.reset(peer);
            int result = loopback.driver.next(ALL).result();
            assertThat(result).isLessThan(bytes).isNotZero(); // a short count or an error
            loopback.closeSlot(0);
        }
    }

    @Test
    void afterOurOwnEnd() throws IOException {
        try (Loopback loopback = Loopback.open(1)) {
            SocketChannel peer = loopback.accept(0);
            Sqe.prepShutdown(loopback.sq.next(), 0, Abi.SHUT_WR, NOP);
            assertThat(loopback.driver.next(NOP).result()).isZero();
            assertThat(Loopback.isAtEnd(peer)).isTrue();
            Sqe.prepSendNow(loopback.sq.next(), 0, loopback.memory, 1, SEND);
            assertThat(loopback.driver.next(SEND).result()).isEqualTo(-Errno.EPIPE);
        }
    }

    private static byte[] fill(long memory, int bytes, long seed) {
        byte[] content = new byte[bytes];
        new SplittableRandom(seed).nextBytes(content);
        OffHeap.copy(content, 0, memory, bytes);
        return content;
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
