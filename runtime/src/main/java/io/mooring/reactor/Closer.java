package io.mooring.reactor;

import io.mooring.conn.Connection;
import io.mooring.conn.ConnectionTable;
import io.mooring.conn.Phase;
import io.mooring.ring.Sqe;
import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.ws.CloseCode;
import io.mooring.ws.FrameEncoder;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * The end of connections. Above, the closing handshake of RFC 6455; below, the one way a slot is
 * freed: <b>terminate</b> (cancel what waits in the kernel), <b>join</b> (until no operation of the
 * connection is left there), <b>close</b> the descriptor, <b>free</b> the slot under its next
 * generation. Nothing is freed while the kernel may touch it.
 *
 * <p>A peer that has sent its Close frame, as the last thing, or is gone, is closed as soon as our
 * last byte is with the kernel. Any other may still be sending, and closing then would reset the
 * connection and destroy our last bytes on their way (RFC 1122 section 4.2.2.13; RFC 6455 section
 * 7.1.1); so there our side is shut first and its bytes are read and dropped until it ends too, or
 * a deadline passes.
 */
final class Closer {
    private static final Logger LOG = System.getLogger("io.mooring");
    private static final byte[] NO_REASON = {};

    private final Shard shard;
    private final ConnectionTable table;
    private final Counters counters;

    Closer(Shard shard) {
        this.shard = shard;
        this.table = shard.table;
        this.counters = shard.counters;
    }

    // ---- how a WebSocket ends

    /**
     * The application, or the server's end, wants to close: the peer is told, and has a while to
     * answer.
     */
    void startClose(int slot, long c, int code, byte[] reason) {
        if (Connection.phase(c) != Phase.OPEN || !sendCloseFrame(slot, c, code, reason)) {
            return;
        }
        Connection.closeCode(c, CloseCode.ABNORMAL); // unless the peer answers
        Connection.phase(c, Phase.CLOSE_WAIT);
        shard.deadlines.watchClose(slot, c);
        if (Connection.is(c, Connection.FLAG_HELD)) {
            shard.receiver.release(slot, c); // or its Close frame would not be heard
        }
    }

    /**
     * The peer's Close frame: answered with its own code, or the answer to ours. Section 5.5.1.
     *
     * @param isLast nothing is known to follow; then nothing ever does (section 5.5.1 again), and
     *     the socket can be closed without lingering, which costs a worker thread's time
     */
    void onCloseFrame(int slot, long c, int code, boolean isLast) {
        if (Connection.phase(c) == Phase.OPEN) {
            if (!sendCloseFrame(slot, c, code, NO_REASON)) {
                return;
            }
            if (!isLast || !shard.closesAtOnce) {
                Connection.set(c, Connection.FLAG_LINGER);
            }
        } // else it answers ours, has all that we sent, and sends no more itself
        Connection.closeCode(c, code);
        Connection.phase(c, Phase.FLUSHING);
        shard.deadlines.watchClose(slot, c);
        notifyClosed(slot, c);
    }

    /**
     * The peer has broken a rule or a limit: Close frame with {@code code}, then the end. Section
     * 7.1.7.
     */
    void fail(int slot, long c, int code) {
        count(code);
        end(slot, c, code);
    }

    /** The peer does not read what its topic publishes, and the topic's policy is to close. */
    void closeSlow(int slot, long c) {
        counters.increment(Counter.SLOW_CLOSED);
        end(slot, c, CloseCode.TRY_AGAIN_LATER);
    }

    private void end(int slot, long c, int code) {
        if (Connection.phase(c) == Phase.OPEN && !sendCloseFrame(slot, c, code, NO_REASON)) {
            return;
        }
        Connection.closeCode(c, code);
        Connection.phase(c, Phase.FLUSHING);
        Connection.set(c, Connection.FLAG_LINGER);
        shard.deadlines.watchClose(slot, c);
        notifyClosed(slot, c);
        flush(slot, c);
    }

    private void count(int code) {
        switch (code) {
            case CloseCode.PROTOCOL_ERROR -> counters.increment(Counter.PROTOCOL_ERRORS);
            case CloseCode.INVALID_PAYLOAD -> counters.increment(Counter.INVALID_UTF8);
            case CloseCode.MESSAGE_TOO_BIG -> counters.increment(Counter.MESSAGES_TOO_BIG);
            case CloseCode.POLICY_VIOLATION -> counters.increment(Counter.POLICY_VIOLATIONS);
            case CloseCode.TRY_AGAIN_LATER -> counters.increment(Counter.SPILL_EXHAUSTED);
            default -> { }
        }
    }

