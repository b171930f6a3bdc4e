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
 * means success. Its bytes may lie anywhere that lasts until then: the receive buffer it answers, a
 * shared frame, the output queue.
 * <li><b>In the kernel</b>: what a staged send left over, from the output queue, waiting for room
 * in the socket buffer.
 * </ul>
 *
 * Whatever else is to be sent meanwhile goes to the output queue, so that order never breaks.
 *
 * <p>While a receive buffer is being read, small answers to its own connection are put together in
 * that very buffer, in the bytes already consumed (the <b>cork</b>), and leave as one staged send:
 * an echo is not copied at all, since a client's frame header is longer than a server's.
 */
final class Sender {
    /** Owners of a staged send's bytes; a number >= 0 is a receive buffer. */
    private static final int OWNER_OUTPUT = -1;
    private static final int OWNER_FRAME = -2;
    private static final int OWNER_DONE = -3;

    private final Shard shard;
    private final ConnectionTable table;
    private final SendQueue output;
    private final Counters counters;
    private final int outputBytesMax;
    private final int pauseBytes;

    // Staged sends, in order of submission; positions are free-running.
    private final int mask;
    private final int[] recordSlot;
    private final int[] recordBytes;
    private final int[] recordOwner;
    private final long[] recordAddress;
    private final Broadcast[] recordBroadcast;
    private int staged;
    /** Up to here the kernel is through, once completions up to {@link #sealedAt} are read. */
    private int sealed;
    private int sealedAt;
    private int settled;
    /** A staged send is followed by something: the next enter must not sleep. */
    private boolean urgent;

    // The cork.
    private int corkSlot = -1;
    private long corkStart;
    private long corkEnd;
    private long corkLimit;

    Sender(Shard shard, ReactorConfig config) {
        this.shard = shard;
        this.table = shard.table;
        this.output = shard.output;
        this.counters = shard.counters;
        this.outputBytesMax = config.outputBytesMax();
        this.pauseBytes = config.pauseBytes();
        // Between two seals at most a full completion queue is handled, each entry staging one send
        // at most, and one submission queue's worth on either side.
        int records = Integer.highestOneBit(
            2 * (config.completionEntries() + 2 * config.submissionEntries()) - 1);
        this.mask = records - 1;
        this.recordSlot = new int[records];
        this.recordBytes = new int[records];
        this.recordOwner = new int[records];
        this.recordAddress = new long[records];
        this.recordBroadcast = new Broadcast[records];
    }

    boolean hasRoom() {
        return staged - settled < mask - Shard.ROOM_MIN;
    }

    boolean isUrgent() {
        return urgent;
    }

    // ---- the cork: answers built in the receive buffer that is being read

    /**
     * From now on answers to {@code slot} may be put into the consumed part of the buffer at {@code
     * address}.
     */
    void openCork(int slot, long address) {
        corkSlot = slot;
        corkStart = address;
        corkEnd = address;
        corkLimit = address;
    }

    /** The buffer has been consumed up to {@code address}. */
    void consumedTo(long address) {
        corkLimit = address;
    }

    /**
     * The buffer has been read; what was put together in it leaves.
     *
     * @return whether the buffer is still needed: it is given back when the send is through
     */
    boolean closeCork(int slot, long c, int buffer) {
        boolean corked = corkSlot == slot && corkEnd != corkStart;
        corkSlot = -1;
        if (!corked) {
            return false;
        }
        int bytes = (int) (corkEnd - corkStart);
        if (isIdle(c) && Connection.phase(c) != Phase.DEAD) {
            stage(slot, c, corkStart, bytes, buffer, null);
            return true;
        }
        enqueueOrKill(slot, c, corkStart, bytes);
        return false;
    }

    /** Room for {@code bytes} in the cork, or 0; never overtakes what is still to be read. */
    private long corkRoom(int slot, int bytes) {
        if (corkSlot != slot || corkEnd + bytes > corkLimit) {
            return 0;
        }
        long at = corkEnd;
        corkEnd += bytes;
        return at;
    }

    /** What is in the cork goes to the queue, before something that cannot be corked. */
    private boolean spillCork(int slot, long c) {
        if (corkSlot != slot) {
            return true;
        }
        int bytes = (int) (corkEnd - corkStart);
        corkSlot = -1;
        return bytes == 0 || enqueueOrKill(slot, c, corkStart, bytes);
    }

    // ---- what is to be sent

