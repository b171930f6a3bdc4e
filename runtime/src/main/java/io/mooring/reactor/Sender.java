package io.mooring.reactor;

import io.mooring.conn.Assembly;
import io.mooring.conn.Connection;
import io.mooring.conn.ConnectionTable;
import io.mooring.conn.Phase;
import io.mooring.conn.SendQueue;
import io.mooring.api.Payload;
import io.mooring.api.SendResult;
import io.mooring.ring.Sqe;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.ws.FrameEncoder;
import io.mooring.ws.Opcode;
import java.lang.foreign.MemorySegment;

/**
 * Output. A connection has at most one send on its way, and it is one of two kinds:
 *
 * <ul>
 * <li><b>Staged</b>: a send that cannot wait (MSG_DONTWAIT) and posts nothing if all went out. It
 * is over when the next enter has returned and the completions made by then have been read: no word
 * means success ({@link StagedSends}). Its bytes may lie anywhere that lasts until then: the
 * receive buffer it answers, a shared frame, the output queue. Large shared frames may be lent to
 * the kernel for longer: {@link ZeroCopySends}.
 * <li><b>In the kernel</b>: what a staged send left over, from the output queue, waiting for room
 * in the socket buffer.
 * </ul>
 *
 * Whatever else is to be sent meanwhile goes to the output queue, so that order never breaks.
 */
final class Sender {
    private static final int SLICE_BYTES = 32 * 1024;

    private final Shard shard;
    private final ConnectionTable table;
    private final SendQueue output;
    private final Counters counters;
    private final int echoBytesMax;
    private final int sendBytesMax;
    private final int pauseBytes;
    private final int answersMax;
    private final Cork cork = new Cork();
    private final StagedSends staged;
    private final Backlog backlog;
    final ZeroCopySends zeroCopy;
    /** A staged send is followed by something: the next enter must not sleep. */
    private boolean urgent;

    Sender(Shard shard, ReactorConfig config, boolean reportsZeroCopy) {
        this.shard = shard;
        this.table = shard.table;
        this.output = shard.output;
        this.counters = shard.counters;
        this.echoBytesMax = config.echoBytesMax();
        this.sendBytesMax = config.sendBytesMax();
        this.pauseBytes = config.pauseBytes();
        this.answersMax = config.answersMax();
        this.staged = new StagedSends(config.stagedSends());
        this.backlog = new Backlog(shard);
        this.zeroCopy =
            new ZeroCopySends(shard, shard.reactor.group.zeroCopyFrom, reportsZeroCopy);
    }

    boolean hasRoom() {
        return staged.hasRoom(0);
    }

    boolean hasRoomToSpare() {
        return staged.hasRoom(answersMax);
    }

    boolean isUrgent() {
        return urgent;
    }

    // ---- while a receive buffer is being read

    Cork cork() {
        return cork;
    }

    /**
     * The buffer has been read; what was corked in it leaves.
     *
     * @return whether the buffer is still needed: it is given back when the send is through
     */
    boolean closeCork(int slot, long c, int buffer) {
        boolean corked = cork.isOpenFor(slot) && cork.bytes() != 0;
        cork.close();
        if (!corked) {
            return false;
        }
        if (isIdle(c) && Connection.phase(c) != Phase.DEAD) {
            stage(slot, c, cork.address(), cork.bytes(), buffer, null);
            return true;
        }
        enqueueOrKill(slot, c, cork.address(), cork.bytes());
        return false;
    }

    /** What is in the cork goes to the queue, before something that cannot be corked. */
    private boolean spillCork(int slot, long c) {
        if (!cork.isOpenFor(slot)) {
            return true;
        }
        cork.close();
        return cork.bytes() == 0 || enqueueOrKill(slot, c, cork.address(), cork.bytes());
    }

    // ---- what is to be sent

