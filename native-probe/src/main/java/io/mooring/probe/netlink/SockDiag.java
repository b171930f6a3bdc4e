package io.mooring.probe.netlink;

import com.sun.jna.Memory;
import io.mooring.probe.sys.Errno;
import io.mooring.probe.sys.LibC;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The kernel's own list of its sockets, by netlink (sock_diag(7)). A dump is streamed through one
 * buffer and one {@link SocketRecord}: a million sockets take no more memory than one.
 */
public final class SockDiag implements AutoCloseable {

    public static final int STATES_ALL = 0xffff;
    private static final int ESTALE = 116;
    private static final int NETLINK_SOCK_DIAG = 4;
    private static final int SOL_NETLINK = 270;
    private static final int NETLINK_EXT_ACK = 11;
    private static final int TYPE_BY_FAMILY = 20;
    /** The older request (TCPDIAG_GETSOCK), the only one that takes "any family". */
    private static final int TYPE_TCP = 18;
    private static final int FLAG_REQUEST = 1;
    private static final int FLAG_DUMP = 0x300;
    private static final int IPPROTO_TCP = 6;
    private static final int EXT_MEMINFO = 1;
    private static final int EXT_INFO = 1 << 1;
    private static final int EXT_SKMEMINFO = 1 << 6;
    private static final int UNIX_SHOW = 0x10 | 0x20;
    private static final int INET_REQUEST_BYTES = NetlinkReader.HEADER_BYTES + 56;
    private static final int TCP_REQUEST_BYTES = NetlinkReader.HEADER_BYTES + 60;
    private static final int UNIX_REQUEST_BYTES = NetlinkReader.HEADER_BYTES + 24;
    /** The kernel fills 32 KiB at most. */
    private static final int BUFFER_BYTES = 256 * 1024;
    private static final int RECEIVE_TIMEOUT_SECONDS = 5;
    /** Of one dump: a kernel that takes longer for its sockets is not going to end. */
    private static final long DUMP_MAX_NANOS = 120_000_000_000L;

    /** Gets one socket after the other; the record is the same each time. */
    public interface Visitor {
        void socket(SocketRecord socket);
    }

    private final int fd;
    private final Memory memory = new Memory(BUFFER_BYTES);
    private final ByteBuffer buffer =
            memory.getByteBuffer(0, BUFFER_BYTES).order(ByteOrder.nativeOrder());
    private final SocketRecord record = new SocketRecord();
    private int sequence;
    private boolean interrupted;
    /** Of this request. */
    private long visited;

    private SockDiag(int fd) {
        this.fd = fd;
    }

