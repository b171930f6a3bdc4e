package io.mooring.epoll;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.IntQueue;
import io.mooring.sys.OffHeap;
import io.mooring.sys.Syscalls;
import java.util.ArrayList;
import java.util.List;

/**
 * Accepts that wait, first in, first out for each listener.
 *
 * <p>A listener may be shared by many rings, so it is watched level-triggered with EPOLLEXCLUSIVE:
 * one ring is woken for each connection, and one that is awake does not keep a sleeping one from
 * hearing of it. And only while accepts wait here: a ring that has none would be told in vain,
 * again and again, of what others are to take.
 */
final class Listeners {
    /**
     * Connections after which a ring goes to the end of the listener's wait queue. The kernel wakes
     * its head, and an idle ring would stay there and get everything.
     */
    private static final int TURN = 8;
    private static final int FLAGS = Abi.SOCK_NONBLOCK | Abi.SOCK_CLOEXEC;

    private final EpollRing ring;
    private final Poller poller;
    private final Waiting waiting;
    private final List<Listener> listeners = new ArrayList<>();

    private static final class Listener {
        final int fd;
        final IntQueue accepts = new IntQueue();
        /** Connections may be there: nothing has said otherwise since the last news. */
        boolean ready = true;
        boolean watched;
        int sinceWatched;

        Listener(int fd) {
            this.fd = fd;
        }
    }

    Listeners(EpollRing ring, Poller poller, Waiting waiting) {
        this.ring = ring;
        this.poller = poller;
        this.waiting = waiting;
    }

    /** One more accept waits, until {@link #accept}. */
    int add(long entry) {
        if (Operations.is(entry, Abi.SQE_IO_LINK)) {
            return -Errno.EINVAL;
        }
        int fd = Operations.fd(entry);
        Listener listener = find(fd);
        if (listener == null) {
            // The others' rings may take what woke this one, and then it must not block.
            int flags = Syscalls.control(fd, Abi.F_GETFL, 0);
            if (flags < 0) {
                return flags;
            }
            Syscalls.control(fd, Abi.F_SETFL, flags | Abi.SOCK_NONBLOCK);
            listener = new Listener(fd);
            listeners.add(listener);
        }
        listener.accepts.add(waiting.add(entry));
        return Operations.KEPT;
    }

    private Listener find(int fd) {
        for (int i = 0; i < listeners.size(); i++) {
            if (listeners.get(i).fd == fd) {
                return listeners.get(i);
            }
        }
        return null;
    }

    /** There may be connections. */
    void onEvent(int fd) {
        Listener listener = find(fd);
        if (listener != null) {
            listener.ready = true;
            accept(listener);
        }
    }

    /** Accepts what is there, and sees to it that what comes is heard of, before a wait. */
    void accept() {
        for (int i = 0; i < listeners.size(); i++) {
            Listener listener = listeners.get(i);
            accept(listener);
            watch(listener);
        }
    }

    private void accept(Listener listener) {
        while (listener.ready && !listener.accepts.isEmpty()) {
            int record = listener.accepts.peek();
            long entry = waiting.entry(record);
            int fd = Syscalls.accept(listener.fd, OffHeap.getLong(entry + Abi.SQE_ADDR),
                OffHeap.getLong(entry + Abi.SQE_OFF), FLAGS);
            if (fd == -Errno.EAGAIN) {
                listener.ready = false;
            } else if (fd != -Errno.EINTR) {
                listener.accepts.remove();
                long userData = Operations.userData(entry);
                int result = fd < 0 ? fd : ring.operations().install(Operations.target(entry), fd);
                waiting.remove(record);
                ring.queues().post(userData, result, 0);
                listener.sinceWatched++;
            }
        }
    }

    private void watch(Listener listener) {
        boolean wanted = !listener.accepts.isEmpty();
        if (listener.watched && (!wanted || listener.sinceWatched >= TURN)) {
            poller.remove(listener.fd);
            listener.watched = false;
        }
        if (wanted && !listener.watched) {
            listener.sinceWatched = 0;
            int result = poller.add(listener.fd, Abi.POLLIN | Abi.EPOLLEXCLUSIVE,
                EpollRing.LISTENER | listener.fd);
            listener.watched = result >= 0;
            if (result < 0) {
                failAll(listener, result);
            }
        }
    }

    /** It cannot be watched: no memory for it, or it is closed. */
    private void failAll(Listener listener, int result) {
        while (!listener.accepts.isEmpty()) {
            int record = listener.accepts.remove();
            ring.queues().post(Operations.userData(waiting.entry(record)), result, 0);
            waiting.remove(record);
        }
    }

    /** Whether an accept with that user_data waited, and has been told of its end. */
    boolean cancel(long target) {
        boolean found = false;
        for (Listener listener : listeners) {
            for (int i = listener.accepts.size(); i > 0; i--) {
                int record = listener.accepts.remove();
                if (!found && Operations.userData(waiting.entry(record)) == target) {
                    found = true;
                    waiting.remove(record);
                    ring.queues().post(target, -Errno.ECANCELED, 0);
                } else {
                    listener.accepts.add(record);
                }
            }
        }
        return found;
    }
}
