package io.mooring.memory;

import java.nio.file.Path;

/**
 * The machine's limits as they are now, in bytes and counts; {@link #UNLIMITED} where there is none
 * or the kernel does not say.
 *
 * @param availableBytes what the kernel could still hand out, what open sockets pin taken off
 * @param cgroupHeadroomBytes until the tightest limit of our control group and those above
 * @param cgroupLimitFile where that limit is written to; null without one
 * @param tcpPressureBytes net.ipv4.tcp_mem[1]
 * @param mappingsMax vm.max_map_count
 * @param filesMax fs.file-max, over all processes
 * @param filesOpen of those
 * @param filesExempt whether we have CAP_SYS_ADMIN, which fs.file-max does not bind
 * @param overcommitNever whether vm.overcommit_memory is 2: what is mapped counts, touched or not
 * @param commitBytes how much more may be mapped then
 * @param residentBytes of this process
 * @param watchesMax fs.epoll.max_user_watches, over all processes of a user
 */
public record Machine(long pageBytes, long totalBytes, long availableBytes,
    long cgroupHeadroomBytes, long cgroupLimitBytes, Path cgroupLimitFile, long tcpUsedBytes,
    long tcpPressureBytes, long mappingsMax, long filesMax, long filesOpen, boolean filesExempt,
    boolean overcommitNever, long commitBytes, long residentBytes,
    long watchesMax) {

    public static final long UNLIMITED = ProcFile.UNLIMITED;

    private static final long KIB = 1024;
    private static final int CAP_SYS_ADMIN = 21;
    private static final int NEVER = 2;
    /** Of a silent connection, on both sides of the system call: docs/DESIGN.md. */
    private static final long CONNECTION_BYTES = 4_200;
    private static final long ALL_ELSE_BYTES = 512L << 20;

    /** @param root "/"; for tests a directory with proc and sys in it */
    public static Machine read(Path root, long pageBytes) {
        try (SystemMemory system = new SystemMemory(root, pageBytes);
                CgroupMemory cgroup = new CgroupMemory(root);
                TcpMemory tcp = new TcpMemory(root, pageBytes)) {
            system.read();
            cgroup.read(UNLIMITED);
            tcp.read();
            long commitLimit = kib(root, "CommitLimit:");
            long committed = kib(root, "Committed_AS:");
            return new Machine(pageBytes, system.totalBytes(), system.availableBytes(),
                cgroup.headroomBytes(), cgroup.limitBytes(), cgroup.limitFile(), tcp.usedBytes(),
                tcp.pressureBytes(), number(root, "proc/sys/vm/max_map_count", UNLIMITED),
                number(root, "proc/sys/fs/file-max", UNLIMITED),
                number(root, "proc/sys/fs/file-nr", 0), isAdmin(root),
                number(root, "proc/sys/vm/overcommit_memory", 0) == NEVER,
                commitLimit < 0 ? UNLIMITED : Math.max(0, commitLimit - Math.max(0, committed)),
                pages(root) * pageBytes,
                number(root, "proc/sys/fs/epoll/max_user_watches", UNLIMITED));
        }
    }

    /**
     * The pressure mark, in pages, with which so many receivers may be behind by one small message,
     * each charged a page; or, if memory is less, four fifths of what connections and all else
     * leave. Not less than there is.
     */
    public long tcpPagesFor(long connections) {
        return Math.max(tcpPressureBytes / pageBytes,
            Math.min(connections, tcpPagesMax(connections) * 4 / 5));
    }

    /** The same as sysctl net.ipv4.tcp_mem takes it. */
    public String tcpMemFor(long connections) {
        long pressure = tcpPagesFor(connections);
        long low = Math.min(connections * 3 / 4, tcpPagesMax(connections) * 3 / 5);
        long most = Math.min(connections * 5 / 4, tcpPagesMax(connections));
        return Math.clamp(low, 0, pressure) + " " + pressure + " " + Math.max(most, pressure);
    }

    private long tcpPagesMax(long connections) {
        return Math.max(0, totalBytes - connections * CONNECTION_BYTES - ALL_ELSE_BYTES)
            / pageBytes;
    }

    private static long number(Path root, String path, long otherwise) {
        try (ProcFile file = ProcFile.open(root.resolve(path))) {
            long value = file.read() ? file.number() : ProcFile.ABSENT;
            return value < 0 ? otherwise : value;
        }
    }

    private static long kib(Path root, String key) {
        try (ProcFile file = ProcFile.open(root.resolve("proc/meminfo"))) {
            long value = file.read() ? file.after(ProcFile.bytes(key)) : ProcFile.ABSENT;
            return value < 0 ? value : value * KIB;
        }
    }

    private static long pages(Path root) {
        try (ProcFile file = ProcFile.open(root.resolve("proc/self/statm"))) {
            return file.read() ? Math.max(0, file.number(1)) : 0;
        }
    }

    private static boolean isAdmin(Path root) {
        try (ProcFile status = ProcFile.open(root.resolve("proc/self/status"))) {
            return status.read() && status.string().lines()
                .filter(line -> line.startsWith("CapEff:"))
                .map(line -> line.substring("CapEff:".length()).strip())
                .anyMatch(mask -> (Long.parseUnsignedLong(mask, 16) >> CAP_SYS_ADMIN & 1) == 1);
        }
    }
}