    /** A handler threw: the connection is closed with 1011, the others go on. */
    void handlerFailed(int slot, long c, Throwable thrown) {
        LOG.log(Level.ERROR, "a handler threw; its connection is closed with 1011", thrown);
        counters.increment(Counter.HANDLER_ERRORS);
        if (Connection.phase(c) == Phase.OPEN) {
            fail(slot, c, CloseCode.INTERNAL_ERROR);
        }
    }

    private boolean sendCloseFrame(int slot, long c, int code, byte[] reason) {
        int bytes = FrameEncoder.closeLength(code, reason);
        long at = shard.sender.reserve(slot, c, bytes);
        if (at == 0) {
            spillExhausted(slot, c);
            return false;
        }
        int written = FrameEncoder.close(OffHeap.ALL, at, code, reason);
        assert written == bytes : written + " of " + bytes;
        shard.sender.schedule(slot, c);
        return true;
    }

    /** The peer has shut its side. It may still read what we have for it; then we end too. */
    void peerEnded(int slot, long c) {
        switch (Connection.phase(c)) {
            case Phase.OPEN, Phase.CLOSE_WAIT -> {
                Connection.closeCode(c, CloseCode.ABNORMAL);
                Connection.phase(c, Phase.FLUSHING);
                shard.deadlines.watchClose(slot, c);
                notifyClosed(slot, c);
                flush(slot, c);
            }
            case Phase.FLUSHING -> Connection.clear(c, Connection.FLAG_LINGER);
            case Phase.ANSWER_DUE -> { } // it still reads; if not, sending will tell
            default -> terminate(slot, c);
        }
    }

    // ---- how an HTTP request ends

    /**
     * The answer to a request, or to a connection that is one too many; the connection ends after
     * it.
     */
    void answer(int slot, long c, byte[] response) {
        long at = shard.sender.reserve(slot, c, response.length);
        if (at == 0) {
            spillExhausted(slot, c);
            return;
        }
        OffHeap.copy(response, 0, at, response.length);
        Connection.phase(c, Phase.FLUSHING);
        Connection.set(c, Connection.FLAG_LINGER);
        shard.sender.schedule(slot, c);
        shard.deadlines.watchClose(slot, c);
    }

    // ---- the last bytes

    /** The spill pool had no room for what must not be lost. */
    void spillExhausted(int slot, long c) {
        counters.increment(Counter.SPILL_EXHAUSTED);
        terminate(slot, c);
    }

    /**
     * Goes on if nothing is left to be sent; while a receive buffer is being read, its end does
     * this.
     */
    void flush(int slot, long c) {
        if (!shard.receiver.isReading(slot) && shard.sender.isIdle(c)) {
            onFlushed(slot, c);
        } else {
            shard.sender.hurry(c);
        }
    }

    /**
     * In phase FLUSHING: our last byte is with the kernel. A frame lent to it must be back as well:
     * closing would not bring it, and ending the loan by force cuts what the peer has yet to get.
     */
    void onFlushed(int slot, long c) {
        if (Connection.is(c, Connection.FLAG_LENT)) {
            return; // its end does this again; a peer that is too slow for that has a deadline
        }
        if (!Connection.is(c, Connection.FLAG_LINGER)) {
            terminate(slot, c);
        } else if (shard.hasRoom()) {
            Connection.phase(c, Phase.LINGERING);
            Connection.addOp(c, Connection.OP_SHUTDOWN);
            Sqe.prepShutdown(shard.sq.next(), slot, Abi.SHUT_WR,
                shard.userData(Op.SHUTDOWN, slot, c));
        } else {
            shard.later(slot, c);
        }
    }

    /**
     * Our side is shut; ENOTCONN if the peer had gone by then, which the receive will tell as well.
     */
    void onShutdown(int slot, long c) {
        Connection.removeOp(c, Connection.OP_SHUTDOWN);
        if (Connection.phase(c) == Phase.DEAD) {
            join(slot, c);
        } else {
            Connection.clear(c, Connection.FLAG_PAUSED | Connection.FLAG_HELD);
            shard.receiver.arm(slot, c, false);
        }
    }

    // ---- terminate, join, close, free