    /** A message from the application. */
    SendResult send(int slot, long c, Payload message) {
        if (Connection.phase(c) != Phase.OPEN) {
            return SendResult.CLOSED;
        }
        int length = message.length();
        int header = FrameEncoder.headerLength(length);
        int opcode = message.isText() ? Opcode.TEXT : Opcode.BINARY;
        if (cork.holds(slot, message, header)) {
            cork.echo(message, opcode, header);
            counters.increment(Counter.MESSAGES_SENT);
            return SendResult.ACCEPTED;
        }
        if (!fits(slot, c, header + (long) length)) {
            return SendResult.FULL;
        }
        int assembly = Connection.assembly(c);
        if (message.memory() == OffHeap.ALL && assembly != 0
                && message.offset() == shard.spill.address(assembly) + Assembly.MESSAGE) {
            return sendAssembly(slot, c, assembly, opcode, header, length);
        }
        long at = reserve(slot, c, header + length);
        if (at == 0) {
            counters.increment(Counter.SPILL_EXHAUSTED);
            return SendResult.FULL;
        }
        MemorySegment.copy(message.memory(), message.offset(), OffHeap.ALL, at + header, length);
        FrameEncoder.header(OffHeap.ALL, at, opcode, true, length);
        return sent(slot, c);
    }

    /**
     * Whether so much more may wait for the peer. What a connection sends back to itself has the
     * larger bound, since its input pauses when it falls behind; nothing pauses the others.
     */
    private boolean fits(int slot, long c, long bytes) {
        int most = shard.receiver.isReading(slot) ? echoBytesMax : sendBytesMax;
        return bytes <= most - output.bytes(c);
    }

    /** The message lies in its assembly: that chunk becomes output as it is. */
    private SendResult sendAssembly(int slot, long c, int assembly, int opcode, int header,
        int length) {
        if (!spillCork(slot, c)) {
            return SendResult.CLOSED;
        }
        long at = shard.spill.address(assembly) + Assembly.MESSAGE - header;
        FrameEncoder.header(OffHeap.ALL, at, opcode, true, length);
        Connection.assembly(c, 0);
        output.appendChunk(c, assembly, Assembly.MESSAGE - header, Assembly.MESSAGE + length);
        return sent(slot, c);
    }

    private SendResult sent(int slot, long c) {
        counters.increment(Counter.MESSAGES_SENT);
        if (cork.isOpenFor(slot)) {
            return SendResult.ACCEPTED;
        }
        boolean first = !isSending(c);
        schedule(slot, c);
        return first ? SendResult.ACCEPTED : SendResult.QUEUED;
    }

    /** A message copied from the heap. */
    SendResult send(int slot, long c, int opcode, byte[] bytes, int offset, int length) {
        if (Connection.phase(c) != Phase.OPEN) {
            return SendResult.CLOSED;
        }
        int header = FrameEncoder.headerLength(length);
        if (!fits(slot, c, header + (long) length)) {
            return SendResult.FULL;
        }
        long at = reserve(slot, c, header + length);
        if (at == 0) {
            counters.increment(Counter.SPILL_EXHAUSTED);
            return SendResult.FULL;
        }
        FrameEncoder.header(OffHeap.ALL, at, opcode, true, length);
        OffHeap.copy(bytes, offset, at + header, length);
        return sent(slot, c);
    }

    /**
     * A control frame; it goes even where a message would be refused, since the peer's input is
     * paused by then.
     */
    void control(int slot, long c, int opcode, long payload, int length) {
        int header = FrameEncoder.headerLength(length);
        long at = reserve(slot, c, header + length);
        if (at == 0) {
            shard.closer.spillExhausted(slot, c);
            return;
        }
        OffHeap.copy(payload, at + header, length);
        FrameEncoder.header(OffHeap.ALL, at, opcode, true, length);
        schedule(slot, c);
    }

    /**
     * Room for {@code bytes} of output, in the cork or the queue, to be written before anything
     * else happens; then {@link #schedule}. 0: there is none, and nothing is changed but that the
     * cork may have moved to the queue.
     */
    long reserve(int slot, long c, int bytes) {
        long at = cork.room(slot, bytes);
        if (at != 0) {
            return at;
        }
        return spillCork(slot, c) ? output.reserve(c, bytes) : 0;
    }

    /** One receiver's part of a broadcast. Returns whether the frame goes to the kernel. */
    boolean sendFrame(int slot, long c, Broadcast broadcast) {
        if (Connection.phase(c) != Phase.OPEN) {
            broadcast.closed++; // after our Close frame nothing is sent, section 5.5.1
            return false;
        }
        if (!isIdle(c)) {
            backlog.offer(slot, c, broadcast);
            return false;
        }
        broadcast.staged();
        stage(slot, c, broadcast.address(), broadcast.bytes(), StagedSends.OWNER_FRAME, broadcast);
        return true;
    }

