package io.mooring.epoll;

import io.mooring.ring.CompletionQueue;
import io.mooring.ring.QueueMemory;
import io.mooring.ring.Ring;
import io.mooring.ring.SubmissionQueue;
import io.mooring.ring.UserData;
import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.IntQueue;
import io.mooring.sys.MemoryUse;
import io.mooring.sys.OffHeap;
import io.mooring.sys.Syscalls;

/**
 * A ring without io_uring. {@link #submitAndWait} is what io_uring_enter is elsewhere: it carries
 * out what was submitted by non-blocking system calls ({@link Submissions}), goes on with what is
 * known to be ready, and asks epoll what else is; what has come to its end is posted.
 *
 * <p>A socket is added to epoll once, edge-triggered, when it first has to wait, and never
 * modified; what was reported is remembered with its slot ({@link FileTable}) until it has been
 * acted upon. So waiting costs no system call, and a message costs its receive.
 *
 * <p>Nothing is lost to a full completion queue: with no room for more, sockets stay queued here or
 * with epoll, and {@link #hasWork} says so.
 */
final class EpollRing implements Ring {
    /** What an event belongs to: a slot, or an ordinary descriptor in the lower half. */
    static final long LISTENER = 1L << 32;
    static final long PLAIN = 2L << 32;

    private final QueueMemory queues;
    private final Poller poller;
    private final Waiting waiting = new Waiting();
    private final BufferGroups groups = new BufferGroups();
    private final Operations operations;
    private final Submissions submissions;
    private final Listeners listeners;
    private final PlainPolls plainPolls;
    private FileTable files = new FileTable(0);
    /** Slots that have input, and a receive that was stopped in the middle. */
    private final IntQueue ready = new IntQueue();
    /** Counts calls, so that buffers know in which they were taken. */
    private int enters;
    private boolean closed;

    EpollRing(int sqEntries, int cqEntries) {
        this.queues = new QueueMemory(sqEntries, cqEntries);
        try {
            this.poller = new Poller();
        } catch (RuntimeException | Error e) {
            queues.close();
            throw e;
        }
        this.operations = new Operations(this, poller, groups);
        this.submissions = new Submissions(this, queues, operations, waiting);
        this.listeners = new Listeners(this, poller, waiting);
        this.plainPolls = new PlainPolls(this, poller, waiting);
    }

    @Override
    public int submitAndWait(int waitFor, long timeoutNanos) {
        enters++;
        queues.flush();
        int submitted = submissions.takeAll();
        resumeReady();
        int result = await(waitFor, timeoutNanos);
        return submitted > 0 ? submitted : Math.min(result, 0);
    }

    /** Those that were stopped: for want of room, of buffers, or so that others have their turn. */
    private void resumeReady() {
        for (int i = ready.size(); i > 0 && queues.room() > 0; i--) {
            int slot = ready.remove();
            if (files.fd(slot) >= 0) { // else closed since
                files.dequeued(slot);
                onEvents(slot, files.known(slot));
            }
        }
    }

    private int await(int waitFor, long timeoutNanos) {
        long start = 0;
        long left = timeoutNanos;
        while (true) {
            listeners.accept();
            if (queues.room() == 0) {
                return 0; // epoll keeps what there is
            }
            boolean enough = queues.unread() >= waitFor || !ready.isEmpty();
            if (!enough && timeoutNanos > 0 && start == 0) {
                start = System.nanoTime();
            }
            int events = poller.await(enough ? 0 : left);
            if (events < 0) {
                return events;
            }
            for (int i = 0; i < events; i++) {
                onEvent(poller.data(i), poller.events(i));
            }
            if (enough || events == 0 || queues.unread() >= waitFor) {
                return 0;
            }
            if (timeoutNanos >= 0) {
                left = timeoutNanos == 0 ? 0 : timeoutNanos - (System.nanoTime() - start);
                if (left <= 0) {
                    return 0;
                }
            }
        }
    }

