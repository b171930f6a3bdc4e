package io.mooring.reactor;

import io.mooring.conn.Connection;
import io.mooring.conn.ConnectionTable;
import io.mooring.conn.Phase;
import io.mooring.ring.Sqe;
import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.ws.Handshake;

/**
 * Takes connections: one-shot accepts, each into a slot chosen beforehand. A multishot accept would
 * lose the connection that finds the table full; these cannot.
 *
 * <p>The kernel writes the peer's address into the second half of the slot itself, which is unused
 * until then: 28 bytes of sockaddr at 32, its length at 60.
 */
final class Acceptor {
    /**
     * Accepts in the kernel at once. The listener wakes them in turn, so this is also how many
     * connections in a row go to one reactor: enough for a burst, few enough to spread a handful.
     */
    static final int ACCEPTS = 8;
    private static final int SOCKADDR = 32;
    private static final int SOCKADDR_LENGTH = 60;
    private static final int RETRY_TICKS = 2;
    /**
     * Connections not admitted and not closed yet: each is a whole socket until its peer ends or
     * the close timeout does it. With so many none is accepted; the others wait in the listener,
     * where a connection costs a third and a bound of the kernel's holds (net.core.somaxconn).
     */
    static final int REFUSED_MAX = 512;
    /** Free slots below which who is refused is not told, but cut. */
    private static final int SLOTS_SPARE_MIN = 2 * ACCEPTS;

    private static final byte[] FULL = Handshake.httpResponse(503, "text/plain; charset=utf-8",
        Texts.utf8("The server holds as many connections as it may (--max-connections).\n"),
        "Retry-After: 10");
    private static final byte[] ADDRESS_FULL = Handshake.httpResponse(429,
        "text/plain; charset=utf-8",
        Texts.utf8("Too many connections from this address (--max-connections-per-address).\n"),
        "Retry-After: 10");

    private final Shard shard;
    private final ConnectionTable table;
    private final Listener listener;
    private final Admission admission;
    private int inFlight;
    private int refused;
    private int retryTick;
    private boolean failed;

    Acceptor(Shard shard, Listener listener) {
        this.shard = shard;
        this.table = shard.table;
        this.listener = listener;
        this.admission = shard.reactor.admission;
    }

    /** Accepts in the kernel; each has a slot. */
    int inFlight() {
        return inFlight;
    }

    boolean hasSlot() {
        return table.inUse() < table.slots();
    }

    /** Whether {@link #post} has something to do. */
    boolean isDue(int nowTick) {
        return mayAccept() && hasSlot() && ticksToRetry(nowTick) <= 0;
    }

    private boolean mayAccept() {
        return inFlight < ACCEPTS && inFlight + refused < REFUSED_MAX;
    }

    /**
     * Ticks until accepting is tried again after an error, or until it is looked whether it may go
     * on; -1: nothing to wait for.
     */
    int ticksToRetry(int nowTick) {
        if (admission.isStopped()) {
            return RETRY_TICKS;
        }
        return failed ? Math.max(0, retryTick - nowTick) : -1;
    }

    /** Keeps {@link #ACCEPTS} in the kernel, as far as there are slots. */
    void post(int nowTick) {
        if (ticksToRetry(nowTick) > 0) {
            return;
        }
        failed = false;
        while (mayAccept() && shard.hasRoom()) {
            int slot = table.take();
            if (slot < 0) {
                return;
            }
            long c = table.at(slot);
            Connection.addOp(c, Connection.OP_ACCEPT);
            OffHeap.putInt(c + SOCKADDR_LENGTH, Abi.SOCKADDR_IN6_BYTES);
            Sqe.prepAccept(shard.sq.next(), listener.fd(), slot, c + SOCKADDR, c + SOCKADDR_LENGTH,
                shard.userData(Op.ACCEPT, slot, c));
            inFlight++;
        }
    }

    void onAccept(int slot, long c, int result) {
        Connection.removeOp(c, Connection.OP_ACCEPT);
        inFlight--;
        if (result < 0) {
            onAcceptError(slot, result);
            return;
        }
        keepPeer(c);
        shard.counters.increment(Counter.ACCEPTED);
        Connection.phase(c, Phase.HANDSHAKE);
        refused++; // until it is admitted
        if (admission.refusal() != null) {
            // Its request is read first: who asks for /metrics is answered, now above all.
            listen(slot, c);
        } else if (tryAdmit(slot, c)) {
            listen(slot, c);
        }
    }

