package io.mooring.ring;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.KernelFeatures;
import io.mooring.sys.MemoryUse;
import io.mooring.sys.OffHeap;
import io.mooring.sys.SetupException;
import io.mooring.sys.Syscalls;

/**
 * One io_uring: its descriptor, its mappings, its queues. Created, used and closed by one thread.
 *
 * <p>With DEFER_TASKRUN completions are made only inside {@link #submitAndWait}; between two calls
 * the thread runs undisturbed.
 */
public final class KernelRing implements Ring {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final int fd;
    private final int enterFd;
    private final int enterFlags;
    private final long ringAddress;
    private final long ringBytes;
    private final long sqesAddress;
    private final long sqesBytes;
    private final SubmissionQueue sq;
    private final CompletionQueue cq;
    /** struct io_uring_getevents_arg, then its timespec. */
    private final long waitArg;
    private boolean closed;

    private KernelRing(int fd, long params, KernelFeatures features) {
        this.fd = fd;
        int sqEntries = OffHeap.getInt(params + Abi.PARAMS_SQ_ENTRIES);
        int cqEntries = OffHeap.getInt(params + Abi.PARAMS_CQ_ENTRIES);
        long sqOff = params + Abi.PARAMS_SQ_OFF;
        long cqOff = params + Abi.PARAMS_CQ_OFF;
        long sqEnd = features.noSqArray() ? 0
            : OffHeap.getInt(sqOff + Abi.SQOFF_ARRAY) + 4L * sqEntries;
        long cqEnd = OffHeap.getInt(cqOff + Abi.CQOFF_CQES) + (long) cqEntries * Abi.CQE_BYTES;
        this.ringBytes = Math.max(sqEnd, cqEnd); // FEAT_SINGLE_MMAP: one mapping holds both
        this.ringAddress = mapRing(ringBytes, Abi.OFF_SQ_RING);
        this.sqesBytes = (long) sqEntries * Abi.SQE_BYTES;
        this.sqesAddress = mapRing(sqesBytes, Abi.OFF_SQES);
        this.sq = new SubmissionQueue(ringAddress, sqOff, sqesAddress, features.noSqArray());
        this.cq = new CompletionQueue(ringAddress, cqOff);
        this.waitArg = OffHeap.map(Abi.GETEVENTS_ARG_BYTES + Abi.TIMESPEC_BYTES);
        OffHeap.putLong(waitArg + Abi.GETEVENTS_ARG_TIMESPEC, waitArg + Abi.GETEVENTS_ARG_BYTES);
        int registered = features.registeredRing() ? registerSelf() : -1;
        this.enterFd = registered >= 0 ? registered : fd;
        this.enterFlags = Abi.ENTER_GETEVENTS | Abi.ENTER_EXT_ARG
            | (registered >= 0 ? Abi.ENTER_REGISTERED_RING : 0);
    }

    /**
     * Sets a ring up for the calling thread.
     *
     * @param sqEntries a power of two
     * @param cqEntries a power of two, at least {@code sqEntries}
     * @throws SetupException naming the limit to raise
     */
    public static KernelRing open(KernelFeatures features, int sqEntries, int cqEntries) {
        long params = OffHeap.map(Abi.PARAMS_BYTES);
        try {
            OffHeap.putInt(params + Abi.PARAMS_FLAGS, features.setupFlags());
            OffHeap.putInt(params + Abi.PARAMS_CQ_ENTRIES, cqEntries);
            int fd = Syscalls.ioUringSetup(sqEntries, params);
            if (fd < 0) {
                throw new SetupException("cannot set up a ring of " + sqEntries + " entries: "
                    + Errno.text(fd) + "; raise RLIMIT_MEMLOCK (ulimit -l) or RLIMIT_NOFILE "
                    + "(ulimit -n), or ask for fewer connections", -fd);
            }
            try {
                return new KernelRing(fd, params, features);
            } catch (SetupException e) {
                Syscalls.close(fd); // a mapping was refused; the ring goes, and what was mapped
                throw e;
            }
        } finally {
            OffHeap.unmap(params, Abi.PARAMS_BYTES);
        }
    }

