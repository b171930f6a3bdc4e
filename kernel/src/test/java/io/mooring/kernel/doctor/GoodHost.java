package io.mooring.kernel.doctor;

import io.mooring.epoll.EngineChoice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A folder with the files of a machine of which nothing is to be said: a Pi 5 of 16 GB on which a
 * million connections fit. Tests spoil one file after the other.
 */
final class GoodHost {
    static final int MILLION = 1_000_000;
    static final Wanted WANTED = new Wanted(MILLION, EngineChoice.AUTO, false);

    private static final String NO_LIMIT = Long.toString(Long.MAX_VALUE);

    private final Path root;

    GoodHost(Path root) {
        this.root = root;
        write("pagesize.txt", "16384");
        write("proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.1\0");
        write("proc/cmdline", "console=tty1 root=/dev/mmcblk0p2 rootwait");
        write("proc/cpuinfo", "processor\t: 0\nBogoMIPS\t: 108.00\n\nprocessor\t: 1\n\n"
            + "processor\t: 2\n\nprocessor\t: 3\n");
        memory(16_384, 14_000);
        write("proc/slabinfo", "slabinfo - version: 2.1\n"
            + "sock_inode_cache 100 112 832 19 1 : tunables 0 0 0 : slabdata 5 5 0\n"
            + "dentry 100 100 192 84 1 : tunables 0 0 0 : slabdata 2 2 0\n");
        write("proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n");
        write("proc/self/cgroup", "0::/user.slice/session-1.scope\n");
        status("0000000000000000", 0);
        limits("20000", "8388608");
        write("proc/net/sockstat", "sockets: used 100\nTCP: inuse 5 orphan 0 tw 0 alloc 9 mem 3\n");
        established(3);
        write("proc/net/if_inet6", "00000000000000000000000000000001 01 80 10 80 lo\n");
        sysctl("kernel/osrelease", "6.18.2+rpt-rpi-2712");
        sysctl("kernel/io_uring_disabled", "0");
        sysctl("vm/overcommit_memory", "0");
        sysctl("vm/max_map_count", "65530");
        sysctl("fs/file-max", NO_LIMIT);
        sysctl("fs/file-nr", "1200\t0\t" + NO_LIMIT);
        sysctl("fs/nr_open", "1048576");
        sysctl("fs/epoll/max_user_watches", "4000000");
        sysctl("net/core/somaxconn", "4096");
        sysctl("net/ipv4/tcp_mem", "750000\t1000000\t1250000");
        sysctl("net/ipv4/tcp_rmem", "16384\t131072\t6291456");
        sysctl("net/ipv4/tcp_wmem", "16384\t16384\t4194304");
        sysctl("net/ipv4/tcp_max_syn_backlog", "512");
        sysctl("net/ipv4/tcp_syncookies", "1");
        sysctl("net/ipv4/tcp_max_orphans", "32768");
        sysctl("net/ipv4/tcp_max_tw_buckets", "32768");
        sysctl("net/ipv4/ip_local_port_range", "32768\t60999");
        sysctl("net/ipv4/ip_local_reserved_ports", "");
        write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never");
        write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "ondemand");
    }

    Path root() {
        return root;
    }

    /** The result of one check. */
    Result check(String name, Wanted wanted) {
        return named(Diagnosis.of(Host.at(root), wanted), name);
    }

    static Result named(Diagnosis diagnosis, String name) {
        return diagnosis.results().stream().filter(one -> one.subject().name().equals(name))
            .findFirst().orElseThrow(() -> new AssertionError("no check '" + name + "'"));
    }

    // ---- what may be spoilt

    GoodHost write(String path, String text) {
        try {
            Path file = root.resolve(path);
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    GoodHost sysctl(String key, String text) {
        return write("proc/sys/" + key, text + "\n");
    }

    GoodHost without(String path) {
        try {
            Files.delete(root.resolve(path));
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    GoodHost memory(long totalMib, long availableMib) {
        return write("proc/meminfo", "MemTotal:  " + totalMib * 1024 + " kB\nMemAvailable:  "
            + availableMib * 1024 + " kB\nSReclaimable:  5000 kB\nCommitLimit:  4000000 kB\n"
            + "Committed_AS:  3900000 kB\nHugepagesize:    32768 kB\n");
    }

    /** Capabilities in force, and 2 for a seccomp filter. */
    GoodHost status(String capabilities, int seccomp) {
        return write("proc/self/status", "Name:\tjava\nCapEff:\t" + capabilities + "\nSeccomp:\t"
            + seccomp + "\n");
    }

    /** Hard ones. */
    GoodHost limits(String openFiles, String lockedBytes) {
        return write("proc/self/limits",
            "Limit                     Soft Limit           Hard Limit           Units     \n"
            + "Max open files            1024                 " + openFiles + "    files     \n"
            + "Max locked memory         8192                 " + lockedBytes + "    bytes     \n");
    }

    GoodHost established(long connections) {
        return write("proc/net/snmp", "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens "
            + "PassiveOpens AttemptFails EstabResets CurrEstab\nTcp: 1 200 120000 -1 5 6 7 8 "
            + connections + "\n");
    }

    GoodHost service() {
        return write("proc/self/cgroup", "0::/system.slice/mooring.service\n");
    }

    /** A group of version 2 with a limit, or "max". */
    GoodHost cgroup2(String max) {
        service();
        write("proc/self/mountinfo", "31 23 0:28 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 "
            + "rw\n");
        String group = "sys/fs/cgroup/system.slice/mooring.service/";
        write(group + "memory.current", "52428800\n");
        write(group + "memory.stat", "inactive_file 0\nactive_file 0\n");
        return write(group + "memory.max", max + "\n");
    }

    /** The same of version 1, with kmem.tcp set to so many bytes. */
    GoodHost cgroup1(long limit, long kmemTcp) {
        write("proc/self/cgroup", "3:memory:/server\n0::/\n");
        write("proc/self/mountinfo", "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,"
            + "memory\n");
        String group = "sys/fs/cgroup/memory/server/memory.";
        write(group + "usage_in_bytes", "52428800\n");
        write(group + "limit_in_bytes", limit + "\n");
        write(group + "stat", "hierarchical_memory_limit " + limit + "\ntotal_inactive_file 0\n"
            + "total_active_file 0\n");
        return write(group + "kmem.tcp.limit_in_bytes", kmemTcp + "\n");
    }
}