    /** A message from the application. */
    SendResult send(int slot, long c, Payload message) {
        if (Connection.phase(c) != Phase.OPEN) {
            return SendResult.CLOSED;
        }
        int length = message.length();
        int header = FrameEncoder.headerLength(length);
        long payload = message.offset();
        int opcode = message.isText() ? Opcode.TEXT : Opcode.BINARY;
        boolean ours = message.memory() == OffHeap.ALL;
        if (ours && corkSlot == slot && payload - header >= corkEnd
                && payload + length <= corkLimit) {
            echoInPlace(message, opcode, header);
            counters.increment(Counter.MESSAGES_SENT);
            return SendResult.ACCEPTED;
        }
        if (output.bytes(c) + header + length > outputBytesMax) {
            return SendResult.FULL;
        }
        int assembly = Connection.assembly(c);
        if (ours && assembly != 0
                && payload == shard.spill.address(assembly) + Assembly.MESSAGE) {
            return sendAssembly(slot, c, assembly, opcode, header, length);
        }
        long at = reserve(slot, c, header + length);
        if (at == 0) {
            return SendResult.FULL;
        }
        MemorySegment.copy(message.memory(), payload, OffHeap.ALL, at + header, length);
        FrameEncoder.header(OffHeap.ALL, at, opcode, true, length);
        return sent(slot, c);
    }

    /** The message lies in the buffer being read: only its header is written, before it. */
    private void echoInPlace(Payload message, int opcode, int header) {
        long payload = message.offset();
        int length = message.length();
        if (corkEnd == corkStart) {
            corkStart = payload - header;
        } else {
            // Several in one buffer: moved together by the few bytes between them.
            OffHeap.copy(payload, corkEnd + header, length);
            message.wrap(OffHeap.ALL, corkEnd + header, length, message.isText());
            payload = corkEnd + header;
        }
        FrameEncoder.header(OffHeap.ALL, payload - header, opcode, true, length);
        corkEnd = payload + length;
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
        if (corkSlot == slot) {
            return SendResult.ACCEPTED;
        }
        boolean first = isIdle(c);
        schedule(slot, c);
        return first ? SendResult.ACCEPTED : SendResult.QUEUED;
    }

