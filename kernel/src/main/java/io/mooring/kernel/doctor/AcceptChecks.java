package io.mooring.kernel.doctor;

import static io.mooring.kernel.doctor.Figures.count;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;

/** How connections come: the listener's queues, ports, addresses. */
final class AcceptChecks {
    private static final String IPV4 = "proc/sys/net/ipv4/";
    /** The kernel's own choice since 5.4; the listener asks for 65,535 and gets this. */
    private static final long QUEUE_GOOD = 4_096;
    private static final int PORT = 9_001;
    /** What swarm opens from one source address. */
    private static final int PORTS_OF_A_SOURCE = 3_000;

    private final Host host;
    private final Wanted wanted;
    private final Fixes fixes;

    AcceptChecks(Host host, Wanted wanted) {
        this.host = host;
        this.wanted = wanted;
        this.fixes = new Fixes(host);
    }

    List<Result> all() {
        return List.of(acceptQueue(), requestQueue(), ports(), ipv6());
    }

    private long queue() {
        return Math.min(QUEUE_GOOD, wanted.connections());
    }

    private Result acceptQueue() {
        OptionalLong max = host.number("proc/sys/net/core/somaxconn");
        Subject subject = new Subject("net.core.somaxconn", max.isEmpty() ? "not there"
            : count(max.getAsLong()), count(queue()),
            "connections that came and are not accepted yet, of one listener");
        if (max.isEmpty()) {
            return subject.unknown("");
        }
        return max.getAsLong() >= queue() ? subject.pass()
            : subject.warn("of a burst, such as all clients coming back after a restart, the rest "
                + "try again a second later, and later again",
                fixes.sysctl("net.core.somaxconn", QUEUE_GOOD));
    }

    /** The queue of half-open ones is as long as the accept queue; without cookies this, too. */
    private Result requestQueue() {
        OptionalLong max = host.number(IPV4 + "tcp_max_syn_backlog");
        OptionalLong cookies = host.number(IPV4 + "tcp_syncookies");
        boolean plain = cookies.isEmpty() ? host.isThisOne() : cookies.getAsLong() == 0;
        Subject subject = new Subject("net.ipv4.tcp_max_syn_backlog", max.isEmpty() ? "not there"
            : count(max.getAsLong()) + (cookies.isEmpty() ? "" : ", tcp_syncookies "
                + cookies.getAsLong()), plain ? count(queue()) : "",
            "it bounds half-open connections only where SYN cookies are off");
        if (max.isEmpty() || max.getAsLong() >= queue()) {
            return subject.pass();
        }
        if (cookies.isEmpty() && !host.isThisOne()) {
            return subject.unknown("record proc/sys/net/ipv4/tcp_syncookies too");
        }
        return plain ? subject.warn("of a burst, all beyond three quarters of it try again a "
            + "second later", fixes.sysctl("net.ipv4.tcp_syncookies", 1) + ", or "
            + fixes.sysctl("net.ipv4.tcp_max_syn_backlog", QUEUE_GOOD)) : subject.pass();
    }

    private Result ports() {
        long[] range = host.numbers(IPV4 + "ip_local_port_range");
        if (range.length != 2) {
            return new Subject("net.ipv4.ip_local_port_range", "not there", "", "").unknown("");
        }
        long ports = range[1] - range[0] + 1;
        Subject subject = new Subject("net.ipv4.ip_local_port_range", range[0] + " to " + range[1],
            "", "the ports of connections that this machine opens: not the server's, but those of "
            + "clients on the same machine (swarm takes 3,000 from each address of 127.0.0.0/8)");
        if (range[0] <= PORT && PORT <= range[1] && !isReserved()) {
            return subject.warn("any outgoing connection may take port " + PORT + ", the server's, "
                + "while the server is down, and then it does not start",
                fixes.sysctl("net.ipv4.ip_local_reserved_ports", PORT));
        }
        return ports >= PORTS_OF_A_SOURCE ? subject.pass()
            : subject.warn("swarm on this machine fails after " + count(ports)
                + " connections from an address",
                fixes.sysctl("net.ipv4.ip_local_port_range", "32768 60999"));
    }

    /** "9001,10000-10010" */
    private boolean isReserved() {
        return Arrays.stream(host.text(IPV4 + "ip_local_reserved_ports").split(","))
            .filter(range -> range.matches("\\d+(-\\d+)?")).map(range -> range.split("-"))
            .anyMatch(ends -> Integer.parseInt(ends[0]) <= PORT
                && PORT <= Integer.parseInt(ends[ends.length - 1]));
    }

    private Result ipv6() {
        boolean there = host.has("proc/net/if_inet6") && !host.text("proc/net/if_inet6").isEmpty();
        return new Subject("IPv6", there ? "there" : host.isThisOne()
            ? "off: serve --host takes IPv4 addresses only" : "not recorded, or off", "",
            "the server listens on 127.0.0.1 unless told otherwise").pass();
    }
}
