package io.mooring.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.sys.Syscalls;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * A ring with direct descriptors, a listener on the loopback, and peers that are ordinary sockets
 * of the JDK: real connections through the real kernel.
 */
final class Loopback implements AutoCloseable {
    static final long ACCEPT = UserData.pack(200, 0, 0);
    private static final long CLOSE = UserData.pack(201, 0, 0);
    /** What a peer has room for; the kernel doubles it. */
    static final int PEER_BYTES = 64 << 10;
    private static final int SOCKADDR_ROOM = 64;
    private static final int SCRATCH_BYTES = 16 << 20;

    final Ring ring;
    final Driver driver;
    final SubmissionQueue sq;
    /** Scratch memory of the test's. */
    final long memory = OffHeap.map(SCRATCH_BYTES);

    private final int listener;
    private final InetSocketAddress address;
    private final long sockaddr = OffHeap.map(SOCKADDR_ROOM + 4);
    private final List<SocketChannel> peers = new ArrayList<>();
    private boolean ringClosed;

    private Loopback(Ring ring, int slots, String host, int sendBufferBytes) {
        this.ring = ring;
        this.driver = new Driver(ring);
        this.sq = ring.sq();
        DirectFiles.register(ring, slots);
        try {
            InetAddress ip = InetAddress.getByName(host);
            this.listener = Syscalls.socket(ip instanceof Inet4Address ? Abi.AF_INET : Abi.AF_INET6,
                Abi.SOCK_STREAM | Abi.SOCK_CLOEXEC, 0);
            assumeTrue(listener >= 0, "no sockets of the family of " + host);
            this.address = listen(ip, sendBufferBytes);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static Loopback open(int slots) {
        return new Loopback(Variant.NEWEST.open(32, 64), slots, "127.0.0.1", 0);
    }

    static Loopback open(Ring ring, int slots, String host) {
        return new Loopback(ring, slots, host, 0);
    }

    /** With so little room on the way that a peer that does not read is soon felt. */
    static Loopback openNarrow(int slots) {
        return new Loopback(Variant.NEWEST.open(32, 64), slots, "127.0.0.1", 16 << 10);
    }

    /**
     * With more room at our end than at a peer's: what it does not read stays with us, and not a
     * byte of the last part moves.
     */
    static Loopback openDeep(int slots) {
        return new Loopback(Variant.NEWEST.open(32, 64), slots, "127.0.0.1", 4 << 20);
    }

    private InetSocketAddress listen(InetAddress ip, int sendBufferBytes) throws IOException {
        if (sendBufferBytes > 0) { // accepted sockets inherit it
            OffHeap.putInt(sockaddr, sendBufferBytes);
            int soSndbuf = 7;
            assertThat(Syscalls.setsockopt(listener, Abi.SOL_SOCKET, soSndbuf, sockaddr, 4))
                .isZero();
            OffHeap.putInt(sockaddr, 0);
        }
        byte[] bytes = ip.getAddress();
        boolean v4 = bytes.length == 4;
        OffHeap.putShort(sockaddr, (short) (v4 ? Abi.AF_INET : Abi.AF_INET6));
        OffHeap.copy(bytes, 0,
            sockaddr + (v4 ? Abi.SOCKADDR_IN_ADDRESS : Abi.SOCKADDR_IN6_ADDRESS), bytes.length);
        int bound = Syscalls.bind(listener, sockaddr,
            v4 ? Abi.SOCKADDR_IN_BYTES : Abi.SOCKADDR_IN6_BYTES);
        assumeTrue(bound == 0, "cannot bind to " + ip + ": " + Errno.text(bound));
        assertThat(Syscalls.listen(listener, 512)).isZero();
        OffHeap.putInt(sockaddr + SOCKADDR_ROOM, SOCKADDR_ROOM);
        assertThat(Syscalls.getsockname(listener, sockaddr, sockaddr + SOCKADDR_ROOM)).isZero();
        return new InetSocketAddress(ip, port());
    }

    /** The port in the address that the kernel wrote last. */
    int port() {
        return Short.reverseBytes(OffHeap.getShort(sockaddr + Abi.SOCKADDR_PORT)) & 0xffff;
    }

    /** The IP address in it. */
    byte[] ip() {
        boolean v4 = OffHeap.getShort(sockaddr) == Abi.AF_INET;
        byte[] ip = new byte[v4 ? 4 : 16];
        OffHeap.copy(sockaddr + (v4 ? Abi.SOCKADDR_IN_ADDRESS : Abi.SOCKADDR_IN6_ADDRESS), ip, 0,
            ip.length);
        return ip;
    }

    int addressBytes() {
        return OffHeap.getInt(sockaddr + SOCKADDR_ROOM);
    }

    /** A peer that has connected; nobody has accepted it yet. */
    SocketChannel connect() throws IOException {
        SocketChannel peer = SocketChannel.open();
        peers.add(peer);
        peer.setOption(StandardSocketOptions.TCP_NODELAY, true);
        peer.setOption(StandardSocketOptions.SO_RCVBUF, PEER_BYTES);
        peer.connect(address);
        return peer;
    }

    void prepAccept(int slot) {
        OffHeap.putInt(sockaddr + SOCKADDR_ROOM, SOCKADDR_ROOM);
        Sqe.prepAccept(sq.next(), listener, slot, sockaddr, sockaddr + SOCKADDR_ROOM, ACCEPT);
    }

    /** A peer whose connection is in {@code slot}. */
    SocketChannel accept(int slot) throws IOException {
        SocketChannel peer = connect();
        prepAccept(slot);
        assertThat(driver.next(ACCEPT).result()).isZero();
        return peer;
    }

    /** Empties the slot, which must not be empty. */
    void closeSlot(int slot) {
        Sqe.prepClose(sq.next(), slot, CLOSE);
        assertThat(driver.next(CLOSE).result()).isZero();
    }

    /** Ends the accepts that wait, each with an error. */
    void stopListening() {
        Syscalls.shutdown(listener, Abi.SHUT_RDWR);
    }

    static void write(SocketChannel peer, byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            peer.write(buffer);
        }
    }

    /** Exactly so many bytes, or what came before the end. */
    static byte[] read(SocketChannel peer, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        while (buffer.hasRemaining() && peer.read(buffer) >= 0) {
            continue;
        }
        byte[] got = new byte[buffer.position()];
        buffer.flip().get(got);
        return got;
    }

    /** Whether the stream ends here, and well. */
    static boolean isAtEnd(SocketChannel peer) throws IOException {
        return peer.read(ByteBuffer.allocate(1)) < 0;
    }

    /** Ends the connection by an RST. */
    static void reset(SocketChannel peer) throws IOException {
        peer.setOption(StandardSocketOptions.SO_LINGER, 0);
        peer.close();
    }

    /** The ring alone, before its time. */
    void closeRing() {
        if (!ringClosed) {
            ringClosed = true;
            ring.close();
        }
    }

    @Override
    public void close() throws IOException {
        closeRing(); // first: the kernel still writes to what goes below
        for (SocketChannel peer : peers) {
            peer.close();
        }
        Syscalls.close(listener);
        OffHeap.unmap(memory, SCRATCH_BYTES);
        OffHeap.unmap(sockaddr, SOCKADDR_ROOM + 4);
    }
}
