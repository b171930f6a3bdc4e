package io.mooring.probe.netlink;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * One socket as sock_diag tells it. There is one such object per dump, filled anew for each socket:
 * who wants to keep something copies it.
 */
public final class SocketRecord {

    /** Index is the number that the kernel gives a state. */
    public static final List<String> STATES = List.of("-", "ESTABLISHED", "SYN-SENT", "SYN-RECV",
            "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSED", "CLOSE-WAIT", "LAST-ACK", "LISTEN",
            "CLOSING", "NEW-SYN-RECV", "BOUND");
    public static final int ESTABLISHED = 1;
    public static final int SYN_RECV = 3;
    public static final int TIME_WAIT = 6;
    public static final int LISTEN = 10;
    public static final int NEW_SYN_RECV = 12;

    /** AF_INET, AF_INET6 or AF_UNIX. */
    public int family;
    /** Of {@link #STATES}. */
    public int state;
    public int localPort;
    public int remotePort;
    public final byte[] local = new byte[16];
    public final byte[] remote = new byte[16];
    public int device;
    public long cookie;
    public int uid;
    /** Of its file; 0: nobody has a file of it (not accepted yet, orphan, TIME-WAIT). */
    public int inode;
    /** Bytes that the application has not read; of a listener: connections to be accepted. */
    public long receiveQueue;
    /** Bytes that the peer has not acknowledged; of a listener: its backlog. */
    public long sendQueue;

    /** The kernel told the nine figures that follow ({@code SK_MEMINFO_*}), all in bytes. */
    public boolean hasMemory;
    /** Received and not read: with all overhead of the buffers. */
    public long rmem;
    public long rcvbuf;
    /** Handed to the device and not yet let go. */
    public long wmemAlloc;
    public long sndbuf;
    /** Charged beforehand, for what may come; no memory of its own. */
    public long forward;
    /** Written and not acknowledged: with all overhead of the buffers. */
    public long wmemQueued;
    public long optmem;
    public long backlog;
    public long drops;

    /** The kernel told {@code struct tcp_info}; the three figures that follow are of it. */
    public boolean hasInfo;
    public long rttMicros;
    /** Segments, not bytes. */
    public long unacked;
    public long retransmitted;

    void clear() {
        hasMemory = false;
        hasInfo = false;
        rmem = rcvbuf = wmemAlloc = sndbuf = forward = wmemQueued = optmem = backlog = drops = 0;
        rttMicros = unacked = retransmitted = 0;
    }

    /** A minisocket that waits for stray segments: no tcp_sock, no file. */
    public boolean isTimeWait() {
        return state == TIME_WAIT;
    }

    /** A handshake under way: a request, no tcp_sock yet. */
    public boolean isRequest() {
        return state == SYN_RECV || state == NEW_SYN_RECV;
    }

    public String stateName() {
        return state >= 0 && state < STATES.size() ? STATES.get(state) : "state " + state;
    }

    /** Such as {@code 127.0.0.1:9001} or {@code [::1]:9001}. */
    public String localText() {
        return address(local) + ":" + localPort;
    }

    public String remoteText() {
        return address(remote) + ":" + remotePort;
    }

    private String address(byte[] bytes) {
        try {
            byte[] used = new byte[family == 2 ? 4 : 16];
            System.arraycopy(bytes, 0, used, 0, used.length);
            InetAddress address = InetAddress.getByAddress(used);
            String text = address.getHostAddress();
            return text.contains(":") ? "[" + text + "]" : text;
        } catch (UnknownHostException e) {
            throw new AssertionError("4 or 16 bytes are an address", e);
        }
    }

    /** The nine figures of SK_MEMINFO, from {@code at} on; an older kernel may tell fewer. */
    void memory(ByteBuffer data, int at, int bytes) {
        hasMemory = true;
        rmem = figure(data, at, bytes, 0);
        rcvbuf = figure(data, at, bytes, 1);
        wmemAlloc = figure(data, at, bytes, 2);
        sndbuf = figure(data, at, bytes, 3);
        forward = figure(data, at, bytes, 4);
        wmemQueued = figure(data, at, bytes, 5);
        optmem = figure(data, at, bytes, 6);
        backlog = figure(data, at, bytes, 7);
        drops = figure(data, at, bytes, 8);
    }

    /** Counters of a socket that is at work may be told as slightly below zero: they are none. */
    private static long figure(ByteBuffer data, int at, int bytes, int index) {
        return 4 * index + 4 > bytes ? 0 : Math.max(0, data.getInt(at + 4 * index));
    }
}
