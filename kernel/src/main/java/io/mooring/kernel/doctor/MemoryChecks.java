package io.mooring.kernel.doctor;

import static io.mooring.kernel.doctor.Figures.bytes;
import static io.mooring.kernel.doctor.Figures.count;

import io.mooring.memory.Machine;
import io.mooring.server.Needs;
import java.util.ArrayList;
import java.util.List;

/** The machine's memory, the control group's, and address space. */
final class MemoryChecks {
    private static final long SWAP_USED_MUCH = 64L << 20;
    /** Of version 1 without kmem.tcp, of 3,911: measured, docs/DESIGN.md. */
    private static final long CHARGED_V1_BYTES = 1_535;
    private static final long V1_UNLIMITED = 1L << 60;
    private static final String CMDLINE = "/boot/firmware/cmdline.txt";

    private final Host host;
    private final Wanted wanted;
    private final Needs needs;
    private final Machine machine;
    private final Fixes fixes;

    MemoryChecks(Host host, Wanted wanted, Needs needs) {
        this.host = host;
        this.wanted = wanted;
        this.needs = needs;
        this.machine = host.machine();
        this.fixes = new Fixes(host);
    }

    List<Result> all() {
        List<Result> results = new ArrayList<>(List.of(memory(), cgroup()));
        if (isVersion1()) {
            results.add(socketsInCgroup());
            results.add(buffersInCgroup());
        }
        results.addAll(List.of(swap(), overcommit(), mappings()));
        return results;
    }

    private Result memory() {
        long fit = needs.fitMachine();
        Subject subject = new Subject("memory", bytes(machine.availableBytes()) + " available of "
            + bytes(machine.totalBytes()) + ", of which " + bytes(needs.machineReserve())
            + " stay in reserve" + held(), need(),
            "MemAvailable, less what open sockets pin although the kernel counts it as "
                + "reclaimable; beyond it the server answers 503");
        return fit >= wanted.connections() ? subject.pass()
            : subject.fail(tooFew(fit), "more memory, fewer processes beside the server, or serve "
                + "--max-connections " + Math.max(0, fit), Math.max(0, fit));
    }

    /** Whoever asks while a server runs should know that its connections are paid already. */
    private String held() {
        String used = host.value("proc/net/sockstat", "sockets: used").orElse("");
        return used.matches("\\d{4,18}") ? "; " + count(Long.parseLong(used))
            + " sockets are open now, whose memory is not counted as available" : "";
    }

    private String need() {
        long connections = needs.perConnectionBytes() * wanted.connections();
        return bytes(needs.fullBytes()) + ": " + count(needs.perConnectionBytes())
            + " B a connection, and " + bytes(needs.fullBytes() - connections)
            + " for the server itself";
    }

    private static String tooFew(long fit) {
        return fit > 0 ? "connections beyond " + count(fit) + " are refused (503)"
            : "serve does not start";
    }

    private Result cgroup() {
        if (machine.cgroupLimitBytes() != Machine.UNLIMITED) {
            return limitedCgroup();
        }
        String cmdline = host.text("proc/cmdline");
        boolean off = cmdline.contains("cgroup_disable=memory")
            && !cmdline.contains("cgroup_enable=memory");
        Subject subject = new Subject("control group", off
            ? "memory control groups are off (cgroup_disable=memory, as Raspberry Pi OS has it)"
            : "no limit", "", "a limit of the service or container binds sockets too");
        boolean confined = host.service().isPresent() || host.container().isPresent();
        return !off || !confined ? subject.pass()
            : subject.warn("a memory limit given to this service or container does not hold; the "
                + "server still watches the machine's memory", "add cgroup_enable=memory to the "
                + "line in " + CMDLINE + ", then " + fixes.sudo() + "reboot");
    }

    private Result limitedCgroup() {
        long fit = needs.fitCgroup();
        Subject subject = new Subject("control group", bytes(machine.cgroupHeadroomBytes())
            + " left of " + bytes(machine.cgroupLimitBytes()) + ", of which "
            + bytes(needs.cgroupReserve()) + " stay in reserve", need(),
            "the tightest limit, " + machine.cgroupLimitFile() + "; sockets count");
        String fix = host.service().isPresent()
            ? "MemoryMax= in [Service] of " + host.service().get()
            : host.container().isPresent() ? "docker run --memory" : "raise it there";
        long enough = machine.cgroupLimitBytes() - machine.cgroupHeadroomBytes()
            + needs.toStart() + needs.perConnectionBytes() * wanted.connections();
        return fit >= wanted.connections() ? subject.pass()
            : subject.fail(tooFew(fit), fix + ": " + bytes(enough * 21 / 20), Math.max(0, fit));
    }

