package io.mooring.sys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class LimitsTest {
    @Test
    void raisesTheSoftLimitToTheHardOne() {
        long hard = limit(8);
        long soft = limit(0);
        try {
            assertThat(Limits.raiseOpenFiles()).isEqualTo(unsigned(hard));
            assertThat(limit(0)).isEqualTo(hard);
            assertThat(limit(8)).isEqualTo(hard);
            // Again, and from below; lower by one, so that nobody else notices.
            assertThat(Limits.raiseOpenFiles()).isEqualTo(unsigned(hard));
            setSoft(hard - 1);
            assertThat(limit(0)).isEqualTo(hard - 1);
            assertThat(Limits.raiseOpenFiles()).isEqualTo(unsigned(hard));
            assertThat(limit(0)).isEqualTo(hard);
        } finally {
            setSoft(soft);
        }
    }

    @Test
    void saysThatItIsRefused() throws Exception {
        SetupException refused = Seccomp.refusing(Abi.SYS_PRLIMIT64, Errno.EPERM, () ->
            catchThrowableOfType(SetupException.class, Limits::raiseOpenFiles));
        assertThat(refused.errno()).isEqualTo(Errno.EPERM);
        assertThat(refused.getMessage()).contains("prlimit64", "seccomp").doesNotContain("\n");
    }

    private static long unsigned(long limit) {
        return limit < 0 ? Long.MAX_VALUE : limit;
    }

    private static long limit(int offset) {
        try (Arena arena = Arena.ofConfined()) {
            long limits = arena.allocate(Abi.RLIMIT_BYTES, 8).address();
            assertThat(Syscalls.prlimit(Abi.RLIMIT_NOFILE, 0, limits)).isZero();
            return OffHeap.getLong(limits + offset);
        }
    }

    private static void setSoft(long soft) {
        try (Arena arena = Arena.ofConfined()) {
            long limits = arena.allocate(Abi.RLIMIT_BYTES, 8).address();
            OffHeap.putLong(limits, soft);
            OffHeap.putLong(limits + 8, limit(8));
            assertThat(Syscalls.prlimit(Abi.RLIMIT_NOFILE, limits, 0)).isZero();
        }
    }
}