    /** Whether the first bytes of the output queue are on their way. */
    boolean readsOutput(long c) {
        return Connection.hasOp(c, Connection.OP_SEND)
            || Connection.hasOp(c, Connection.OP_SEND_STAGED)
                && staged.owner(Connection.sendRecord(c)) == StagedSends.OWNER_OUTPUT;
    }

    // ---- from the queue to the kernel

    /** Nothing is on its way and nothing waits. */
    boolean isIdle(long c) {
        return !isSending(c) && Connection.output(c) == 0;
    }

    private static boolean isSending(long c) {
        return Connection.hasOp(c, Connection.OP_SEND | Connection.OP_SEND_STAGED);
    }

    /** There is room again: the queue gets under way, if it was not emptied meanwhile. */
    void resume(int slot, long c) {
        if (isIdle(c)) {
            afterSend(slot, c);
        } else {
            schedule(slot, c);
        }
    }

    /** Sees to it that the queue, if there is one, gets under way. */
    void schedule(int slot, long c) {
        if (Connection.output(c) == 0) {
            return;
        }
        if (isSending(c)) {
            urgent = true; // follows what is staged
        } else if (shard.receiver.isReading(slot) ? shard.hasRoom() : shard.hasRoomToSpare()) {
            stage(slot, c, output.firstAddress(c), output.firstBytes(c),
                StagedSends.OWNER_OUTPUT, null);
        } else {
            shard.later(slot, c);
        }
    }

    private void stage(int slot, long c, long address, int bytes, int owner,
        Broadcast broadcast) {
        Connection.sendRecord(c, staged.add(slot, address, bytes, owner, broadcast));
        Connection.addOp(c, Connection.OP_SEND_STAGED);
        if (broadcast != null && zeroCopy.lend(slot, c, broadcast)) {
            zeroCopy.prepare(slot, c, broadcast);
        } else {
            Sqe.prepSendNow(shard.sq.next(), slot, address, bytes,
                shard.userData(Op.SEND_NOW, slot, c));
        }
        if (owner < 0 || Connection.phase(c) != Phase.OPEN) {
            urgent = true; // more output, a frame to let go, or a close follows
        }
    }

    /** Something waits for the staged send to end: the next enter must not sleep. */
    void hurry(long c) {
        urgent |= Connection.hasOp(c, Connection.OP_SEND_STAGED);
    }

    /** See {@link StagedSends#seal}. */
    void seal(int completionTail) {
        staged.seal(completionTail);
    }

    /** Ends the staged sends of which nothing bad was heard; completions are read up to here. */
    void settle(int read) {
        if (staged.areAllSealed()) {
            urgent = false;
        }
        while (shard.sq.room() >= Shard.ROOM_MIN) {
            int record = staged.settleNext(read);
            if (record < 0) {
                return;
            }
            if (staged.owner(record) != StagedSends.OWNER_DONE) {
                settleRecord(record);
            }
        }
        urgent = true; // the rest, once there is room
    }

    private void settleRecord(int record) {
        int slot = staged.slot(record);
        long c = table.at(slot);
        int bytes = staged.bytes(record);
        counters.add(Counter.BYTES_SENT, bytes);
        switch (staged.owner(record)) {
            case StagedSends.OWNER_OUTPUT -> output.sent(c, bytes);
            case StagedSends.OWNER_FRAME -> delivered(staged.takeBroadcast(record));
            default -> shard.buffers.give(staged.owner(record));
        }
        Connection.removeOp(c, Connection.OP_SEND_STAGED);
        afterSend(slot, c);
    }

    private void delivered(Broadcast broadcast) {
        counters.increment(Counter.DELIVERED);
        counters.increment(Counter.MESSAGES_SENT);
        broadcast.delivered++;
        broadcast.settled();
    }

    /** The ring is about to be closed: staged sends of shared frames read them no more. */
    void abandon() {
        for (int record = staged.abandonNext(); record >= 0; record = staged.abandonNext()) {
            if (staged.owner(record) == StagedSends.OWNER_FRAME) {
                Broadcast broadcast = staged.takeBroadcast(record);
                broadcast.closed++;
                broadcast.settled();
            }
        }
    }

