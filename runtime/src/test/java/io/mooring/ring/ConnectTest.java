package io.mooring.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A whole connection as one chain: socket, option, bind, connect, send, receive. */
@Timeout(30)
class ConnectTest {
    private static final int GROUP = 0;
    private static final byte[] SOURCE = {127, 0, 3, 4};
    private static final byte[] REQUEST = "request".getBytes(StandardCharsets.US_ASCII);

    // The operations of the chain, by their place in it.
    private static final int SOCKET = 1;
    private static final int OPTION = 2;
    private static final int BIND = 3;
    private static final int CONNECT = 4;
    private static final int SEND = 5;
    private static final int RECV = 6;
    private static final int OTHER = 7;

    /** One completion, the receive's; the server sees the source address that was bound. */
    @Test
    void aChainThatSucceedsPostsOneCompletion() throws IOException {
        try (Client client = new Client(); ServerSocketChannel server = listen()) {
            client.chain(0, SOURCE, port(server));
            try (SocketChannel peer = client.acceptedBy(server)) {
                InetSocketAddress from = (InetSocketAddress) peer.getRemoteAddress();
                assertThat(from.getAddress().getAddress()).isEqualTo(SOURCE);
                client.awaitRequest(peer);
                peer.write(ByteBuffer.wrap(new byte[] {7, 8, 9}));
                Completion completion = client.driver.next(UserData.pack(RECV, 1, 0));
                assertThat(completion.result()).isEqualTo(3);
                long buffer = client.buffers.address(completion.buffer());
                assertThat(OffHeap.getByte(buffer + 2)).isEqualTo((byte) 9);
                assertThat(client.driver.posted()).isEmpty();
            }
        }
    }

    /** The link that fails speaks; those before and behind it do not. */
    @Test
    void aChainThatFailsPostsOneCompletion() throws IOException {
        try (Client client = new Client()) {
            int nobody;
            try (ServerSocketChannel server = listen()) {
                nobody = port(server);
            }
            client.chain(0, SOURCE, nobody);
            assertThat(client.driver.next())
                .isEqualTo(new Completion(UserData.pack(CONNECT, 1, 0), -Errno.ECONNREFUSED, 0));
            client.chain(1, new byte[] {(byte) 192, 0, 2, 1}, nobody); // not ours
            assertThat(client.driver.next())
                .isEqualTo(new Completion(UserData.pack(BIND, 1, 1), -Errno.EADDRNOTAVAIL, 0));
            // Past the table: the kernel forgets to fail the socket's operation, the next one does.
            client.chain(99, SOURCE, nobody);
            assertThat(client.driver.next())
                .isIn(new Completion(UserData.pack(OPTION, 1, 99), -Errno.EBADF, 0),
                    new Completion(UserData.pack(SOCKET, 1, 99), -Errno.EINVAL, 0));
            assertThat(client.driver.posted()).isEmpty();
        }
    }

    /** Whichever link waits can be cancelled by its user_data; the one completion says so. */
    @Test
    void aChainThatWaitsCanBeCancelled() throws IOException {
        try (Client client = new Client(); ServerSocketChannel server = listen()) {
            client.chain(0, SOURCE, port(server));
            try (SocketChannel peer = client.acceptedBy(server)) {
                client.awaitRequest(peer);
                Sqe.prepCancel(client.driver.sq.next(), UserData.pack(CONNECT, 1, 0),
                    UserData.pack(OTHER, 1, 0));
                Sqe.prepCancel(client.driver.sq.next(), UserData.pack(RECV, 1, 0),
                    UserData.pack(OTHER, 1, 1));
                assertThat(client.driver.next()).isEqualTo(
                    new Completion(UserData.pack(OTHER, 1, 0), -Errno.ENOENT, 0));
                assertThat(client.driver.next()).isEqualTo(
                    new Completion(UserData.pack(RECV, 1, 0), -Errno.ECANCELED, 0));
                assertThat(client.driver.posted()).isEmpty();
            }
        }
    }

