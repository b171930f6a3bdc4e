package io.mooring.reactor;

import io.mooring.conn.Connection;
import io.mooring.conn.ConnectionTable;
import io.mooring.conn.IdleWheel;
import io.mooring.conn.Phase;
import io.mooring.conn.SendQueue;
import io.mooring.conn.SpillPool;
import io.mooring.ring.BufferRing;
import io.mooring.ring.CompletionQueue;
import io.mooring.ring.DirectFiles;
import io.mooring.ring.Engine;
import io.mooring.ring.Ring;
import io.mooring.ring.RingSignals;
import io.mooring.ring.SubmissionQueue;
import io.mooring.ring.UserData;
import io.mooring.sys.Errno;
import io.mooring.sys.IntQueue;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * One ring with its table of direct descriptors, its receive buffers and its stretch of
 * connections. Completions come in here and go to the handler of their operation.
 */
final class Shard implements RingSignals.Bed {
    /**
     * What one completion or one command may submit for its own connection, with some to spare.
     * While the queue has less room, nothing new is begun, so that no handler ever finds it full.
     */
    static final int ROOM_MIN = 16;

    /** A turn ends after so many, or a peer that sends tiny ones would hold up all the others. */
    private static final int MESSAGES_PER_TURN = 1024;
    private static final int BUFFER_GROUP = 0;
    private static final Logger LOG = System.getLogger("io.mooring");

    final Reactor reactor;
    /** Among all shards of the server; part of every connection's id. */
    final int index;
    /** Among this reactor's. */
    final int place;
    final ReactorConfig config;
    final Counters counters;
    final Ring ring;
    final SubmissionQueue sq;
    final ConnectionTable table;
    final IdleWheel wheel;
    final BufferRing buffers;
    final SpillPool spill;
    final SendQueue output;
    /** See {@link Engine#closesAtOnce}. */
    final boolean closesAtOnce;

    final Acceptor acceptor;
    final Receiver receiver;
    final Sender sender;
    final Closer closer;
    final Deadlines deadlines;
    final Renewal renewal;

    /** Entered in this turn; the reactor's own mark. */
    boolean awake;

    private final CompletionQueue cq;
    private long receivedAtTrim;
    private boolean buffersTouched;
    /** Slots with something to do that found no room in the submission queue. */
    private final IntQueue ready = new IntQueue();

    Shard(Reactor reactor, int index, int place, int slots, Engine engine) {
        this.reactor = reactor;
        this.index = index;
        this.place = place;
        this.config = reactor.config;
        this.counters = reactor.counters;
        this.ring = engine.open(config.submissionEntries(), config.completionEntries());
        this.sq = ring.sq();
        this.cq = ring.cq();
        this.closesAtOnce = engine.closesAtOnce();
        try {
            DirectFiles.register(ring, slots);
            reactor.group.attachFrames(ring);
            this.table = new ConnectionTable(slots);
            this.buffers = new BufferRing(ring, BUFFER_GROUP, config.receiveBuffers(),
                config.receiveBufferBytes());
        } catch (RuntimeException | Error e) {
            ring.close();
            throw e;
        }
        this.wheel = new IdleWheel(table, reactor.nowTick());
        this.spill = reactor.spill;
        this.output = new SendQueue(spill, reactor.backlog);
        this.sender = new Sender(this, config, engine.reportsZeroCopy());
        this.closer = new Closer(this);
        this.receiver = new Receiver(this);
        this.acceptor = new Acceptor(this, reactor.listener);
        this.deadlines = new Deadlines(this);
        this.renewal = new Renewal(this);
    }

    /**
     * Submits, makes completions, and notes which sends are through with it.
     *
     * @param waitFor 1 to sleep until there is one, 0 not to
     */
    @Override
    public void enter(int waitFor, long timeoutNanos) {
        buffers.publish();
        int result = ring.submitAndWait(waitFor, timeoutNanos);
        counters.increment(Counter.ENTERS);
        if (result < 0) {
            onEnterError(result);
        }
        if (ring.overflowed()) {
            counters.increment(Counter.COMPLETION_OVERFLOWS);
        } else if (sq.pending() == 0) {
            sender.seal(cq.tail());
        }
    }

    private void onEnterError(int result) {
        switch (-result) {
            case Errno.EINTR, Errno.EAGAIN, Errno.EBUSY ->
                counters.increment(Counter.ENTER_RETRIES);
            default -> throw new IllegalStateException(
                "a ring cannot be entered: " + Errno.text(result));
        }
    }

    /**
     * Handles what has been posted so far, as long as the submission queue has room for the
     * consequences.
     */
    void drain() {
        int tail = cq.tail();
        int handled = 0;
        int messages = receiver.messages();
        while (cq.head() != tail && receiver.messages() - messages < MESSAGES_PER_TURN) {
            if (!hasRoom()) {
                counters.increment(Counter.SUBMISSION_FULL);
                break;
            }
            long cqe = cq.at(cq.head());
            long userData = CompletionQueue.userData(cqe);
            int result = CompletionQueue.result(cqe);
            int flags = CompletionQueue.flags(cqe);
            cq.advance();
            handled++;
            dispatch(userData, result, flags);
        }
        if (handled > 0) {
            cq.release();
            counters.add(Counter.COMPLETIONS, handled);
        }
    }