    /** Ends a connection now, whatever is under way. Calling it again does nothing. */
    void terminate(int slot, long c) {
        if (Connection.phase(c) == Phase.DEAD) {
            return;
        }
        if (Connection.closeCode(c) == 0) {
            Connection.closeCode(c, CloseCode.ABNORMAL);
        }
        boolean lent = Connection.is(c, Connection.FLAG_LENT);
        if (lent || !shard.closesAtOnce && Connection.phase(c) != Phase.LINGERING) {
            Connection.set(c, Connection.FLAG_SHUT_DUE);
        }
        die(c);
        shard.wheel.cancel(slot);
        notifyClosed(slot, c);
        wind(slot, c);
    }

    private void die(long c) {
        if (Connection.phase(c) == Phase.ANSWER_DUE) {
            shard.reactor.exchanges.forget();
        }
        Connection.phase(c, Phase.DEAD);
    }

    /** Cancels what waits in the kernel. */
    void wind(int slot, long c) {
        if (!shard.hasRoom()) {
            shard.later(slot, c);
            return;
        }
        cancel(slot, c, Connection.OP_POLL, Op.POLL);
        cancel(slot, c, Connection.OP_RECV_MULTISHOT, Op.RECV_MULTISHOT);
        cancel(slot, c, Connection.OP_SEND, Op.SEND_ALL);
        if (Connection.is(c, Connection.FLAG_SHUT_DUE)) {
            Connection.clear(c, Connection.FLAG_SHUT_DUE);
            Connection.addOp(c, Connection.OP_SHUTDOWN);
            shut(slot, c, shard.userData(Op.SHUTDOWN, slot, c));
        }
        shard.sender.hurry(c);
        join(slot, c);
    }

    /**
     * Tells the peer of the end; by a reset if a frame is lent, which also makes the kernel let go
     * of it, where it would otherwise wait for the peer to read.
     */
    private void shut(int slot, long c, long userData) {
        if (Connection.is(c, Connection.FLAG_LENT)) {
            Sqe.prepDisconnect(shard.sq.next(), slot, userData);
        } else {
            Sqe.prepShutdown(shard.sq.next(), slot, Abi.SHUT_RDWR, userData);
        }
    }

    private void cancel(int slot, long c, int kind, int op) {
        if (Connection.hasOp(c, kind)) {
            Sqe.prepCancel(shard.sq.next(), shard.userData(op, slot, c),
                shard.userData(Op.CANCEL, slot, c));
        }
    }

    /**
     * In phase DEAD: closes once nothing of the connection is in the kernel, nor in our own hands.
     */
    void join(int slot, long c) {
        if (Connection.ops(c) != 0 || Connection.is(c, Connection.FLAG_LENT)
                || shard.receiver.isReading(slot)) {
            return;
        }
        if (!shard.hasRoom()) {
            shard.later(slot, c);
            return;
        }
        if (Connection.assembly(c) != 0) {
            shard.spill.give(Connection.assembly(c));
            Connection.assembly(c, 0);
        }
        shard.output.clear(c);
        Connection.addOp(c, Connection.OP_CLOSE);
        Sqe.prepClose(shard.sq.next(), slot, shard.userData(Op.CLOSE, slot, c));
    }

    /** The descriptor's place is empty. */
    void onClosed(int slot, long c, int result) {
        if (result < 0) {
            throw new IllegalStateException("close of a direct descriptor: " + Errno.text(result));
        }
        Connection.removeOp(c, Connection.OP_CLOSE);
        shard.acceptor.leave(c);
        counters.increment(Counter.CLOSED);
        table.free(slot);
        if (!shard.closesAtOnce) {
            shard.renewal.onClosed();
        }
    }

    /** The ring is about to be closed, and the connection with it. */
    void abandon(int slot, long c) {
        int phase = Connection.phase(c);
        if (phase == Phase.FREE || phase == Phase.ACCEPTING) {
            return;
        }
        if (phase != Phase.DEAD) {
            Connection.closeCode(c, CloseCode.ABNORMAL);
            die(c);
            notifyClosed(slot, c);
        }
        shard.acceptor.leave(c);
        counters.increment(Counter.CLOSED);
    }

    private void notifyClosed(int slot, long c) {
        if (!Connection.is(c, Connection.FLAG_OPENED)) {
            return;
        }
        Connection.clear(c, Connection.FLAG_OPENED);
        shard.reactor.topics.leaveAll(shard.place, slot, c);
        try {
            shard.reactor.routes.handler(Connection.handler(c))
                .onClose(shard.reactor.connections, shard.id(slot, c), Connection.closeCode(c));
        } catch (RuntimeException | Error e) {
            LOG.log(Level.ERROR, "onClose threw", e);
            counters.increment(Counter.HANDLER_ERRORS);
        }
    }
}
