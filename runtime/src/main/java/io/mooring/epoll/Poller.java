package io.mooring.epoll;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.sys.SetupException;
import io.mooring.sys.Syscalls;

/** One epoll instance, with the memory for its events. Each event brings back 64 bits of ours. */
final class Poller implements AutoCloseable {
    /** Events of one wait; more come with the next. */
    static final int EVENTS = 256;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long NANOS_PER_MS = 1_000_000L;

    // After the events: one for epoll_ctl, a timespec, a zero timespec, a pollfd.
    private static final int EVENT = EVENTS * Abi.EPOLL_EVENT_BYTES;
    private static final int TIMESPEC = EVENT + 16;
    private static final int NO_TIME = TIMESPEC + Abi.TIMESPEC_BYTES;
    private static final int POLLFD = NO_TIME + Abi.TIMESPEC_BYTES;
    private static final int BYTES = POLLFD + Abi.POLLFD_BYTES;

    private final int fd;
    private final long memory;
    /** Whether there is epoll_pwait2 (5.11), and no seccomp filter that does not know it. */
    private final boolean hasNanos;

    Poller() {
        int epoll = Syscalls.epollCreate(Abi.EPOLL_CLOEXEC);
        if (epoll < 0) {
            throw new SetupException("no epoll instance: " + Errno.text(epoll) + "; "
                + (epoll == -Errno.EMFILE ? "raise RLIMIT_NOFILE (ulimit -n, or LimitNOFILE= in "
                    + "the systemd unit)" : "let the seccomp filter allow epoll_create1"), -epoll);
        }
        this.fd = epoll;
        this.memory = OffHeap.map(BYTES);
        this.hasNanos = Syscalls.epollWaitNanos(fd, memory, EVENTS, memory + NO_TIME) == 0;
    }

    /** Has events of a descriptor reported from now on, those that are there already too. */
    int add(int descriptor, long events, long data) {
        return control(Abi.EPOLL_CTL_ADD, descriptor, events, data);
    }

    /** The same for one that has been added before. */
    int modify(int descriptor, long events, long data) {
        return control(Abi.EPOLL_CTL_MOD, descriptor, events, data);
    }

    int remove(int descriptor) {
        return control(Abi.EPOLL_CTL_DEL, descriptor, 0, 0);
    }

    private int control(int what, int descriptor, long events, long data) {
        OffHeap.putInt(memory + EVENT, (int) events);
        OffHeap.putLong(memory + EVENT + Abi.EPOLL_EVENT_DATA, data);
        return Syscalls.epollControl(fd, what, descriptor, memory + EVENT);
    }

    /**
     * Waits for events.
     *
     * @param timeoutNanos how long at most; negative: for ever
     * @return how many there are, or -EINTR
     */
    int await(long timeoutNanos) {
        if (!hasNanos) {
            long ms = timeoutNanos < 0 ? -1 : Math.ceilDiv(timeoutNanos, NANOS_PER_MS);
            return Syscalls.epollWait(fd, memory, EVENTS, (int) Math.min(ms, Integer.MAX_VALUE));
        }
        if (timeoutNanos <= 0) {
            return Syscalls.epollWaitNanos(fd, memory, EVENTS,
                timeoutNanos < 0 ? 0 : memory + NO_TIME);
        }
        OffHeap.putLong(memory + TIMESPEC, timeoutNanos / NANOS_PER_SECOND);
        OffHeap.putLong(memory + TIMESPEC + Abi.TIMESPEC_NANOS, timeoutNanos % NANOS_PER_SECOND);
        return Syscalls.epollWaitNanos(fd, memory, EVENTS, memory + TIMESPEC);
    }

    /** What was said of the descriptor, POLLIN and so on. */
    int events(int i) {
        return OffHeap.getInt(memory + (long) i * Abi.EPOLL_EVENT_BYTES);
    }

    /** What was given when it was added. */
    long data(int i) {
        return OffHeap.getLong(memory + (long) i * Abi.EPOLL_EVENT_BYTES + Abi.EPOLL_EVENT_DATA);
    }

    /** Which of {@code events} there are now, errors and hang-ups too: poll(2); or -errno. */
    int look(int descriptor, int events) {
        long at = memory + POLLFD;
        OffHeap.putInt(at, descriptor);
        OffHeap.putShort(at + Abi.POLLFD_EVENTS, (short) events);
        OffHeap.putShort(at + Abi.POLLFD_RESULT, (short) 0);
        int result = Syscalls.poll(at, 1, memory + NO_TIME);
        return result < 0 ? result : OffHeap.getShort(at + Abi.POLLFD_RESULT) & 0xffff;
    }

    @Override
    public void close() {
        Syscalls.close(fd);
        OffHeap.unmap(memory, BYTES);
    }
}
