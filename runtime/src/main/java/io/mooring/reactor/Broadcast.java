package io.mooring.reactor;

import io.mooring.frame.SharedFrame;

/**
 * One reactor's part of one published message: a walk over its shards' subscribers, and the sends
 * under way.
 */
final class Broadcast {
    final String topic;
    /** A connection that is left out; 0: none. */
    final long except;
    private final SharedFrame frame;

    // The walk.
    int shard;
    int slot;

    private boolean walked;
    private int inFlight;

    Broadcast(String topic, SharedFrame frame, long except) {
        this.topic = topic;
        this.frame = frame;
        this.except = except;
    }

    long address() {
        return frame.address();
    }

    int bytes() {
        return frame.bytes();
    }

    void staged() {
        inFlight++;
    }

    void sent() {
        inFlight--;
        releaseIfDone();
    }

    /** Every subscriber has been sent to. */
    void walked() {
        walked = true;
        releaseIfDone();
    }

    private void releaseIfDone() {
        if (walked && inFlight == 0) {
            frame.release();
        }
    }
}
