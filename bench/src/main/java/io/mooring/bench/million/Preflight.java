package io.mooring.bench.million;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Whether so many connections fit this machine, before anything is started.
 *
 * @param connections how many there will be: those asked for, or what fits; 0: not even a few
 * @param fits how many would
 * @param needBytes of {@code connections}
 * @param notes what the reader should know of limits
 */
record Preflight(int connections, int fits, long needBytes, MachineFacts facts, int rings,
        List<String> notes) {

    /** Of both ends in slabs, the server's armed by POLL_ADD (measured: see DESIGN.md). */
    static final int SLAB_BYTES_PER_PAIR = 8_071;
    /** Of both ends in the processes, and the kernel's tables of descriptors. */
    static final int OTHER_BYTES_PER_PAIR = 200;
    /** Of a bare accepted socket with one poll, as the server's memory cgroup is charged. */
    private static final int CHARGED_BYTES_PER_CONNECTION = 4_200;

    static final int CONNECTIONS_DEFAULT = 1_000_000;

    private static final long MIB = 1L << 20;
    /** Two JVMs with their rings' fixed part, and this one. */
    private static final long JVMS_BYTES = 500 * MIB;
    /** Receive buffers and queues of a ring at each end, as far as traffic touches them. */
    private static final long RING_PAIR_BYTES = 3 * MIB;
    /** The server's JVM and what it keeps free rather than admit one more. */
    private static final long CHARGED_BYTES_AT_REST = 130L << 20;
    private static final long RESERVE_BYTES_MIN = 384 * MIB;
    private static final int RESERVE_SHARE = 50; // 2 % of the machine
    private static final int ROUND = 1_000;

    /**
     * @param asked null: a million, or what fits
     * @param serverBytes the limit of the server's memory cgroup; 0: none
     */
    static Preflight of(Integer asked, long serverBytes, MachineFacts facts) {
        int fits = fits(facts);
        int wanted = asked != null ? asked
                : Math.min(CONNECTIONS_DEFAULT, fits / ROUND * ROUND);
        int held = serverBytes == 0 ? wanted
                : Math.min(wanted, admitted(serverBytes));
        return new Preflight(wanted, fits, needBytes(held, facts), facts,
                rings(held, facts), notes(asked, wanted, serverBytes, facts));
    }

    /** About how many a server takes that has so much memory. */
    static int admitted(long serverBytes) {
        return Math.clamp((serverBytes - CHARGED_BYTES_AT_REST)
                / CHARGED_BYTES_PER_CONNECTION, 1_000, Integer.MAX_VALUE);
    }

    private static long needBytes(int connections, MachineFacts facts) {
        return (long) connections * (SLAB_BYTES_PER_PAIR + OTHER_BYTES_PER_PAIR) + JVMS_BYTES
                + rings(connections, facts) * RING_PAIR_BYTES;
    }

    private static int rings(int connections, MachineFacts facts) {
        return (int) Math.ceilDiv((long) connections, Math.max(1, facts.filesMax()));
    }

    private static int fits(MachineFacts facts) {
        long reserve = Math.max(RESERVE_BYTES_MIN, facts.totalBytes() / RESERVE_SHARE);
        long left = facts.availableBytes() - reserve - JVMS_BYTES - RING_PAIR_BYTES;
        double perPair = SLAB_BYTES_PER_PAIR + OTHER_BYTES_PER_PAIR
                + (double) RING_PAIR_BYTES / facts.filesMax();
        long byMemory = (long) Math.max(0, left / perPair);
        // Each end of a connection is a file of the system's, and only root may go past its limit.
        long byFiles = facts.root() ? Long.MAX_VALUE : facts.systemFilesMax() / 2;
        return (int) Math.min(Math.min(byMemory, byFiles), Integer.MAX_VALUE);
    }

    private static List<String> notes(Integer asked, int connections, long serverBytes,
            MachineFacts facts) {
        List<String> notes = new ArrayList<>();
        if (asked == null && connections < CONNECTIONS_DEFAULT) {
            notes.add(format("a million does not fit this machine: taking %,d", connections));
        }
        if (serverBytes > 0) {
            notes.add(format("the server alone has %,d MiB: some %,d connections are to be"
                    + " expected, refusals (503) are no failure", serverBytes / MIB,
                    Math.min(connections, admitted(serverBytes))));
        }
        if (rings(connections, facts) > 1) {
            notes.add(format("RLIMIT_NOFILE is %,d: %,d rings at each end", facts.filesMax(),
                    rings(connections, facts)));
        }
        if (!facts.root()) {
            notes.add("not root: kernel memory is the Slab line of /proc/meminfo, both ends and"
                    + " all else together, not told apart by cache");
        }
        if (facts.conntrackMax() > 0 && facts.conntrackMax() < connections) {
            notes.add(format("nf_conntrack_max is %,d: if the firewall follows connections over"
                    + " loopback, set it higher (sysctl net.netfilter.nf_conntrack_max=%d)",
                    facts.conntrackMax(), 2L * connections));
        }
        return notes;
    }

    /** In one sentence; the first thing that is said. */
    String line() {
        return format("%,d connections, both ends here: about %.1f GB of %.1f GB available"
                + " (%,d would fit)", connections, needBytes / 1e9, facts.availableBytes() / 1e9,
                fits);
    }

    /** False where nothing should be started. */
    boolean isEnough() {
        return connections > 0 && needBytes <= needBytes(fits, facts);
    }

    /** Memory is free only by what the kernel could give back: it is asked to, beforehand. */
    boolean isTight(long freeBytes) {
        return needBytes > freeBytes;
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
