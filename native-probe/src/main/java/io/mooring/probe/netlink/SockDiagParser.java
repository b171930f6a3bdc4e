package io.mooring.probe.netlink;

import io.mooring.probe.sys.LibC;
import java.nio.ByteBuffer;

/**
 * The bodies of sock_diag's messages: {@code struct inet_diag_msg} and {@code struct unix_diag_msg}
 * with their attributes (include/uapi/linux/inet_diag.h, unix_diag.h). Attributes that it does not
 * know are passed over; one that does not lie within its message is an error.
 */
public final class SockDiagParser {

    static final int INET_BYTES = 72;
    static final int UNIX_BYTES = 16;
    private static final int INET_MEMINFO = 1;
    private static final int INET_INFO = 2;
    private static final int INET_SKMEMINFO = 7;
    private static final int UNIX_RQLEN = 4;
    private static final int UNIX_MEMINFO = 5;
    /** Attribute types have two flag bits on top. */
    private static final int TYPE_MASK = 0x3fff;

    private SockDiagParser() {
    }

    /** Fills {@code into} from the body of one message. */
    public static void parse(ByteBuffer data, int at, int length, SocketRecord into)
            throws NetlinkException {
        if (length < 1) {
            throw new NetlinkException("an empty message about a socket");
        }
        into.clear();
        into.family = data.get(at) & 0xff;
        switch (into.family) {
            case LibC.AF_INET, LibC.AF_INET6 -> inet(data, at, length, into);
            case LibC.AF_UNIX -> unix(data, at, length, into);
            default -> throw new NetlinkException("a socket of address family " + into.family);
        }
    }

    private static void inet(ByteBuffer data, int at, int length, SocketRecord into)
            throws NetlinkException {
        if (length < INET_BYTES) {
            throw new NetlinkException("a TCP socket in " + length + " bytes, not " + INET_BYTES);
        }
        into.state = data.get(at + 1) & 0xff;
        into.localPort = port(data, at + 4);
        into.remotePort = port(data, at + 6);
        data.get(at + 8, into.local);
        data.get(at + 24, into.remote);
        into.device = data.getInt(at + 40);
        into.cookie = data.getInt(at + 44) & 0xffffffffL | (long) data.getInt(at + 48) << 32;
        into.receiveQueue = data.getInt(at + 56) & 0xffffffffL;
        into.sendQueue = data.getInt(at + 60) & 0xffffffffL;
        into.uid = data.getInt(at + 64);
        into.inode = data.getInt(at + 68);
        attributes(data, at + INET_BYTES, length - INET_BYTES, into);
    }

    private static void unix(ByteBuffer data, int at, int length, SocketRecord into)
            throws NetlinkException {
        if (length < UNIX_BYTES) {
            throw new NetlinkException("a unix socket in " + length + " bytes, not " + UNIX_BYTES);
        }
        into.state = data.get(at + 2) & 0xff;
        into.localPort = 0;
        into.remotePort = 0;
        into.inode = data.getInt(at + 4);
        into.cookie = data.getInt(at + 8) & 0xffffffffL | (long) data.getInt(at + 12) << 32;
        into.uid = 0;
        into.receiveQueue = 0;
        into.sendQueue = 0;
        attributes(data, at + UNIX_BYTES, length - UNIX_BYTES, into);
    }

    private static void attributes(ByteBuffer data, int from, int bytes, SocketRecord into)
            throws NetlinkException {
        int at = from;
        int left = bytes;
        while (left > 0) {
            if (left < 4) {
                throw new NetlinkException(left + " bytes where an attribute must be");
            }
            int length = data.getShort(at) & 0xffff;
            if (length < 4 || length > left) {
                throw new NetlinkException("an attribute of " + length + " bytes in " + left);
            }
            attribute(data.getShort(at + 2) & TYPE_MASK, data, at + 4, length - 4, into);
            int step = Math.min(NetlinkReader.aligned(length), left);
            at += step;
            left -= step;
        }
    }

    private static void attribute(int type, ByteBuffer data, int at, int bytes, SocketRecord into) {
        if (into.family == LibC.AF_UNIX) {
            if (type == UNIX_MEMINFO) {
                into.memory(data, at, bytes);
            } else if (type == UNIX_RQLEN && bytes >= 8) {
                into.receiveQueue = data.getInt(at) & 0xffffffffL;
                into.sendQueue = data.getInt(at + 4) & 0xffffffffL;
            }
        } else if (type == INET_SKMEMINFO) {
            into.memory(data, at, bytes);
        } else if (type == INET_MEMINFO && bytes >= 16 && !into.hasMemory) {
            // The older, shorter form: rmem, wmem queued, forward, wmem.
            into.rmem = data.getInt(at) & 0xffffffffL;
            into.wmemQueued = data.getInt(at + 4) & 0xffffffffL;
            into.forward = data.getInt(at + 8) & 0xffffffffL;
            into.wmemAlloc = data.getInt(at + 12) & 0xffffffffL;
            into.hasMemory = true;
        } else if (type == INET_INFO && bytes >= 104) {
            into.hasInfo = true;
            into.unacked = data.getInt(at + 24) & 0xffffffffL;
            into.rttMicros = data.getInt(at + 68) & 0xffffffffL;
            into.retransmitted = data.getInt(at + 100) & 0xffffffffL;
        }
    }

    /** Ports are in network order, whatever the machine's is. */
    private static int port(ByteBuffer data, int at) {
        return (data.get(at) & 0xff) << 8 | data.get(at + 1) & 0xff;
    }
}
