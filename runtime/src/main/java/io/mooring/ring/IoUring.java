package io.mooring.ring;

import io.mooring.sys.Errno;
import io.mooring.sys.KernelFeatures;
import io.mooring.sys.SetupException;

/**
 * The kernel's own rings.
 *
 * @param features what this kernel offers
 */
public record IoUring(KernelFeatures features) implements Engine {
    private static final int FILES_MAX = 1 << 20;
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    /**
     * Tries it: a real ring, and a no-op through it.
     *
     * @throws SetupException naming what blocks io_uring here and the command that unblocks it
     */
    public static IoUring probe() {
        IoUring engine = new IoUring(KernelFeatures.probe());
        try (Ring ring = engine.open(1, 1)) {
            Sqe.prepNop(ring.sq().next(), 1);
            int result = ring.submitAndWait(1, PATIENCE_NANOS);
            if (result == -Errno.EINTR) { // a signal of the JVM's own
                result = ring.submitAndWait(1, PATIENCE_NANOS);
            }
            if (result < 0 || ring.cq().head() == ring.cq().tail()) {
                throw new SetupException("io_uring_enter does not work here: "
                    + Errno.text(result) + "; a seccomp filter that allows io_uring_setup must "
                    + "allow it too", -result);
            }
        }
        return engine;
    }

    @Override
    public String name() {
        return "io_uring";
    }

    @Override
    public Ring open(int sqEntries, int cqEntries) {
        return KernelRing.open(features, sqEntries, cqEntries);
    }

    @Override
    public int slotsMax(long openFiles) {
        return (int) Math.min(openFiles, FILES_MAX);
    }

    @Override
    public boolean usesDescriptors() {
        return false;
    }

    @Override
    public boolean savesByPolling() {
        return true;
    }

    @Override
    public boolean closesAtOnce() {
        return features.closesAtOnce();
    }

    @Override
    public boolean sendsZeroCopy() {
        return true;
    }

    @Override
    public boolean reportsZeroCopy() {
        return features.reportsZeroCopy();
    }

    @Override
    public FixedBuffers pin(long address, long bytes) {
        return FixedBuffers.pin(features, address, bytes);
    }

    @Override
    public String toString() {
        return features.toString();
    }
}
