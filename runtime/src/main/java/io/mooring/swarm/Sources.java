package io.mooring.swarm;

import io.mooring.sys.SetupException;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * Addresses to connect from. From one address to one server there are only as many connections as
 * ports, and the kernel's search for a free one slows down long before the last; so each address
 * gets a block of connections, then the next one's turn begins.
 *
 * <p>To a server on 127.0.0.0/8 they are other addresses of that network, which need no set-up;
 * elsewhere the kernel chooses, unless a range is given.
 */
public final class Sources {
    /** Connections of one address in a row; a search among so few of 28,000 ports is short. */
    static final int BLOCK = 3_000;
    private static final int BYTE = 256;
    private static final int LOOPBACK_FIRST = 127 << 24 | 1 << 16;
    private static final int LOOPBACK_COUNT = 200 << 16;
    private static final Path PORTS = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
    private static final int PORTS_DEFAULT = 28_232;

    private final BigInteger first;
    private final int count;
    private final int bytes;
    private final int offset;

    private Sources(BigInteger first, int count, int bytes, int offset) {
        this.first = first;
        this.count = count;
        this.bytes = bytes;
        this.offset = offset;
    }

    /** The usual ones for a target. */
    public static Sources forTarget(Target target) {
        if (target.isV4() && target.address().isLoopbackAddress()) {
            // Begins elsewhere in each process: the ports of the one before may be in TIME_WAIT.
            int offset = (int) (ProcessHandle.current().pid() % (LOOPBACK_COUNT / BYTE) * BYTE);
            return new Sources(BigInteger.valueOf(LOOPBACK_FIRST), LOOPBACK_COUNT, 4, offset);
        }
        return none();
    }

    /** Leaves the choice to the kernel. */
    public static Sources none() {
        return new Sources(BigInteger.ZERO, 0, 0, 0);
    }

    /**
     * {@code ADDRESS} or {@code ADDRESS-ADDRESS}.
     *
     * @throws IllegalArgumentException what is wrong with it
     */
    public static Sources parse(String range, Target target) {
        String[] ends = range.split("-", -1);
        if (ends.length > 2) {
            throw new IllegalArgumentException("'" + range + "' is not ADDRESS or ADDRESS-ADDRESS");
        }
        byte[] from = address(ends[0]);
        byte[] to = address(ends[ends.length - 1]);
        BigInteger first = new BigInteger(1, from);
        BigInteger count = new BigInteger(1, to).subtract(first).add(BigInteger.ONE);
        if (from.length != to.length || count.signum() <= 0) {
            throw new IllegalArgumentException("'" + range + "' does not ascend");
        }
        if (from.length != target.address().getAddress().length) {
            throw new IllegalArgumentException("'" + range + "' is not of the same family as "
                + target.address().getHostAddress());
        }
        return new Sources(first, count.min(BigInteger.valueOf(1 << 20)).intValue(), from.length,
            0);
    }

    private static byte[] address(String text) {
        try {
            if (!text.isEmpty()) {
                return InetAddress.ofLiteral(text.strip()).getAddress();
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw new IllegalArgumentException("'" + text + "' is not an address");
    }

    /** Whether the kernel chooses. */
    boolean isEmpty() {
        return count == 0;
    }

    int count() {
        return count;
    }

    /** The address of a block: round and round, without those that end in 0 or 255. */
    InetAddress at(int block) {
        BigInteger address = first.add(BigInteger.valueOf((offset + (long) block) % count));
        if (count == LOOPBACK_COUNT && bytes == 4) {
            long index = (offset + (long) block) % ((long) LOOPBACK_COUNT / BYTE * (BYTE - 2));
            long high = index / (BYTE - 2);
            address = first.add(BigInteger.valueOf(high * BYTE + index % (BYTE - 2) + 1));
        }
        byte[] magnitude = address.toByteArray();
        byte[] out = new byte[bytes];
        int length = Math.min(magnitude.length, bytes);
        System.arraycopy(magnitude, magnitude.length - length, out, bytes - length, length);
        try {
            return InetAddress.getByAddress(out);
        } catch (UnknownHostException e) {
            throw new AssertionError(Arrays.toString(out), e);
        }
    }

    /**
     * Refuses what the ports of these addresses cannot hold.
     *
     * @param canBind the kernel lets a ring bind a source address (6.11)
     */
    void check(int connections, boolean canBind) {
        int ports = ports();
        long room = (long) ports * (isEmpty() || !canBind ? 1 : count);
        if (connections <= room) {
            return;
        }
        throw new SetupException(String.format(Locale.ROOT,
            "%,d connections from %s need more than the %,d ports of "
            + "net.ipv4.ip_local_port_range: %s", connections,
            isEmpty() || !canBind ? "one address" : count + " addresses", ports,
            canBind ? "give more source addresses of this machine (--source FIRST-LAST; ip addr "
                + "add makes them), or sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\""
                : "this kernel cannot bind source addresses in a ring (Linux 6.11 can); use it, or "
                + "sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\""));
    }

    private static int ports() {
        try {
            String[] range = Files.readString(PORTS).strip().split("\\s+");
            return Integer.parseInt(range[1]) - Integer.parseInt(range[0]) + 1;
        } catch (IOException | RuntimeException e) {
            return PORTS_DEFAULT;
        }
    }
}
