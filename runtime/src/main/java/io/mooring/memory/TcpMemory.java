package io.mooring.memory;

import java.nio.file.Path;

/**
 * What TCP has queued, of what it may (sysctl net.ipv4.tcp_mem). A socket with a byte queued is
 * charged a whole page. Past the pressure mark the kernel trims buffers, past the maximum it drops
 * segments and refuses to send, whatever memory is free.
 */
final class TcpMemory implements AutoCloseable {
    private static final int PRESSURE = 1;
    private static final int MAXIMUM = 2;
    private static final byte[] TCP = ProcFile.bytes("TCP:");
    private static final byte[] MEM = ProcFile.bytes(" mem ");

    private final ProcFile sockstat;
    private final ProcFile limits;
    private final long pageBytes;
    private long used;
    private long pressure = ProcFile.UNLIMITED;
    private long maximum = ProcFile.UNLIMITED;

    TcpMemory(Path root, long pageBytes) {
        this.sockstat = ProcFile.open(root.resolve("proc/net/sockstat"));
        this.limits = ProcFile.open(root.resolve("proc/sys/net/ipv4/tcp_mem"));
        this.pageBytes = pageBytes;
    }

    /** False if the kernel does not say; what was known stays then. */
    boolean read() {
        if (!sockstat.read() || !limits.read()) {
            return false;
        }
        long usedPages = sockstat.after(TCP, MEM);
        long pressurePages = limits.number(PRESSURE);
        long maximumPages = limits.number(MAXIMUM);
        if (usedPages < 0 || pressurePages < 0 || maximumPages < 0) {
            return false;
        }
        used = usedPages * pageBytes;
        // Some set 2^63 to lift the limit.
        pressure = saturated(pressurePages);
        maximum = Math.max(pressure, saturated(maximumPages));
        return true;
    }

    private long saturated(long pages) {
        return pages > ProcFile.UNLIMITED / pageBytes ? ProcFile.UNLIMITED : pages * pageBytes;
    }

    long usedBytes() {
        return used;
    }

    /** From here on the kernel trims. */
    long pressureBytes() {
        return pressure;
    }

    /** From here on it refuses. */
    long maximumBytes() {
        return maximum;
    }

    @Override
    public void close() {
        sockstat.close();
        limits.close();
    }
}
