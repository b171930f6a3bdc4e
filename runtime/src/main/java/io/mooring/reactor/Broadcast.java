package io.mooring.reactor;

/**
 * One reactor's part of a {@link Publication}: a walk over its shards' subscribers, the sends under
 * way, and what became of them.
 */
final class Broadcast {
    final Publication publication;

    // The walk.
    int shard;
    int slot;

    // What became of it, a receiver each; of evicted, a frame each.
    int delivered;
    int queued;
    int dropped;
    int closed;
    int evicted;

    private boolean walked;
    private int inFlight;
    private boolean ended;
    /** Receivers for whom the kernel reads the frame where it lies. */
    private int lent;

    Broadcast(Publication publication) {
        this.publication = publication;
    }

    long address() {
        return publication.frame.address();
    }

    int bytes() {
        return publication.frame.bytes();
    }

    void staged() {
        inFlight++;
    }

    /**
     * The kernel is to read the frame where it lies until {@link #takeBack}. False: too many frames
     * are read so, this one not among them.
     */
    boolean lend() {
        if (lent == 0 && !publication.lendable.tryTake(bytes())) {
            return false;
        }
        lent++;
        return true;
    }

    void takeBack() {
        lent--;
        if (lent == 0) {
            publication.lendable.give(bytes());
            if (ended) {
                publication.frame.release();
            }
        }
    }

    /** A staged send is over, and counted. */
    void settled() {
        inFlight--;
        endIfDone();
    }

    /** Every subscriber has had its turn. */
    void walked() {
        walked = true;
        endIfDone();
    }

    private void endIfDone() {
        if (walked && inFlight == 0) {
            ended = true;
            if (lent == 0) {
                publication.frame.release();
            }
            publication.done(this); // which does not wait for slow peers to acknowledge
        }
    }
}
