package io.mooring.reactor;

import io.mooring.ring.WakeUp;
import java.util.Collection;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;

/**
 * How other threads reach a reactor: a bounded queue of commands, one of those that nobody may
 * refuse, and a {@link WakeUp}.
 */
final class Mailbox {
    /** Runs on the reactor's thread. */
    @FunctionalInterface
    interface Command {
        void run(Reactor reactor);
    }

    private final ManyToOneConcurrentArrayQueue<Command> commands;
    private final ConcurrentLinkedQueue<Command> owed = new ConcurrentLinkedQueue<>();
    private volatile boolean closed;
    private final WakeUp wakeUp = new WakeUp();

    Mailbox(int capacity) {
        this.commands = new ManyToOneConcurrentArrayQueue<>(capacity);
    }

    /** Any thread. False if the mailbox is full. */
    boolean post(Command command) {
        if (closed || !commands.offer(command)) {
            return false;
        }
        wake();
        return true;
    }

    /**
     * Any thread, for an answer that is owed, so that it is not lost to a full mailbox: there are
     * no more of them than the reactor has asked for. Dropped if nobody looks any more.
     */
    void postOwed(Command command) {
        if (!closed) {
            owed.add(command);
            wake();
        }
    }

    /** Any thread, after something for the reactor was put where it will look. */
    void wake() {
        wakeUp.wake();
    }

    /** The reactor is about to sleep. False: it must not, there is something to do. */
    boolean trySleep(Collection<?> inbox) {
        wakeUp.willSleep();
        if (commands.isEmpty() && owed.isEmpty() && inbox.isEmpty()) {
            return true;
        }
        wakeUp.awake();
        return false;
    }

    /** The reactor is awake. A sender that sees it late writes one wake-up too many, no more. */
    void awake() {
        wakeUp.awake();
    }

    /** The next command, or null. */
    Command poll() {
        Command first = owed.poll();
        return first != null ? first : commands.poll();
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
        return wakeUp.eventFd();
    }

    /** Empties the eventfd, so that it can wake again. */
    void drainWakeUps() {
        wakeUp.drain();
    }
}