    private void dispatch(long userData, int result, int flags) {
        int op = UserData.op(userData);
        int slot = UserData.slot(userData);
        if (op == Op.WAKE) {
            reactor.onWakeUp();
            return;
        }
        if (!table.isCurrent(slot, UserData.generation(userData))) {
            counters.increment(Counter.STALE_COMPLETIONS);
            receiver.giveBack(flags);
            return;
        }
        long c = table.at(slot);
        switch (op) {
            case Op.RECV_MULTISHOT -> receiver.onRecvMultishot(slot, c, result, flags);
            case Op.POLL -> receiver.onPoll(slot, c, result);
            case Op.RECV -> receiver.onRecv(slot, c, result, flags);
            case Op.SEND_NOW -> sender.onSendNowShort(slot, c, result);
            case Op.SEND_ZC -> sender.zeroCopy.onCompletion(slot, c, result, flags);
            case Op.SEND_ALL -> sender.onSendAll(slot, c, result);
            case Op.ACCEPT -> acceptor.onAccept(slot, c, result);
            case Op.CLOSE -> closer.onClosed(slot, c, result);
            case Op.SHUTDOWN -> closer.onShutdown(slot, c);
            case Op.CANCEL -> { } // the cancelled operation's own completion tells
            default -> throw new IllegalStateException("completion of operation " + op);
        }
    }

    /**
     * The end of a turn: sends that are through, slots that waited for room or buffers, what is to
     * be begun anew.
     */
    void settle() {
        sender.settle(cq.head());
        resumeReady();
        receiver.resumeStarved();
        renewal.turn();
    }

    /** Whether there is room for what one more completion may cause. */
    boolean hasRoom() {
        return sq.room() >= ROOM_MIN && sender.hasRoom();
    }

    /**
     * Whether there is room for what no completion asks for: broadcasts, deadlines, commands, and
     * what a handler sends to others. That leaves alone what reading the completions needs, for
     * staged sends end only when those have been read.
     */
    boolean hasRoomToSpare() {
        return sq.room() >= ROOM_MIN && sender.hasRoomToSpare();
    }

    /** Has {@link #resume} called for a slot once there is room. */
    void later(int slot, long c) {
        if (!Connection.is(c, Connection.FLAG_READY)) {
            Connection.set(c, Connection.FLAG_READY);
            ready.add(slot);
        }
    }

    private void resumeReady() {
        for (int i = ready.size(); i > 0 && hasRoomToSpare(); i--) {
            int slot = ready.remove();
            long c = table.at(slot);
            if (!Connection.is(c, Connection.FLAG_READY)) {
                continue; // freed since
            }
            Connection.clear(c, Connection.FLAG_READY);
            switch (Connection.phase(c)) {
                case Phase.DEAD -> closer.wind(slot, c);
                case Phase.FLUSHING -> {
                    sender.schedule(slot, c);
                    closer.flush(slot, c);
                }
                default -> sender.resume(slot, c);
            }
        }
    }

    /** Whether the next turn has something to do here, by the kernel's word or our own. */
    boolean needsTurn() {
        return ring.hasWork() || isBusy();
    }

    /** Whether the next turn has something to do without waiting for the kernel. */
    @Override
    public boolean isBusy() {
        return cq.head() != cq.tail() || !ready.isEmpty() || ring.overflowed()
            || sender.isUrgent() || receiver.hasStarved() || renewal.isUnderWay();
    }

    /** Memory that traffic and connections have left behind goes back, once they are few. */
    void trim() {
        long received = receiver.bytes();
        boolean unread = cq.head() != cq.tail() || ring.overflowed(); // may name a full buffer
        if (received == receivedAtTrim && buffersTouched && !unread) {
            buffers.trim();
            buffersTouched = false;
        } else if (received != receivedAtTrim) {
            buffersTouched = true;
        }
        receivedAtTrim = received;
        table.trim();
    }

    /** Whether a {@link #trim} is due some time, even if nothing happens until then. */
    boolean needsTrim() {
        return buffersTouched || receiver.bytes() != receivedAtTrim;
    }

    long id(int slot, long c) {
        return ConnectionId.pack(Connection.generation(c), index, slot);
    }

    long userData(int op, int slot, long c) {
        return UserData.pack(op, Connection.generation(c), slot);
    }

    /** Connections past the accept. */
    int connections() {
        return table.inUse() - acceptor.inFlight();
    }

    /** The ring is about to be closed: connections are told of their end, sends are given up. */
    void abandon() {
        try {
            for (int slot = 0; slot < table.highWater(); slot++) {
                closer.abandon(slot, table.at(slot));
            }
        } catch (RuntimeException | Error e) {
            LOG.log(Level.ERROR, "a shard could not tell all its connections of its end", e);
        } finally {
            sender.abandon();
        }
    }

    /** Closes the ring first: after that the kernel touches nothing of ours. */
    void close() {
        ring.close();
        buffers.close();
        table.close();
    }

    void invariants() {
        table.invariants();
        wheel.invariants();
        spill.invariants();
        if (cq.lost() != 0 || sq.dropped() != 0) {
            throw new IllegalStateException("lost " + cq.lost() + ", dropped " + sq.dropped());
        }
    }
}
