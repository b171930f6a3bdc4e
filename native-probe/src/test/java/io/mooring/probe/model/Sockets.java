package io.mooring.probe.model;

import io.mooring.probe.netlink.SocketRecord;
import io.mooring.probe.sys.LibC;

/** Sockets as sock_diag would tell them. */
public final class Sockets {

    private Sockets() {
    }

    public static SocketRecord tcp(int state, int localPort, int inode) {
        SocketRecord socket = new SocketRecord();
        socket.family = LibC.AF_INET;
        socket.state = state;
        socket.localPort = localPort;
        socket.remotePort = 40_000;
        socket.local[0] = 127;
        socket.local[3] = 1;
        socket.inode = inode;
        return socket;
    }

    /** Both ends of {@code pairs} connections to port 9001, and its listener. */
    public static SocketTotals loopback(int pairs, long unreadEach) {
        SocketTotals totals = new SocketTotals(3);
        totals.listening(9001);
        totals.add(tcp(SocketRecord.LISTEN, 9001, 1));
        for (int i = 0; i < pairs; i++) {
            SocketRecord accepted = tcp(SocketRecord.ESTABLISHED, 9001, 10 + i);
            accepted.rmem = unreadEach;
            totals.add(accepted);
            totals.add(tcp(SocketRecord.ESTABLISHED, 10_000 + i, 1_000_000 + i));
        }
        return totals;
    }

    /** Their accepted ends in an epoll set. */
    public static Holders epoll(int pairs) {
        return new Holders(2L * pairs + 1, 0, pairs, 0, 0, 0, 0, 2L * pairs + 64, 0, 0, 0, 0, 0,
                0);
    }
}
