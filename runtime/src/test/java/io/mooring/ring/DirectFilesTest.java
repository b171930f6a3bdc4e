package io.mooring.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.sys.SetupException;
import io.mooring.sys.Syscalls;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(120)
class DirectFilesTest {
    /** Above the soft limit the kernel refuses; at it, and once it is raised, it does not. */
    @Tag("io_uring") // epoll's is memory of ours
    @Test
    void aTableIsBoundByTheSoftLimit() {
        long limits = OffHeap.map(Abi.RLIMIT_BYTES);
        Syscalls.prlimit(Abi.RLIMIT_NOFILE, 0, limits);
        long soft = OffHeap.getLong(limits);
        // Lower than it was, and yet more than any JVM has open.
        int lowered = (int) (soft < 0 || soft > 8_192 ? 8_192 : soft - 1);
        try (Ring ring = Variant.NEWEST.open(4, 4); Ring second = Variant.NEWEST.open(4, 4)) {
            OffHeap.putLong(limits, lowered);
            assertThat(Syscalls.prlimit(Abi.RLIMIT_NOFILE, limits, 0)).isZero();
            SetupException refused = catchThrowableOfType(SetupException.class,
                () -> DirectFiles.register(ring, lowered + 1));
            DirectFiles.register(second, lowered);
            OffHeap.putLong(limits, soft);
            Syscalls.prlimit(Abi.RLIMIT_NOFILE, limits, 0);
            DirectFiles.register(ring, lowered + 1);

            assertThat(refused.errno()).isEqualTo(Errno.EMFILE);
            assertThat(refused.getMessage()).doesNotContain("\n").contains("RLIMIT_NOFILE",
                "a table of " + (lowered + 1), "ulimit -n", "LimitNOFILE=");
        } finally {
            OffHeap.putLong(limits, soft);
            Syscalls.prlimit(Abi.RLIMIT_NOFILE, limits, 0);
            OffHeap.unmap(limits, Abi.RLIMIT_BYTES);
        }
    }

    @Test
    void aRingHasOneTable() {
        try (Ring ring = Variant.NEWEST.open(4, 4)) {
            DirectFiles.register(ring, 8);
            SetupException refused = catchThrowableOfType(SetupException.class,
                () -> DirectFiles.register(ring, 8));
            assertThat(refused.errno()).isEqualTo(Errno.EBUSY);
            assertThat(refused.getMessage()).contains("cannot register 8 direct descriptors");
        }
    }

    /** What is not there is refused by every operation, and by its own completion only. */
    @ParameterizedTest
    @EnumSource
    void emptyPlacesAreBadDescriptors(Variant variant) {
        try (Ring ring = variant.open(16, 16)) {
            DirectFiles.register(ring, 8);
            try (BufferRing buffers = new BufferRing(ring, 0, 2, 64)) {
                Driver driver = new Driver(ring);
                for (int file : new int[] {0, 7, 8, 1 << 30}) {
                    Sqe.prepPoll(ring.sq().next(), file, Abi.POLLIN, 1);
                    Sqe.prepRecv(ring.sq().next(), file, buffers.group(), 0, 2);
                    Sqe.prepRecvMultishot(ring.sq().next(), file, buffers.group(), false, 3);
                    Sqe.prepSendNow(ring.sq().next(), file, buffers.address(0), 1, 4);
                    Sqe.prepSendAll(ring.sq().next(), file, buffers.address(0), 1, 5);
                    Sqe.prepShutdown(ring.sq().next(), file, Abi.SHUT_WR, 6);
                    for (int i = 1; i <= 6; i++) {
                        Completion completion = driver.next(i);
                        assertThat(completion.result()).isEqualTo(-Errno.EBADF);
                        assertThat(completion.more()).isFalse();
                        assertThat(completion.buffer()).isEqualTo(-1);
                    }
                }
                Sqe.prepClose(ring.sq().next(), 7, 7);
                assertThat(driver.next(7).result()).isEqualTo(-Errno.EBADF);
                Sqe.prepClose(ring.sq().next(), 8, 8);
                assertThat(driver.next(8).result()).isEqualTo(-Errno.EINVAL); // past the table
            }
        }
    }
}
