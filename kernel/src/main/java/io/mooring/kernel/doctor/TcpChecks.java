package io.mooring.kernel.doctor;

import static io.mooring.kernel.doctor.Figures.bytes;
import static io.mooring.kernel.doctor.Figures.connections;
import static io.mooring.kernel.doctor.Figures.count;

import io.mooring.memory.Machine;
import io.mooring.probe.source.Reading;
import java.util.List;
import java.util.OptionalLong;

/** Connections that are there: their buffers, their tracking, their end. */
final class TcpChecks {
    private static final String IPV4 = "proc/sys/net/ipv4/";
    private static final String TRACKED_MAX = "proc/sys/net/netfilter/nf_conntrack_max";
    private static final String TRACKED_COUNT = "proc/sys/net/netfilter/nf_conntrack_count";
    /** Of one tracked connection: 256 of nf_conn (/proc/slabinfo), its share of the hash table. */
    private static final long TRACKED_BYTES = 272;
    /** serve --max-message: a window below it makes round trips. */
    private static final long MESSAGE_BYTES = 64 << 10;
    private static final long PART_BYTES = 16 << 10;
    /** Fewer than any kernel chooses for a machine with 1 GiB. */
    private static final long CLOSING_FEW = 4_096;
    /** tcp_sock as slabs pack it: docs/DESIGN.md. */
    private static final long SOCKET_BYTES = 2_521;

    private final Host host;
    private final Wanted wanted;
    private final Machine machine;
    private final Fixes fixes;

    TcpChecks(Host host, Wanted wanted) {
        this.host = host;
        this.wanted = wanted;
        this.machine = host.machine();
        this.fixes = new Fixes(host);
    }

    List<Result> all() {
        return List.of(memory(), buffer("tcp_rmem"), buffer("tcp_wmem"), tracking(), orphans(),
            timeWait());
    }

    private Result memory() {
        String why = "a socket with one byte queued is charged a page of "
            + count(host.pageBytes()) + " B; idle ones nothing";
        Reading<String> told = host.reading(IPV4 + "tcp_mem");
        if (!told.isThere()) {
            return new Subject("net.ipv4.tcp_mem", told.why() + (host.isThisOne()
                ? ": this is not the machine's first network namespace" : ""), "", why)
                .unknown(host.isThisOne() ? "run doctor on the host as well" : "record it too");
        }
        long pages = machine.tcpPressureBytes() / host.pageBytes();
        long charge = (long) wanted.connections() * host.pageBytes();
        Subject subject = new Subject("net.ipv4.tcp_mem", machine.tcpPressureBytes()
            == Machine.UNLIMITED ? "no limit" : bytes(machine.tcpUsedBytes()) + " used, pressure "
            + "from " + bytes(machine.tcpPressureBytes()) + " on: " + count(pages)
            + " sockets with one small message unread",
            bytes(charge) + " charged, if one 34-byte message lay unread at all "
                + count(wanted.connections()), why);
        if (machine.tcpUsedBytes() >= machine.tcpPressureBytes()) {
            return subject.fail("TCP is past the mark now: the server refuses new connections "
                + "(503)", "ss -tm shows whose queues they are; or "
                    + fixes.sysctl("net.ipv4.tcp_mem", machine.tcpMemFor(wanted.connections())),
                0);
        }
        return pages >= machine.tcpPagesFor(wanted.connections()) ? subject.pass()
            : subject.warn("a broadcast to all is paced and takes longer; past the mark for half a "
                + "second, new connections are refused",
                fixes.sysctl("net.ipv4.tcp_mem", machine.tcpMemFor(wanted.connections())));
    }