    private boolean isVersion1() {
        return machine.cgroupLimitFile() != null
            && machine.cgroupLimitFile().endsWith("memory.limit_in_bytes");
    }

    private long kmemTcpLimit() {
        return host.number(host.root().relativize(machine.cgroupLimitFile()
            .resolveSibling("memory.kmem.tcp.limit_in_bytes")).toString()).orElse(V1_UNLIMITED);
    }

    private Result socketsInCgroup() {
        long limit = kmemTcpLimit();
        Subject subject = new Subject("control group, sockets", limit >= V1_UNLIMITED
            ? "version 1 without kmem.tcp: " + count(CHARGED_V1_BYTES) + " B of a connection count"
            : "version 1 with kmem.tcp: sockets count whole", "",
            "version 1 counts an accepted socket's own structure only where "
                + "memory.kmem.tcp.limit_in_bytes is set, to any value");
        return limit < V1_UNLIMITED ? subject.pass()
            : subject.warn("the limit holds later than it says; connections take the machine's "
                + "memory beyond it", "echo " + machine.totalBytes() + " | " + fixes.sudo() + "tee "
                + machine.cgroupLimitFile().resolveSibling("memory.kmem.tcp.limit_in_bytes"));
    }

    private Result buffersInCgroup() {
        long limit = kmemTcpLimit();
        long pages = limit / host.pageBytes();
        Subject subject = new Subject("control group, kmem.tcp", limit >= V1_UNLIMITED ? "no limit"
            : count(pages) + " pages", "a page for each receiver that is behind",
            "of this group, as tcp_mem is of the machine");
        return pages >= wanted.connections() ? subject.pass()
            : subject.warn("sends to more than " + count(pages) + " receivers that are behind wait",
                "echo " + (long) wanted.connections() * host.pageBytes() + " | " + fixes.sudo()
                + "tee " + machine.cgroupLimitFile()
                    .resolveSibling("memory.kmem.tcp.limit_in_bytes"));
    }

    /** "Filename Type Size Used Priority"; what is compressed in memory is no disk. */
    private Result swap() {
        List<String[]> disks = host.text("proc/swaps").lines().skip(1)
            .map(line -> line.split("\\s+"))
            .filter(words -> words.length >= 4 && !words[0].contains("/zram")).toList();
        long used = disks.stream().mapToLong(words -> Long.parseLong(words[3]) << 10).sum();
        Subject subject = new Subject("swap", disks.isEmpty() ? "none on a disk"
            : disks.getFirst()[0] + ", " + bytes(used) + " in use", "",
            "sockets are never swapped; the server's own memory can be");
        return used < SWAP_USED_MUCH ? subject.pass()
            : subject.warn("memory was short already, and a server whose pages come back from "
                + "there stands still", fixes.sudo() + "swapoff " + disks.getFirst()[0]
                + " (for good: its line in /etc/fstab; Raspberry Pi OS: " + fixes.sudo()
                + "systemctl disable dphys-swapfile)");
    }

    private Result overcommit() {
        Subject subject = new Subject("vm.overcommit_memory", machine.overcommitNever()
            ? "2: " + bytes(machine.commitBytes()) + " more may be mapped"
            : "what is mapped and not touched does not count",
            machine.overcommitNever() ? bytes(needs.mappedBytes()) + " of address space" : "",
            "the server maps for all its connections, and touches as they come");
        return !machine.overcommitNever() || needs.mappedBytes() <= machine.commitBytes()
            ? subject.pass() : subject.fail("serve does not start",
                fixes.sysctl("vm.overcommit_memory", 0), 0);
    }

    private Result mappings() {
        Subject subject = new Subject("vm.max_map_count", count(machine.mappingsMax()),
            count(needs.mappings()) + " at most", "rings and pools are mappings each");
        return needs.mappings() <= machine.mappingsMax() ? subject.pass()
            : subject.fail("serve does not start",
                fixes.sysctl("vm.max_map_count", 2 * needs.mappings()));
    }
}
