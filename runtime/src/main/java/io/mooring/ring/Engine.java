package io.mooring.ring;

/** Who carries out what is submitted to a ring, and how it differs from others. */
public interface Engine {
    /** As --engine has it. */
    String name();

    /**
     * Sets a ring up for the calling thread.
     *
     * @param sqEntries a power of two
     * @param cqEntries a power of two, at least {@code sqEntries}
     * @throws io.mooring.sys.SetupException naming the limit to raise
     */
    Ring open(int sqEntries, int cqEntries);

    /**
     * Direct descriptors that one ring may have, at most.
     *
     * @param openFiles RLIMIT_NOFILE
     */
    int slotsMax(long openFiles);

    /** Whether a connection takes one of the process's descriptors. */
    boolean usesDescriptors();

    /**
     * Whether a receive that waits costs more than a poll does, so that whoever is quiet should
     * wait by a poll.
     */
    boolean savesByPolling();

    /** See {@link io.mooring.sys.KernelFeatures#closesAtOnce}. */
    boolean closesAtOnce();

    /** Whether frames can be sent from registered memory without a copy. */
    boolean sendsZeroCopy();

    /** Whether a zero-copy send can say that it was copied after all. */
    boolean reportsZeroCopy();

    /**
     * Pins memory for those.
     *
     * @throws io.mooring.sys.SetupException naming the limit, or that this engine has no such sends
     */
    FixedBuffers pin(long address, long bytes);

    /** One line for the log. */
    @Override
    String toString();
}
