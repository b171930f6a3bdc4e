package io.mooring.reactor;

import io.mooring.conn.Connection;
import io.mooring.conn.Phase;
import io.mooring.ws.CloseCode;

/**
 * The end of a reactor: 1001 to everyone, so many a turn that it goes on hearing the answers, until
 * all are gone or the time is up.
 */
final class Farewell {
    private static final int CLOSES_PER_TURN = 128;
    private static final byte[] STOPPING = Texts.utf8("the server is stopping");

    private final Reactor reactor;
    private boolean begun;
    private long deadlineNanos;
    // The walk over all slots.
    private int place;
    private int slot;

    Farewell(Reactor reactor) {
        this.reactor = reactor;
    }

    void begin(long deadline) {
        begun = true;
        deadlineNanos = deadline;
    }

    boolean hasBegun() {
        return begun;
    }

    /** Whether some have not been told yet. */
    boolean hasMore() {
        return begun && place < reactor.shards.length;
    }

    /** Tells some more; true once nobody is left or the time is up. */
    boolean isOver() {
        int closes = CLOSES_PER_TURN;
        while (hasMore() && closes > 0) {
            Shard shard = reactor.shards[place];
            if (slot == shard.table.highWater()) {
                place++;
                slot = 0;
            } else if (shard.hasRoomToSpare()) {
                closes -= tell(shard, shard.table.at(slot));
                slot++;
            } else {
                break;
            }
        }
        return !hasMore() && reactor.left() == 0 || System.nanoTime() - deadlineNanos >= 0;
    }

    private int tell(Shard shard, long c) {
        switch (Connection.phase(c)) {
            case Phase.OPEN ->
                shard.closer.startClose(slot, c, CloseCode.GOING_AWAY, STOPPING);
            case Phase.HANDSHAKE -> shard.closer.terminate(slot, c);
            default -> {
                return 0;
            }
        }
        return 1;
    }
}
