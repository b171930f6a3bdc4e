package io.mooring.reactor;

import io.mooring.conn.Connection;
import io.mooring.conn.ConnectionTable;
import io.mooring.conn.Phase;
import io.mooring.ring.BufferRing;
import io.mooring.ring.CompletionQueue;
import io.mooring.ring.Sqe;
import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.IntQueue;

/**
 * Input. A <b>cold</b> connection waits by a one-shot POLL_ADD, which is the cheapest thing a
 * kernel can hold for it; when it fires, a RECV takes a buffer from the shard's ring. A <b>hot</b>
 * one has a multishot RECV, which costs three times the memory and no operation per message. Heat
 * is receives in close succession; a quiet connection cools down again ({@link Deadlines}).
 */
final class Receiver {
    /**
     * Receives in succession, each within this time of the one before, that make a connection hot.
     */
    private static final int HOT_RECEIVES = 3;
    private static final int HOT_TICKS = 16;

    private final Shard shard;
    private final ConnectionTable table;
    private final BufferRing buffers;
    private final Counters counters;
    private final Arming arming;
    private final Upgrader upgrader;
    private final FrameReader frames;
    /** Connections that found no receive buffer. */
    private final IntQueue starved = new IntQueue();
    /** Received by this shard so far, free-running; the counter is the whole reactor's. */
    private long bytes;
    /** After the last receive: a buffer filled to the end, or the kernel's word. */
    private boolean more;
    /** The slot whose bytes are being read: its memory must stay until they have been. */
    private int reading = -1;

    Receiver(Shard shard) {
        this.shard = shard;
        this.table = shard.table;
        this.buffers = shard.buffers;
        this.counters = shard.counters;
        this.arming = shard.config.arming();
        this.frames = new FrameReader(shard);
        this.upgrader = new Upgrader(shard, frames);
    }

    /**
     * Waits for input, unless something does already or the connection is not to be read from.
     *
     * @param drained nothing is known to be there, so waiting comes before trying
     */
    void arm(int slot, long c, boolean drained) {
        if (!wantsInput(c) || Connection.hasOp(c, Connection.OPS_RECEIVING)) {
            return;
        }
        if (Connection.is(c, Connection.FLAG_HOT)) {
            Connection.addOp(c, Connection.OP_RECV_MULTISHOT);
            // Trying comes first even if there seems to be nothing: data and a reset that are both
            // there when a multishot receive begins to wait are taken for data alone.
            Sqe.prepRecvMultishot(shard.sq.next(), slot, buffers.group(), false,
                shard.userData(Op.RECV_MULTISHOT, slot, c));
        } else if (drained) {
            Connection.addOp(c, Connection.OP_POLL);
            Sqe.prepPoll(shard.sq.next(), slot, Abi.POLLIN | Abi.POLLRDHUP,
                shard.userData(Op.POLL, slot, c));
        } else {
            Connection.addOp(c, Connection.OP_RECV);
            Sqe.prepRecv(shard.sq.next(), slot, buffers.group(), Abi.MSG_DONTWAIT,
                shard.userData(Op.RECV, slot, c));
        }
    }

    private static boolean wantsInput(long c) {
        return switch (Connection.phase(c)) {
            case Phase.HANDSHAKE, Phase.ANSWER_DUE, Phase.OPEN, Phase.CLOSE_WAIT,
                Phase.LINGERING -> !Connection.is(c, Connection.FLAG_PAUSED | Connection.FLAG_HELD);
            default -> false;
        };
    }

    void onPoll(int slot, long c, int result) {
        Connection.removeOp(c, Connection.OP_POLL);
        if (Connection.phase(c) == Phase.DEAD) {
            shard.closer.join(slot, c);
        } else if (result >= 0) {
            arm(slot, c, false); // an error or a hang-up too: the receive tells which
        } else {
            onRecvError(slot, c, result);
        }
    }

    void onRecv(int slot, long c, int result, int flags) {
        Connection.removeOp(c, Connection.OP_RECV);
        if (result <= 0) {
            giveBack(flags);
            onRecvError(slot, c, result);
            return;
        }
        receive(slot, c, result, flags);
        if (arming == Arming.ADAPTIVE && Connection.phase(c) == Phase.OPEN) {
            warm(slot, c);
        }
        arm(slot, c, !more);
    }

    void onRecvMultishot(int slot, long c, int result, int flags) {
        boolean over = !CompletionQueue.more(flags);
        if (over) {
            Connection.removeOp(c, Connection.OP_RECV_MULTISHOT);
            Connection.clear(c, Connection.FLAG_CANCELLING);
        }
        if (result > 0) {
            receive(slot, c, result, flags);
            if (over) {
                arm(slot, c, false);
            }
            return;
        }
        giveBack(flags);
        onRecvError(slot, c, result);
    }

    /** Bytes have come. */
    private void receive(int slot, long c, int length, int flags) {
        int buffer = CompletionQueue.buffer(flags);
        long address = buffers.address(buffer);
        buffers.taken();
        bytes += length;
        more = (flags & Abi.CQE_F_SOCK_NONEMPTY) != 0 || length == buffers.bufferBytes();
        counters.add(Counter.BYTES_RECEIVED, length);
        int now = shard.reactor.nowTick();
        reading = slot;
        Sender sender = shard.sender;
        sender.cork().open(slot, address);
        switch (Connection.phase(c)) {
            case Phase.OPEN -> {
                heat(slot, c, now);
                frames.read(slot, c, address, address + length);
            }
            case Phase.CLOSE_WAIT -> frames.read(slot, c, address, address + length);
            case Phase.HANDSHAKE -> upgrader.read(slot, c, address, length);
            default -> { } // lingering, or the request is whole: read and dropped
        }
        if (!sender.closeCork(slot, c, buffer)) {
            buffers.give(buffer);
        }
        reading = -1;
        switch (Connection.phase(c)) {
            case Phase.DEAD -> shard.closer.join(slot, c);
            case Phase.FLUSHING -> {
                if (sender.isIdle(c)) {
                    shard.closer.onFlushed(slot, c);
                }
            }
            default -> {
                if (sender.isBehind(c)) {
                    pause(slot, c);
                }
            }
        }
    }

