package io.mooring.reactor;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.SetupException;
import io.mooring.sys.Syscalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Cleaner;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;

/**
 * How other threads reach a reactor: a bounded queue of commands, and an eventfd that wakes the
 * reactor if it sleeps.
 *
 * <p>No wake-up is lost: the reactor says that it will sleep (volatile), looks at the queue once
 * more, then sleeps; a sender puts its command in first and looks whether the reactor sleeps
 * second. One of the two sees the other.
 */
final class Mailbox {
    /** Runs on the reactor's thread. */
    @FunctionalInterface
    interface Command {
        void run(Reactor reactor);
    }

    /**
     * The eventfd goes when nobody can post any more, not when the reactor ends: a late sender must
     * never write to a descriptor that is somebody else's by now.
     */
    private static final Cleaner CLEANER = Cleaner.create();

    private final ManyToOneConcurrentArrayQueue<Command> commands;
    private volatile boolean closed;
    private final AtomicBoolean asleep = new AtomicBoolean();
    private final int eventFd;
    private final MemorySegment one = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);
    private final MemorySegment count = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);

    Mailbox(int capacity) {
        this.commands = new ManyToOneConcurrentArrayQueue<>(capacity);
        int fd = Syscalls.eventfd(0, Abi.EFD_NONBLOCK | Abi.EFD_CLOEXEC);
        if (fd < 0) {
            throw new SetupException("no eventfd: " + Errno.text(fd)
                + "; raise RLIMIT_NOFILE (ulimit -n)", -fd);
        }
        this.eventFd = fd;
        CLEANER.register(this, () -> Syscalls.close(fd));
        one.set(ValueLayout.JAVA_LONG, 0, 1);
    }

    /** Any thread. False if the mailbox is full. */
    boolean post(Command command) {
        if (closed || !commands.offer(command)) {
            return false;
        }
        wake();
        return true;
    }

    /** Any thread, after something for the reactor was put where it will look. */
    void wake() {
        if (asleep.compareAndSet(true, false)) {
            Syscalls.write(eventFd, one.address(), Long.BYTES);
        }
    }

    /** The reactor is about to sleep. False: it must not, there is something to do. */
    boolean trySleep(Collection<?> inbox) {
        asleep.set(true);
        if (commands.isEmpty() && inbox.isEmpty()) {
            return true;
        }
        asleep.set(false);
        return false;
    }

    /** The reactor is awake. A sender that sees it late writes one wake-up too many, no more. */
    void awake() {
        asleep.setRelease(false);
    }

    /** The next command, or null. */
    Command poll() {
        return commands.poll();
    }

    /** Nobody will look any more. */
    void close() {
        closed = true;
    }

    boolean isClosed() {
        return closed;
    }

    /** Readable when there was a wake-up. */
    int eventFd() {
        return eventFd;
    }

    /** Empties the eventfd, so that it can wake again. */
    void drainWakeUps() {
        Syscalls.read(eventFd, count.address(), Long.BYTES);
    }
}
