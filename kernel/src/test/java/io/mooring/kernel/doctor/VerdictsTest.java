package io.mooring.kernel.doctor;

import static io.mooring.kernel.doctor.GoodHost.MILLION;
import static io.mooring.kernel.doctor.GoodHost.WANTED;
import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.epoll.EngineChoice;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each verdict in turn: on a good machine every check passes; one file is spoilt, and just the
 * check that is meant speaks, and names the fix.
 */
class VerdictsTest {
    private static final Wanted IO_URING = new Wanted(MILLION, EngineChoice.IO_URING, false);
    private static final Wanted EPOLL = new Wanted(MILLION, EngineChoice.EPOLL, false);
    private static final Wanted ZERO_COPY = new Wanted(MILLION, EngineChoice.AUTO, true);
    private static final String ADMIN = "0000000000200000";
    private static final String MAY_LOCK = "0000000000004000";
    private static final long GIB = 1L << 30;
    private static final long V1_NO_LIMIT = 9_223_372_036_854_759_424L;

    @TempDir
    private Path directory;
    private int hosts;

    /**
     * @param name of the check; its state then; a part of its fix, or of what was read
     */
    private record Case(String name, String state, String part, Wanted wanted,
        UnaryOperator<GoodHost> spoil) {
        @Override
        public String toString() {
            return name + " " + state + ": " + part;
        }
    }

    private static Case of(String name, String state, String part,
        UnaryOperator<GoodHost> spoil) {
        return new Case(name, state, part, WANTED, spoil);
    }

    private static Case of(String name, String state, String part, Wanted wanted,
        UnaryOperator<GoodHost> spoil) {
        return new Case(name, state, part, wanted, spoil);
    }

    private GoodHost host() {
        return new GoodHost(directory.resolve("host" + hosts++));
    }

    @Test
    void nothingIsToBeSaidOfAGoodMachine() {
        Diagnosis diagnosis = Diagnosis.of(Host.at(host().root()), WANTED);
        assertThat(diagnosis.results()).extracting(Result::state).containsOnly("pass");
        assertThat(diagnosis.fits()).isTrue();
        assertThat(diagnosis.atMost()).isEmpty();
        assertThat(diagnosis.verdict()).startsWith("1,000,000 connections fit: 4.0 GiB of memory")
            .contains("4,186 B each, on io_uring", "recorded files");
        assertThat(diagnosis.machine()).isEqualTo("Raspberry Pi 5 Model B Rev 1.1, Linux "
            + "6.18.2+rpt-rpi-2712, pages of 16 KiB, 4 processors, 16 GiB of memory");
    }

    @TestFactory
    Stream<DynamicTest> eachVerdict() {
        return Stream.of(kernel(), memory(), files(), tcp(), accepting(), place())
            .flatMap(List::stream)
            .map(each -> DynamicTest.dynamicTest(each.toString(), () -> provoke(each)));
    }

    /** The one check as told; all others pass, but those that hang together with it. */
    private void provoke(Case each) {
        Diagnosis diagnosis = Diagnosis.of(Host.at(each.spoil.apply(host()).root()), each.wanted);
        Result result = GoodHost.named(diagnosis, each.name);
        assertThat(result.state()).as("%s", result).isEqualTo(each.state);
        assertThat(spoken(result)).as("%s", result).contains(each.part).doesNotContain("\n");
        if (!each.state.equals("pass")) {
            assertThat(diagnosis.results()).filteredOn(other -> !other.state().equals("pass"))
                .extracting(other -> other.subject().name())
                .filteredOn(name -> !name.equals(each.name) && !isCompanion(each, name)).isEmpty();
        }
        assertThat(diagnosis.fits()).as("%s", result).isEqualTo(
            diagnosis.results().stream().noneMatch(one -> one.state().equals("fail")));
    }

    /** Where io_uring is refused epoll's needs come up; a group of version 1 has three checks. */
    private static boolean isCompanion(Case each, String name) {
        return switch (each.name) {
            case "io_uring", "kernel" ->
                List.of("io_uring", "kernel", "open files").contains(name);
            case "fs.nr_open" -> name.equals("open files");
            default -> each.name.startsWith("control group") && name.startsWith("control group");
        };
    }

