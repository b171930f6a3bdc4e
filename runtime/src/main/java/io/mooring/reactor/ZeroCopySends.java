package io.mooring.reactor;

import io.mooring.conn.Connection;
import io.mooring.conn.Phase;
import io.mooring.ring.CompletionQueue;
import io.mooring.ring.FixedBuffers;
import io.mooring.ring.Sqe;
import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import org.agrona.collections.Int2ObjectHashMap;

/**
 * Large published frames that are not copied into the socket: one is <b>lent</b> to the kernel,
 * which reads it where it lies until the peer has acknowledged it. Of two completions the first,
 * the count, comes within the enter, and so this is a staged send like any other; the second, the
 * notification, ends the loan. Until then the connection's other frames are copied.
 */
final class ZeroCopySends {
    private static final int COMPLETIONS_PART = 4;

    private final Shard shard;
    private final Counters counters;
    private final int from;
    private final boolean reports;
    private final int most;
    /** What is lent, by slot. */
    private final Int2ObjectHashMap<Broadcast> lent = new Int2ObjectHashMap<>();

    /**
     * With both of each one's completions at once, half of the completion queue is used.
     *
     * @param from bytes of header and payload; 0: never
     * @param reports whether the kernel says if it has copied after all
     */
    ZeroCopySends(Shard shard, int from, boolean reports) {
        this.shard = shard;
        this.counters = shard.counters;
        this.from = from;
        this.reports = reports;
        this.most = from == 0 ? 0 : shard.config.completionEntries() / COMPLETIONS_PART;
    }

    /** Lends a frame to the kernel for a receiver, if that may be; else it is to be copied. */
    boolean lend(int slot, long c, Broadcast broadcast) {
        if (broadcast.bytes() < from || lent.size() >= most
                || Connection.is(c, Connection.FLAG_LENT) || !broadcast.lend()) {
            return false;
        }
        lent.put(slot, broadcast);
        Connection.set(c, Connection.FLAG_LENT);
        return true;
    }

    /** The send of a frame that has just been lent. */
    void prepare(int slot, long c, Broadcast broadcast) {
        Sqe.prepSendZcFixed(shard.sq.next(), slot, FixedBuffers.INDEX, broadcast.address(),
            broadcast.bytes(), Abi.MSG_DONTWAIT | Abi.MSG_WAITALL, reports,
            shard.userData(Op.SEND_ZC, slot, c));
    }

    void onCompletion(int slot, long c, int result, int flags) {
        if (CompletionQueue.isNotification(flags)) {
            if (CompletionQueue.wasCopied(result)) {
                counters.increment(Counter.ZERO_COPY_COPIED);
            }
            takeBack(slot, c);
            return;
        }
        int bytes = lent.get(slot).bytes();
        if (!CompletionQueue.more(flags)) {
            takeBack(slot, c);
        }
        if (result > 0) {
            counters.increment(Counter.ZERO_COPY);
        }
        if (result != bytes) { // else it is settled with the staged ones that say nothing
            // No memory to keep track of the loan: copied, it may go.
            boolean noMemory = result == -Errno.ENOMEM || result == -Errno.ENOBUFS;
            shard.sender.onSendNowShort(slot, c, noMemory ? -Errno.EAGAIN : result);
        }
    }

    /** Nothing in the kernel reads the frame any more; the connection's end may wait for it. */
    private void takeBack(int slot, long c) {
        lent.remove(slot).takeBack();
        Connection.clear(c, Connection.FLAG_LENT);
        if (Connection.phase(c) == Phase.DEAD) {
            shard.closer.join(slot, c);
        } else if (Connection.phase(c) == Phase.FLUSHING) {
            shard.closer.flush(slot, c);
        }
    }

    /** All reactors have ended: whoever reads a frame now, nobody writes there again. */
    void abandon() {
        lent.values().forEach(Broadcast::takeBack);
        lent.clear();
    }
}
