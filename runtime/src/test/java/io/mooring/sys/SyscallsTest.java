package io.mooring.sys;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Results are {@code >= 0} or {@code -errno}, each by a call that the kernel really refuses. */
class SyscallsTest {
    private static final int EFAULT = 14;
    private static final int EAFNOSUPPORT = 97;
    private static final int ECONNREFUSED = 111;
    private static final int AT_PAGESZ = 6;
    private static final int STREAM = Abi.SOCK_STREAM | Abi.SOCK_CLOEXEC;

    private final Arena arena = Arena.ofConfined();
    private final long memory = arena.allocate(256, 8).address();

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void foldsErrno() {
        assertThat(Syscalls.close(-1)).isEqualTo(-Errno.EBADF);
        assertThat(Syscalls.read(-1, memory, 1)).isEqualTo(-Errno.EBADF);
        assertThat(Syscalls.write(-1, memory, 1)).isEqualTo(-Errno.EBADF);
        assertThat(Syscalls.shutdown(-1, Abi.SHUT_WR)).isEqualTo(-Errno.EBADF);
        assertThat(Syscalls.listen(-1, 1)).isEqualTo(-Errno.EBADF);
        assertThat(Syscalls.ioUringEnter(-1, 0, 0, 0, 0, 0)).isNegative();
        assertThat(Syscalls.ioUringRegister(-1, 0, 0, 0)).isNegative();
        assertThat(Syscalls.ioUringSetup(0, memory)).isNegative();
        assertThat(Syscalls.mmap(0, 0, Abi.PROT_READ, Abi.MAP_PRIVATE | Abi.MAP_ANONYMOUS, -1, 0))
            .isEqualTo(-Errno.EINVAL);
        assertThat(Syscalls.munmap(1, 1)).isEqualTo(-Errno.EINVAL);
        assertThat(Syscalls.madvise(1, 1, Abi.MADV_DONTNEED)).isEqualTo(-Errno.EINVAL);
        assertThat(Syscalls.socket(9999, Abi.SOCK_STREAM, 0)).isEqualTo(-EAFNOSUPPORT);
        assertThat(Syscalls.eventfd(0, -1)).isEqualTo(-Errno.EINVAL);
        assertThat(Syscalls.prlimit(9999, 0, memory)).isEqualTo(-Errno.EINVAL);
        assertThat(Syscalls.prlimit(Abi.RLIMIT_NOFILE, 0, 8)).isEqualTo(-EFAULT);
    }

    @Test
    void eventFd() {
        int fd = Syscalls.eventfd(3, Abi.EFD_NONBLOCK | Abi.EFD_CLOEXEC);
        try {
            assertThat(fd).isNotNegative();
            OffHeap.putLong(memory, 39);
            assertThat(Syscalls.write(fd, memory, 8)).isEqualTo(8);
            assertThat(Syscalls.read(fd, memory, 8)).isEqualTo(8);
            assertThat(OffHeap.getLong(memory)).isEqualTo(42);
            assertThat(Syscalls.read(fd, memory, 8)).isEqualTo(-Errno.EAGAIN);
            assertThat(Syscalls.read(fd, memory, 4)).isEqualTo(-Errno.EINVAL);
        } finally {
            assertThat(Syscalls.close(fd)).isZero();
        }
    }