    private static String spoken(Result result) {
        return switch (result) {
            case Result.Pass pass -> pass.subject().read() + " " + pass.subject().why();
            case Result.Warn warn -> warn.cost() + " FIX " + warn.fix();
            case Result.Fail fail -> fail.cost() + " FIX " + fail.fix() + " MOST " + fail.atMost();
            case Result.Unknown unknown -> unknown.subject().read() + " " + unknown.remedy();
        };
    }

    private static List<Case> kernel() {
        String huge = "sys/kernel/mm/transparent_hugepage/enabled";
        return List.of(
            of("kernel", "pass", "6.12", h -> h.sysctl("kernel/osrelease", "6.12.25+rpt")),
            of("kernel", "warn", "a kernel of 6.13", ZERO_COPY,
                h -> h.limits("20000", "999999999").sysctl("kernel/osrelease", "6.12.25+rpt")),
            of("kernel", "warn", "the server runs on epoll FIX a kernel of 6.1 or newer: sudo apt",
                h -> h.sysctl("kernel/osrelease", "5.15.84-v8+")),
            of("kernel", "unknown", "record proc/sys/kernel/osrelease",
                h -> h.without("proc/sys/kernel/osrelease")),
            of("io_uring", "pass", "not asked for", EPOLL, h -> h.limits("2000000", "0")),
            of("io_uring", "warn", "FIX sudo sysctl -w kernel.io_uring_disabled=0",
                h -> h.sysctl("kernel/io_uring_disabled", "2")),
            of("io_uring", "warn", "or join the group whose number is kernel.io_uring_group",
                h -> h.sysctl("kernel/io_uring_disabled", "1")),
            of("io_uring", "pass", "not tried", h -> h.sysctl("kernel/io_uring_disabled", "1")
                .status(ADMIN, 0)),
            of("io_uring", "warn", "FIX on the host: sudo sysctl -w kernel.io_uring_disabled=0",
                h -> h.sysctl("kernel/io_uring_disabled", "2").write(".dockerenv", "")),
            of("io_uring", "fail", "serve --engine io_uring does not start FIX sudo sysctl",
                IO_URING, h -> h.sysctl("kernel/io_uring_disabled", "2")),
            of("page size", "pass", "4,096 B", h -> h.write("pagesize.txt", "4096")),
            of("page size", "warn", "boot a kernel with pages of 4 or 16 KiB",
                h -> h.write("pagesize.txt", "65536").memory(90_000, 80_000)),
            of("transparent huge pages", "warn", "FIX echo madvise | sudo tee /" + huge,
                h -> h.write(huge, "[always] madvise never")),
            of("transparent huge pages", "pass", "[always]", h -> h.limits("524288", "0")
                .write(huge, "[always] madvise never")),
            of("transparent huge pages", "pass", "none in this kernel", h -> h.without(huge)));
    }

