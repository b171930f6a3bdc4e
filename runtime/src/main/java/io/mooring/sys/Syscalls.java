package io.mooring.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Every system call of the runtime, by libc's {@code syscall(2)}: one handle, one place where -1
 * and errno are folded into {@code -errno}, no allocation. None is linked {@code critical}: a
 * blocking call that is would stop garbage collection until it returns.
 */
public final class Syscalls {
    private static final MemoryLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final long ERRNO_OFFSET =
        CAPTURE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));

    /**
     * errno must be caught inside the call, before the JVM's own calls overwrite it; so each thread
     * has a place.
     */
    private static final ThreadLocal<MemorySegment> CAPTURED =
        ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(CAPTURE));

    private static final MethodHandle SYSCALL = Linker.nativeLinker().downcallHandle(
        Linker.nativeLinker().defaultLookup().findOrThrow("syscall"),
        FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG),
        Linker.Option.captureCallState("errno"),
        Linker.Option.firstVariadicArg(1));

    private static final MethodHandle SYSCONF = Linker.nativeLinker().downcallHandle(
        Linker.nativeLinker().defaultLookup().findOrThrow("sysconf"),
        FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));

    private static final int SC_PAGESIZE = 30;

    private Syscalls() {
    }

    /** io_uring_setup(2): a file descriptor, or -errno. */
    public static int ioUringSetup(int entries, long params) {
        return (int) call(Abi.SYS_IO_URING_SETUP, entries, params, 0, 0, 0, 0);
    }

    /**
     * io_uring_enter(2): the count of submissions consumed, or -errno. The one call of the data
     * path.
     */
    public static int ioUringEnter(int fd, int toSubmit, int minComplete, int flags, long arg,
        long argBytes) {
        return (int) call(Abi.SYS_IO_URING_ENTER, fd, toSubmit, minComplete, flags, arg, argBytes);
    }

    /** io_uring_register(2). */
    public static int ioUringRegister(int fd, int opcode, long arg, int args) {
        return (int) call(Abi.SYS_IO_URING_REGISTER, fd, opcode, arg, args, 0, 0);
    }

    public static long mmap(long address, long bytes, int protection, int flags, int fd,
        long offset) {
        return call(Abi.SYS_MMAP, address, bytes, protection, flags, fd, offset);
    }

    public static int munmap(long address, long bytes) {
        return (int) call(Abi.SYS_MUNMAP, address, bytes, 0, 0, 0, 0);
    }

    public static int madvise(long address, long bytes, int advice) {
        return (int) call(Abi.SYS_MADVISE, address, bytes, advice, 0, 0, 0);
    }

    /** mincore(2): a byte for each page at {@code vector}, whose lowest bit says: in memory. */
    public static int mincore(long address, long bytes, long vector) {
        return (int) call(Abi.SYS_MINCORE, address, bytes, vector, 0, 0, 0);
    }

    public static int socket(int family, int type, int protocol) {
        return (int) call(Abi.SYS_SOCKET, family, type, protocol, 0, 0, 0);
    }

    public static int bind(int fd, long sockaddr, int bytes) {
        return (int) call(Abi.SYS_BIND, fd, sockaddr, bytes, 0, 0, 0);
    }

    public static int listen(int fd, int backlog) {
        return (int) call(Abi.SYS_LISTEN, fd, backlog, 0, 0, 0, 0);
    }

    public static int connect(int fd, long sockaddr, int bytes) {
        return (int) call(Abi.SYS_CONNECT, fd, sockaddr, bytes, 0, 0, 0);
    }

    /** recv(2): as many bytes as there were, 0 at the end of the stream, or -errno. */
    public static int recv(int fd, long buffer, int bytes, int flags) {
        return (int) call(Abi.SYS_RECVFROM, fd, buffer, bytes, flags, 0, 0);
    }

    /** send(2). */
    public static int send(int fd, long buffer, int bytes, int flags) {
        return (int) call(Abi.SYS_SENDTO, fd, buffer, bytes, flags, 0, 0);
    }

    /** sendto(2): a datagram to that address. */
    public static int sendTo(int fd, long buffer, int bytes, int flags, long sockaddr,
        int addressBytes) {
        return (int) call(Abi.SYS_SENDTO, fd, buffer, bytes, flags, sockaddr, addressBytes);
    }

    /** accept4(2); {@code addressBytes} is the address of a u32: in, the room; out, the length. */
    public static int accept(int fd, long sockaddr, long addressBytes, int flags) {
        return (int) call(Abi.SYS_ACCEPT4, fd, sockaddr, addressBytes, flags, 0, 0);
    }

    public static int shutdown(int fd, int how) {
        return (int) call(Abi.SYS_SHUTDOWN, fd, how, 0, 0, 0, 0);
    }

    public static int getsockname(int fd, long sockaddr, long bytes) {
        return (int) call(Abi.SYS_GETSOCKNAME, fd, sockaddr, bytes, 0, 0, 0);
    }

    public static int setsockopt(int fd, int level, int name, long value, int bytes) {
        return (int) call(Abi.SYS_SETSOCKOPT, fd, level, name, value, bytes, 0);
    }

    public static int eventfd(int initial, int flags) {
        return (int) call(Abi.SYS_EVENTFD2, initial, flags, 0, 0, 0, 0);
    }

    public static int epollCreate(int flags) {
        return (int) call(Abi.SYS_EPOLL_CREATE1, flags, 0, 0, 0, 0, 0);
    }

    public static int epollControl(int epoll, int what, int fd, long event) {
        return (int) call(Abi.SYS_EPOLL_CTL, epoll, what, fd, event, 0, 0);
    }

    /** epoll_pwait(2); the time in milliseconds, -1 for ever. */
    public static int epollWait(int epoll, long events, int most, int timeoutMs) {
        return (int) call(Abi.SYS_EPOLL_PWAIT, epoll, events, most, timeoutMs, 0, 0);
    }

    /** epoll_pwait2(2), 5.11; {@code timespec} is an address, 0: for ever. */
    public static int epollWaitNanos(int epoll, long events, int most, long timespec) {
        return (int) call(Abi.SYS_EPOLL_PWAIT2, epoll, events, most, timespec, 0, 0);
    }

    /** ppoll(2) of {@code count} struct pollfd; {@code timespec} is an address. */
    public static int poll(long descriptors, int count, long timespec) {
        return (int) call(Abi.SYS_PPOLL, descriptors, count, timespec, 0, 0, 0);
    }

    /** fcntl(2). */
    public static int control(int fd, int command, long argument) {
        return (int) call(Abi.SYS_FCNTL, fd, command, argument, 0, 0, 0);
    }

    public static long read(int fd, long buffer, long bytes) {
        return call(Abi.SYS_READ, fd, buffer, bytes, 0, 0, 0);
    }

    public static long write(int fd, long buffer, long bytes) {
        return call(Abi.SYS_WRITE, fd, buffer, bytes, 0, 0, 0);
    }

    public static int close(int fd) {
        return (int) call(Abi.SYS_CLOSE, fd, 0, 0, 0, 0, 0);
    }

    /**
     * prlimit64(2) of this process: {@code newLimit} and {@code oldLimit} are two u64 (soft, hard),
     * or 0.
     */
    public static int prlimit(int resource, long newLimit, long oldLimit) {
        return (int) call(Abi.SYS_PRLIMIT64, 0, resource, newLimit, oldLimit, 0, 0);
    }

    /** Bytes in a page. */
    public static long pageBytes() {
        try {
            return (long) SYSCONF.invokeExact(SC_PAGESIZE);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** Any system call by number: the result, or -errno. */
    public static long call(long number, long a, long b, long c, long d, long e, long f) {
        MemorySegment captured = CAPTURED.get();
        long result;
        try {
            result = (long) SYSCALL.invokeExact(captured, number, a, b, c, d, e, f);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
        return result == -1 ? -captured.get(ValueLayout.JAVA_INT, ERRNO_OFFSET) : result;
    }
}
