package io.mooring.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One-shot accepts into slots of our own choice. */
@Timeout(120)
class AcceptTest {
    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void writesThePeersAddress(String host) throws IOException {
        try (Loopback loopback = Loopback.open(Variant.NEWEST.open(8, 8), 4, host)) {
            for (int slot = 0; slot < 4; slot++) {
                SocketChannel peer = loopback.accept(slot);
                InetSocketAddress local = (InetSocketAddress) peer.getLocalAddress();
                assertThat(loopback.port()).isEqualTo(local.getPort());
                assertThat(loopback.ip()).isEqualTo(local.getAddress().getAddress());
                assertThat(loopback.addressBytes()).isEqualTo(
                    host.equals("::1") ? Abi.SOCKADDR_IN6_BYTES : Abi.SOCKADDR_IN_BYTES);
            }
        }
    }

    /** The connection is where we wanted it, and nowhere else. */
    @ParameterizedTest
    @EnumSource
    void fillsTheSlotThatWasChosen(Variant variant) throws IOException {
        try (Loopback loopback = Loopback.open(variant.open(16, 16), 100, "127.0.0.1")) {
            for (int slot : new int[] {57, 0, 99, 3}) {
                SocketChannel peer = loopback.accept(slot);
                OffHeap.putInt(loopback.memory, 0x01010101 * slot);
                Sqe.prepSendNow(loopback.sq.next(), slot, loopback.memory, 4, 1);
                assertThat(loopback.driver.posted()).isEmpty();
                assertThat(Loopback.read(peer, 4)).containsOnly(slot);
            }
            Sqe.prepPoll(loopback.sq.next(), 1, Abi.POLLIN, 2);
            assertThat(loopback.driver.next(2).result()).isEqualTo(-Errno.EBADF);
        }
    }

    /** Several wait at once, as the acceptor's do; each takes one connection, none is lost. */
    @Test
    void severalWaitAtOnce() throws IOException {
        try (Loopback loopback = Loopback.open(16)) {
            for (int slot = 0; slot < 16; slot++) {
                loopback.prepAccept(slot);
            }
            assertThat(loopback.driver.posted()).isEmpty();
            List<SocketChannel> peers = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                peers.add(loopback.connect());
                assertThat(loopback.driver.next(Loopback.ACCEPT).result()).isZero();
            }
            for (int slot = 0; slot < 16; slot++) {
                loopback.closeSlot(slot);
            }
            for (SocketChannel peer : peers) {
                assertThat(Loopback.isAtEnd(peer)).isTrue();
            }
        }
    }

    /** The kernel puts the new socket in the old one's place: an accept must own its slot. */
    @Test
    void anOccupiedSlotIsReplaced() throws IOException {
        try (Loopback loopback = Loopback.open(2)) {
            SocketChannel first = loopback.accept(0);
            SocketChannel second = loopback.accept(0);
            assertThat(Loopback.isAtEnd(first)).isTrue();
            Sqe.prepSendNow(loopback.sq.next(), 0, loopback.memory, 1, 1);
            assertThat(loopback.driver.posted()).isEmpty();
            assertThat(Loopback.read(second, 1)).hasSize(1);
        }
    }

    /** The kernel accepts first and finds no place then: the connection is lost. */
    @Test
    void aSlotPastTheTableLosesTheConnection() throws IOException {
        try (Loopback loopback = Loopback.open(2)) {
            SocketChannel peer = loopback.connect();
            loopback.prepAccept(2);
            assertThat(loopback.driver.next(Loopback.ACCEPT).result()).isNegative();
            assertThat(Loopback.isAtEnd(peer)).isTrue();
        }
    }

    @Test
    void aListenerThatStopsEndsThoseThatWait() throws IOException {
        try (Loopback loopback = Loopback.open(3)) {
            for (int slot = 0; slot < 3; slot++) {
                loopback.prepAccept(slot);
            }
            assertThat(loopback.driver.posted()).isEmpty();
            loopback.stopListening();
            for (int slot = 0; slot < 3; slot++) {
                assertThat(loopback.driver.next(Loopback.ACCEPT).result())
                    .isEqualTo(-Errno.EINVAL);
            }
        }
    }

    /** A cancelled accept takes no connection with it. */
    @Test
    void aWaitingAcceptCanBeCancelled() throws IOException {
        try (Loopback loopback = Loopback.open(2)) {
            loopback.prepAccept(0);
            assertThat(loopback.driver.posted()).isEmpty();
            Sqe.prepCancel(loopback.sq.next(), Loopback.ACCEPT, 9);
            assertThat(loopback.driver.next(Loopback.ACCEPT).result())
                .isEqualTo(-Errno.ECANCELED);
            assertThat(loopback.driver.posted()).as("the cancel itself").isEmpty();
            loopback.accept(0);
        }
    }
}