    private static List<Case> memory() {
        String swaps = "Filename\tType\tSize\tUsed\tPriority\n";
        return List.of(
            of("memory", "fail", "are refused (503) FIX more memory", h -> h.memory(16_384, 3_000)),
            of("memory", "fail", "serve does not start", h -> h.memory(16_384, 200)),
            of("memory", "pass", "500,000 sockets are open now", h -> h.write("proc/net/sockstat",
                "sockets: used 500000\nTCP: inuse 5 orphan 0 tw 0 alloc 9 mem 3\n")),
            of("control group", "pass", "3.0 GiB", new Wanted(100_000, EngineChoice.AUTO, false),
                h -> h.cgroup2("3221225472")),
            of("control group", "pass", "no limit", h -> h.cgroup2("max")),
            of("control group", "fail", "FIX MemoryMax= in [Service] of mooring.service: 4.",
                h -> h.cgroup2("3221225472")),
            of("control group", "fail", "FIX docker run --memory",
                h -> h.cgroup1(3 * GIB, 999 * GIB).write(".dockerenv", "")),
            of("control group", "pass", "as Raspberry Pi OS has it",
                h -> h.write("proc/cmdline", "cgroup_disable=memory rootwait")),
            of("control group", "warn", "cgroup_enable=memory to the line in /boot/firmware/cmdl",
                h -> h.service().write("proc/cmdline", "cgroup_disable=memory rootwait")),
            of("control group", "pass", "no limit", h -> h.service().write("proc/cmdline",
                "cgroup_disable=memory rootwait cgroup_enable=memory")),
            of("control group, sockets", "pass", "whole", h -> h.cgroup1(12 * GIB, 999 * GIB)),
            of("control group, sockets", "warn", "kmem.tcp.limit_in_bytes",
                h -> h.cgroup1(12 * GIB, V1_NO_LIMIT)),
            of("control group, kmem.tcp", "pass", "pages", h -> h.cgroup1(12 * GIB, 999 * GIB)),
            of("control group, kmem.tcp", "warn", "FIX echo 16384000000 | sudo tee",
                h -> h.cgroup1(12 * GIB, GIB)),
            of("swap", "pass", "none on a disk", h -> h.write("proc/swaps", swaps
                + "/dev/zram0 partition 2097148 999999 100\n")),
            of("swap", "pass", "/var/swap", h -> h.write("proc/swaps", swaps
                + "/var/swap file 524272 100 -2\n")),
            of("swap", "warn", "FIX sudo swapoff /var/swap", h -> h.write("proc/swaps", swaps
                + "/var/swap file 524272 99999 -2\n")),
            of("vm.overcommit_memory", "pass", "not touched",
                h -> h.sysctl("vm/overcommit_memory", "1")),
            of("vm.overcommit_memory", "fail", "FIX sudo sysctl -w vm.overcommit_memory=0 MOST 0",
                h -> h.sysctl("vm/overcommit_memory", "2")),
            of("vm.max_map_count", "fail", "FIX sudo sysctl -w vm.max_map_count=",
                h -> h.sysctl("vm/max_map_count", "900")));
    }

    private static List<Case> files() {
        return List.of(
            of("open files", "pass", "no descriptor", h -> h.limits("8192", "0")),
            of("open files", "pass", "20,000", h -> h),
            of("open files", "pass", "unlimited", h -> h.limits("unlimited", "0")),
            of("open files", "pass", "not recorded", h -> h.without("proc/self/limits")),
            of("open files", "warn", "some 1.1 MiB", h -> h.limits("4096", "0")),
            of("open files", "fail", "FIX ulimit -n 131072 as root before the start, or for good "
                + "in /etc/security/limits.d/mooring.conf: * - nofile 131072",
                h -> h.limits("1000", "0")),
            of("open files", "fail", "LimitNOFILE=131072 in [Service] of mooring.service",
                h -> h.service().limits("1000", "0")),
            of("open files", "fail", "docker run --ulimit nofile=131072:131072",
                h -> h.write(".dockerenv", "").limits("1000", "0")),
            of("open files", "pass", "2,000,000", EPOLL, h -> h.limits("2000000", "0")),
            of("open files", "fail", "FIX ulimit -n 1000080", EPOLL, h -> h),
            of("fs.nr_open", "pass", "none of connections", h -> h.sysctl("fs/nr_open", "20000")),
            of("fs.nr_open", "pass", "1,048,576", EPOLL, h -> h.limits("2000000", "0")),
            of("fs.nr_open", "fail", "FIX sudo sysctl -w fs.nr_open=1048576 MOST 19920", EPOLL,
                h -> h.sysctl("fs/nr_open", "20000")),
            of("fs.file-max", "fail", "ENFILE beyond that FIX sudo sysctl -w fs.file-max=1251200 "
                + "MOST 814211", h -> h.sysctl("fs/file-max", "815411")),
            of("fs.file-max", "fail", "FIX on the host: sudo sysctl -w fs.file-max=1251200",
                h -> h.sysctl("fs/file-max", "815411").write("run/.containerenv", "")),
            of("fs.file-max", "pass", "does not bind CAP_SYS_ADMIN",
                h -> h.sysctl("fs/file-max", "815411").status(ADMIN, 0)),
            of("locked memory", "pass", "only --zero-copy-from", h -> h.limits("20000", "0")),
            of("locked memory", "fail", "FIX ulimit -l 65536 ", ZERO_COPY, h -> h),
            of("locked memory", "fail", "FIX LimitMEMLOCK=67108864 in [Service]", ZERO_COPY,
                GoodHost::service),
            of("locked memory", "pass", "8 MiB", ZERO_COPY, h -> h.status(MAY_LOCK, 0)),
            of("locked memory", "pass", "64 MiB", ZERO_COPY, h -> h.limits("20000", "67108864")),
            of("fs.epoll.max_user_watches", "pass", "no socket by epoll",
                h -> h.sysctl("fs/epoll/max_user_watches", "10")),
            of("fs.epoll.max_user_watches", "fail", "FIX sudo sysctl -w "
                + "fs.epoll.max_user_watches=1250010 MOST 400000", EPOLL,
                h -> h.limits("2000000", "0").sysctl("fs/epoll/max_user_watches", "400000")));
    }

