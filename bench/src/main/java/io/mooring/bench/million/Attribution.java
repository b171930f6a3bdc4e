package io.mooring.bench.million;

import io.mooring.bench.LeastSquares;
import io.mooring.bench.SlabInfo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Kernel bytes per connection by slab cache, and which end's they are. Both ends are on this
 * machine, so every cache grows by both. What a TCP socket consists of, each end has its half of;
 * what waiting adds too, for both ends wait by one-shot POLL_ADD on a direct descriptor; the
 * buckets of bound ports are the client's alone, under whatever name the kernel has merged them.
 * TIME_WAIT and half-open sockets come and go with the ramp and are nobody's cost of holding;
 * caches of files and processes are others' doing.
 *
 * <p>Where the processes run in a memory cgroup, each slab of charged objects has a vector of eight
 * bytes per object (kmalloc-128 to 256). That is the cgroup's cost, of the socket's own objects
 * mostly, and none where there is no cgroup: told apart, neither the bare socket's nor above it.
 */
record Attribution(List<Share> shares) {

    /** What a cache is for, in the order of the stack. */
    enum Part {
        SOCKET("socket", true), INODE("inode", true), FILE("file", true), DENTRY("dentry", true),
        LABELS("security labels", true), ACCOUNTS("cgroup's accounts", false),
        POLL("poll (io_kiocb)", false), DESCRIPTOR("descriptor node", false),
        OTHER("other slabs", false),
        CLIENT("client's port", false);

        final String label;
        /** All of a bare accepted socket, before anybody waits for it. */
        final boolean bare;

        Part(String label, boolean bare) {
            this.label = label;
            this.bare = bare;
        }
    }

    /**
     * One cache.
     *
     * @param pairBytes both ends', the slope over connections, with its standard error
     */
    record Share(String cache, Part part, double pairBytes, double pairError) {

        double serverBytes() {
            return part == Part.CLIENT ? 0 : pairBytes / 2;
        }

        double serverError() {
            return part == Part.CLIENT ? 0 : pairError / 2;
        }
    }

    private static final double SHOWN_BYTES_MIN = 0.5;

    /**
     * Of two or more readings with slabs; empty of fewer.
     *
     * @param ofPorts caches that the kernel has merged with those of bound ports
     */
    static Attribution of(List<Memory> readings, Set<String> ofPorts) {
        List<Memory> with = readings.stream().filter(reading -> reading.slabs() != null).toList();
        List<Share> shares = new ArrayList<>();
        if (with.size() >= 2) {
            TreeSet<String> caches = new TreeSet<>();
            with.forEach(reading -> caches.addAll(reading.slabs().bytesByCache().keySet()));
            double[] connections = with.stream().mapToDouble(Memory::connections).toArray();
            for (String cache : caches) {
                if (isConnections(cache)) {
                    LeastSquares fit = LeastSquares.fit(connections, with.stream().mapToDouble(
                            reading -> reading.slabs().bytesByCache().getOrDefault(cache, 0.0))
                            .toArray());
                    Part part = ofPorts.contains(cache) ? Part.CLIENT : part(cache);
                    shares.add(new Share(cache, part, fit.slope(), fit.slopeError()));
                }
            }
        }
        shares.sort(Comparator.comparing(Share::part)
                .thenComparing(Comparator.comparingDouble(Share::pairBytes).reversed()));
        return new Attribution(shares);
    }

    /** Neither others' doing nor passing. */
    static boolean isConnections(String cache) {
        return !SlabInfo.isForeign(cache) && !isPassing(cache);
    }

    /** Of connections that are no longer, or not yet. */
    static boolean isPassing(String cache) {
        return cache.matches("(tw|request)_sock_TCP(v6)?");
    }

    static Part part(String cache) {
        if (cache.startsWith("tcp_bind")) {
            return Part.CLIENT;
        }
        if (SlabInfo.isOfSockets(cache)) {
            return switch (cache) {
                case "sock_inode_cache" -> Part.INODE;
                case "filp" -> Part.FILE;
                case "dentry" -> Part.DENTRY;
                case "lsm_inode_cache", "lsm_file_cache" -> Part.LABELS;
                default -> Part.SOCKET;
            };
        }
        return switch (cache) {
            case "io_kiocb" -> Part.POLL;
            // The node of a direct descriptor, 32 bytes, in whichever variant of the cache.
            case "kmalloc-32", "kmalloc-cg-32", "kmalloc-rnd-32" -> Part.DESCRIPTOR;
            case "kmalloc-128", "kmalloc-192", "kmalloc-256" -> Part.ACCOUNTS;
            default -> Part.OTHER;
        };
    }

    boolean isEmpty() {
        return shares.isEmpty();
    }

    /** The server's end of one part. */
    double server(Part part) {
        return shares.stream().filter(share -> share.part() == part)
                .mapToDouble(Share::serverBytes).sum();
    }

    /** The server's end: all of it. */
    double server() {
        return shares.stream().mapToDouble(Share::serverBytes).sum();
    }

    /** A bare accepted socket, as it would be if nobody waited for it. */
    double bare() {
        return shares.stream().filter(share -> share.part().bare)
                .mapToDouble(Share::serverBytes).sum();
    }

    /** What the server's waiting adds to that. */
    double aboveBare() {
        return server() - bare() - server(Part.ACCOUNTS);
    }

    /** Its standard error, as if the caches erred independently. */
    double aboveBareError() {
        return error(shares.stream().filter(share -> !share.part().bare
                && share.part() != Part.ACCOUNTS).toList());
    }

    double serverError() {
        return error(shares);
    }

    private static double error(List<Share> shares) {
        return Math.sqrt(shares.stream().mapToDouble(Share::serverError).map(e -> e * e).sum());
    }

    /** Both ends. */
    double pair() {
        return shares.stream().mapToDouble(Share::pairBytes).sum();
    }

    /** The caches worth showing. */
    List<Share> shown() {
        return shares.stream().filter(share -> Math.abs(share.pairBytes()) >= SHOWN_BYTES_MIN)
                .toList();
    }
}
