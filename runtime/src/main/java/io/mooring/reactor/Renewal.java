package io.mooring.reactor;

import io.mooring.conn.Connection;
import io.mooring.conn.Phase;
import io.mooring.ring.Sqe;

/**
 * Sees to it that closed sockets are let go of where the kernel does that in order (before Linux
 * 6.13, {@link io.mooring.ring.Engine#closesAtOnce}): a file taken out of a ring's table
 * stays until every request has ended that was begun in that ring before. One silent connection's
 * poll would keep the sockets of all that are closed after it.
 *
 * <p>So once an eighth as many are closed as are there, everything that waits in this ring is
 * cancelled and begun anew, some of it each turn. That is at most eight renewals for each close,
 * and what is kept is at most an eighth of what the ring's connections take, or 64 sockets.
 */
final class Renewal {
    private static final int CLOSED_MIN = 64;
    private static final int CLOSED_PART = 8;
    private static final int TURN_MAX = 128;

    private final Shard shard;
    /** Closed since the last round began: its end does not let go of these. */
    private int closed;
    /** The next slot of the round under way, up to {@link #end}. */
    private int next;
    private int end;

    Renewal(Shard shard) {
        this.shard = shard;
    }

    void onClosed() {
        closed++;
        if (!isUnderWay()
                && closed >= Math.max(CLOSED_MIN, shard.table.inUse() / CLOSED_PART)) {
            closed = 0;
            next = 0;
            end = shard.table.highWater();
            shard.counters.increment(Counter.RENEWALS);
        }
    }

    boolean isUnderWay() {
        return next < end;
    }

    void turn() {
        for (int i = 0; i < TURN_MAX && isUnderWay() && shard.hasRoomToSpare(); next++) {
            long c = shard.table.at(next);
            if (Connection.phase(c) != Phase.DEAD && renew(next, c)) {
                i++;
            }
        }
    }

    /** Whether something waited. The cancelled operation's completion begins it anew. */
    private boolean renew(int slot, long c) {
        boolean waits = false;
        if (Connection.hasOp(c, Connection.OP_POLL)) {
            cancel(slot, c, Op.POLL);
            waits = true;
        }
        if (Connection.hasOp(c, Connection.OP_RECV_MULTISHOT)) {
            shard.receiver.cancelMultishot(slot, c);
            waits = true;
        }
        if (Connection.hasOp(c, Connection.OP_SEND)) {
            cancel(slot, c, Op.SEND_ALL);
            waits = true;
        }
        return waits;
    }

    private void cancel(int slot, long c, int op) {
        Sqe.prepCancel(shard.sq.next(), shard.userData(op, slot, c),
            shard.userData(Op.CANCEL, slot, c));
    }
}
