package io.mooring.probe.model;

import io.mooring.probe.netlink.SocketRecord;
import io.mooring.probe.sys.LibC;
import java.util.BitSet;
import org.HdrHistogram.Histogram;

/**
 * Sums over sockets as they come by: of a fixed size, whatever their number. Bytes are those that
 * SK_MEMINFO tells, with the buffers' overhead.
 */
public final class SocketTotals {

    private static final int STATES = SocketRecord.STATES.size();
    private static final long HIGHEST_BYTES = 1L << 32;

    /** By the kernel's number of the state. */
    public final long[] countByState = new long[STATES];
    public final long[] receivedByState = new long[STATES];
    public final long[] sentByState = new long[STATES];
    public final long[] forwardByState = new long[STATES];
    /** Whole sockets (tcp_sock), by family. */
    public long socketsV4;
    public long socketsV6;
    public long timeWaitV4;
    public long timeWaitV6;
    public long handshakesV4;
    public long handshakesV6;
    /** Of the whole ones: with an inode, so with a file; not so: not accepted yet, or orphans. */
    public long withFile;
    /** Of those: in these sums because they must lie in a ring that does not name them. */
    public long byElimination;
    /** Of a port: it is known by that alone who holds them. */
    public long heldByElimination;
    public long listeners;
    public long unix;
    /** Bytes of TCP's queues. */
    public long received;
    public long sent;
    public long inDevice;
    public long forward;
    public long backlog;
    public long options;
    public long dropped;
    /** Bytes of unix sockets' queues. */
    public long unixQueued;
    /** Sockets with something in the queue. */
    public long withReceived;
    public long withSent;
    public final Histogram receivedBytes = new Histogram(HIGHEST_BYTES, 2);
    public final Histogram sentBytes = new Histogram(HIGHEST_BYTES, 2);
    public final Histogram forwardBytes = new Histogram(HIGHEST_BYTES, 2);
    public final TopSockets top;
    private final BitSet localPorts = new BitSet(65_536);
    private final BitSet listeningPorts = new BitSet(65_536);
    private final DistinctCounter addresses = new DistinctCounter();

    /** @param topMost so many of the fattest are kept */
    public SocketTotals(int topMost) {
        this.top = new TopSockets(topMost);
    }

    /** A port whose sockets share the listener's bucket; told before the sockets come. */
    public void listening(int port) {
        listeningPorts.set(port);
    }

    public void add(SocketRecord socket) {
        if (socket.family == LibC.AF_UNIX) {
            unix++;
            unixQueued += socket.rmem + socket.wmemAlloc;
            return;
        }
        boolean six = socket.family == LibC.AF_INET6;
        int state = Math.min(socket.state, STATES - 1);
        countByState[state]++;
        if (socket.isTimeWait()) {
            timeWaitV4 += six ? 0 : 1;
            timeWaitV6 += six ? 1 : 0;
            return;
        }
        if (socket.isRequest()) {
            handshakesV4 += six ? 0 : 1;
            handshakesV6 += six ? 1 : 0;
            return;
        }
        socketsV4 += six ? 0 : 1;
        socketsV6 += six ? 1 : 0;
        withFile += socket.inode != 0 ? 1 : 0;
        port(socket);
        if (socket.state == SocketRecord.LISTEN) {
            listeners++;
            return;
        }
        receivedByState[state] += socket.rmem;
        sentByState[state] += socket.wmemQueued;
        forwardByState[state] += socket.forward;
        received += socket.rmem;
        sent += socket.wmemQueued;
        inDevice += socket.wmemAlloc;
        forward += socket.forward;
        backlog += socket.backlog;
        options += socket.optmem;
        dropped += socket.drops;
        withReceived += socket.rmem > 0 ? 1 : 0;
        withSent += socket.wmemQueued > 0 ? 1 : 0;
        receivedBytes.recordValue(Math.min(socket.rmem, HIGHEST_BYTES));
        sentBytes.recordValue(Math.min(socket.wmemQueued, HIGHEST_BYTES));
        forwardBytes.recordValue(Math.min(socket.forward, HIGHEST_BYTES));
        top.offer(socket);
    }

    private void port(SocketRecord socket) {
        if (socket.state != SocketRecord.LISTEN && listeningPorts.get(socket.localPort)) {
            return;
        }
        localPorts.set(socket.localPort);
        long hash = socket.localPort;
        for (byte part : socket.local) {
            hash = hash * 0x100000001b3L + part;
        }
        addresses.add(hash);
    }

    /** Whole TCP sockets, listeners among them. */
    public long sockets() {
        return socketsV4 + socketsV6;
    }

    /** Whole sockets that are no listeners: the divisor of "per connection". */
    public long connections() {
        return sockets() - listeners;
    }

    public long timeWait() {
        return timeWaitV4 + timeWaitV6;
    }

    public long handshakes() {
        return handshakesV4 + handshakesV6;
    }

    public long withoutFile() {
        return sockets() - withFile;
    }

    /** Buckets of bound ports; accepted sockets share their listener's. */
    public long ports() {
        return localPorts.cardinality();
    }

    /** Buckets of ports with an address; an estimate within 0.1 %. */
    public long portAddresses() {
        return addresses.count();
    }
}
