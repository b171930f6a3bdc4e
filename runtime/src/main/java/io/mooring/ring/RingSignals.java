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
    private final List<Ring> rings = new ArrayList<>();
    private final int eventFd;

    public RingSignals(int eventFd) {
        this.eventFd = eventFd;
    }

    /** One ring more; it signals nothing yet. */
    public void add(Ring ring) {
        ring.registerEventFd(eventFd);
        ring.signalEventFd(false);
        rings.add(ring);
    }

    /**
     * The thread is about to sleep.
     *
     * @return false: one of the rings has work, so it must not
     */
    public boolean on() {
        for (int i = 0; i < rings.size(); i++) {
            rings.get(i).signalEventFd(true);
        }
        // Full, so that the flags are stored before the queues are looked at: the kernel marks its
        // work first and looks at the flag second, and one of the two sees the other.
        VarHandle.fullFence();
        for (int i = 0; i < rings.size(); i++) {
            if (rings.get(i).hasWork()) {
                return false;
            }
        }
        return true;
    }

    /** The thread is awake. */
    public void off() {
        for (int i = 0; i < rings.size(); i++) {
            rings.get(i).signalEventFd(false);
        }
    }
}
