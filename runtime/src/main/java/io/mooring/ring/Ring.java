package io.mooring.ring;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.MemoryUse;
import io.mooring.sys.OffHeap;
import io.mooring.sys.SetupException;

/**
 * A submission queue, a completion queue, and who carries out what is submitted: the kernel ({@link
 * KernelRing}), or a loop over epoll in this process. Whoever uses a ring cannot tell which, but by
 * what the {@link Engine} says of itself. Created, used and closed by one thread.
 *
 * <p>Completions are made only inside {@link #submitAndWait}; between two calls the thread runs
 * undisturbed.
 */
public interface Ring extends AutoCloseable {
    /**
     * Submits everything prepared and, in the same call, makes completions.
     *
     * @param waitFor how many completions to wait for; 0 does not sleep
     * @param timeoutNanos how long at most; negative: for ever. Reaching it is a normal end
     * @return how many submissions were consumed, or -errno: -EINTR, and -EAGAIN/-EBUSY when the
     *     kernel lacks memory or room for completions; nothing is lost then, the next call goes on
     */
    int submitAndWait(int waitFor, long timeoutNanos);

    /**
     * Whether completions wait elsewhere because the queue was full; the next enter moves them.
     */
    boolean overflowed();

    /** Whether an enter would find work without waiting. */
    boolean hasWork();

    /** Whether there is operation {@code op}, for those that came after the oldest kernel. */
    boolean supports(int op);

    SubmissionQueue sq();

    CompletionQueue cq();

    /** What io_uring_register(2) does by this opcode, as far as there is such a thing here. */
    int register(int opcode, long arg, int args);

    /** Has {@code eventFd} added to when there is work, unless told not to. */
    default void registerEventFd(int eventFd) {
        long arg = OffHeap.map(4);
        OffHeap.putInt(arg, eventFd);
        int result = register(Abi.REGISTER_EVENTFD, arg, 1);
        OffHeap.unmap(arg, 4);
        if (result < 0) {
            throw new SetupException("cannot register an eventfd: " + Errno.text(result)
                + "; free memory, or let the seccomp filter allow io_uring_register "
                + "(a ring takes one only)", -result);
        }
    }

    /** Its queues, and what waits in it as far as that is in this process. */
    MemoryUse memory();

    /** Its table of direct descriptors, where that is in this process. */
    MemoryUse fileMemory();

    /** Closes the ring, once; what is in it is cancelled, and its direct descriptors go. */
    @Override
    void close();
}
