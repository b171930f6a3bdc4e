package io.mooring.sys;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;

/** struct sockaddr_in and sockaddr_in6: an address and a port for bind(2) and connect(2). */
public final class SocketAddress {
    private SocketAddress() {
    }

    /** Writes a sockaddr of at most {@link Abi#SOCKADDR_IN6_BYTES}; returns its length. */
    public static int write(long at, InetAddress address, int port) {
        boolean v4 = address instanceof Inet4Address;
        OffHeap.zero(at, Abi.SOCKADDR_IN6_BYTES);
        OffHeap.putShort(at, (short) (v4 ? Abi.AF_INET : Abi.AF_INET6));
        OffHeap.putShort(at + Abi.SOCKADDR_PORT, Short.reverseBytes((short) port));
        byte[] bytes = address.getAddress();
        OffHeap.copy(bytes, 0,
            at + (v4 ? Abi.SOCKADDR_IN_ADDRESS : Abi.SOCKADDR_IN6_ADDRESS), bytes.length);
        if (address instanceof Inet6Address v6) {
            // Which link, of a link-local one: without it the kernel answers EINVAL.
            OffHeap.putInt(at + Abi.SOCKADDR_IN6_SCOPE, v6.getScopeId());
        }
        return v4 ? Abi.SOCKADDR_IN_BYTES : Abi.SOCKADDR_IN6_BYTES;
    }
}
