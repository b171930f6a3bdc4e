package io.mooring.ring;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.SetupException;
import io.mooring.sys.Syscalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * How a thread that sleeps in one ring is woken by other threads and by its other rings: all of
 * them write to one eventfd, on which that ring has a poll.
 *
 * <p>No wake-up is lost: the sleeper says that it will sleep (volatile), looks once more for
 * something to do, then sleeps; a waker puts in what is to be done first and looks whether the
 * other sleeps second. One of the two sees the other.
 */
public final class WakeUp {
    /**
     * The eventfd goes when nobody can wake any more, not when the sleeper ends: a late waker must
     * never write to a descriptor that is somebody else's by now.
     */
    private static final Cleaner CLEANER = Cleaner.create();

    private final AtomicBoolean asleep = new AtomicBoolean();
    private final int eventFd;
    private final MemorySegment one = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);
    private final MemorySegment count = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);

    public WakeUp() {
        int fd = Syscalls.eventfd(0, Abi.EFD_NONBLOCK | Abi.EFD_CLOEXEC);
        if (fd < 0) {
            throw new SetupException("no eventfd: " + Errno.text(fd)
                + "; raise RLIMIT_NOFILE (ulimit -n)", -fd);
        }
        this.eventFd = fd;
        CLEANER.register(this, () -> Syscalls.close(fd));
        one.set(ValueLayout.JAVA_LONG, 0, 1);
    }

    /** Any thread, after something to do was put where the sleeper will look. */
    public void wake() {
        if (asleep.compareAndSet(true, false)) {
            Syscalls.write(eventFd, one.address(), Long.BYTES);
        }
    }

    /** The owner will sleep if it finds nothing to do; {@link #awake} follows in any case. */
    public void willSleep() {
        asleep.set(true);
    }

    /** The owner is awake. A waker that sees it late writes one wake-up too many, no more. */
    public void awake() {
        asleep.setRelease(false);
    }

    /** Readable when there was a wake-up. */
    public int eventFd() {
        return eventFd;
    }

    /** Empties the eventfd, so that it can wake again. */
    public void drain() {
        Syscalls.read(eventFd, count.address(), Long.BYTES);
    }
}
