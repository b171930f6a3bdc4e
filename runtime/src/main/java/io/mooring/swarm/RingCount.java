package io.mooring.swarm;

import io.mooring.sys.SetupException;
import java.util.Locale;

/** How many rings connections need: each takes a descriptor and holds so many slots. */
final class RingCount {
    /** Descriptors of all else that a process has open. */
    private static final int SPARE = 64;

    private RingCount() {
    }

    /**
     * Refuses what would fail in the middle, when the last descriptor is taken.
     *
     * @param slotsWanted a ring, if RLIMIT_NOFILE, {@code openFiles}, were high enough
     */
    static void check(int connections, int threads, int slots, int slotsWanted, long openFiles) {
        if (isEnough(connections, threads, slots, openFiles)) {
            return;
        }
        long enough = openFiles;
        while (!isEnough(connections, threads, (int) Math.min(slotsWanted, enough), enough)) {
            enough *= 2;
        }
        throw new SetupException(String.format(Locale.ROOT,
            "%,d connections need %,d rings of %,d each, and RLIMIT_NOFILE allows %,d files: raise "
            + "it (ulimit -n %d, or LimitNOFILE= in the systemd unit), or ask for fewer "
            + "connections", connections, rings(connections, threads, slots), slots, openFiles,
            enough));
    }

    /** The same where each connection takes a descriptor, and a thread has one ring. */
    static void checkDescriptors(int connections, int threads, int slots, long openFiles) {
        long needed = connections + 1L + SPARE + 2L * threads; // one is the publisher's
        if (needed > openFiles) {
            throw new SetupException(String.format(Locale.ROOT,
                "with epoll each connection takes a descriptor, and RLIMIT_NOFILE allows %,d: "
                + "raise it (ulimit -n %d, or LimitNOFILE= in the systemd unit), ask for fewer "
                + "connections, or use io_uring, which has no such limit", openFiles, needed));
        }
        if (Math.ceilDiv(connections, threads) >= slots) {
            throw new SetupException(String.format(Locale.ROOT,
                "with epoll a thread holds %,d connections at most: ask for more --threads",
                slots - 1));
        }
    }

    private static boolean isEnough(int connections, int threads, int slots, long openFiles) {
        return rings(connections, threads, slots) + SPARE <= openFiles;
    }

    /** A thread's last ring may be all but empty. */
    private static long rings(int connections, int threads, int slots) {
        return Math.ceilDiv(connections, slots) + threads - 1L;
    }
}
