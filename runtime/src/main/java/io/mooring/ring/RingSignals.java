package io.mooring.ring;

import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * The rings of a thread besides the one that it sleeps in. They signal an eventfd on which that one
 * has a poll, but only while the thread sleeps: each signal costs a poll, a completion and a read,
 * for news that an awake thread sees by {@link Ring#hasWork} anyway.
 */
public final class RingSignals {
    private static final long NAP_NANOS_MIN = 1_000_000;
    private static final long NAP_NANOS_MAX = 128_000_000;

    private final List<Ring> rings = new ArrayList<>();
    private long napNanos = NAP_NANOS_MIN;
    private final int eventFd;

    /** The ring that the thread sleeps in. */
    public interface Bed {
        /** See {@link Ring#submitAndWait}. */
        void enter(int waitFor, long timeoutNanos);

        /** Whether there is something to do now. */
        boolean isBusy();
    }

    public RingSignals(int eventFd) {
        this.eventFd = eventFd;
    }

    /** One ring more; it signals nothing yet. */
    public void add(Ring ring) {
        ring.registerEventFd(eventFd);
        ring.cq().signalEventFd(false);
        rings.add(ring);
    }

    /** One of the rings had work: the next naps are short ones. */
    public void hadWork() {
        napNanos = NAP_NANOS_MIN;
    }

    /**
     * Sleeps until any ring has work, but does not if one has already; with other rings no longer
     * than a nap, which doubles while they have no work, up to an eighth of a second.
     *
     * <p>For a signal may be missed. The kernel marks its work and then looks whether to signal,
     * with no full barrier between on arm64 (io_req_local_work_add, up to 6.18): a mark that it
     * made while it still saw the signals off may become visible just after our look. And on
     * Linux 6.12.117 a ring was seen with its work marked, its signals on, and the eventfd
     * untouched. What comes later to such a ring does not signal either. So the marks are looked at
     * after each nap: at a million connections in 50 rings eight times a second, some microseconds.
     *
     * @param timeoutNanos how long at most; negative: for ever
     * @return whether a ring had work of which no signal told
     */
    public boolean sleepIn(Bed bed, long timeoutNanos) {
        signal(true);
        VarHandle.fullFence(); // the flags are stored before the queues are looked at
        boolean missed = false;
        if (!areQuiet()) {
            bed.enter(0, 0);
        } else if (rings.isEmpty() || timeoutNanos >= 0 && timeoutNanos <= napNanos) {
            bed.enter(1, timeoutNanos);
        } else {
            bed.enter(1, napNanos);
            napNanos = Math.min(2 * napNanos, NAP_NANOS_MAX);
            missed = !bed.isBusy() && !areQuiet();
        }
        signal(false);
        return missed;
    }

    private void signal(boolean on) {
        for (int i = 0; i < rings.size(); i++) {
            rings.get(i).cq().signalEventFd(on);
        }
    }

    private boolean areQuiet() {
        for (int i = 0; i < rings.size(); i++) {
            if (rings.get(i).hasWork()) {
                return false;
            }
        }
        return true;
    }
}
