package io.mooring.probe.calibrate;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.mooring.probe.ProbeException;
import io.mooring.probe.sys.Errno;
import io.mooring.probe.sys.LibC;

/**
 * Connections over loopback with both ends in this process, and the accepted ends in a situation.
 * They are reset when closed, so that none is left in TIME-WAIT for a minute, where the next run
 * would see it; but for the situation that is about just that.
 */
final class Pairs implements AutoCloseable {

    private static final int SO_LINGER = 13;
    private static final int SHUT_WR = 1;
    private static final int EPOLL_ADD = 1;
    private static final int EPOLL_IN = 1;
    private static final int ADDRESS_BYTES = 16;
    private static final int MESSAGE_BYTES = 64;

    private final Situation situation;
    private final int listener;
    private final Memory address = new Memory(ADDRESS_BYTES);
    private final Memory scratch = new Memory(MESSAGE_BYTES);
    private final int[] clients;
    private final int[] servers;
    private final MiniRing ring;
    private final int epoll;
    private int size;

    Pairs(Situation situation, int most) {
        this.situation = situation;
        this.clients = new int[most];
        this.servers = new int[most];
        address.clear();
        address.setShort(0, (short) LibC.AF_INET);
        address.setByte(4, (byte) 127);
        address.setByte(7, (byte) 1);
        listener = check("a socket", LibC.socket(LibC.AF_INET, LibC.SOCK_STREAM
                | LibC.SOCK_CLOEXEC, 0));
        check("bind", LibC.bind(listener, address, ADDRESS_BYTES));
        check("listen", LibC.listen(listener, 128));
        scratch.setInt(0, ADDRESS_BYTES);
        check("getsockname", LibC.getsockname(listener, address, scratch));
        ring = situation.isOfRing() ? new MiniRing(most) : null;
        epoll = situation == Situation.EPOLL
                ? check("an epoll set", LibC.epoll_create1(LibC.SOCK_CLOEXEC)) : -1;
    }

    void add(int count) {
        for (int i = 0; i < count; i++) {
            int client = check("a socket", LibC.socket(LibC.AF_INET, LibC.SOCK_STREAM
                    | LibC.SOCK_CLOEXEC, 0));
            check("connect", LibC.connect(client, address, ADDRESS_BYTES));
            int server = check("accept", LibC.accept4(listener, Pointer.NULL, Pointer.NULL,
                    LibC.SOCK_CLOEXEC));
            put(client, server);
        }
    }

    private void put(int client, int server) {
        switch (situation) {
            case EPOLL -> {
                // struct epoll_event is packed on x86-64 alone: its events come first on all.
                scratch.clear();
                scratch.setInt(0, EPOLL_IN);
                check("epoll_ctl", LibC.epoll_ctl(epoll, EPOLL_ADD, server, scratch));
            }
            case QUEUED -> check("send", (int) LibC.send(client, scratch, MESSAGE_BYTES, 0));
            case HALF_CLOSED -> check("shutdown", LibC.shutdown(client, SHUT_WR));
            case TIME_WAIT -> {
                LibC.close(client);
                LibC.close(server);
                return;
            }
            default -> { }
        }
        if (ring != null) {
            ring.install(server, size);
            LibC.close(server);
            ring.arm(situation.operation, size);
        }
        clients[size] = client;
        servers[size] = ring == null ? server : -1;
        size++;
    }

    private static int check(String what, int returned) {
        int result = LibC.result(returned);
        if (result < 0) {
            throw new ProbeException(what + ": " + Errno.text(-result) + (-result == Errno.EMFILE
                    ? "; fewer --connections, or raise the limit (ulimit -n)" : ""));
        }
        return result;
    }

    @Override
    public void close() {
        scratch.setInt(0, 1);
        scratch.setInt(4, 0);
        for (int i = 0; i < size; i++) {
            LibC.setsockopt(clients[i], LibC.SOL_SOCKET, SO_LINGER, scratch, 8);
            LibC.close(clients[i]);
            if (servers[i] >= 0) {
                LibC.close(servers[i]);
            }
        }
        if (ring != null) {
            ring.close();
        }
        if (epoll >= 0) {
            LibC.close(epoll);
        }
        LibC.close(listener);
    }
}