    /** Three numbers: what is left to a socket under pressure, what it begins with, the most. */
    private Result buffer(String name) {
        long[] sizes = host.numbers(IPV4 + name);
        String why = "bounds, not allocations: an idle socket holds nothing of it";
        if (sizes.length != 3) {
            return new Subject("net.ipv4." + name, "not there", "", why).unknown("");
        }
        Subject subject = new Subject("net.ipv4." + name, count(sizes[0]) + ", " + count(sizes[1])
            + ", " + count(sizes[2]) + " B", "", why);
        long part = Math.max(PART_BYTES, host.pageBytes());
        String right = part + " " + (name.equals("tcp_rmem") ? 131_072 : 16_384) + " "
            + (name.equals("tcp_rmem") ? 6_291_456 : 4_194_304);
        if (sizes[2] < MESSAGE_BYTES) {
            return subject.warn("a message of " + bytes(MESSAGE_BYTES) + " takes "
                + Math.ceilDiv(MESSAGE_BYTES, Math.max(1, sizes[2])) + " round trips or more",
                fixes.sysctl("net.ipv4." + name, right));
        }
        return sizes[0] <= part ? subject.pass()
            : subject.warn("even under pressure each of " + connections(wanted.connections())
                + " may queue that much: " + bytes(sizes[0] * wanted.connections()),
                fixes.sysctl("net.ipv4." + name, right));
    }

    private Result tracking() {
        OptionalLong max = host.number(TRACKED_MAX);
        String why = "a stateful firewall rule has every connection in a table, loopback's too";
        if (max.isEmpty()) {
            return new Subject("connection tracking", "not loaded", "", why).pass();
        }
        long tracked = host.number(TRACKED_COUNT).orElse(0);
        long established = host.text("proc/net/snmp").lines()
            .filter(line -> line.matches("Tcp: \\d.*"))
            .mapToLong(line -> Long.parseLong(line.split("\\s+")[9])).findFirst().orElse(0);
        Subject subject = new Subject("connection tracking", count(tracked) + " of "
            + count(max.getAsLong()) + " entries" + (tracked == 0 ? ", while "
                + connections(established) + " are established" : ""),
            count(wanted.connections()), why);
        String fix = fixes.sysctl("net.netfilter.nf_conntrack_max",
            Math.ceilDiv((long) wanted.connections() * 5, 4)) + " (some "
            + bytes(wanted.connections() * TRACKED_BYTES)
            + " more at full load), or a notrack rule for the server's port";
        long room = max.getAsLong() - tracked;
        if (room >= wanted.connections() || tracked == 0 && established > 0) {
            return subject.pass();
        }
        return tracked == 0 ? subject.warn("if a firewall tracks, packets of new connections are "
            + "dropped beyond that", fix)
            : subject.fail("packets of new connections are dropped beyond that, and they time out",
                fix, Math.max(0, room));
    }

    private Result orphans() {
        OptionalLong max = host.number(IPV4 + "tcp_max_orphans");
        String why = "if the server is killed the kernel ends its connections: so many politely, "
            + "the rest by a reset, which a client takes for the same and which leaves no memory";
        if (max.isEmpty()) {
            return new Subject("net.ipv4.tcp_max_orphans", "not there", "", why)
                .unknown(host.isThisOne() ? "run doctor on the host as well" : "record it too");
        }
        long most = max.getAsLong();
        Subject subject = new Subject("net.ipv4.tcp_max_orphans", count(most), "", why);
        if (most < CLOSING_FEW) {
            return subject.warn("when many are closed at once, those whose last bytes are still on "
                + "their way are reset", fixes.sysctl("net.ipv4.tcp_max_orphans", 32_768));
        }
        long kept = Math.min(most, wanted.connections()) * SOCKET_BYTES;
        return kept <= machine.totalBytes() / 2 ? subject.pass()
            : subject.warn("after a kill " + bytes(kept) + " stay with dead connections for a "
                + "minute, and the restarted server lacks them",
                fixes.sysctl("net.ipv4.tcp_max_orphans", 32_768));
    }

    private Result timeWait() {
        OptionalLong max = host.number(IPV4 + "tcp_max_tw_buckets");
        Subject subject = new Subject("net.ipv4.tcp_max_tw_buckets", max.isEmpty() ? "not there"
            : count(max.getAsLong()), "", "who closes first keeps the pair of ports for a minute; "
            + "beyond so many it does not, which a server with one port can bear");
        return max.isEmpty() || max.getAsLong() >= CLOSING_FEW ? subject.pass()
            : subject.warn("a late segment of a closed connection may meet a new one, and the "
                + "kernel's log fills with table overflows",
                fixes.sysctl("net.ipv4.tcp_max_tw_buckets", 32_768));
    }
}
