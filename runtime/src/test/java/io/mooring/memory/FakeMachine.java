package io.mooring.memory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A directory with the files of /proc and /sys that tell of memory; every figure can be set. */
public final class FakeMachine {
    public static final long PAGE_BYTES = 4096;

    private static final long MIB = 1 << 20;

    private final Path root;
    private long availableMib = 8_000;
    private long sockets;

    /** 16 GiB, half of it available; no control group; tcp_mem 10,000 20,000 40,000 pages. */
    public FakeMachine(Path root) {
        this.root = root;
        write("proc/sys/net/ipv4/tcp_mem", "10000\t20000\t40000\n");
        tcpPages(0);
        write();
    }

    public Path root() {
        return root;
    }

    public FakeMachine availableMib(long value) {
        availableMib = value;
        write();
        return this;
    }

    public FakeMachine sockets(long count) {
        sockets = count;
        return tcpPages(0);
    }

    /** Pages queued by TCP. */
    public FakeMachine tcpPages(long pages) {
        return write("proc/net/sockstat", "sockets: used " + sockets
            + "\nTCP: inuse 3 orphan 0 tw 7 alloc 5 mem " + pages + "\nUDP: inuse 0 mem 0\n");
    }

    private void write() {
        write("proc/meminfo", "MemTotal:       " + (16_384 * MIB >> 10) + " kB\nMemFree: 100 kB\n"
            + "MemAvailable:   " + (availableMib * MIB >> 10) + " kB\n"
            + "SReclaimable:   " + (1_500 * MIB >> 10) + " kB\n"
            + "CommitLimit:    " + (8_192 * MIB >> 10) + " kB\n"
            + "Committed_AS:   " + (1_024 * MIB >> 10) + " kB\n");
    }

    /** Writes into the file that is there: whoever has it open sees it. */
    public FakeMachine write(String path, String text) {
        try {
            Path file = root.resolve(path);
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- control groups

    /** We are in /app.slice/mooring.service of version 2; each level: current, max, high, file. */
    public FakeMachine cgroup2() {
        write("proc/self/cgroup", "0::/app.slice/mooring.service\n");
        write("proc/self/mountinfo",
            "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
            + "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
        group2("app.slice", 0, "max", "max", 0);
        return group2("app.slice/mooring.service", 0, "max", "max", 0);
    }

    public FakeMachine group2(String group, long currentMib, String max, String high,
        long fileMib) {
        String at = "sys/fs/cgroup/" + group + "/";
        write(at + "memory.current", currentMib * MIB + "\n");
        write(at + "memory.max", max + "\n");
        write(at + "memory.high", high + "\n");
        return write(at + "memory.stat", "anon 4096\nfile 99\nslab_reclaimable 9999999999\n"
            + "inactive_anon 1\nactive_anon 2\ninactive_file " + fileMib * MIB / 2
            + "\nactive_file " + fileMib * MIB / 2 + "\nunevictable 0\n");
    }

    /** We are in {@code group} of version 1, the hierarchy's {@code mountRoot} being visible. */
    public FakeMachine cgroup1(String group, String mountRoot) {
        write("proc/self/cgroup", "9:name=systemd:/\n4:cpu,cpuacct:/\n3:memory:" + group
            + "\n0::/\n");
        return write("proc/self/mountinfo",
            "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
            + "34 31 0:31 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
            + "35 31 0:32 " + mountRoot + " /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
            + "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n");
    }

    public FakeMachine group1(String group, long usageMib, long limitMib, long fileMib,
        long hierarchicalMib) {
        String at = "sys/fs/cgroup/memory/" + group + "/";
        write(at + "memory.usage_in_bytes", usageMib * MIB + "\n");
        write(at + "memory.limit_in_bytes", bytes1(limitMib) + "\n");
        return write(at + "memory.stat", "cache 1\ninactive_file 7\nactive_file 7\n"
            + "hierarchical_memory_limit " + bytes1(hierarchicalMib) + "\ntotal_inactive_file "
            + fileMib * MIB + "\ntotal_active_file 0\n");
    }

    /** -1: what version 1 shows for no limit. */
    private static long bytes1(long mib) {
        return mib < 0 ? 9_223_372_036_854_771_712L : mib * MIB;
    }
}
