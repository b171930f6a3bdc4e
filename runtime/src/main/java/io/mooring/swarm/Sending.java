package io.mooring.swarm;

import io.mooring.ring.Sqe;
import io.mooring.sys.Errno;
import io.mooring.sys.IntQueue;
import io.mooring.sys.OffHeap;
import io.mooring.ws.CloseCode;
import io.mooring.ws.Opcode;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * Output of one shard. A connection has one send on its way at most; what it wants to send
 * meanwhile is a flag (pong, echo, close), so a server that does not read makes nothing grow: what
 * is left of a send is kept, once per connection, and nothing else.
 */
final class Sending {
    private static final int CONTROL_MAX = 2 + 4 + 125;
    /** A pong and a close may stand beside a message. */
    private static final int CONTROLS = 2 * CONTROL_MAX + 64;
    private static final long LATE_NANOS = 1_000_000;

    /** Bytes that are being sent by an operation that waits for room. */
    private record Rest(long memory, long address, int bytes) { }

    private final Shard shard;
    private final Counts counts;
    private final Outbox outbox;
    private final int messageBytes;
    private final int echoFrameBytes;
    /** Payloads of pings to be answered; the last of a connection counts (RFC 6455, 5.5.3). */
    private final Long2ObjectHashMap<byte[]> pongs = new Long2ObjectHashMap<>();
    private final Int2ObjectHashMap<Rest> rests = new Int2ObjectHashMap<>();
    /** Slots that want to send something and found no room. */
    private final IntQueue waiting = new IntQueue();
    /** One wants to send, and its last send is not yet settled: the next enter must not sleep. */
    private boolean urgent;

    Sending(Shard shard) {
        this.shard = shard;
        this.counts = shard.worker.counts;
        SwarmConfig config = shard.worker.config;
        this.messageBytes = config.messageBytes();
        this.echoFrameBytes =
            config.scenario() == Scenario.ECHO ? Message.frameBytes(messageBytes) : 0;
        this.outbox = new Outbox(echoFrameBytes + CONTROLS);
    }

    /** A ping is to be answered, with the next flush. */
    void pong(long c, long payload, int bytes) {
        byte[] copy = new byte[bytes];
        OffHeap.copy(payload, copy, 0, bytes);
        pongs.put(c, copy);
        Slot.set(c, Slot.WANT_PONG);
    }

    /** Sends what the connection wants to send, in one piece, or as soon as it can. */
    void flush(int slot, long c) {
        if (!Slot.is(c, Slot.WANTS) || Slot.state(c) == Slot.DEAD) {
            return;
        }
        if (Slot.hasOp(c, Slot.OPS_SENDING)) {
            urgent |= Slot.hasOp(c, Slot.OP_SEND);
            return; // goes on when that is through
        }
        if (shard.sq.room() == 0 || !outbox.hasRoom(CONTROLS + echoFrameBytes)) {
            await(slot, c);
            return;
        }
        long from = outbox.end();
        long to = from;
        if (Slot.is(c, Slot.WANT_PONG)) {
            to += writePong(to, pongs.remove(c));
        }
        if (Slot.is(c, Slot.WANT_ECHO)) {
            to += writeEcho(slot, c, to, System.nanoTime());
        }
        if (Slot.is(c, Slot.WANT_CLOSE)) {
            to += Shard.writeClose(to, CloseCode.NORMAL);
            Slot.set(c, Slot.CLOSE_SENT);
        }
        Slot.clear(c, Slot.WANTS);
        send(slot, c, from, (int) (to - from));
    }

    /** Goes on once there is room; in the queue once, however often it wants to. */
    private void await(int slot, long c) {
        if (!Slot.is(c, Slot.QUEUED_TO_SEND)) {
            Slot.set(c, Slot.QUEUED_TO_SEND);
            waiting.add(slot);
        }
    }

    /** Sends a message that was due at {@code stamp}, if that is possible now. */
    boolean trySendEcho(int slot, long c, long stamp) {
        urgent |= Slot.hasOp(c, Slot.OP_SEND); // else nobody might settle it, if it is all quiet
        if (Slot.hasOp(c, Slot.OPS_SENDING) || Slot.is(c, Slot.WANTS)
                || !shard.hasRoom() || !outbox.hasRoom(CONTROLS + echoFrameBytes)) {
            return false;
        }
        long from = outbox.end();
        send(slot, c, from, writeEcho(slot, c, from, stamp));
        return true;
    }

    private int writeEcho(int slot, long c, long to, long stamp) {
        int number = Slot.sent(c);
        Slot.sent(c, number + 1);
        counts.increment(Count.SENT);
        if (System.nanoTime() - stamp > LATE_NANOS) {
            counts.increment(Count.LATE);
        }
        return Message.writeFrame(to, messageBytes, number, shard.tag(slot), stamp);
    }

