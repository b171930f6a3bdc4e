package io.mooring.epoll;

import io.mooring.ring.Engine;
import io.mooring.ring.FixedBuffers;
import io.mooring.ring.Ring;
import io.mooring.sys.Errno;
import io.mooring.sys.KernelFeatures;
import io.mooring.sys.SetupException;

/**
 * The engine that every Linux has.
 *
 * @param why why not io_uring: that it was asked for, or what blocks io_uring here
 */
public record Epoll(String why) implements Engine {
    /** Of one ring's table; fs.nr_open, the most that RLIMIT_NOFILE may be, is no more. */
    private static final int SLOTS_MAX = 1 << 20;

    /**
     * Tries it.
     *
     * @throws SetupException naming what is in the way
     */
    public static Epoll probe(String why) {
        KernelFeatures.checkPlatform();
        new Poller().close();
        return new Epoll(why);
    }

    @Override
    public String name() {
        return "epoll";
    }

    @Override
    public Ring open(int sqEntries, int cqEntries) {
        return new EpollRing(sqEntries, cqEntries);
    }

    /** A table is memory of our own; what bounds it is the number of descriptors. */
    @Override
    public int slotsMax(long openFiles) {
        return SLOTS_MAX;
    }

    @Override
    public boolean usesDescriptors() {
        return true;
    }

    @Override
    public boolean savesByPolling() {
        return false;
    }

    @Override
    public boolean closesAtOnce() {
        return true;
    }

    @Override
    public boolean sendsZeroCopy() {
        return false;
    }

    @Override
    public boolean reportsZeroCopy() {
        return false;
    }

    @Override
    public FixedBuffers pin(long address, long bytes) {
        throw new SetupException("sends without a copy need io_uring: leave --zero-copy-from away",
            Errno.EINVAL);
    }

    @Override
    public String toString() {
        return "epoll on Linux " + System.getProperty("os.version")
            + ": edge-triggered, one descriptor for each connection (" + why + ")";
    }
}
