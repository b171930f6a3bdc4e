package io.mooring.memory;

import java.nio.file.Path;

/**
 * What the machine can still give: MemAvailable, less what sockets pin although the kernel counts
 * it as reclaimable.
 *
 * <p>sock_inode_cache and dentry carry SLAB_RECLAIM_ACCOUNT, so they are in SReclaimable and nearly
 * all of that is in MemAvailable (si_mem_available); but those of an open socket cannot go. At a
 * million sockets that is 1 GB which is not there.
 */
final class SystemMemory implements AutoCloseable {
    /**
     * A socket's inode and dentry where /proc/slabinfo is not ours to read: 863 + 193, measured on
     * Linux 6.12 (16 KiB pages) and 6.18 (4 KiB); docs/DESIGN.md.
     */
    static final long PINNED_BYTES = 1_056;

    private static final long KIB = 1024;
    private static final byte[] TOTAL = ProcFile.bytes("MemTotal:");
    private static final byte[] AVAILABLE = ProcFile.bytes("MemAvailable:");
    private static final byte[] RECLAIMABLE = ProcFile.bytes("SReclaimable:");
    private static final byte[] USED = ProcFile.bytes("sockets: used");
    private static final byte[] TCP = ProcFile.bytes("TCP:");
    private static final byte[] ALLOCATED = ProcFile.bytes(" alloc ");

    private final ProcFile meminfo;
    private final ProcFile sockstat;
    private final long pinnedPerSocket;
    private long total;
    private long available = ProcFile.UNLIMITED;

    SystemMemory(Path root, long pageBytes) {
        this.meminfo = ProcFile.open(root.resolve("proc/meminfo"));
        this.sockstat = ProcFile.open(root.resolve("proc/net/sockstat"));
        this.pinnedPerSocket = pinnedPerSocket(root, pageBytes);
    }

    /** False if the kernel does not say; what was known stays then. */
    boolean read() {
        if (!meminfo.read() || meminfo.after(AVAILABLE) < 0) {
            return false;
        }
        long sockets = 0;
        if (sockstat.read()) {
            // "used" is of our network namespace, "alloc" of all of them, but TCP alone.
            sockets = Math.max(sockstat.after(USED), sockstat.after(TCP, ALLOCATED));
        }
        long pinned = Math.min(Math.max(0, sockets) * pinnedPerSocket,
            Math.max(0, meminfo.after(RECLAIMABLE)) * KIB);
        total = Math.max(0, meminfo.after(TOTAL)) * KIB;
        available = Math.max(0, meminfo.after(AVAILABLE) * KIB - pinned);
        return true;
    }

    /** Bytes that the kernel could still hand out. */
    long availableBytes() {
        return available;
    }

    long totalBytes() {
        return total;
    }

    /** What one open socket holds of SReclaimable. */
    long pinnedPerSocket() {
        return pinnedPerSocket;
    }

    /** Slab pages over objects, for root; the file is long, and read only this once. */
    private static long pinnedPerSocket(Path root, long pageBytes) {
        try (ProcFile slabinfo = ProcFile.open(root.resolve("proc/slabinfo"))) {
            if (!slabinfo.read()) {
                return PINNED_BYTES;
            }
            long inode = packed(slabinfo.string(), "\nsock_inode_cache ", pageBytes);
            long dentry = packed(slabinfo.string(), "\ndentry ", pageBytes);
            return inode > 0 && dentry > 0 ? inode + dentry : PINNED_BYTES;
        }
    }

    /** "name active objects objsize objperslab pagesperslab": bytes per object, in full slabs. */
    private static long packed(String text, String name, long pageBytes) {
        int line = text.indexOf(name);
        if (line < 0) {
            return 0;
        }
        String[] words = text.substring(line + name.length(), text.indexOf('\n', line + 1))
            .strip().split("\\s+");
        long perSlab = Long.parseLong(words[3]);
        return perSlab <= 0 ? 0 : Math.ceilDiv(Long.parseLong(words[4]) * pageBytes, perSlab);
    }

    @Override
    public void close() {
        meminfo.close();
        sockstat.close();
    }
}
