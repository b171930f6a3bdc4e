package io.mooring.probe.model;

import io.mooring.probe.netlink.SocketRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The sockets with the most memory in their queues: as many as were asked for, and no more kept.
 */
public final class TopSockets {

    /**
     * One of them, in bytes where nothing else is said.
     *
     * @param bytes         of both queues with their overhead
     * @param receiveQueue  not read by the application, its own bytes only
     * @param sendQueue     not acknowledged by the peer, its own bytes only
     * @param rttMicros     -1: not known, as the three below
     * @param pid           0: nobody known
     */
    public record Fat(String local, String remote, String state, long bytes, long rmem, long wmem,
            long forward, long receiveQueue, long sendQueue, int inode, long rttMicros,
            long unackedSegments, long retransmitted, int pid) {

        public Fat with(SocketRecord now, int holder) {
            return new Fat(local, remote, state, bytes, rmem, wmem, forward, receiveQueue,
                    sendQueue, inode, now.hasInfo ? now.rttMicros : -1,
                    now.hasInfo ? now.unacked : -1,
                    now.hasInfo ? now.retransmitted : -1, holder);
        }
    }

    /** What identifies a socket, so that it can be asked for again. */
    public record Candidate(Fat fat, SocketRecord key) {
    }

    private final int most;
    private final List<Candidate> found = new ArrayList<>();
    /** Fewer bytes than this do not get in. */
    private long least;

    public TopSockets(int most) {
        this.most = most;
    }

    void offer(SocketRecord socket) {
        long bytes = socket.rmem + socket.wmemQueued;
        if (most == 0 || bytes == 0 || found.size() == most && bytes <= least) {
            return;
        }
        if (found.size() == most) {
            found.removeLast();
        }
        found.add(new Candidate(new Fat(socket.localText(), socket.remoteText(),
                socket.stateName(), bytes, socket.rmem, socket.wmemQueued, socket.forward,
                socket.receiveQueue, socket.sendQueue, socket.inode, -1, -1, -1, 0), key(socket)));
        found.sort(Comparator.comparingLong((Candidate one) -> one.fat().bytes()).reversed());
        least = found.getLast().fat().bytes();
    }

    private static SocketRecord key(SocketRecord socket) {
        SocketRecord key = new SocketRecord();
        key.family = socket.family;
        key.localPort = socket.localPort;
        key.remotePort = socket.remotePort;
        System.arraycopy(socket.local, 0, key.local, 0, 16);
        System.arraycopy(socket.remote, 0, key.remote, 0, 16);
        key.device = socket.device;
        key.cookie = socket.cookie;
        return key;
    }

    /** Fattest first. */
    public List<Candidate> found() {
        return found;
    }
}
