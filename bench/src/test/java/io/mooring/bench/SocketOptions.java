package io.mooring.bench;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteOrder;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The options of another process's sockets, which no tool shows: its descriptors are borrowed by
 * pidfd_getfd (Linux 5.6; allowed for a child, or as root with CAP_SYS_PTRACE).
 */
final class SocketOptions {

    private static final int PIDFD_OPEN = 434;
    private static final int PIDFD_GETFD = 438;
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_NODELAY = 1;
    private static final int SOCKADDR_BYTES = 128;
    /** Of IPv4's and IPv6's alike. */
    private static final int PORT_AT = 2;
    private static final ValueLayout.OfShort PORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private static final MethodHandle SYSCALL = link("syscall", FunctionDescriptor.of(JAVA_LONG,
            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG), Linker.Option.firstVariadicArg(1));
    private static final MethodHandle GETSOCKOPT = link("getsockopt", FunctionDescriptor.of(
            JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle GETSOCKNAME = link("getsockname", FunctionDescriptor.of(
            JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle GETPEERNAME = link("getpeername", FunctionDescriptor.of(
            JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle CLOSE = link("close", FunctionDescriptor.of(
            JAVA_INT, JAVA_INT));

    private SocketOptions() {
    }

    private static MethodHandle link(String name, FunctionDescriptor type,
            Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type, options);
    }

    /**
     * TCP_NODELAY of each connection that process {@code pid} has taken on {@code port}; null where
     * it may not be asked.
     */
    static List<Boolean> noDelay(long pid, int port) throws Throwable {
        int process = Math.toIntExact((long) SYSCALL.invokeExact((long) PIDFD_OPEN, pid, 0L, 0L));
        List<Boolean> found = new ArrayList<>();
        try (Arena arena = Arena.ofConfined();
                DirectoryStream<Path> files =
                        Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
            for (Path file : files) {
                if (!isSocket(file)) {
                    continue;
                }
                long number = Long.parseLong(file.getFileName().toString());
                int fd = (int) (long) SYSCALL.invokeExact((long) PIDFD_GETFD, (long) process,
                        number, 0L);
                if (fd < 0) {
                    return null;
                }
                try {
                    if (isConnectionOf(fd, port, arena)) {
                        found.add(option(fd, arena));
                    }
                } finally {
                    int closed = (int) CLOSE.invokeExact(fd);
                    assert closed == 0;
                }
            }
            return found;
        } finally {
            int closed = (int) CLOSE.invokeExact(process);
            assert closed == 0;
        }
    }

    private static boolean isSocket(Path file) {
        try {
            return Files.readSymbolicLink(file).toString().startsWith("socket:");
        } catch (IOException e) {
            return false; // closed meanwhile
        }
    }

    private static boolean isConnectionOf(int fd, int port, Arena arena) throws Throwable {
        MemorySegment address = arena.allocate(SOCKADDR_BYTES);
        MemorySegment length = arena.allocateFrom(JAVA_INT, SOCKADDR_BYTES);
        if ((int) GETPEERNAME.invokeExact(fd, address, length) != 0) {
            return false;
        }
        length.set(JAVA_INT, 0, SOCKADDR_BYTES);
        return (int) GETSOCKNAME.invokeExact(fd, address, length) == 0
                && Short.toUnsignedInt(address.get(PORT, PORT_AT)) == port;
    }

    private static boolean option(int fd, Arena arena) throws Throwable {
        MemorySegment value = arena.allocate(JAVA_INT);
        MemorySegment length = arena.allocateFrom(JAVA_INT, Integer.BYTES);
        int result = (int) GETSOCKOPT.invokeExact(fd, IPPROTO_TCP, TCP_NODELAY, value, length);
        return result == 0 && value.get(JAVA_INT, 0) != 0;
    }
}