    private static List<Case> tcp() {
        String tracked = "net/netfilter/nf_conntrack_";
        return List.of(
            of("net.ipv4.tcp_mem", "warn", "FIX sudo sysctl -w net.ipv4.tcp_mem="
                + "'455676 607568 759460'", h -> h.sysctl("net/ipv4/tcp_mem", "24024 32032 48048")),
            of("net.ipv4.tcp_mem", "pass", "607,568 sockets",
                h -> h.sysctl("net/ipv4/tcp_mem", "455676 607568 759460")),
            of("net.ipv4.tcp_mem", "pass", "no limit",
                h -> h.sysctl("net/ipv4/tcp_mem", "1 9223372036854775807 9223372036854775807")),
            of("net.ipv4.tcp_mem", "fail", "TCP is past the mark now", h -> h.write(
                "proc/net/sockstat", "sockets: used 1\nTCP: inuse 5 orphan 0 tw 0 alloc 9 mem "
                + "1000000\n")),
            of("net.ipv4.tcp_mem", "unknown", "is not there",
                h -> h.without("proc/sys/net/ipv4/tcp_mem")),
            of("net.ipv4.tcp_rmem", "warn", "16 round trips",
                h -> h.sysctl("net/ipv4/tcp_rmem", "4096 4096 4096")),
            of("net.ipv4.tcp_rmem", "warn", "even under pressure",
                h -> h.sysctl("net/ipv4/tcp_rmem", "262144 262144 6291456")),
            of("net.ipv4.tcp_wmem", "warn", "net.ipv4.tcp_wmem='16384 16384 4194304'",
                h -> h.sysctl("net/ipv4/tcp_wmem", "4096 16384 32768")),
            of("net.ipv4.tcp_wmem", "unknown", "not there",
                h -> h.without("proc/sys/net/ipv4/tcp_wmem")),
            of("connection tracking", "pass", "not loaded", h -> h),
            of("connection tracking", "pass", "while 3 connections are established",
                h -> h.sysctl(tracked + "max", "65536").sysctl(tracked + "count", "0")),
            of("connection tracking", "pass", "2,000,000",
                h -> h.sysctl(tracked + "max", "2000000").sysctl(tracked + "count", "7")),
            of("connection tracking", "warn", "if a firewall tracks", h -> h.established(0)
                .sysctl(tracked + "max", "65536").sysctl(tracked + "count", "0")),
            of("connection tracking", "fail", "nf_conntrack_max=1250000 (some 259 MiB",
                h -> h.sysctl(tracked + "max", "65536").sysctl(tracked + "count", "7")),
            of("net.ipv4.tcp_max_orphans", "warn", "FIX sudo sysctl -w net.ipv4.tcp_max_orphans",
                h -> h.sysctl("net/ipv4/tcp_max_orphans", "100")),
            of("net.ipv4.tcp_max_orphans", "warn", "2.3 GiB stay",
                h -> h.memory(4_500, 5_500).sysctl("net/ipv4/tcp_max_orphans", "1000000")),
            of("net.ipv4.tcp_max_orphans", "unknown", "not there",
                h -> h.without("proc/sys/net/ipv4/tcp_max_orphans")),
            of("net.ipv4.tcp_max_tw_buckets", "warn", "tcp_max_tw_buckets=32768",
                h -> h.sysctl("net/ipv4/tcp_max_tw_buckets", "64")));
    }