    /** @throws NetlinkException this kernel has no sock_diag, or a sandbox forbids it */
    public static SockDiag open() throws NetlinkException {
        int fd = LibC.result(LibC.socket(LibC.AF_NETLINK, LibC.SOCK_RAW | LibC.SOCK_CLOEXEC,
                NETLINK_SOCK_DIAG));
        if (fd < 0) {
            throw new NetlinkException("no netlink socket: " + Errno.text(-fd), -fd);
        }
        try (Memory value = new Memory(16)) {
            // The kernel's own words with its errors; without them there are the numbers.
            value.setInt(0, 1);
            LibC.setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, value, 4);
            value.setLong(0, RECEIVE_TIMEOUT_SECONDS);
            value.setLong(8, 0);
            int set = LibC.result(LibC.setsockopt(fd, LibC.SOL_SOCKET, LibC.SO_RCVTIMEO, value,
                    16));
            if (set < 0) {
                LibC.close(fd);
                throw new NetlinkException("no time-out on netlink: " + Errno.text(-set), -set);
            }
        }
        return new SockDiag(fd);
    }

    /** Some dump since the last call met a table that changed under it. */
    public boolean takeInterrupted() {
        boolean was = interrupted;
        interrupted = false;
        return was;
    }

    /**
     * All TCP sockets of both families, with their memory, by one walk through the kernel's table:
     * half of what two take. A kernel that does not know that request is asked family by family.
     *
     * @param states    bit n: those in state n
     * @param localPort chosen by the kernel; 0: all
     */
    public void tcp(int states, int localPort, Visitor visitor) throws NetlinkException {
        header(TYPE_TCP, TCP_REQUEST_BYTES, FLAG_REQUEST | FLAG_DUMP);
        int at = NetlinkReader.HEADER_BYTES;
        // Family 0: any. Lengths of addresses are not looked at.
        buffer.put(at + 3, (byte) EXT_SKMEMINFO);
        buffer.put(at + 4, (byte) (localPort >> 8)).put(at + 5, (byte) localPort);
        buffer.putInt(at + 44, -1).putInt(at + 48, -1);
        buffer.putInt(at + 52, states);
        try {
            ask(TCP_REQUEST_BYTES, visitor);
        } catch (NetlinkException e) {
            if (e.errno() == 0 || visited > 0) {
                throw e;
            }
            byFamily(states, localPort, visitor);
        }
    }

    /** A machine without IPv6 has no such sockets: no reason to stop. */
    private void byFamily(int states, int localPort, Visitor visitor) throws NetlinkException {
        tcp(LibC.AF_INET, states, localPort, visitor);
        try {
            tcp(LibC.AF_INET6, states, localPort, visitor);
        } catch (NetlinkException e) {
            if (e.errno() == 0) {
                throw e;
            }
        }
    }

    /**
     * All TCP sockets of one family in this network namespace, with their memory.
     *
     * @param states    bit n: those in state n
     * @param localPort chosen by the kernel; 0: all
     */
    public void tcp(int family, int states, int localPort, Visitor visitor)
            throws NetlinkException {
        putInet(family, EXT_SKMEMINFO, states, FLAG_REQUEST | FLAG_DUMP);
        buffer.put(NetlinkReader.HEADER_BYTES + 8, (byte) (localPort >> 8));
        buffer.put(NetlinkReader.HEADER_BYTES + 9, (byte) localPort);
        ask(INET_REQUEST_BYTES, visitor);
    }

    /** All unix sockets in this network namespace, with their memory. */
    public void unix(Visitor visitor) throws NetlinkException {
        header(TYPE_BY_FAMILY, UNIX_REQUEST_BYTES, FLAG_REQUEST | FLAG_DUMP);
        int at = NetlinkReader.HEADER_BYTES;
        buffer.put(at, (byte) LibC.AF_UNIX);
        buffer.putInt(at + 4, -1);
        buffer.putInt(at + 12, UNIX_SHOW);
        ask(UNIX_REQUEST_BYTES, visitor);
    }

    /**
     * The one socket that {@code like} describes, with all that the kernel tells of it (TCP_INFO
     * too); its cookie makes sure that it is the same and not a later one at its address. The
     * visitor gets nothing if it is gone.
     */
    public void exactly(SocketRecord like, Visitor visitor) throws NetlinkException {
        putInet(like.family, EXT_MEMINFO | EXT_INFO | EXT_SKMEMINFO, STATES_ALL, FLAG_REQUEST);
        int at = NetlinkReader.HEADER_BYTES + 8;
        buffer.put(at, (byte) (like.localPort >> 8)).put(at + 1, (byte) like.localPort);
        buffer.put(at + 2, (byte) (like.remotePort >> 8)).put(at + 3, (byte) like.remotePort);
        buffer.put(at + 4, like.local).put(at + 20, like.remote);
        buffer.putInt(at + 36, like.device);
        buffer.putInt(at + 40, (int) like.cookie).putInt(at + 44, (int) (like.cookie >>> 32));
        try {
            ask(INET_REQUEST_BYTES, visitor);
        } catch (NetlinkException e) {
            if (e.errno() != Errno.ENOENT && e.errno() != ESTALE) {
                throw e;
            }
        }
    }

    private void putInet(int family, int extensions, int states, int flags) {
        header(TYPE_BY_FAMILY, INET_REQUEST_BYTES, flags);
        int at = NetlinkReader.HEADER_BYTES;
        buffer.put(at, (byte) family).put(at + 1, (byte) IPPROTO_TCP);
        buffer.put(at + 2, (byte) extensions);
        buffer.putInt(at + 4, states);
        // No cookie given: any.
        buffer.putInt(at + 48, -1).putInt(at + 52, -1);
    }

    private void header(int type, int bytes, int flags) {
        buffer.clear();
        for (int i = 0; i < bytes; i++) {
            buffer.put(i, (byte) 0);
        }
        buffer.putInt(0, bytes).putShort(4, (short) type).putShort(6, (short) flags);
        buffer.putInt(8, ++sequence);
    }

    private void ask(int bytes, Visitor visitor) throws NetlinkException {
        int asked = buffer.getShort(4);
        visited = 0;
        boolean dump = (buffer.getShort(6) & FLAG_DUMP) == FLAG_DUMP;
        long sent = LibC.result(LibC.send(fd, memory, bytes, 0));
        if (sent < 0) {
            throw new NetlinkException("cannot ask: " + Errno.text((int) -sent), (int) -sent);
        }
        long deadline = System.nanoTime() + DUMP_MAX_NANOS;
        NetlinkReader reader = new NetlinkReader(sequence);
        NetlinkReader.Handler handler = (type, data, at, length) -> {
            if (type != asked) {
                throw new NetlinkException("a message of type " + type);
            }
            SockDiagParser.parse(data, at, length, record);
            visited++;
            visitor.socket(record);
        };
        do {
            receive();
            reader.read(buffer, handler);
            if (System.nanoTime() - deadline > 0) {
                throw new NetlinkException("the kernel's list of sockets does not end");
            }
        } while (dump && !reader.isDone());
        interrupted |= reader.isInterrupted();
    }

    private void receive() throws NetlinkException {
        long got;
        do {
            got = LibC.result(LibC.recv(fd, memory, BUFFER_BYTES, LibC.MSG_TRUNC));
        } while (got == -Errno.EINTR);
        if (got == -Errno.EAGAIN) {
            throw new NetlinkException("the kernel does not answer within "
                    + RECEIVE_TIMEOUT_SECONDS + " s");
        }
        if (got < 0) {
            throw new NetlinkException("cannot read: " + Errno.text((int) -got), (int) -got);
        }
        if (got > BUFFER_BYTES) {
            throw new NetlinkException("an answer of " + got + " bytes, which is cut");
        }
        buffer.clear().limit((int) got);
    }

    @Override
    public void close() {
        LibC.close(fd);
        memory.close();
    }
}
