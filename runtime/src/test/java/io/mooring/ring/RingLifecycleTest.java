package io.mooring.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mooring.sys.Abi;
import io.mooring.sys.Descriptors;
import io.mooring.sys.Errno;
import io.mooring.sys.KernelFeatures;
import io.mooring.sys.Seccomp;
import io.mooring.sys.SetupException;
import io.mooring.sys.Syscalls;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What opening takes, closing gives back, whatever happens in between. */
@Timeout(120)
@Tag("io_uring") // the kernel's own descriptors and mappings
class RingLifecycleTest {
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void twoHundredRingsOneAfterTheOther(boolean buffersFirst) throws IOException {
        KernelFeatures features = Variant.NEWEST.features();
        int event = Syscalls.eventfd(0, Abi.EFD_CLOEXEC);
        int never = Syscalls.eventfd(0, Abi.EFD_CLOEXEC);
        int descriptors = Descriptors.count(Descriptors.RING);
        long mappings = Descriptors.mappings(Descriptors.RING);
        for (int i = 0; i < 200; i++) {
            Ring ring = KernelRing.open(features, 8, 8);
            DirectFiles.register(ring, 64);
            BufferRing buffers = new BufferRing(ring, 1, 8, 256);
            ring.registerEventFd(event);
            Sqe.prepPollFd(ring.sq().next(), never, Abi.POLLIN, 1); // still there at the end
            Sqe.prepNop(ring.sq().next(), 2);
            assertThat(new Driver(ring).next(2).result()).isZero();
            assertThat(Descriptors.mappings(Descriptors.RING)).isGreaterThan(mappings);
            if (buffersFirst) {
                buffers.close();
                ring.close();
            } else {
                ring.close();
                buffers.close();
            }
        }
        assertThat(Descriptors.count(Descriptors.RING)).isEqualTo(descriptors);
        assertThat(Descriptors.mappings(Descriptors.RING)).isEqualTo(mappings);
        Syscalls.close(event);
        Syscalls.close(never);
    }

    /** A thread may register 16 rings; more work by their descriptor, and places come free. */
    @ParameterizedTest
    @EnumSource(names = {"NEWEST", "OLDEST"})
    void twentyRingsOfOneThread(Variant variant) throws Exception {
        KernelFeatures features = variant.features();
        int descriptors = Descriptors.count(Descriptors.RING);
        FutureTask<Integer> task = new FutureTask<>(() -> {
            int answered = 0;
            for (int round = 0; round < 3; round++) {
                List<Ring> rings = new ArrayList<>();
                for (int i = 0; i < 20; i++) {
                    rings.add(KernelRing.open(features, 4, 4));
                }
                for (int i = 0; i < 20; i++) {
                    Sqe.prepNop(rings.get(i).sq().next(), i);
                }
                for (int i = 0; i < 20; i++) {
                    answered += new Driver(rings.get(i)).next(i).result() == 0 ? 1 : 0;
                }
                for (int i = 0; i < 20; i++) {
                    rings.get(i * 7 % 20).close();
                }
            }
            return answered;
        });
        Thread.ofPlatform().start(task);
        assertThat(task.get()).isEqualTo(60);
        assertThat(Descriptors.count(Descriptors.RING)).isEqualTo(descriptors);
    }

    /** A closed ring leaves its place among the registered ones of the thread to the next. */
    @Test
    void aHundredRingsOfOneThreadAreRegisteredAllTheSame() throws Exception {
        Variant.NEWEST.features();
        FutureTask<Integer> task = new FutureTask<>(() -> {
            KernelFeatures features = KernelFeatures.probe();
            if (!features.registeredRing()) {
                return null;
            }
            for (int i = 0; i < 100; i++) {
                KernelRing.open(features, 4, 4).close();
            }
            try (Ring ring = KernelRing.open(features, 4, 4)) {
                FutureTask<Integer> other = new FutureTask<>(() -> ring.submitAndWait(0, 0));
                Thread.ofPlatform().start(other);
                return other.get();
            }
        });
        Thread.ofPlatform().start(task);
        assumeTrue(task.get() != null, "this kernel registers no rings");
        // EEXIST, were it entered by its descriptor, which any thread of the process has.
        assertThat(task.get()).isIn(-Errno.EINVAL, -Errno.EBADF);
    }

    /** What waits in the kernel goes with the ring, and so do the sockets in its table. */
    @Test
    void closingEndsConnections() throws IOException {
        try (Loopback loopback = Loopback.open(4)) {
            SocketChannel idle = loopback.accept(0);
            SocketChannel polled = loopback.accept(1);
            SocketChannel received = loopback.accept(2);
            BufferRing buffers = new BufferRing(loopback.ring, 0, 4, 64);
            Sqe.prepPoll(loopback.sq.next(), 1, Abi.POLLIN, 1);
            Sqe.prepRecvMultishot(loopback.sq.next(), 2, 0, true, 2);
            loopback.prepAccept(3);
            assertThat(loopback.driver.posted()).isEmpty();
            loopback.closeRing();
            assertThat(Loopback.isAtEnd(idle)).isTrue();
            assertThat(Loopback.isAtEnd(polled)).isTrue();
            assertThat(Loopback.isAtEnd(received)).isTrue();
            buffers.close();
        }
    }

    /** Its descriptor's number may be another's by then. */
    @Test
    void aClosedRingRegistersNothing() {
        Ring ring = Variant.NEWEST.open(4, 4);
        BufferRing buffers = new BufferRing(ring, 0, 2, 64);
        ring.close();
        try (Ring next = Variant.NEWEST.open(4, 4);
                BufferRing others = new BufferRing(next, 0, 2, 64)) {
            assertThat(ring.register(Abi.UNREGISTER_BUFFERS, 0, 0)).isEqualTo(-Errno.EBADF);
            buffers.close();
            SetupException still = catchThrowableOfType(SetupException.class,
                () -> new BufferRing(next, others.group(), 2, 64));
            assertThat(still.errno()).isEqualTo(Errno.EEXIST);
        }
    }

    /** The mapping of a ring is refused: the descriptor that was there already must not stay. */
    @Test
    void aRingThatCannotBeMappedLeavesNothing() throws Exception {
        KernelFeatures features = Variant.NEWEST.features();
        int descriptors = Descriptors.count(Descriptors.RING);
        SetupException refused = Seccomp.refusing(Abi.SYS_MMAP, 3,
            Abi.MAP_SHARED | Abi.MAP_POPULATE, Errno.ENOMEM, () ->
                catchThrowableOfType(SetupException.class, () -> KernelRing.open(features, 8, 8)));
        assertThat(refused.errno()).isEqualTo(Errno.ENOMEM);
        assertThat(refused.getMessage()).contains("cannot map a ring", "ulimit -v");
        assertThat(Descriptors.count(Descriptors.RING)).isEqualTo(descriptors);
    }

    @ParameterizedTest
    @ValueSource(ints = {Errno.ENOMEM, Errno.EMFILE, Errno.EPERM})
    void saysWhichLimitsToRaise(int errno) throws Exception {
        KernelFeatures features = Variant.NEWEST.features();
        SetupException refused = Seccomp.refusing(Abi.SYS_IO_URING_SETUP, errno, () ->
            catchThrowableOfType(SetupException.class, () -> KernelRing.open(features, 8, 8)));
        assertThat(refused.errno()).isEqualTo(errno);
        assertThat(refused.getMessage())
            .contains("cannot set up a ring of 8 entries", Errno.text(errno), "RLIMIT_MEMLOCK",
                "RLIMIT_NOFILE")
            .doesNotContain("\n");
    }
}
