package io.mooring.swarm;

import io.mooring.ring.BufferRing;
import io.mooring.ring.CompletionQueue;
import io.mooring.ring.DirectFiles;
import io.mooring.ring.Ring;
import io.mooring.ring.RingSignals;
import io.mooring.ring.Sqe;
import io.mooring.ring.SubmissionQueue;
import io.mooring.ring.UserData;
import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.IntQueue;
import io.mooring.sys.OffHeap;
import io.mooring.ws.Opcode;

/**
 * One ring with its direct descriptors, its slots and its receive buffers; small, because there may
 * be a hundred. Here are waiting, receiving and ending; {@link Connector} begins a connection,
 * {@link Sending} sends.
 *
 * <p>A connection of an idle or broadcast swarm waits by a one-shot poll, the cheapest there is in
 * kernel memory; one that echoes by a multishot receive, the cheapest per message.
 */
final class Shard implements RingSignals.Bed {
    static final int SUBMISSIONS = 512;
    private static final int COMPLETIONS = 1024;
    private static final int BUFFERS = 128;
    static final int BUFFER_GROUP = 0;
    /** What one completion may submit, with some to spare; nothing is begun with less room. */
    static final int ROOM_MIN = 16;

    final Worker worker;
    final Ring ring;
    final SubmissionQueue sq;
    final SlotTable table;
    final BufferRing buffers;
    final Sending sending;
    private final CompletionQueue cq;
    private final FrameStream frames;
    private final Counts counts;
    private final int number;
    private final boolean hot;
    private final boolean closesAtOnce;
    /** Connections with input that found no buffer, or no room. */
    private final IntQueue starved = new IntQueue();
    /** Single receives in the kernel: each needs a buffer at once. */
    private int receives;

    /** @param number among all of the swarm */
    Shard(Worker worker, int number, int slots, int bufferBytes) {
        this.worker = worker;
        this.number = number;
        this.counts = worker.counts;
        this.frames = worker.frames;
        this.hot = worker.config.scenario() == Scenario.ECHO;
        this.closesAtOnce = worker.engine.closesAtOnce();
        this.ring = worker.engine.open(SUBMISSIONS, COMPLETIONS);
        this.sq = ring.sq();
        this.cq = ring.cq();
        try {
            DirectFiles.register(ring, slots);
            this.table = new SlotTable(slots);
            this.buffers = new BufferRing(ring, BUFFER_GROUP, BUFFERS, bufferBytes);
        } catch (RuntimeException | Error e) {
            ring.close();
            throw e;
        }
        this.sending = new Sending(this);
    }

    /**
     * Submits and makes completions.
     *
     * @param waitFor 1 to sleep until there is one, 0 not to
     */
    @Override
    public void enter(int waitFor, long timeoutNanos) {
        buffers.publish();
        int result = ring.submitAndWait(waitFor, timeoutNanos);
        counts.increment(Count.ENTERS);
        if (result < 0 && result != -Errno.EINTR && result != -Errno.EAGAIN
                && result != -Errno.EBUSY) {
            throw new IllegalStateException("a ring cannot be entered: " + Errno.text(result));
        }
        if (ring.overflowed()) {
            counts.increment(Count.COMPLETION_OVERFLOWS);
        } else if (sq.pending() == 0) {
            sending.seal(cq.tail());
        }
    }

    /** Handles what has been posted, as long as there is room for the consequences. */
    void drain() {
        int tail = cq.tail();
        int before = cq.head();
        while (cq.head() != tail && hasRoom()) {
            long cqe = cq.at(cq.head());
            long userData = CompletionQueue.userData(cqe);
            int result = CompletionQueue.result(cqe);
            int flags = CompletionQueue.flags(cqe);
            cq.advance();
            dispatch(UserData.op(userData), UserData.slot(userData),
                UserData.generation(userData), result, flags);
        }
        if (cq.head() != before) {
            cq.release();
            counts.add(Count.COMPLETIONS, cq.head() - before);
        }
        sending.settle(cq.head());
        resumeStarved();
    }

