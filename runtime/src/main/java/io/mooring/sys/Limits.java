package io.mooring.sys;

import java.lang.foreign.Arena;

/** Resource limits of this process, getrlimit(2). */
public final class Limits {
    private Limits() {
    }

    /**
     * Raises the soft limit of open files to the hard one and returns it. A direct-descriptor table
     * may hold as many sockets as the <b>soft</b> limit says, although it uses no descriptor
     * (EMFILE past that).
     */
    public static long raiseOpenFiles() {
        try (Arena arena = Arena.ofConfined()) {
            long limit = arena.allocate(Abi.RLIMIT_BYTES, 8).address();
            check(Syscalls.prlimit(Abi.RLIMIT_NOFILE, 0, limit));
            long soft = OffHeap.getLong(limit);
            long hard = OffHeap.getLong(limit + 8);
            if (soft == hard) {
                return positive(soft);
            }
            OffHeap.putLong(limit, hard);
            check(Syscalls.prlimit(Abi.RLIMIT_NOFILE, limit, 0));
            return positive(hard);
        }
    }

    private static long positive(long limit) {
        return limit < 0 ? Long.MAX_VALUE : limit; // RLIM_INFINITY is ~0
    }

    private static void check(int result) {
        if (result < 0) {
            throw new SetupException("prlimit64 is refused: " + Errno.text(result)
                + "; a seccomp filter must allow it", -result);
        }
    }
}