    private static ServerSocketChannel listen() throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        server.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
        return server;
    }

    private static int port(ServerSocketChannel server) throws IOException {
        return ((InetSocketAddress) server.getLocalAddress()).getPort();
    }

    private static final class Client implements AutoCloseable {
        private final Ring ring = Variant.NEWEST.open(32, 32);
        final Driver driver = new Driver(ring);
        final BufferRing buffers;
        private final long memory = OffHeap.map(4096);

        Client() {
            DirectFiles.register(ring, 8);
            buffers = new BufferRing(ring, GROUP, 4, 64);
            assumeTrue(ring.supports(Abi.OP_BIND), "no IORING_OP_BIND before Linux 6.11");
            assertThat(ring.supports(Abi.OP_NOP)).isTrue();
            assertThat(ring.supports(250)).isFalse();
        }

        void chain(int slot, byte[] source, int port) {
            long option = memory;
            OffHeap.putInt(option, 1);
            long from = sockaddr(memory + 64, source, 0);
            long to = sockaddr(memory + 128, new byte[] {127, 0, 0, 1}, port);
            OffHeap.copy(REQUEST, 0, memory + 192, REQUEST.length);
            long sqe = driver.sq.next();
            Sqe.prepSocket(sqe, slot, Abi.AF_INET, Abi.SOCK_STREAM, UserData.pack(SOCKET, 1, slot));
            Sqe.linkSilently(sqe);
            sqe = driver.sq.next();
            Sqe.prepSetOption(sqe, slot, Abi.IPPROTO_IP, Abi.IP_BIND_ADDRESS_NO_PORT, option,
                Integer.BYTES, UserData.pack(OPTION, 1, slot));
            Sqe.linkSilently(sqe);
            sqe = driver.sq.next();
            Sqe.prepBind(sqe, slot, from, Abi.SOCKADDR_IN_BYTES, UserData.pack(BIND, 1, slot));
            Sqe.linkSilently(sqe);
            sqe = driver.sq.next();
            Sqe.prepConnect(sqe, slot, to, Abi.SOCKADDR_IN_BYTES, UserData.pack(CONNECT, 1, slot));
            Sqe.linkSilently(sqe);
            sqe = driver.sq.next();
            Sqe.prepSendAll(sqe, slot, memory + 192, REQUEST.length, UserData.pack(SEND, 1, slot));
            Sqe.linkSilently(sqe);
            Sqe.prepRecv(driver.sq.next(), slot, GROUP, 0, UserData.pack(RECV, 1, slot));
        }

        /** Each enter runs a link or so; nothing is posted meanwhile. */
        SocketChannel acceptedBy(ServerSocketChannel server) throws IOException {
            server.configureBlocking(false);
            SocketChannel peer = server.accept();
            while (peer == null) {
                assertThat(driver.posted()).isEmpty();
                peer = server.accept();
            }
            return peer;
        }

        void awaitRequest(SocketChannel peer) throws IOException {
            peer.configureBlocking(false);
            ByteBuffer got = ByteBuffer.allocate(REQUEST.length);
            while (got.hasRemaining()) {
                assertThat(driver.posted()).isEmpty();
                assertThat(peer.read(got)).isNotNegative();
            }
            assertThat(got.array()).isEqualTo(REQUEST);
            for (int i = 0; i < 3; i++) {
                driver.posted(); // and the receive waits
            }
        }

        private static long sockaddr(long at, byte[] ip, int port) {
            OffHeap.putShort(at, (short) Abi.AF_INET);
            OffHeap.putShort(at + Abi.SOCKADDR_PORT, Short.reverseBytes((short) port));
            OffHeap.copy(ip, 0, at + Abi.SOCKADDR_IN_ADDRESS, ip.length);
            return at;
        }

        @Override
        public void close() {
            ring.close();
            buffers.close();
            OffHeap.unmap(memory, 4096);
        }
    }
}