    private void dispatch(int op, int slot, int generation, int result, int flags) {
        if (op == Op.WAKE) {
            worker.onWakeUp();
            return;
        }
        if (op == Op.CANCEL) {
            return; // it was over before; its own completion tells
        }
        long c = table.at(slot);
        if (Slot.generation(c) != generation || Slot.state(c) == Slot.FREE) {
            counts.increment(Count.STALE);
            giveBack(flags);
            return;
        }
        switch (op) {
            case Op.RECV_MULTISHOT -> onRecvMultishot(slot, c, result, flags);
            case Op.POLL -> onPoll(slot, c, result);
            case Op.RECV -> onRecv(slot, c, result, flags);
            case Op.SEND_NOW -> sending.onShort(slot, c, result);
            case Op.SEND_ALL -> sending.onSent(slot, c, result);
            case Op.SHUTDOWN -> onShutdown(slot, c);
            case Op.CLOSE -> onClosed(slot, c);
            case Op.SOCKET -> worker.connector.onSocket(this, slot, c, result);
            case Op.NO_DELAY -> { }
            case Op.RESPONSE -> onResponse(slot, c, result, flags);
            default -> worker.connector.onChainError(this, slot, c, op, result);
        }
    }

    /** Whether a receive that ends at once is in the kernel, or on its way there. */
    boolean isReceiving() {
        return receives > 0;
    }

    boolean hasRoom() {
        return sq.room() >= ROOM_MIN;
    }

    /** Whether the next turn has something to do without waiting for the kernel. */
    @Override
    public boolean isBusy() {
        return cq.head() != cq.tail() || !starved.isEmpty() || sending.isUrgent()
            || ring.overflowed();
    }

    long userData(int op, int slot, long c) {
        return UserData.pack(op, Slot.generation(c), slot);
    }

    /** What a connection's messages carry; different for each in the swarm. */
    int tag(int slot) {
        return number << 16 | slot;
    }

    // ---- receiving

    /** Waits for input, unless something does already. */
    void arm(int slot, long c, boolean more) {
        if (Slot.hasOp(c, Slot.OPS_RECEIVING) || Slot.state(c) == Slot.DEAD) {
            return;
        }
        if (hot) {
            Slot.addOp(c, Slot.OP_MULTI);
            Sqe.prepRecvMultishot(sq.next(), slot, BUFFER_GROUP, false,
                userData(Op.RECV_MULTISHOT, slot, c));
        } else if (!more) {
            Slot.addOp(c, Slot.OP_POLL);
            Sqe.prepPoll(sq.next(), slot, Abi.POLLIN | Abi.POLLRDHUP,
                userData(Op.POLL, slot, c));
        } else if (receives >= buffers.buffers()) {
            starve(slot, c);
        } else {
            receives++;
            Slot.addOp(c, Slot.OP_RECV);
            Sqe.prepRecv(sq.next(), slot, BUFFER_GROUP, Abi.MSG_DONTWAIT,
                userData(Op.RECV, slot, c));
        }
    }

    private void onPoll(int slot, long c, int result) {
        Slot.removeOp(c, Slot.OP_POLL);
        if (Slot.state(c) == Slot.DEAD) {
            join(slot, c);
        } else if (result < 0) {
            onEnd(slot, c, result);
        } else {
            arm(slot, c, true);
        }
    }

    private void onRecv(int slot, long c, int result, int flags) {
        Slot.removeOp(c, Slot.OP_RECV);
        receives--;
        if (result <= 0) {
            giveBack(flags);
            onRecvError(slot, c, result);
            return;
        }
        receive(slot, c, result, flags);
        arm(slot, c, (flags & Abi.CQE_F_SOCK_NONEMPTY) != 0 || result == buffers.bufferBytes());
    }

    private void onRecvMultishot(int slot, long c, int result, int flags) {
        boolean over = !CompletionQueue.more(flags);
        if (over) {
            Slot.removeOp(c, Slot.OP_MULTI);
        }
        if (result <= 0) {
            giveBack(flags);
            onRecvError(slot, c, result);
            return;
        }
        receive(slot, c, result, flags);
        if (over) {
            arm(slot, c, true);
        }
    }