    @Test
    void sockets() {
        int listener = Syscalls.socket(Abi.AF_INET, STREAM, 0);
        int other = Syscalls.socket(Abi.AF_INET, STREAM, 0);
        int client = Syscalls.socket(Abi.AF_INET, STREAM, 0);
        try {
            OffHeap.putInt(memory, 1);
            assertThat(Syscalls.setsockopt(listener, Abi.IPPROTO_TCP, Abi.TCP_NODELAY, memory, 4))
                .isZero();
            assertThat(Syscalls.setsockopt(listener, Abi.SOL_SOCKET, 9999, memory, 4)).isNegative();
            loopback(127);
            assertThat(Syscalls.bind(listener, memory, Abi.SOCKADDR_IN_BYTES)).isZero();
            long length = memory + 128;
            OffHeap.putInt(length, 64);
            assertThat(Syscalls.getsockname(listener, memory, length)).isZero();
            assertThat(OffHeap.getInt(length)).isEqualTo(Abi.SOCKADDR_IN_BYTES);
            assertThat(OffHeap.getShort(memory + Abi.SOCKADDR_PORT)).isNotZero();
            assertThat(OffHeap.getByte(memory + Abi.SOCKADDR_IN_ADDRESS)).isEqualTo((byte) 127);

            assertThat(Syscalls.bind(other, memory, Abi.SOCKADDR_IN_BYTES))
                .isEqualTo(-Errno.EADDRINUSE);
            assertThat(Syscalls.connect(client, memory, Abi.SOCKADDR_IN_BYTES))
                .isEqualTo(-ECONNREFUSED); // nobody listens yet
            assertThat(Syscalls.shutdown(client, Abi.SHUT_RDWR)).isEqualTo(-Errno.ENOTCONN);
            assertThat(Syscalls.listen(listener, 8)).isZero();
            assertThat(Syscalls.connect(client, memory, Abi.SOCKADDR_IN_BYTES)).isZero();
            assertThat(Syscalls.shutdown(client, Abi.SHUT_RDWR)).isZero();

            loopback(192); // 192.0.0.1, nobody's
            assertThat(Syscalls.bind(other, memory, Abi.SOCKADDR_IN_BYTES))
                .isEqualTo(-Errno.EADDRNOTAVAIL);
        } finally {
            assertThat(Syscalls.close(listener)).isZero();
            assertThat(Syscalls.close(other)).isZero();
            assertThat(Syscalls.close(client)).isZero();
        }
    }

    /** x.0.0.1, any port. */
    private void loopback(int firstByte) {
        OffHeap.zero(memory, Abi.SOCKADDR_IN_BYTES);
        OffHeap.putShort(memory, (short) Abi.AF_INET);
        OffHeap.putByte(memory + Abi.SOCKADDR_IN_ADDRESS, (byte) firstByte);
        OffHeap.putByte(memory + Abi.SOCKADDR_IN_ADDRESS + 3, (byte) 1);
    }

    /** errno belongs to the thread whose call failed. */
    @Test
    void errnoIsPerThread() {
        CompletableFuture<Boolean> other = CompletableFuture.supplyAsync(() -> all(-1, -9));
        assertThat(all(1, -22)).isTrue();
        assertThat(other.join()).isTrue();
    }

    /** munmap of an odd address is EINVAL, of a bad descriptor close is EBADF. */
    private static boolean all(long argument, int expected) {
        boolean all = true;
        for (int i = 0; i < 20_000; i++) {
            int result = argument < 0 ? Syscalls.close((int) argument)
                : Syscalls.munmap(argument, 1);
            all &= result == expected;
        }
        return all;
    }

    @Test
    void allocatesNothing() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        int sink = 0;
        for (int round = 0; round < 200 && least > 0; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 2_000; i++) {
                sink += Syscalls.close(-1);
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(sink).isNegative();
        assertThat(least).as("bytes allocated by 2,000 calls").isZero();
    }

    /** The kernel tells each process its page size at start. */
    @Test
    void pageSize() throws IOException {
        ByteBuffer vector = ByteBuffer.wrap(Files.readAllBytes(Path.of("/proc/self/auxv")))
            .order(ByteOrder.nativeOrder());
        long expected = 0;
        while (vector.remaining() >= 16) {
            long type = vector.getLong();
            long value = vector.getLong();
            expected = type == AT_PAGESZ ? value : expected;
        }
        assertThat(Syscalls.pageBytes()).isEqualTo(expected);
        assertThat(OffHeap.PAGE_BYTES).isEqualTo((int) expected);
    }
}
