package io.mooring.probe.model;

import io.mooring.probe.source.SlabAliases;
import io.mooring.probe.source.SlabCaches;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a connection costs by the slabs alone, of which both ends are on this machine: by how much
 * each cache grew with the number of connections, and which end's that is. What a TCP socket
 * consists of, each end has its half of; what waiting adds too, for both ends wait by one-shot
 * POLL_ADD on a direct descriptor; the buckets of bound ports are the client's alone, under
 * whatever name the kernel has merged them. TIME-WAIT and half-open sockets come and go with the
 * ramp and are nobody's cost of holding; caches of files and processes are others' doing.
 *
 * <p>Where the processes run in a memory cgroup, each slab of charged objects has a vector of eight
 * bytes per object (kmalloc-128 to 256). That is the cgroup's cost, of the socket's own objects
 * mostly, and none where there is no cgroup: told apart, neither the bare socket's nor above it.
 *
 * <p>It knows nothing of sock_diag and fdinfo, so it can judge a {@link CostModel}.
 *
 * @param shares of each cache that connections may have objects in
 */
public record PairSlopes(List<Share> shares) {

    /** What a cache is for, in the order of the stack. */
    public enum Part {
        SOCKET("socket", true), INODE("inode", true), FILE("file", true), DENTRY("dentry", true),
        LABELS("security labels", true), ACCOUNTS("cgroup's accounts", false),
        POLL("poll (io_kiocb)", false), DESCRIPTOR("descriptor node", false),
        OTHER("other slabs", false),
        CLIENT("client's port", false);

        public final String label;
        /** All of a bare accepted socket, before anybody waits for it. */
        final boolean isBare;

        Part(String label, boolean isBare) {
            this.label = label;
            this.isBare = isBare;
        }
    }

    /**
     * One cache.
     *
     * @param pairBytes both ends', for one connection, with its standard error
     */
    public record Share(String cache, Part part, double pairBytes, double pairError) {

        public double serverBytes() {
            return part == Part.CLIENT ? 0 : pairBytes / 2;
        }

        double serverError() {
            return part == Part.CLIENT ? 0 : pairError / 2;
        }
    }

    private static final double SHOWN_BYTES_MIN = 0.5;

    /**
     * Empty unless there are two different numbers of connections at least.
     *
     * @param connections open at each reading
     * @param readings    of the slabs, as many
     * @param aliases     tells which cache those of bound ports are merged with
     */
    public static PairSlopes of(double[] connections, List<SlabCaches> readings,
            SlabAliases aliases) {
        List<Share> shares = new ArrayList<>();
        if (Arrays.stream(connections).distinct().count() >= 2) {
            Set<String> ofPorts = ofPorts(aliases);
            TreeSet<String> caches = new TreeSet<>();
            readings.forEach(reading -> caches.addAll(reading.byName().keySet()));
            caches.removeIf(cache -> !SlabUse.isOfConnections(cache));
            for (String cache : caches) {
                Slope slope = Slope.of(connections, readings.stream()
                        .mapToDouble(reading -> reading.activeBytes(cache)).toArray());
                Part part = ofPorts.contains(cache) ? Part.CLIENT : part(cache);
                shares.add(new Share(cache, part, slope.slope(), slope.error()));
            }
        }
        shares.sort(Comparator.comparing(Share::part)
                .thenComparing(Comparator.comparingDouble(Share::pairBytes).reversed()));
        return new PairSlopes(shares);
    }

    /** The names under which /proc/slabinfo may have the buckets of bound ports and addresses. */
    public static Set<String> ofPorts(SlabAliases aliases) {
        return aliases.sharing(KernelObject.PORT_ADDRESS.cache);
    }

    private static Part part(String cache) {
        if (cache.startsWith("tcp_bind")) {
            return Part.CLIENT;
        }
        return switch (cache) {
            case "TCP", "TCPv6" -> Part.SOCKET;
            case "sock_inode_cache" -> Part.INODE;
            case "filp" -> Part.FILE;
            case "dentry" -> Part.DENTRY;
            case "lsm_inode_cache", "lsm_file_cache" -> Part.LABELS;
            case "io_kiocb" -> Part.POLL;
            // The node of a direct descriptor, 32 bytes, in whichever variant of the cache.
            case "kmalloc-32", "kmalloc-cg-32", "kmalloc-rnd-32" -> Part.DESCRIPTOR;
            case "kmalloc-128", "kmalloc-192", "kmalloc-256" -> Part.ACCOUNTS;
            default -> Part.OTHER;
        };
    }

    public boolean isEmpty() {
        return shares.isEmpty();
    }

    /** The server's end of one part, bytes per connection; so are all that follow. */
    public double server(Part part) {
        return shares.stream().filter(share -> share.part() == part)
                .mapToDouble(Share::serverBytes).sum();
    }

    /** The server's end: all of it. */
    public double server() {
        return shares.stream().mapToDouble(Share::serverBytes).sum();
    }

    /** A bare accepted socket, as it would be if nobody waited for it. */
    public double bare() {
        return shares.stream().filter(share -> share.part().isBare)
                .mapToDouble(Share::serverBytes).sum();
    }

    /** What the server's waiting adds to that. */
    public double aboveBare() {
        return server() - bare() - server(Part.ACCOUNTS);
    }

    /** Its standard error, as if the caches erred independently. */
    public double aboveBareError() {
        return error(shares.stream().filter(share -> !share.part().isBare
                && share.part() != Part.ACCOUNTS).toList());
    }

    public double serverError() {
        return error(shares);
    }

    private static double error(List<Share> shares) {
        return Math.sqrt(shares.stream().mapToDouble(Share::serverError).map(e -> e * e).sum());
    }

    /** Both ends. */
    public double pair() {
        return shares.stream().mapToDouble(Share::pairBytes).sum();
    }

    /** The caches worth showing. */
    public List<Share> shown() {
        return shares.stream().filter(share -> Math.abs(share.pairBytes()) >= SHOWN_BYTES_MIN)
                .toList();
    }
}