    private void onRecvError(int slot, long c, int result) {
        if (Slot.state(c) == Slot.DEAD) {
            join(slot, c);
            return;
        }
        switch (-result) {
            case Errno.EAGAIN, Errno.EINTR -> arm(slot, c, false);
            case Errno.ENOBUFS -> {
                counts.increment(Count.STARVED);
                starve(slot, c);
            }
            default -> onEnd(slot, c, result);
        }
    }

    private void onResponse(int slot, long c, int result, int flags) {
        Slot.removeOp(c, Slot.OP_CHAIN);
        if (result == -Errno.ENOBUFS && Slot.state(c) == Slot.CONNECTING) {
            counts.increment(Count.STARVED);
            starve(slot, c);
            return;
        }
        if (result <= 0) {
            giveBack(flags);
            worker.connector.onResponseError(this, slot, c, result);
            return;
        }
        int buffer = CompletionQueue.buffer(flags);
        buffers.taken();
        worker.connector.onResponse(this, slot, c, buffers.address(buffer), result);
        buffers.give(buffer);
    }

    private void receive(int slot, long c, int bytes, int flags) {
        int buffer = CompletionQueue.buffer(flags);
        long address = buffers.address(buffer);
        buffers.taken();
        if (Slot.state(c) != Slot.DEAD) {
            read(slot, c, address, address + bytes);
        }
        buffers.give(buffer);
        if (Slot.state(c) == Slot.DEAD) {
            join(slot, c);
        }
    }

    /** Reads frames; what they cause is sent at the end, in one piece. */
    void read(int slot, long c, long from, long end) {
        if (Slot.is(c, Slot.CLOSE_HEARD)) {
            return;
        }
        long now = System.nanoTime();
        int tag = tag(slot);
        int event = frames.next(c, tag, from, end);
        while (event > 0) {
            switch (event) {
                case FrameStream.MESSAGE -> {
                    if (worker.receipts.end(c, now)) {
                        worker.echo.onEcho(c, now);
                    }
                }
                case FrameStream.PING -> {
                    counts.increment(Count.PINGS);
                    sending.pong(c, frames.controlAddress(), frames.controlBytes());
                }
                default -> onCloseFrame(c);
            }
            event = Slot.is(c, Slot.CLOSE_HEARD) ? FrameStream.NEED_MORE // nothing may follow
                : frames.next(c, tag, frames.position(), end);
        }
        if (event < 0) {
            kill(slot, c, "protocol error");
        } else {
            sending.flush(slot, c);
        }
    }

    private void starve(int slot, long c) {
        if (!Slot.is(c, Slot.QUEUED)) {
            Slot.set(c, Slot.QUEUED);
            starved.add(slot);
        }
    }

    private void resumeStarved() {
        if (starved.isEmpty()) {
            return;
        }
        buffers.publish();
        int free = buffers.buffers() - buffers.held() - receives;
        for (int i = Math.min(free, starved.size()); i > 0 && hasRoom(); i--) {
            int slot = starved.remove();
            long c = table.at(slot);
            if (!Slot.is(c, Slot.QUEUED)) {
                continue; // freed since
            }
            Slot.clear(c, Slot.QUEUED);
            if (Slot.state(c) == Slot.CONNECTING) {
                worker.connector.awaitResponse(this, slot, c);
            } else {
                arm(slot, c, true);
            }
        }
    }

    void giveBack(int flags) {
        int buffer = CompletionQueue.buffer(flags);
        if (buffer >= 0) {
            buffers.taken();
            buffers.give(buffer);
        }
    }

    // ---- ending

    /** The server begins to close, or answers our close; it ends the connection then. */
    private void onCloseFrame(long c) {
        Slot.set(c, Slot.CLOSE_HEARD);
        if (Slot.state(c) == Slot.OPEN) {
            lose(c, "closed by the server");
            Slot.state(c, Slot.CLOSING);
            Slot.set(c, Slot.UNJUDGED);
            Slot.clear(c, Slot.WANT_ECHO);
        }
        if (!Slot.is(c, Slot.CLOSE_SENT)) {
            Slot.set(c, Slot.WANT_CLOSE);
        }
    }

