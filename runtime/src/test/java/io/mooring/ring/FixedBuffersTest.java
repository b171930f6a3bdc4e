package io.mooring.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mooring.server.Await;
import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.sys.Seccomp;
import io.mooring.sys.SetupException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("io_uring") // epoll registers no memory
class FixedBuffersTest {
    private static final int BYTES = 1 << 18;

    @Test
    void registersOnce() {
        long memory = OffHeap.map(BYTES);
        try (Ring ring = Variant.NEWEST.open(4, 4)) {
            FixedBuffers.register(ring, memory, BYTES);
            assertThat(ring.register(Abi.UNREGISTER_BUFFERS, 0, 0)).isZero(); // it was there
            FixedBuffers.register(ring, memory, BYTES);
            assertThat(refused(ring, memory, BYTES).errno()).isEqualTo(Errno.EBUSY);
        }
        OffHeap.unmap(memory, BYTES);
    }

    @Test
    void memoryThatIsNotThere() {
        try (Ring ring = Variant.NEWEST.open(4, 4)) {
            assertThat(refused(ring, OffHeap.PAGE_BYTES, BYTES).errno()).isEqualTo(Errno.EFAULT);
        }
    }

    @Test
    void moreThanARingTakes() {
        try (Ring ring = Variant.NEWEST.open(4, 4)) {
            SetupException refused = refused(ring, OffHeap.PAGE_BYTES, (1L << 30) + 1);
            assertThat(refused.getMessage()).contains("1073741824 at most", "--frame-memory");
        }
    }

    /** Rings of two threads share it; it is counted as pinned once, and outlives who pinned it. */
    @Test
    void sharedByManyRings() {
        long memory = OffHeap.map(BYTES);
        // The kernel gives back what a closed ring had pinned when it gets to it.
        Await.until("earlier rings have let go", () -> pinnedBytes() == 0);
        FixedBuffers buffers = FixedBuffers.pin(Variant.NEWEST.features(), memory, BYTES);
        assertThat(pinnedBytes()).isEqualTo(BYTES);
        Ring first = Variant.NEWEST.open(4, 4);
        boolean cloned = buffers.attach(first);
        Ring second = CompletableFuture.supplyAsync(() -> {
            Ring ring = Variant.NEWEST.open(4, 4);
            assertThat(buffers.attach(ring)).isEqualTo(cloned);
            return ring;
        }).join();
        assertThat(pinnedBytes()).isEqualTo(cloned ? BYTES : 3 * BYTES);
        SetupException twice = catchThrowableOfType(SetupException.class,
            () -> buffers.attach(first));
        assertThat(twice.errno()).isEqualTo(Errno.EBUSY);
        buffers.close();
        assertThat(first.register(Abi.UNREGISTER_BUFFERS, 0, 0)).as("it has it still").isZero();
        first.close();
        second.close();
        OffHeap.unmap(memory, BYTES);
    }

    /** As before 6.12: each ring pins it anew. */
    @Test
    void withoutCloning() throws Exception {
        long memory = OffHeap.map(BYTES);
        Variant.NEWEST.features();
        boolean cloned = Seccomp.refusing(Abi.SYS_IO_URING_REGISTER, 1,
            Abi.REGISTER_CLONE_BUFFERS, Errno.EINVAL, () -> {
                try (FixedBuffers buffers =
                        FixedBuffers.pin(Variant.NEWEST.features(), memory, BYTES);
                    Ring ring = Variant.NEWEST.open(4, 4)) {
                    boolean result = buffers.attach(ring);
                    assertThat(ring.register(Abi.UNREGISTER_BUFFERS, 0, 0)).isZero();
                    return result;
                }
            });
        assertThat(cloned).isFalse();
        OffHeap.unmap(memory, BYTES);
    }

    @Test
    void refusedToShare() throws Exception {
        long memory = OffHeap.map(BYTES);
        Variant.NEWEST.features();
        SetupException refused = Seccomp.refusing(Abi.SYS_IO_URING_REGISTER, 1,
            Abi.REGISTER_CLONE_BUFFERS, Errno.ENOMEM, () -> {
                try (FixedBuffers buffers =
                        FixedBuffers.pin(Variant.NEWEST.features(), memory, BYTES);
                    Ring ring = Variant.NEWEST.open(4, 4)) {
                    return catchThrowableOfType(SetupException.class, () -> buffers.attach(ring));
                }
            });
        assertThat(refused.errno()).isEqualTo(Errno.ENOMEM);
        assertThat(refused.getMessage()).contains("cannot share " + BYTES, "free memory");
        OffHeap.unmap(memory, BYTES);
    }

    @Test
    void saysWhichLimitToRaise() throws Exception {
        long memory = OffHeap.map(BYTES);
        Variant.NEWEST.features();
        SetupException refused = Seccomp.refusing(Abi.SYS_IO_URING_REGISTER, 1,
            Abi.REGISTER_BUFFERS, Errno.ENOMEM, () -> {
                try (Ring ring = Variant.NEWEST.open(4, 4)) {
                    return refused(ring, memory, BYTES);
                }
            });
        assertThat(refused.getMessage()).doesNotContain("\n").contains(
            "cannot register " + BYTES + " bytes", "RLIMIT_MEMLOCK", "ulimit -l", "LimitMEMLOCK=",
            "--frame-memory");
        OffHeap.unmap(memory, BYTES);
    }

    /** Registered memory of this process, as the kernel counts it. */
    private static long pinnedBytes() {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmPin:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                .findFirst().orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static SetupException refused(Ring ring, long memory, long bytes) {
        return catchThrowableOfType(SetupException.class,
            () -> FixedBuffers.register(ring, memory, bytes));
    }
}