    private void listen(int slot, long c) {
        int now = shard.reactor.nowTick();
        Connection.activeTick(c, now);
        shard.wheel.schedule(slot, now + shard.deadlines.handshakeTicks(c));
        // The request comes on the heels of the connection, so it is most likely there by now:
        // trying first saves the poll.
        shard.receiver.arm(slot, c, false);
    }

    /** Whether the connection may become a WebSocket; if not, it has been answered. */
    boolean isAdmitted(int slot, long c) {
        return Connection.is(c, Connection.FLAG_ADMITTED) || tryAdmit(slot, c);
    }

    private boolean tryAdmit(int slot, long c) {
        Refusal refusal = admission.refusal();
        if (refusal != null) {
            refuse(slot, c, refusal.counter, refusal.answer);
        } else if (!admission.tryEnter()) {
            refuseOrCut(slot, c, Counter.REFUSED_FULL, FULL);
        } else if (!entersByAddress(c)) {
            admission.leave();
            refuseOrCut(slot, c, Counter.REFUSED_ADDRESS, ADDRESS_FULL);
        } else {
            Connection.set(c, Connection.FLAG_ADMITTED);
            refused--;
            return true;
        }
        return false;
    }

    private void refuse(int slot, long c, Counter counter, byte[] answer) {
        shard.counters.increment(counter);
        shard.closer.answer(slot, c, answer);
    }

    /**
     * A refused peer stays until he ends, or a timeout does it. So that those who do not end keep
     * the listener from nobody else, they are cut without a word when many are being told already,
     * or few slots are free for the next. (For want of memory, nobody else would get in either.)
     */
    private void refuseOrCut(int slot, long c, Counter counter, byte[] answer) {
        if (refused > REFUSED_MAX / 2 || table.slots() - table.inUse() < SLOTS_SPARE_MIN) {
            shard.counters.increment(counter);
            shard.counters.increment(Counter.REFUSED_CUT);
            shard.closer.terminate(slot, c);
        } else {
            refuse(slot, c, counter, answer);
        }
    }

    private void onAcceptError(int slot, int result) {
        table.free(slot);
        switch (-result) {
            case Errno.ECANCELED, Errno.EINVAL -> retryLater(); // the listener was stopped
            case Errno.ECONNABORTED, Errno.EINTR, Errno.EAGAIN ->
                shard.counters.increment(Counter.ACCEPT_ERRORS); // only that one is gone
            default -> {
                // ENFILE, ENOMEM, ENOBUFS: the machine is at its limit, and asking again at once
                // does not help.
                shard.counters.increment(Counter.ACCEPT_ERRORS);
                retryLater();
            }
        }
    }

    private void retryLater() {
        failed = true;
        retryTick = shard.reactor.nowTick() + RETRY_TICKS;
    }

    private boolean entersByAddress(long c) {
        return !admission.limitsAddresses()
            || admission.tryEnter(addressHigh(c), addressLow(c));
    }

    /** The connection is gone. */
    void leave(long c) {
        if (Connection.is(c, Connection.FLAG_ADMITTED)) {
            if (admission.limitsAddresses()) {
                admission.leave(addressHigh(c), addressLow(c));
            }
            admission.leave();
        } else {
            refused--;
            assert refused >= 0 : refused;
        }
    }

    private static long addressHigh(long c) {
        return OffHeap.getLong(c + Connection.PEER_ADDRESS);
    }

    private static long addressLow(long c) {
        return OffHeap.getLong(c + Connection.PEER_ADDRESS + Long.BYTES);
    }

    /** From the sockaddr to the slot's own fields: 16 address bytes (IPv4 mapped) and the port. */
    private static void keepPeer(long c) {
        long from = c + SOCKADDR;
        int family = OffHeap.getShort(from);
        int port = (OffHeap.getByte(from + Abi.SOCKADDR_PORT) & 0xff) << 8
            | OffHeap.getByte(from + Abi.SOCKADDR_PORT + 1) & 0xff;
        long high;
        long low;
        if (family == Abi.AF_INET6) {
            high = OffHeap.getLong(from + Abi.SOCKADDR_IN6_ADDRESS);
            low = OffHeap.getLong(from + Abi.SOCKADDR_IN6_ADDRESS + Long.BYTES);
        } else {
            high = 0;
            low = 0xffff0000L | (long) OffHeap.getInt(from + Abi.SOCKADDR_IN_ADDRESS) << 32;
        }
        for (int i = SOCKADDR; i < Connection.BYTES; i += Long.BYTES) {
            OffHeap.putLong(c + i, 0);
        }
        OffHeap.putLong(c + Connection.PEER_ADDRESS, high);
        OffHeap.putLong(c + Connection.PEER_ADDRESS + Long.BYTES, low);
        Connection.peerPort(c, port);
    }
}