    /**
     * All events of one wait are for the slots as they are: nothing is submitted in between. (A
     * socket may outlive its close while a child process is being started; what epoll says of it
     * then is taken for news of the slot's next one, which a look at that disproves.)
     */
    private void onEvent(long data, int events) {
        if (data < LISTENER) {
            int slot = (int) data;
            if (files.fd(slot) >= 0) {
                files.learn(slot, events);
                onEvents(slot, events);
            }
        } else if (data < PLAIN) {
            listeners.onEvent((int) data);
        } else {
            plainPolls.onEvent((int) data, events);
        }
    }

    private void onEvents(int slot, int events) {
        submissions.onEvents(slot, events);
        operations.proceed(slot, events);
    }

    // ---- for the parts

    QueueMemory queues() {
        return queues;
    }

    FileTable files() {
        return files;
    }

    Operations operations() {
        return operations;
    }

    Listeners listeners() {
        return listeners;
    }

    PlainPolls plainPolls() {
        return plainPolls;
    }

    int enters() {
        return enters;
    }

    /** Has a slot with input looked at again in the next enter. */
    void enqueue(int slot) {
        if (files.enqueue(slot)) {
            ready.add(slot);
        }
    }

    /** Ends what carries {@code target}: 0, or -ENOENT. */
    int cancel(long target) {
        int slot = UserData.slot(target);
        if (files.fd(slot) >= 0) {
            if (files.hasOperation(slot) && files.userData(slot) == target) {
                files.ended(slot);
                queues.post(target, -Errno.ECANCELED, 0);
                return 0;
            }
            if (submissions.cancel(slot, target)) {
                return 0;
            }
        }
        if (waiting.count() == 0) {
            return -Errno.ENOENT;
        }
        if (listeners.cancel(target) || plainPolls.cancel(target)) {
            return 0;
        }
        if (waiting.hasStrangers()) { // on another slot than it says: nobody does that much
            for (int other = 0; other < files.highWater(); other++) {
                if (submissions.cancel(other, target)) {
                    return 0;
                }
            }
        }
        return -Errno.ENOENT;
    }

    /** Closes a slot's socket; what waits on it ends with -ECANCELED. 0, or -EBADF. */
    int closeSlot(int slot) {
        int fd = files.fd(slot);
        if (fd < 0) {
            return fd;
        }
        if (files.hasOperation(slot)) {
            queues.post(files.userData(slot), -Errno.ECANCELED, 0);
            files.ended(slot);
        }
        submissions.cancelAll(slot);
        files.clear(slot);
        Syscalls.close(fd); // epoll forgets it by that
        return 0;
    }

    // ---- the rest of a ring

    @Override
    public boolean overflowed() {
        return queues.overflowed();
    }

    @Override
    public boolean hasWork() {
        return queues.sq().pending() != 0 || queues.cq().head() != queues.cq().tail()
            || queues.overflowed() || !ready.isEmpty();
    }

    @Override
    public boolean supports(int op) {
        return Operations.knows(op);
    }

    @Override
    public MemoryUse memory() {
        long bytes = queues.mappedBytes();
        return new MemoryUse(bytes, bytes, bytes).plus(waiting.memory());
    }

    @Override
    public MemoryUse fileMemory() {
        return files.memory();
    }

    @Override
    public SubmissionQueue sq() {
        return queues.sq();
    }

    @Override
    public CompletionQueue cq() {
        return queues.cq();
    }

    /**
     * Direct descriptors and buffer rings. There are no eventfds, since one ring serves all
     * connections of a thread; and no registered buffers.
     */
    @Override
    public int register(int opcode, long arg, int args) {
        if (closed) {
            return -Errno.EBADF;
        }
        return switch (opcode) {
            case Abi.REGISTER_FILES2 -> registerFiles(OffHeap.getInt(arg));
            case Abi.REGISTER_PBUF_RING -> groups.register(arg);
            case Abi.UNREGISTER_PBUF_RING -> groups.unregister(arg);
            default -> -Errno.EINVAL;
        };
    }

    private int registerFiles(int slots) {
        if (files.has(0)) {
            return -Errno.EBUSY;
        }
        files.close();
        files = new FileTable(slots);
        return 0;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        for (int slot = 0; slot < files.highWater(); slot++) {
            int fd = files.fd(slot);
            if (fd >= 0) {
                Syscalls.close(fd);
            }
        }
        poller.close();
        files.close();
        waiting.close();
        queues.close();
    }
}
