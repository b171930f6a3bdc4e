package io.mooring.sys;

import java.nio.charset.StandardCharsets;

/**
 * The socket by which a service tells its manager how it is: datagrams to the address that systemd
 * leaves in {@code NOTIFY_SOCKET} (sd_notify(3)). {@code java.nio} has no datagrams of AF_UNIX.
 *
 * <p>Not connected: a manager that starts anew binds the same address again, and is found there.
 */
public final class NotifySocket implements AutoCloseable {
    private static final int PATH_BYTES_MAX = Abi.SOCKADDR_UN_BYTES - Abi.SOCKADDR_UN_PATH - 1;

    private final int fd;
    private final long sockaddr;
    private final int sockaddrBytes;

    private NotifySocket(int fd, long sockaddr, int sockaddrBytes) {
        this.fd = fd;
        this.sockaddr = sockaddr;
        this.sockaddrBytes = sockaddrBytes;
    }

    /**
     * Nobody need listen there yet.
     *
     * @param address a path, or '@' and an abstract name
     * @throws SetupException for what is neither, and where there are no such sockets
     */
    public static NotifySocket open(String address) {
        byte[] name = address.getBytes(StandardCharsets.UTF_8);
        if (name.length < 2 || name[0] != '/' && name[0] != '@') {
            throw new SetupException("NOTIFY_SOCKET is '" + address
                + "': a path, or '@' and a name, is known here");
        }
        if (name.length > PATH_BYTES_MAX) {
            throw new SetupException("NOTIFY_SOCKET has " + name.length + " bytes, the most are "
                + PATH_BYTES_MAX);
        }
        int fd = Syscalls.socket(Abi.AF_UNIX, Abi.SOCK_DGRAM | Abi.SOCK_CLOEXEC, 0);
        if (fd < 0) {
            throw new SetupException("no AF_UNIX socket: " + Errno.text(fd)
                + "; RestrictAddressFamilies= in the systemd unit must name AF_UNIX", -fd);
        }
        long sockaddr = OffHeap.allocate(Abi.SOCKADDR_UN_BYTES);
        OffHeap.zero(sockaddr, Abi.SOCKADDR_UN_BYTES);
        OffHeap.putShort(sockaddr, (short) Abi.AF_UNIX);
        boolean isAbstract = name[0] == '@';
        if (isAbstract) {
            name[0] = 0;
        }
        OffHeap.copy(name, 0, sockaddr + Abi.SOCKADDR_UN_PATH, name.length);
        // An abstract name is all the bytes that are told; a path ends with its zero.
        return new NotifySocket(fd, sockaddr,
            Abi.SOCKADDR_UN_PATH + name.length + (isAbstract ? 0 : 1));
    }

    /** Never waits. 0, or -errno: -EAGAIN if the manager is behind. */
    public int send(long message, int bytes) {
        int sent = Syscalls.sendTo(fd, message, bytes, Abi.MSG_DONTWAIT | Abi.MSG_NOSIGNAL,
            sockaddr, sockaddrBytes);
        return Math.min(sent, 0);
    }

    /** Once, and nothing is sent afterwards. */
    @Override
    public void close() {
        Syscalls.close(fd);
        OffHeap.free(sockaddr);
    }
}