    /** Whether there may be more where the bytes came from that are being read. */
    boolean hasMore() {
        return more;
    }

    boolean isReading(int slot) {
        return reading == slot;
    }

    void handshakeTimedOut(int slot, long c) {
        counters.increment(Counter.HANDSHAKE_TIMEOUT);
        upgrader.timedOut(slot, c);
    }

    /**
     * The peer has ended its side (0), or there was no buffer, or nothing to read, or an error; or
     * we cancelled it, to pause, to cool down, to begin it anew.
     */
    private void onRecvError(int slot, long c, int result) {
        if (Connection.phase(c) == Phase.DEAD) {
            shard.closer.join(slot, c);
            return;
        }
        switch (-result) {
            case Errno.EAGAIN, Errno.EINTR, Errno.ECANCELED -> arm(slot, c, true);
            case Errno.ENOBUFS -> starve(slot, c);
            default -> {
                if (result == 0) {
                    shard.closer.peerEnded(slot, c);
                } else {
                    shard.closer.terminate(slot, c);
                }
            }
        }
    }

    // ---- heat

    private void heat(int slot, long c, int now) {
        int since = now - Connection.activeTick(c);
        Connection.activeTick(c, now);
        Connection.clear(c, Connection.FLAG_PINGED);
        if (arming == Arming.HOT && Connection.heat(c) == 0) {
            shard.deadlines.watchHot(slot);
        }
        if (since > HOT_TICKS) {
            Connection.heat(c, 0);
        } else if (Connection.heat(c) < HOT_RECEIVES) {
            Connection.heat(c, Connection.heat(c) + 1);
        }
    }

    private void warm(int slot, long c) {
        if (Connection.heat(c) >= HOT_RECEIVES && !Connection.is(c, Connection.FLAG_HOT)) {
            Connection.set(c, Connection.FLAG_HOT);
            counters.increment(Counter.PROMOTED);
            shard.deadlines.watchHot(slot);
        }
    }

    /** The connection has been quiet: back to polling, or only armed anew. */
    void cool(int slot, long c, boolean demote) {
        if (demote) {
            Connection.clear(c, Connection.FLAG_HOT);
            counters.increment(Counter.DEMOTED);
        }
        Connection.heat(c, 0);
        cancelMultishot(slot, c);
    }

    // ---- back-pressure

    /** The slot that is being read; -1: none. */
    int reading() {
        return reading;
    }

    /** Bytes received so far, free-running. */
    long bytes() {
        return bytes;
    }

    /** Messages read so far, free-running. */
    int messages() {
        return frames.messages();
    }

    private void pause(int slot, long c) {
        if (Connection.is(c, Connection.FLAG_PAUSED)) {
            return;
        }
        Connection.set(c, Connection.FLAG_PAUSED);
        counters.increment(Counter.READS_PAUSED);
        cancelMultishot(slot, c);
    }

    /** A publisher that is too fast is not read from until {@link #release}. */
    void hold(int slot, long c) {
        Connection.set(c, Connection.FLAG_HELD);
        counters.increment(Counter.PUBLISHERS_HELD);
        cancelMultishot(slot, c);
    }

    void release(int slot, long c) {
        Connection.clear(c, Connection.FLAG_HELD);
        Connection.activeTick(c, shard.reactor.nowTick());
        arm(slot, c, false);
    }

    void cancelMultishot(int slot, long c) {
        if (Connection.hasOp(c, Connection.OP_RECV_MULTISHOT)
                && !Connection.is(c, Connection.FLAG_CANCELLING)) {
            Connection.set(c, Connection.FLAG_CANCELLING);
            Sqe.prepCancel(shard.sq.next(), shard.userData(Op.RECV_MULTISHOT, slot, c),
                shard.userData(Op.CANCEL, slot, c));
        }
    }

    // ---- receive buffers

    private void starve(int slot, long c) {
        counters.increment(Counter.BUFFERS_EXHAUSTED);
        if (!Connection.is(c, Connection.FLAG_STARVED)) {
            Connection.set(c, Connection.FLAG_STARVED);
            starved.add(slot);
        }
    }

    /** As many starved connections try again as there are buffers. */
    void resumeStarved() {
        if (starved.isEmpty()) {
            return;
        }
        buffers.publish();
        int free = buffers.buffers() - buffers.held();
        for (int i = Math.min(free, starved.size()); i > 0 && shard.hasRoom(); i--) {
            int slot = starved.remove();
            long c = table.at(slot);
            if (Connection.is(c, Connection.FLAG_STARVED)) {
                Connection.clear(c, Connection.FLAG_STARVED);
                arm(slot, c, false);
            }
        }
    }

    /**
     * Whether some wait for a buffer. Those are held by sends that the next enter ends, so it must
     * not sleep.
     */
    boolean hasStarved() {
        return !starved.isEmpty();
    }

    /** A buffer came with a completion that is of no use. */
    void giveBack(int flags) {
        int buffer = CompletionQueue.buffer(flags);
        if (buffer >= 0) {
            buffers.taken();
            buffers.give(buffer);
        }
    }
}
