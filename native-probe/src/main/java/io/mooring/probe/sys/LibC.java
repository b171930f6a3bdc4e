package io.mooring.probe.sys;

import com.sun.jna.Native;
import com.sun.jna.Pointer;

/**
 * The calls of libc that the probe needs. Those named {@code c...} are the C functions as they are;
 * callers use {@link #result}, which makes of -1 and errno one number.
 */
public final class LibC {

    public static final int AF_UNIX = 1;
    public static final int AF_INET = 2;
    public static final int AF_INET6 = 10;
    public static final int AF_NETLINK = 16;
    public static final int SOCK_STREAM = 1;
    public static final int SOCK_RAW = 3;
    public static final int SOCK_CLOEXEC = 0x80000;
    public static final int SOL_SOCKET = 1;
    public static final int SO_RCVTIMEO = 20;
    public static final int SO_MEMINFO = 55;
    public static final int MSG_TRUNC = 0x20;
    private static final int SC_PAGESIZE = 30;

    static {
        Native.register(LibC.class, "c");
    }

    private LibC() {
    }

    /** {@code >= 0}, or {@code -errno} of the call that has just returned on this thread. */
    public static int result(int returned) {
        return returned >= 0 ? returned : -Native.getLastError();
    }

    /** As {@link #result(int)}. */
    public static long result(long returned) {
        return returned >= 0 ? returned : -Native.getLastError();
    }

    /** Bytes of a page: 4,096 on most machines, 16,384 on a stock Raspberry Pi 5. */
    public static int pageBytes() {
        return (int) sysconf(SC_PAGESIZE);
    }

    public static native int socket(int domain, int type, int protocol);

    public static native int bind(int fd, Pointer address, int bytes);

    public static native int listen(int fd, int backlog);

    public static native int connect(int fd, Pointer address, int bytes);

    public static native int accept4(int fd, Pointer address, Pointer bytes, int flags);

    public static native int getsockname(int fd, Pointer address, Pointer bytes);

    public static native int setsockopt(int fd, int level, int name, Pointer value, int bytes);

    public static native int getsockopt(int fd, int level, int name, Pointer value, Pointer bytes);

    public static native long send(int fd, Pointer data, long bytes, int flags);

    public static native long recv(int fd, Pointer data, long bytes, int flags);

    public static native int shutdown(int fd, int how);

    public static native int close(int fd);

    public static native int epoll_create1(int flags);

    public static native int epoll_ctl(int epoll, int operation, int fd, Pointer event);

    public static native int geteuid();

    public static native long sysconf(int name);

    public static native Pointer mmap(Pointer at, long bytes, int protection, int flags, int fd,
            long offset);

    public static native int munmap(Pointer at, long bytes);

    /** io_uring's three calls have no function of their own in libc. */
    public static native long syscall(long number, long a, long b, long c, long d, long e, long f);
}