    /** One io_uring_enter(2). */
    @Override
    public int submitAndWait(int waitFor, long timeoutNanos) {
        if (timeoutNanos < 0 || waitFor == 0) {
            OffHeap.putLong(waitArg + Abi.GETEVENTS_ARG_TIMESPEC, 0);
        } else {
            long timespec = waitArg + Abi.GETEVENTS_ARG_BYTES;
            OffHeap.putLong(timespec, timeoutNanos / NANOS_PER_SECOND);
            OffHeap.putLong(timespec + Abi.TIMESPEC_NANOS, timeoutNanos % NANOS_PER_SECOND);
            OffHeap.putLong(waitArg + Abi.GETEVENTS_ARG_TIMESPEC, timespec);
        }
        int result = Syscalls.ioUringEnter(enterFd, sq.publish(), waitFor, enterFlags, waitArg,
            Abi.GETEVENTS_ARG_BYTES);
        return result == -Errno.ETIME ? 0 : result;
    }

    @Override
    public boolean overflowed() {
        return sq.flagged(Abi.SQ_CQ_OVERFLOW);
    }

    @Override
    public boolean hasWork() {
        return sq.pending() != 0 || cq.head() != cq.tail()
            || sq.flagged(Abi.SQ_TASKRUN | Abi.SQ_CQ_OVERFLOW);
    }

    @Override
    public boolean supports(int op) {
        int ops = op + 1;
        long bytes = Abi.PROBE_OPS + (long) ops * Abi.PROBE_OP_BYTES;
        long probe = OffHeap.map(bytes);
        int result = register(Abi.REGISTER_PROBE, probe, ops);
        long at = probe + Abi.PROBE_OPS + (long) op * Abi.PROBE_OP_BYTES;
        boolean supported = result >= 0
            && (OffHeap.getShort(at + Abi.PROBE_OP_FLAGS) & Abi.OP_SUPPORTED) != 0;
        OffHeap.unmap(probe, bytes);
        return supported;
    }

    /** Mapped with all its pages. */
    @Override
    public MemoryUse memory() {
        long bytes = OffHeap.pageAlign(ringBytes) + OffHeap.pageAlign(sqesBytes)
            + OffHeap.PAGE_BYTES;
        return new MemoryUse(bytes, bytes, bytes);
    }

    @Override
    public MemoryUse fileMemory() {
        return MemoryUse.NONE; // in the kernel
    }

    @Override
    public SubmissionQueue sq() {
        return sq;
    }

    @Override
    public CompletionQueue cq() {
        return cq;
    }

    /** The ring's own descriptor, by which another ring may clone its registered buffers. */
    int fd() {
        return fd;
    }

    /** io_uring_register(2). */
    @Override
    public int register(int opcode, long arg, int args) {
        if (closed) {
            return -Errno.EBADF; // the number may be somebody else's by now
        }
        return Syscalls.ioUringRegister(fd, opcode, arg, args);
    }

    /** Closes the ring, once; the kernel cancels what is in it and drops its descriptors. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        OffHeap.unmap(sqesAddress, sqesBytes);
        OffHeap.unmap(ringAddress, ringBytes);
        OffHeap.unmap(waitArg, Abi.GETEVENTS_ARG_BYTES + Abi.TIMESPEC_BYTES);
        if ((enterFlags & Abi.ENTER_REGISTERED_RING) != 0) {
            unregisterSelf();
        }
        closed = true;
        Syscalls.close(fd);
    }

    private long mapRing(long bytes, long offset) {
        long address = Syscalls.mmap(0, OffHeap.pageAlign(bytes), Abi.PROT_READ | Abi.PROT_WRITE,
            Abi.MAP_SHARED | Abi.MAP_POPULATE, fd, offset);
        if (Errno.isError(address)) {
            throw new SetupException("cannot map a ring: " + Errno.text(address)
                + "; check ulimit -v and vm.max_map_count", (int) -address);
        }
        return address;
    }

    private int registerSelf() {
        long update = OffHeap.map(Abi.RSRC_UPDATE_BYTES);
        OffHeap.putInt(update, -1); // any free index
        OffHeap.putLong(update + Abi.RSRC_UPDATE_DATA, fd);
        int result = register(Abi.REGISTER_RING_FDS, update, 1);
        // A thread may register 16; past that the descriptor itself serves.
        int index = result == 1 ? OffHeap.getInt(update) : -1;
        OffHeap.unmap(update, Abi.RSRC_UPDATE_BYTES);
        return index;
    }

    private void unregisterSelf() {
        long update = OffHeap.map(Abi.RSRC_UPDATE_BYTES);
        OffHeap.putInt(update, enterFd);
        register(Abi.UNREGISTER_RING_FDS, update, 1);
        OffHeap.unmap(update, Abi.RSRC_UPDATE_BYTES);
    }
}
