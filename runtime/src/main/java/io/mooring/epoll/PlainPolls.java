package io.mooring.epoll;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.IntQueue;

/**
 * Polls of ordinary descriptors, of which there are few: the eventfd that wakes a thread. Each is
 * armed anew for every poll (EPOLLONESHOT), which looks whether it is ready, as the kernel's
 * POLL_ADD does.
 */
final class PlainPolls {
    private final EpollRing ring;
    private final Poller poller;
    private final Waiting waiting;
    private final IntQueue polls = new IntQueue();

    PlainPolls(EpollRing ring, Poller poller, Waiting waiting) {
        this.ring = ring;
        this.poller = poller;
        this.waiting = waiting;
    }

    /** One more waits: KEPT, or -errno. */
    int add(long entry) {
        if (Operations.is(entry, Abi.SQE_IO_LINK)) {
            return -Errno.EINVAL;
        }
        int record = waiting.add(entry);
        polls.add(record);
        int result = arm(Operations.fd(entry));
        if (result < 0) {
            for (int i = polls.size(); i > 1; i--) {
                polls.add(polls.remove()); // until the new one is the first
            }
            waiting.remove(polls.remove());
            return result;
        }
        return Operations.KEPT;
    }

    private int arm(int fd) {
        int events = 0;
        for (int i = polls.size(); i > 0; i--) {
            int record = polls.remove();
            polls.add(record);
            long entry = waiting.entry(record);
            if (Operations.fd(entry) == fd) {
                events |= Operations.events(entry);
            }
        }
        if (events == 0) {
            return 0;
        }
        long armed = events | Abi.EPOLLONESHOT;
        int result = poller.modify(fd, armed, EpollRing.PLAIN | fd);
        return result == -Errno.ENOENT ? poller.add(fd, armed, EpollRing.PLAIN | fd) : result;
    }

    void onEvent(int fd, int events) {
        for (int i = polls.size(); i > 0; i--) {
            int record = polls.remove();
            long entry = waiting.entry(record);
            int there = events & (Operations.events(entry) | Abi.POLLERR | Abi.POLLHUP);
            if (Operations.fd(entry) == fd && there != 0) {
                ring.queues().post(Operations.userData(entry), there, 0);
                waiting.remove(record);
            } else {
                polls.add(record);
            }
        }
        arm(fd);
    }

    /** Whether a poll with that user_data waited, and has been told of its end. */
    boolean cancel(long target) {
        boolean found = false;
        for (int i = polls.size(); i > 0; i--) {
            int record = polls.remove();
            if (!found && Operations.userData(waiting.entry(record)) == target) {
                found = true;
                waiting.remove(record);
                ring.queues().post(target, -Errno.ECANCELED, 0);
            } else {
                polls.add(record);
            }
        }
        return found;
    }
}
