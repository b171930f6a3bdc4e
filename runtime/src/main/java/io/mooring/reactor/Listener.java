package io.mooring.reactor;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.sys.SetupException;
import io.mooring.sys.SocketAddress;
import io.mooring.sys.Syscalls;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteOrder;

/**
 * The listening socket, one for all reactors: each keeps accepts of its own in the kernel, which
 * wakes one of them per connection, in turn; a reactor without room posts none, so no connection is
 * stuck behind a full one. Accepted sockets inherit TCP_NODELAY and TCP_NOTSENT_LOWAT from here,
 * which cannot be set on a direct descriptor by every kernel.
 */
public final class Listener implements AutoCloseable {
    private static final int BACKLOG = 65_535; // the kernel cuts it to net.core.somaxconn
    private static final int BACKLOG_FEW = 128;
    /**
     * Bytes that a socket takes beyond what its peer's window and the network allow to be sent. By
     * default it is megabytes for a peer that does not read, all of it the kernel's memory; ours is
     * bounded, and told of.
     */
    private static final int NOTSENT_BYTES = 32 * 1024;
    private static final ValueLayout.OfShort PORT =
        ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final int fd;
    private final int port;

    private Listener(int fd, int port) {
        this.fd = fd;
        this.port = port;
    }

    /**
     * Binds and listens.
     *
     * @param host a numeric address or a name
     * @param port 0: any free one, see {@link #port}
     * @throws SetupException naming the port or address and what to do
     */
    public static Listener open(String host, int port) {
        InetAddress address;
        try {
            address = InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new SetupException("no such host: " + host
                + "; give an address of this machine, 127.0.0.1 or 0.0.0.0 for all (--host)");
        }
        boolean v4 = address instanceof Inet4Address;
        int fd = Syscalls.socket(v4 ? Abi.AF_INET : Abi.AF_INET6,
            Abi.SOCK_STREAM | Abi.SOCK_CLOEXEC, 0);
        if (fd < 0) {
            throw new SetupException("no socket: " + Errno.text(fd), -fd);
        }
        try (Arena arena = Arena.ofConfined()) {
            long scratch = arena.allocate(Abi.SOCKADDR_IN6_BYTES + 8, 8).address();
            setInt(fd, Abi.SOL_SOCKET, Abi.SO_REUSEADDR, 1, scratch);
            setInt(fd, Abi.IPPROTO_TCP, Abi.TCP_NODELAY, 1, scratch);
            setInt(fd, Abi.IPPROTO_TCP, Abi.TCP_NOTSENT_LOWAT, NOTSENT_BYTES, scratch);
            if (!v4) {
                setInt(fd, Abi.IPPROTO_IPV6, Abi.IPV6_V6ONLY, 0, scratch); // :: serves IPv4 too
            }
            int bytes = SocketAddress.write(scratch, address, port);
            check(Syscalls.bind(fd, scratch, bytes), host, port);
            check(Syscalls.listen(fd, BACKLOG), host, port);
            long length = scratch + Abi.SOCKADDR_IN6_BYTES;
            OffHeap.putInt(length, Abi.SOCKADDR_IN6_BYTES);
            Syscalls.getsockname(fd, scratch, length);
            int bound = OffHeap.ALL.get(PORT, scratch + Abi.SOCKADDR_PORT) & 0xffff;
            return new Listener(fd, bound);
        } catch (SetupException e) {
            Syscalls.close(fd);
            throw e;
        }
    }

    int fd() {
        return fd;
    }

    /**
     * Any thread: how many connections may wait to be accepted, from now on; those that wait stay.
     * A waiting one is a socket with what its peer has sent, so while nothing is accepted for want
     * of memory few may wait; the SYNs of others are dropped, and tried again by their peers.
     */
    public void limitWaiting(boolean few) {
        Syscalls.listen(fd, few ? BACKLOG_FEW : BACKLOG);
    }

    /** The port bound. */
    public int port() {
        return port;
    }

    /** Ends every accept that waits, on all reactors, with -EINVAL; no further connection comes. */
    public void stop() {
        Syscalls.shutdown(fd, Abi.SHUT_RDWR);
    }

    /** Call it once no accept is in the kernel. */
    @Override
    public void close() {
        Syscalls.close(fd);
    }

    private static void setInt(int fd, int level, int option, int value, long scratch) {
        OffHeap.putInt(scratch, value);
        Syscalls.setsockopt(fd, level, option, scratch, Integer.BYTES);
        OffHeap.putInt(scratch, 0);
    }

    private static void check(int result, String host, int port) {
        if (result >= 0) {
            return;
        }
        throw new SetupException(switch (-result) {
            case Errno.EADDRINUSE -> "port " + port + " on " + host + " is in use: stop what "
                + "listens there (ss -ltnp sport = :" + port + ") or choose another with --port";
            case Errno.EADDRNOTAVAIL -> host + " is not an address of this machine (ip addr lists "
                + "them): choose another with --host";
            case Errno.EACCES -> "port " + port + " needs a privilege: choose one of 1024 or "
                + "above, or sysctl -w net.ipv4.ip_unprivileged_port_start=" + port;
            default -> "cannot listen on " + host + " port " + port + ": " + Errno.text(result);
        }, -result);
    }
}