    /** The stream has ended (0), or there was an error. */
    void onEnd(int slot, long c, int result) {
        boolean closing = Slot.state(c) == Slot.CLOSING;
        kill(slot, c, result == 0
            ? closing ? "ended without a close frame" : "ended by the server"
            : closing ? "closing " + Errno.name(result) : Errno.name(result));
    }

    /** An open connection is no longer one, and not by our wish. */
    private void lose(long c, String why) {
        if (Slot.state(c) != Slot.OPEN) {
            return;
        }
        if (Slot.is(c, Slot.PUBLISHER)) {
            worker.publisher.onLost(why);
            return;
        }
        worker.echo.onGone(c);
        counts.add(Count.OPEN, -1);
        counts.increment(Count.LOST, why);
    }

    /**
     * Nothing is expected of the connection any more; its slot is freed when nothing is left. All
     * ends come by here, so that each is counted, once, and none keeps a place in a window.
     *
     * @param why counted if it was open, or is ours to close and has not answered
     */
    void kill(int slot, long c, String why) {
        assert Slot.state(c) != Slot.FREE;
        if (Slot.state(c) == Slot.DEAD) {
            return;
        }
        lose(c, why);
        worker.closer.onEnded(c, why);
        Slot.state(c, Slot.DEAD);
        Slot.clear(c, Slot.WANTS | Slot.QUEUED);
        if (!closesAtOnce) {
            Slot.set(c, Slot.SHUT_DUE);
        }
        frames.forget(c);
        sending.forget(c);
        // By user_data: each is one look into one of the ring's hash buckets. A chain is over when
        // its connection is killed, and sends that end by themselves need none.
        cancel(slot, c, Slot.OP_POLL, Op.POLL);
        cancel(slot, c, Slot.OP_MULTI, Op.RECV_MULTISHOT);
        cancel(slot, c, Slot.OP_SEND_ALL, Op.SEND_ALL);
        join(slot, c);
    }

    private void cancel(int slot, long c, int bit, int op) {
        if (Slot.hasOp(c, bit)) {
            Sqe.prepCancel(sq.next(), userData(op, slot, c), userData(Op.CANCEL, slot, c));
        }
    }

    /** A dead connection's descriptor is closed once nothing of it is in the kernel. */
    void join(int slot, long c) {
        assert Slot.state(c) == Slot.DEAD;
        if (Slot.ops(c) != 0) {
            if (Slot.hasOp(c, Slot.OP_SEND)) {
                sending.hurry();
            }
        } else if (Slot.is(c, Slot.SHUT_DUE)) {
            Slot.clear(c, Slot.SHUT_DUE);
            Slot.addOp(c, Slot.OP_SHUTDOWN);
            Sqe.prepShutdown(sq.next(), slot, Abi.SHUT_RDWR, userData(Op.SHUTDOWN, slot, c));
        } else {
            Slot.addOp(c, Slot.OP_CLOSE);
            Sqe.prepClose(sq.next(), slot, userData(Op.CLOSE, slot, c));
        }
    }

    /** Also with an error: never connected, or ended by the peer already. */
    private void onShutdown(int slot, long c) {
        Slot.removeOp(c, Slot.OP_SHUTDOWN);
        join(slot, c);
    }

    /** Also with an error: a connection whose socket was never made has nothing to close. */
    private void onClosed(int slot, long c) {
        Slot.removeOp(c, Slot.OP_CLOSE);
        table.free(slot);
    }

    /** Writes a masked close frame; its length. */
    static int writeClose(long to, int code) {
        long payload = to + 32; // from where it is masked into its place
        OffHeap.putShort(payload, Short.reverseBytes((short) code));
        return Message.writeControl(to, Opcode.CLOSE, payload, 2);
    }

    void invariants() {
        table.invariants();
        if (cq.lost() != 0 || sq.dropped() != 0 || receives < 0) {
            throw new IllegalStateException("lost " + cq.lost() + ", dropped " + sq.dropped()
                + ", receives " + receives);
        }
    }

    /** Closes the ring first: after that the kernel touches nothing of ours. */
    void close() {
        ring.close();
        buffers.close();
        sending.close();
        table.close();
    }
}
