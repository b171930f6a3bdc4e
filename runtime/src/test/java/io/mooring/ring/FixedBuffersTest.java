package io.mooring.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.sys.Seccomp;
import io.mooring.sys.SetupException;
import org.junit.jupiter.api.Test;

class FixedBuffersTest {
    private static final int BYTES = 1 << 18;
    private static final int EFAULT = 14;

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
            assertThat(refused(ring, OffHeap.PAGE_BYTES, BYTES).errno()).isEqualTo(EFAULT);
        }
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
            "cannot register " + BYTES + " bytes", "RLIMIT_MEMLOCK", "ulimit -l", "LimitMEMLOCK=");
        OffHeap.unmap(memory, BYTES);
    }

    private static SetupException refused(Ring ring, long memory, long bytes) {
        return catchThrowableOfType(SetupException.class,
            () -> FixedBuffers.register(ring, memory, bytes));
    }
}