    private static List<Case> accepting() {
        String ports = "net/ipv4/ip_local_port_range";
        return List.of(
            of("net.core.somaxconn", "warn", "FIX sudo sysctl -w net.core.somaxconn=4096",
                h -> h.sysctl("net/core/somaxconn", "128")),
            of("net.core.somaxconn", "warn", "FIX docker run --sysctl net.core.somaxconn=4096",
                h -> h.sysctl("net/core/somaxconn", "128").write(".dockerenv", "")),
            of("net.core.somaxconn", "pass", "128", new Wanted(100, EngineChoice.AUTO, false),
                h -> h.sysctl("net/core/somaxconn", "128")),
            of("net.ipv4.tcp_max_syn_backlog", "pass", "tcp_syncookies 1", h -> h),
            of("net.ipv4.tcp_max_syn_backlog", "warn", "FIX sudo sysctl -w net.ipv4.tcp_syncook",
                h -> h.sysctl("net/ipv4/tcp_syncookies", "0")),
            of("net.ipv4.tcp_max_syn_backlog", "unknown", "tcp_syncookies",
                h -> h.without("proc/sys/net/ipv4/tcp_syncookies")),
            of("net.ipv4.ip_local_port_range", "warn", "FIX sudo sysctl -w "
                + "net.ipv4.ip_local_reserved_ports=9001", h -> h.sysctl(ports, "1024 65535")),
            of("net.ipv4.ip_local_port_range", "pass", "1024 to 65535", h -> h
                .sysctl(ports, "1024 65535").sysctl("net/ipv4/ip_local_reserved_ports",
                    "8080,9000-9002")),
            of("net.ipv4.ip_local_port_range", "warn", "swarm on this machine fails after 101",
                h -> h.sysctl(ports, "40000 40100")),
            of("IPv6", "pass", "there", h -> h),
            of("IPv6", "pass", "off", h -> h.without("proc/net/if_inet6")));
    }

    private static List<Case> place() {
        String governor = "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";
        String tasks = "sys/fs/cgroup/system.slice/mooring.service/pids.max";
        return List.of(
            of("processors", "pass", "4, governor ondemand", h -> h),
            of("processors", "pass", "no frequency scaling", h -> h.without(governor)),
            of("processors", "warn", "FIX echo ondemand | sudo tee /sys/devices/system/cpu/cpu*",
                h -> h.write(governor, "powersave")),
            of("container", "pass", "none to see", h -> h),
            of("container", "pass", "docker (/.dockerenv)", h -> h.write(".dockerenv", "")),
            of("container", "pass", "podman", h -> h.write("run/.containerenv", "engine=podman")),
            of("container", "pass", "a container (control group /docker/12ab)",
                h -> h.write("proc/self/cgroup", "4:memory:/docker/12ab\n")),
            of("container", "pass", "lxc (/run/systemd/container)",
                h -> h.write("run/systemd/container", "lxc\n")),
            of("container", "pass", "kubernetes",
                h -> h.write("var/run/secrets/kubernetes.io/token", "")),
            of("systemd", "pass", "not in a service", h -> h),
            of("systemd", "pass", "not in a service", h -> h.write("proc/self/cgroup",
                "0::/user.slice/user-1000.slice/user@1000.service/app.slice/sh.scope\n")),
            of("systemd", "pass", "mooring.service, no bound on tasks", GoodHost::service),
            of("systemd", "pass", "4,915 tasks", h -> h.service().write(tasks, "4915\n")),
            of("systemd", "warn", "FIX TasksMax=88 in [Service] of mooring.service",
                h -> h.service().write(tasks, "20\n")),
            of("privileges", "pass", "all files may be read", h -> h));
    }

    /** Every check that there is has been provoked above, but for those that only inform. */
    @Test
    void noCheckIsForgotten() {
        List<Case> cases = Stream.of(kernel(), memory(), files(), tcp(), accepting(), place())
            .flatMap(List::stream).toList();
        GoodHost host = host().cgroup1(12 * GIB, 999 * GIB);
        for (Result result : Diagnosis.of(Host.at(host.root()), WANTED).results()) {
            String name = result.subject().name();
            assertThat(cases).as(name).anyMatch(each -> each.name.equals(name)
                && (!each.state.equals("pass")
                    || List.of("IPv6", "container", "privileges").contains(name)));
        }
    }
}
