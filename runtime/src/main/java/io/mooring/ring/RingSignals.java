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
    private static final long NAP_NANOS = 1_000_000;

    private final List<Ring> rings = new ArrayList<>();
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

    /**
     * Sleeps until any ring has work, but does not if one has already.
     *
     * <p>The kernel marks its work and then looks whether to signal, with no full barrier between
     * on arm64 (io_req_local_work_add, up to 6.18). So a mark that it made while it still saw the
     * signals off may become visible just after our look, and what comes later to that ring does
     * not signal either. A nap outlasts that moment; after it one more look tells for sure.
     *
     * @param timeoutNanos how long at most; negative: for ever
     */
    public void sleep(Bed bed, long timeoutNanos) {
        signal(true);
        VarHandle.fullFence(); // the flags are stored before the queues are looked at
        if (!areQuiet()) {
            bed.enter(0, 0);
        } else if (rings.isEmpty() || timeoutNanos >= 0 && timeoutNanos <= NAP_NANOS) {
            bed.enter(1, timeoutNanos);
        } else {
            bed.enter(1, NAP_NANOS);
            if (!bed.isBusy() && areQuiet()) {
                bed.enter(1, timeoutNanos < 0 ? timeoutNanos : timeoutNanos - NAP_NANOS);
            }
        }
        signal(false);
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