    /** A staged send did not go out whole: the socket buffer is full, or the peer is gone. */
    void onSendNowShort(int slot, long c, int result) {
        int record = Connection.sendRecord(c);
        assert staged.slot(record) == slot && Connection.hasOp(c, Connection.OP_SEND_STAGED);
        int bytes = staged.bytes(record);
        int owner = staged.owner(record);
        staged.markDone(record);
        Connection.removeOp(c, Connection.OP_SEND_STAGED);
        boolean rest = result >= 0 || result == -Errno.EAGAIN || result == -Errno.EINTR;
        int went = Math.max(0, result);
        counters.add(Counter.BYTES_SENT, went);
        boolean kept = true;
        Broadcast broadcast = null;
        switch (owner) {
            case StagedSends.OWNER_OUTPUT -> output.sent(c, went);
            case StagedSends.OWNER_FRAME -> {
                broadcast = staged.takeBroadcast(record);
                if (rest) {
                    kept = backlog.takeBack(c, broadcast, went);
                } else {
                    broadcast.closed++;
                }
            }
            default -> {
                kept = !rest || output.prepend(c, staged.address(record) + went, bytes - went);
                shard.buffers.give(owner);
            }
        }
        if (!rest) {
            onSendError(slot, c);
        } else if (!kept) {
            shard.closer.spillExhausted(slot, c);
            shard.closer.join(slot, c); // if it was dead already
        } else {
            counters.increment(Counter.SHORT_SENDS);
            sendAll(slot, c);
        }
        if (broadcast != null) {
            broadcast.settled(); // last: who is told of the delivery may send to this connection
        }
    }

    /**
     * Hands the first bytes of the queue to the kernel to wait with; not too many, since only its
     * completion shows that a slow peer is reading at all. The queue is empty if a frame came back
     * from the kernel and was dropped.
     */
    private void sendAll(int slot, long c) {
        if (Connection.phase(c) == Phase.DEAD || Connection.output(c) == 0) {
            afterSend(slot, c);
            return;
        }
        Connection.addOp(c, Connection.OP_SEND);
        Sqe.prepSendAll(shard.sq.next(), slot, output.firstAddress(c),
            Math.min(output.firstBytes(c), SLICE_BYTES), shard.userData(Op.SEND_ALL, slot, c));
    }

    void onSendAll(int slot, long c, int result) {
        Connection.removeOp(c, Connection.OP_SEND);
        if (result == -Errno.ECANCELED && Connection.phase(c) != Phase.DEAD) {
            sendAll(slot, c); // only to be begun anew, see Renewal
            return;
        }
        if (result < 0) {
            onSendError(slot, c);
            return;
        }
        counters.add(Counter.BYTES_SENT, result);
        output.sent(c, result);
        Connection.activeTick(c, shard.reactor.nowTick()); // the peer reads, so it lives
        if (Connection.output(c) != 0) {
            sendAll(slot, c);
        } else {
            afterSend(slot, c);
        }
    }

    private void onSendError(int slot, long c) {
        if (Connection.phase(c) == Phase.DEAD) {
            shard.closer.join(slot, c);
        } else {
            shard.closer.terminate(slot, c);
        }
    }

    /** Nothing is on its way any more: what is due now? */
    private void afterSend(int slot, long c) {
        int phase = Connection.phase(c);
        if (phase == Phase.DEAD) {
            shard.closer.join(slot, c);
            return;
        }
        if (Connection.output(c) != 0) {
            schedule(slot, c);
        } else if (phase == Phase.FLUSHING) {
            shard.closer.onFlushed(slot, c);
        } else if (Connection.is(c, Connection.FLAG_PAUSED)) {
            Connection.clear(c, Connection.FLAG_PAUSED);
            shard.receiver.arm(slot, c, true);
        }
    }

    /** Whether so much output waits that the connection must not be read from. */
    boolean isBehind(long c) {
        return Connection.output(c) != 0 && output.bytes(c) > pauseBytes;
    }

    private boolean enqueueOrKill(int slot, long c, long address, int bytes) {
        if (Connection.phase(c) == Phase.DEAD) {
            return false;
        }
        if (output.append(c, address, bytes)) {
            schedule(slot, c);
            return true;
        }
        shard.closer.spillExhausted(slot, c);
        return false;
    }
}