    /** A message copied from the heap. */
    SendResult send(int slot, long c, int opcode, byte[] bytes, int offset, int length) {
        if (Connection.phase(c) != Phase.OPEN) {
            return SendResult.CLOSED;
        }
        int header = FrameEncoder.headerLength(length);
        if (output.bytes(c) + header + length > outputBytesMax) {
            return SendResult.FULL;
        }
        long at = reserve(slot, c, header + length);
        if (at == 0) {
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
        long at = corkRoom(slot, bytes);
        if (at != 0) {
            return at;
        }
        if (!spillCork(slot, c)) {
            return 0;
        }
        at = output.reserve(c, bytes);
        if (at == 0) {
            counters.increment(Counter.SPILL_EXHAUSTED);
        }
        return at;
    }

    /** One receiver's part of a broadcast. */
    void sendFrame(int slot, long c, Broadcast broadcast) {
        if (Connection.phase(c) != Phase.OPEN) {
            return; // after our Close frame nothing is sent, section 5.5.1
        }
        int bytes = broadcast.bytes();
        if (isIdle(c) && corkSlot != slot) {
            counters.increment(Counter.DELIVERED);
            counters.increment(Counter.MESSAGES_SENT);
            broadcast.staged();
            stage(slot, c, broadcast.address(), bytes, OWNER_FRAME, broadcast);
            return;
        }
        if (output.bytes(c) + bytes > outputBytesMax
                || !output.append(c, broadcast.address(), bytes)) {
            counters.increment(Counter.DROPPED);
            return;
        }
        counters.increment(Counter.QUEUED);
        counters.increment(Counter.MESSAGES_SENT);
        schedule(slot, c);
    }

    // ---- from the queue to the kernel

    /** Nothing is on its way and nothing waits. */
    boolean isIdle(long c) {
        return !isSending(c) && Connection.output(c) == 0;
    }

    private static boolean isSending(long c) {
        return Connection.hasOp(c, Connection.OP_SEND | Connection.OP_SEND_STAGED);
    }

    /** Sees to it that the queue, if there is one, gets under way. */
    void schedule(int slot, long c) {
        if (Connection.output(c) == 0) {
            return;
        }
        if (isSending(c)) {
            urgent = true; // follows what is staged
        } else if (shard.hasRoom()) {
            stage(slot, c, output.firstAddress(c), output.firstBytes(c), OWNER_OUTPUT, null);
            urgent = true;
        } else {
            shard.later(slot, c);
        }
    }

    private void stage(int slot, long c, long address, int bytes, int owner, Broadcast broadcast) {
        int at = staged++ & mask;
        recordSlot[at] = slot;
        recordAddress[at] = address;
        recordBytes[at] = bytes;
        recordOwner[at] = owner;
        if (broadcast != null) {
            recordBroadcast[at] = broadcast;
        }
        Connection.sendRecord(c, at);
        Connection.addOp(c, Connection.OP_SEND_STAGED);
        Sqe.prepSendNow(shard.sq.next(), slot, address, bytes,
            shard.userData(Op.SEND_NOW, slot, c));
        if (Connection.phase(c) != Phase.OPEN) {
            urgent = true; // a close follows
        }
    }

    /**
     * Everything staged has been submitted, and what there is to say of it is among the completions
     * up to {@code at}.
     */
    void seal(int at) {
        if (sealed == settled) {
            sealed = staged;
            sealedAt = at;
        }
    }

    /**
     * Ends the staged sends of which nothing bad was heard. {@code read}: completions have been
     * read up to here.
     */
    void settle(int read) {
        if (sealed == staged) {
            urgent = false;
        }
        if (read - sealedAt < 0) {
            return;
        }
        while (settled != sealed) {
            if (shard.sq.room() < Shard.ROOM_MIN) {
                urgent = true;
                return;
            }
            int at = settled++ & mask;
            settleRecord(at);
        }
    }

    private void settleRecord(int at) {
        int owner = recordOwner[at];
        if (owner == OWNER_DONE) {
            return;
        }
        int slot = recordSlot[at];
        long c = table.at(slot);
        int bytes = recordBytes[at];
        counters.add(Counter.BYTES_SENT, bytes);
        if (owner >= 0) {
            shard.buffers.give(owner);
        } else if (owner == OWNER_OUTPUT) {
            output.sent(c, bytes);
        } else {
            recordBroadcast[at].sent();
            recordBroadcast[at] = null;
        }
        Connection.removeOp(c, Connection.OP_SEND_STAGED);
        afterSend(slot, c);
    }

    /** The ring is about to be closed: staged sends of shared frames read them no more. */
    void abandon() {
        for (int i = settled; i != staged; i++) {
            if (recordOwner[i & mask] == OWNER_FRAME) {
                recordBroadcast[i & mask].sent();
            }
        }
        settled = staged;
        sealed = staged;
    }

    /** A staged send did not go out whole: the socket buffer is full, or the peer is gone. */
    void onSendNowShort(int slot, long c, int result) {
        int at = Connection.sendRecord(c);
        assert recordSlot[at] == slot && Connection.hasOp(c, Connection.OP_SEND_STAGED);
        int bytes = recordBytes[at];
        int owner = recordOwner[at];
        recordOwner[at] = OWNER_DONE;
        Connection.removeOp(c, Connection.OP_SEND_STAGED);
        boolean rest = result >= 0 || result == -Errno.EAGAIN || result == -Errno.EINTR;
        int went = Math.max(0, result);
        counters.add(Counter.BYTES_SENT, went);
        boolean kept = true;
        if (owner == OWNER_OUTPUT) {
            output.sent(c, went);
        } else if (rest) {
            kept = output.prepend(c, recordAddress[at] + went, bytes - went);
        }
        if (owner >= 0) {
            shard.buffers.give(owner);
        } else if (owner == OWNER_FRAME) {
            recordBroadcast[at].sent();
            recordBroadcast[at] = null;
        }
        if (!rest) {
            onSendError(slot, c);
        } else if (!kept) {
            counters.increment(Counter.SPILL_EXHAUSTED);
            shard.closer.terminate(slot, c);
        } else {
            counters.increment(Counter.SHORT_SENDS);
            sendAll(slot, c);
        }
    }

    /** Hands the first chunk of the queue to the kernel to wait with. */
    private void sendAll(int slot, long c) {
        if (Connection.phase(c) == Phase.DEAD) {
            shard.closer.join(slot, c);
            return;
        }
        Connection.addOp(c, Connection.OP_SEND);
        Sqe.prepSendAll(shard.sq.next(), slot, output.firstAddress(c), output.firstBytes(c),
            shard.userData(Op.SEND_ALL, slot, c));
    }

    void onSendAll(int slot, long c, int result) {
        Connection.removeOp(c, Connection.OP_SEND);
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