    private static int writePong(long to, byte[] payload) {
        long scratch = to + CONTROL_MAX;
        OffHeap.copy(payload, 0, scratch, payload.length);
        return Message.writeControl(to, Opcode.PONG, scratch, payload.length);
    }

    private void send(int slot, long c, long from, int bytes) {
        outbox.add(slot, bytes);
        Slot.addOp(c, Slot.OP_SEND);
        Sqe.prepSendNow(shard.sq.next(), slot, from, bytes,
            shard.userData(Op.SEND_NOW, slot, c));
    }

    /** The enter that has just returned has worked on all sends. */
    void seal(int completionTail) {
        outbox.seal(completionTail);
    }

    /** Sends that are through: their connections may send again. */
    void settle(int read) {
        int settled = outbox.settled(read);
        // While a half waited to be settled, the other one could not be sealed: somebody may wait
        // for one of its sends, and only a further enter seals them.
        if (!outbox.hasUnsealed()) {
            urgent = false;
        }
        for (int i = 0; i < settled; i++) {
            int slot = outbox.settledSlot(i);
            if (slot >= 0) {
                long c = shard.table.at(slot);
                Slot.removeOp(c, Slot.OP_SEND);
                goOn(slot, c);
            }
        }
        if (settled > 0) {
            outbox.release();
        }
        for (int i = waiting.size(); i > 0 && shard.hasRoom(); i--) {
            int slot = waiting.remove();
            long c = shard.table.at(slot);
            Slot.clear(c, Slot.QUEUED_TO_SEND);
            goOn(slot, c); // freed since: it wants nothing
        }
    }

    private void goOn(int slot, long c) {
        boolean dead = Slot.state(c) == Slot.DEAD;
        if (!dead && !Slot.is(c, Slot.WANTS)) {
            return;
        }
        if (!shard.hasRoom()) {
            await(slot, c);
        } else if (dead) {
            shard.join(slot, c);
        } else {
            flush(slot, c);
        }
    }

    /** The server is slow: not all of it went out. The rest waits, once per connection. */
    void onShort(int slot, long c, int result) {
        Slot.removeOp(c, Slot.OP_SEND);
        outbox.find(slot);
        if (Slot.state(c) == Slot.DEAD) {
            shard.join(slot, c);
        } else if (result < 0 && result != -Errno.EAGAIN) {
            shard.onEnd(slot, c, result);
        } else {
            int sent = Math.max(result, 0);
            int bytes = outbox.foundBytes() - sent;
            long memory = allocate(bytes);
            OffHeap.copy(outbox.foundAddress() + sent, memory, bytes);
            sendAll(slot, c, new Rest(memory, memory, bytes));
        }
    }

    /** Sends a message of its own memory, from {@link #allocate}, which is freed when it is out. */
    void sendOwned(int slot, long c, long memory, int bytes) {
        assert !Slot.hasOp(c, Slot.OPS_SENDING);
        sendAll(slot, c, new Rest(memory, memory, bytes));
    }

    static long allocate(int bytes) {
        long memory = OffHeap.allocate(bytes);
        if (memory == 0) {
            throw new OutOfMemoryError("no " + bytes + " bytes for a message");
        }
        return memory;
    }

    private void sendAll(int slot, long c, Rest rest) {
        rests.put(slot, rest);
        Slot.addOp(c, Slot.OP_SEND_ALL);
        Sqe.prepSendAll(shard.sq.next(), slot, rest.address, rest.bytes,
            shard.userData(Op.SEND_ALL, slot, c));
    }

    void onSent(int slot, long c, int result) {
        Slot.removeOp(c, Slot.OP_SEND_ALL);
        Rest rest = rests.remove(slot);
        if (result > 0 && result < rest.bytes && Slot.state(c) != Slot.DEAD) {
            sendAll(slot, c, new Rest(rest.memory, rest.address + result, rest.bytes - result));
            return;
        }
        OffHeap.free(rest.memory);
        if (Slot.state(c) == Slot.DEAD) {
            shard.join(slot, c);
        } else if (result < 0) {
            shard.onEnd(slot, c, result);
        } else {
            if (Slot.is(c, Slot.PUBLISHER)) {
                shard.worker.publisher.onSent();
            }
            flush(slot, c);
        }
    }

    /** A connection waits for its send to be settled. */
    void hurry() {
        urgent = true;
    }

    boolean isUrgent() {
        return urgent || !waiting.isEmpty();
    }

    void forget(long c) {
        if (!pongs.isEmpty()) {
            pongs.remove(c);
        }
    }

    /** After the ring's end. */
    void close() {
        rests.values().forEach(rest -> OffHeap.free(rest.memory));
        outbox.close();
    }
}
