package io.mooring.epoll;

import io.mooring.ring.QueueMemory;
import io.mooring.sys.Abi;
import io.mooring.sys.Errno;

/**
 * Takes entries out of the submission queue, in order, and sees to what the kernel does around an
 * operation: chains, completions that are not wanted, operations that wait and are cancelled.
 */
final class Submissions {
    private final EpollRing ring;
    private final QueueMemory queues;
    private final Operations operations;
    private final Waiting waiting;
    private Chain chain = Chain.NONE;
    /** The last record of a chain that waits. */
    private int chainEnd;

    /** What has become of the chain that the next entry belongs to. */
    private enum Chain { NONE, WAITS, FAILED, FAILED_SILENTLY }

    Submissions(EpollRing ring, QueueMemory queues, Operations operations, Waiting waiting) {
        this.ring = ring;
        this.queues = queues;
        this.operations = operations;
        this.waiting = waiting;
    }

    /** Carries out everything prepared; how many entries that were. */
    int takeAll() {
        int count = queues.prepared();
        for (int i = 0; i < count; i++) {
            take(queues.entry(i));
        }
        queues.consumed(count);
        chain = Chain.NONE;
        return count;
    }

    private void take(long entry) {
        boolean linked = Operations.is(entry, Abi.SQE_IO_LINK);
        switch (chain) {
            case NONE -> begin(entry);
            case WAITS -> {
                int record = waiting.add(entry);
                waiting.link(chainEnd, record);
                chainEnd = record;
            }
            case FAILED -> queues.post(Operations.userData(entry), -Errno.ECANCELED, 0);
            case FAILED_SILENTLY -> { }
        }
        if (!linked) {
            chain = Chain.NONE;
        }
    }

    private void begin(long entry) {
        int result = operations.run(entry);
        if (result == Operations.WAITS) {
            int record = waiting.add(entry);
            attach(record);
            chain = Chain.WAITS;
            chainEnd = record;
        } else if (result != Operations.KEPT
                && !finish(entry, result, operations.completionFlags())) {
            chain = failed(entry);
        }
    }

    /**
     * One that says nothing on success and fails speaks for its chain, whose rest then says nothing
     * at all (REQ_F_SKIP_LINK_CQES).
     */
    private static Chain failed(long entry) {
        return Operations.is(entry, Abi.SQE_CQE_SKIP_SUCCESS) ? Chain.FAILED_SILENTLY
            : Chain.FAILED;
    }

    /** Posts the result, unless it is a success that is not to be told; whether it is one. */
    private boolean finish(long entry, int result, int flags) {
        boolean success = !Operations.isFailure(entry, result);
        if (!success || !Operations.is(entry, Abi.SQE_CQE_SKIP_SUCCESS)) {
            queues.post(Operations.userData(entry), result, flags);
        }
        return success;
    }

    // ---- what waits

    private void attach(int record) {
        int slot = Operations.fd(waiting.entry(record));
        waiting.next(record, ring.files().list(slot));
        ring.files().list(slot, record);
    }

    /** The slot's socket has events: what waits for one of them goes on. */
    void onEvents(int slot, int events) {
        int record = ring.files().list(slot);
        if (record == 0) {
            return;
        }
        ring.files().list(slot, 0);
        while (record != 0) {
            int next = waiting.next(record);
            if (Operations.concerns(waiting.entry(record), events)) {
                resume(record);
            } else if (ring.files().fd(slot) >= 0) {
                attach(record);
            } else {
                cancel(record); // a chain has closed the slot meanwhile
            }
            record = next;
        }
    }

    /** Tries one again, and what is linked to it. */
    private void resume(int first) {
        int record = first;
        while (record != 0) {
            long entry = waiting.entry(record);
            int result = operations.run(entry);
            if (result == Operations.WAITS) {
                attach(record);
                return;
            }
            int link = waiting.link(record);
            if (result != Operations.KEPT && !finish(entry, result, operations.completionFlags())) {
                fail(entry, link);
                link = 0;
            }
            waiting.remove(record);
            record = link;
        }
    }

    /** The chain from {@code link} on ends without having begun. */
    private void fail(long failed, int link) {
        boolean silent = failed(failed) == Chain.FAILED_SILENTLY;
        int record = link;
        while (record != 0) {
            int next = waiting.link(record);
            if (!silent) {
                queues.post(Operations.userData(waiting.entry(record)), -Errno.ECANCELED, 0);
            }
            waiting.remove(record);
            record = next;
        }
    }

    /** Ends the one on that slot that carries {@code target}; whether there is one. */
    boolean cancel(int slot, long target) {
        int before = 0;
        int record = ring.files().list(slot);
        while (record != 0 && Operations.userData(waiting.entry(record)) != target) {
            before = record;
            record = waiting.next(record);
        }
        if (record == 0) {
            return false;
        }
        if (before == 0) {
            ring.files().list(slot, waiting.next(record));
        } else {
            waiting.next(before, waiting.next(record));
        }
        cancel(record);
        return true;
    }

    /** Ends all on a slot. */
    void cancelAll(int slot) {
        int record = ring.files().list(slot);
        ring.files().list(slot, 0);
        while (record != 0) {
            int next = waiting.next(record);
            cancel(record);
            record = next;
        }
    }

    private void cancel(int record) {
        long entry = waiting.entry(record);
        queues.post(Operations.userData(entry), Operations.cancelled(entry), 0);
        fail(entry, waiting.link(record));
        waiting.remove(record);
    }
}
