package io.mooring.reactor;

import io.mooring.conn.Connection;
import io.mooring.conn.IdleWheel;
import io.mooring.conn.Phase;
import io.mooring.ws.Opcode;

/**
 * What becomes due: handshakes not done, answers not given, peers not heard of, closes not
 * answered, hot connections gone quiet.
 */
final class Deadlines {
    /**
     * A hot connection that is quiet for so long goes back to polling; or, where all are hot, has
     * its receive armed anew. Either looks at the socket once more, which some must: a multishot
     * receive can miss the reset that follows data closely (both wake it, it reads the data and
     * takes both wake-ups for done) on kernels without the fix of 2026, and would wait for ever.
     */
    private static final int COOL_TICKS = 3_000 / IdleWheel.TICK_MS;
    /** Connections looked at in one turn. */
    private static final int TURN_MAX = 256;

    /** Who is going to be refused has so long for the request. */
    private static final int REFUSED_TICKS = 2_000 / IdleWheel.TICK_MS;

    private final int handshakeTicks;

    private final Shard shard;
    private final IdleWheel wheel;
    private final int idleTicks;
    private final int closeTicks;
    private final int answerTicks;
    private final boolean cools;
    private boolean more;

    Deadlines(Shard shard) {
        ReactorConfig config = shard.config;
        this.shard = shard;
        this.wheel = shard.wheel;
        this.handshakeTicks = ticks(config.handshakeTimeoutMs());
        this.idleTicks = ticks(config.idleTimeoutMs());
        this.closeTicks = ticks(config.closeTimeoutMs());
        this.answerTicks = ticks(config.answerTimeoutMs());
        this.cools = config.arming() == Arming.ADAPTIVE;
    }

    private static int ticks(int ms) {
        return (int) ((ms + (long) IdleWheel.TICK_MS - 1) / IdleWheel.TICK_MS);
    }

    /** For the request to be complete. */
    int handshakeTicks(long c) {
        return Connection.is(c, Connection.FLAG_ADMITTED) ? handshakeTicks
            : Math.min(handshakeTicks, REFUSED_TICKS);
    }

    /** An open connection: half the idle time without a sign of life brings a ping. */
    void watchIdle(int slot, long c) {
        if (idleTicks > 0) {
            wheel.schedule(slot, Connection.activeTick(c) + idleTicks / 2);
        } else {
            wheel.cancel(slot);
        }
    }

    /** A connection that has just become hot, or hot and talking again. */
    void watchHot(int slot) {
        // A short idle time is due before that, and a slot has one place on the wheel.
        int ticks = idleTicks > 0 ? Math.min(COOL_TICKS, idleTicks / 2) : COOL_TICKS;
        wheel.schedule(slot, shard.reactor.nowTick() + ticks);
    }

    /** One that is closing: the peer's part has a deadline, which only progress moves. */
    void watchClose(int slot, long c) {
        Connection.activeTick(c, shard.reactor.nowTick());
        wheel.schedule(slot, shard.reactor.nowTick() + closeTicks);
    }

    /** One whose handler owes the answer to its request. */
    void watchAnswer(int slot, long c) {
        Connection.activeTick(c, shard.reactor.nowTick());
        wheel.schedule(slot, shard.reactor.nowTick() + answerTicks);
    }

    /** Acts on what is due, as far as a turn may take and the submission queue has room. */
    void turn(int nowTick) {
        more = true;
        for (int i = 0; i < TURN_MAX && shard.hasRoomToSpare(); i++) {
            int slot = wheel.poll(nowTick);
            if (slot < 0) {
                more = false;
                return;
            }
            onDue(slot, shard.table.at(slot), nowTick);
        }
    }

    /** Whether the last turn left something that is due. */
    boolean hasMore() {
        return more;
    }

    private void onDue(int slot, long c, int now) {
        switch (Connection.phase(c)) {
            case Phase.HANDSHAKE -> onHandshakeDue(slot, c, now);
            case Phase.ANSWER_DUE -> {
                if (isOver(slot, c, now, answerTicks)) {
                    shard.reactor.exchanges.timedOut(shard, slot, c);
                }
            }
            case Phase.OPEN -> onOpenDue(slot, c, now);
            case Phase.CLOSE_WAIT, Phase.FLUSHING, Phase.LINGERING -> {
                if (isOver(slot, c, now, closeTicks)) {
                    shard.counters.increment(Counter.CLOSE_TIMEOUT);
                    shard.closer.terminate(slot, c);
                }
            }
            default -> { }
        }
    }

    private void onHandshakeDue(int slot, long c, int now) {
        if (!isOver(slot, c, now, handshakeTicks(c))) {
            return;
        }
        if (Connection.is(c, Connection.FLAG_ADMITTED)) {
            shard.receiver.handshakeTimedOut(slot, c);
        } else if (shard.acceptor.isAdmitted(slot, c)) { // else it has been told why not
            wheel.schedule(slot, now + 1); // there is memory again, and so the time of others
        }
    }

    /** Whether nothing has happened for so long; if not, it is looked at again when it will be. */
    private boolean isOver(int slot, long c, int now, int ticks) {
        int since = now - Connection.activeTick(c);
        if (since >= ticks) {
            return true;
        }
        wheel.schedule(slot, now + ticks - since);
        return false;
    }

    private void onOpenDue(int slot, long c, int now) {
        if (Connection.is(c, Connection.FLAG_HELD)) {
            Connection.activeTick(c, now); // we do not read it: its silence is ours
        }
        int quiet = now - Connection.activeTick(c);
        int next = Integer.MAX_VALUE;
        if (Connection.is(c, Connection.FLAG_HOT)) {
            if (quiet >= COOL_TICKS) {
                shard.receiver.cool(slot, c, cools);
            } else {
                next = COOL_TICKS - quiet;
            }
        }
        if (idleTicks > 0) {
            if (quiet >= idleTicks) {
                shard.counters.increment(Counter.IDLE_CLOSED);
                shard.closer.terminate(slot, c);
                return;
            }
            boolean pinged = Connection.is(c, Connection.FLAG_PINGED);
            if (!pinged && quiet >= idleTicks / 2) {
                Connection.set(c, Connection.FLAG_PINGED);
                shard.counters.increment(Counter.PINGS_SENT);
                shard.sender.control(slot, c, Opcode.PING, 0, 0);
                if (Connection.phase(c) != Phase.OPEN) {
                    return; // no memory for the ping
                }
                pinged = true;
            }
            next = Math.min(next, (pinged ? idleTicks : idleTicks / 2) - quiet);
        }
        if (next != Integer.MAX_VALUE) {
            wheel.schedule(slot, now + next);
        }
    }
}
