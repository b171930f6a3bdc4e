package io.mooring.probe.calibrate;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.mooring.probe.ProbeException;
import io.mooring.probe.sys.Errno;
import io.mooring.probe.sys.LibC;

/**
 * As much of io_uring as it takes to see what a waiting request costs: a table of direct
 * descriptors, and requests that wait in it. It reads no completions.
 */
final class MiniRing implements AutoCloseable {

    static final int OP_POLL_ADD = 6;
    static final int OP_READ = 22;
    static final int OP_RECV = 27;
    private static final long SETUP = 425;
    private static final long ENTER = 426;
    private static final long REGISTER = 427;
    private static final int REGISTER_FILES2 = 13;
    private static final int REGISTER_FILES_UPDATE = 6;
    private static final int SPARSE = 1;
    private static final byte FIXED_FILE = 1;
    private static final int POLLIN = 1;
    private static final int ENTRIES = 64;
    private static final int SQE_BYTES = 64;
    private static final long OFFSET_SQ = 0;
    private static final long OFFSET_SQES = 0x10000000L;
    private static final int READ_WRITE = 3;
    private static final int SHARED_POPULATE = 0x8001;

    private final int fd;
    private final Pointer queue;
    private final long queueBytes;
    private final Pointer entries;
    private final int tailAt;
    private final int arrayAt;
    private final int mask;
    private final Memory scratch = new Memory(4096);
    private int tail;

    MiniRing(int slots) {
        try (Memory params = new Memory(120)) {
            params.clear();
            fd = (int) check("io_uring_setup", LibC.syscall(SETUP, ENTRIES,
                    Pointer.nativeValue(params), 0, 0, 0, 0));
            tailAt = params.getInt(44);
            arrayAt = params.getInt(64);
            int completions = params.getInt(4);
            // One mapping holds both queues (IORING_FEAT_SINGLE_MMAP, 5.4): as far as either
            // reaches.
            queueBytes = Math.max(arrayAt + 4L * params.getInt(0),
                    params.getInt(100) + 16L * completions);
            queue = map(queueBytes, OFFSET_SQ);
            entries = map((long) params.getInt(0) * SQE_BYTES, OFFSET_SQES);
            mask = queue.getInt(params.getInt(48));
            tail = queue.getInt(tailAt);
        }
        try (Memory table = new Memory(32)) {
            table.clear();
            table.setInt(0, slots);
            table.setInt(4, SPARSE);
            check("a table of " + slots + " direct descriptors", LibC.syscall(REGISTER, fd,
                    REGISTER_FILES2, Pointer.nativeValue(table), 32, 0, 0));
        }
    }

    private Pointer map(long bytes, long offset) {
        Pointer mapped = LibC.mmap(Pointer.NULL, bytes, READ_WRITE, SHARED_POPULATE, fd, offset);
        if (mapped == null || Pointer.nativeValue(mapped) == -1) {
            throw new ProbeException("a ring cannot be mapped");
        }
        return mapped;
    }

    /** Puts a descriptor into the table; the caller may close it then. */
    void install(int descriptor, int slot) {
        scratch.clear();
        scratch.setInt(0, slot);
        scratch.setInt(16, descriptor);
        scratch.setLong(8, Pointer.nativeValue(scratch) + 16);
        check("a direct descriptor", LibC.syscall(REGISTER, fd, REGISTER_FILES_UPDATE,
                Pointer.nativeValue(scratch), 1, 0, 0));
    }

    /** Waits for input on a slot by {@code operation}; returns when the kernel has begun to. */
    void arm(int operation, int slot) {
        int index = tail & mask;
        long at = (long) index * SQE_BYTES;
        entries.setMemory(at, SQE_BYTES, (byte) 0);
        entries.setByte(at, (byte) operation);
        entries.setByte(at + 1, FIXED_FILE);
        entries.setInt(at + 4, slot);
        if (operation == OP_POLL_ADD) {
            entries.setInt(at + 28, POLLIN);
        } else {
            // One piece of memory for all: nothing ever comes.
            entries.setLong(at + 16, Pointer.nativeValue(scratch) + 1024);
            entries.setInt(at + 24, 1024);
        }
        queue.setInt(arrayAt + 4L * index, index);
        tail++;
        // The kernel reads it on this very thread, within the call that follows: no fence is
        // needed.
        queue.setInt(tailAt, tail);
        check("io_uring_enter", LibC.syscall(ENTER, fd, 1, 0, 0, 0, 0));
    }

    private static long check(String what, long returned) {
        long result = LibC.result(returned);
        if (result < 0) {
            int errno = (int) -result;
            throw new ProbeException(what + ": " + Errno.text(errno) + (errno == Errno.EPERM
                    || errno == Errno.ENOSYS ? "; io_uring is off here (sysctl"
                    + " kernel.io_uring_disabled, or a sandbox)" : errno == Errno.EMFILE
                    ? "; raise the limit of open files (ulimit -n)" : ""));
        }
        return result;
    }

    @Override
    public void close() {
        LibC.munmap(queue, queueBytes);
        LibC.munmap(entries, (long) ENTRIES * SQE_BYTES);
        LibC.close(fd);
    }
}
