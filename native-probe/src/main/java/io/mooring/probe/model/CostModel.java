package io.mooring.probe.model;

import io.mooring.probe.model.Layer.Basis;
import io.mooring.probe.model.Layer.Part;
import io.mooring.probe.source.SlabAliases;
import io.mooring.probe.source.SlabCaches;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the sockets cost: counts from sock_diag and fdinfo times sizes of the running kernel.
 * Nothing in it is fitted to a total, so that totals can judge it.
 *
 * @param ringNodes    this kernel has a node for each direct descriptor (Linux 6.13)
 * @param accounts     the holders run in a memory cgroup, so objects made for them are accounted
 * @param chargesTcp   that is true of tcp_socks too
 */
public record CostModel(SocketTotals totals, Holders holders, ObjectSizes sizes,
        boolean ringNodes, boolean accounts, boolean chargesTcp) {

    private static final int SLOT_BYTES = 8;
    /** A descriptor: its pointer, and its bits in the open and close-on-exec maps. */
    private static final double DESCRIPTOR_BYTES = 8 + 2 / 8.0;
    /** Caches whose objects are sockets' and nobody else's. */
    private static final Set<KernelObject> OWN = EnumSet.of(KernelObject.TCP, KernelObject.TCP_V6,
            KernelObject.INODE, KernelObject.REQUEST, KernelObject.TIME_WAIT,
            KernelObject.TIME_WAIT_V6, KernelObject.EPOLL_ITEM, KernelObject.PORT,
            KernelObject.PORT_ADDRESS);

    /**
     * One slab cache: what the model says is in it, and what is.
     *
     * @param modelled objects that sock_diag and fdinfo account for
     * @param active   objects that the cache says are in use
     */
    public record Coverage(String cache, double packedBytes, long modelled, long active,
            long objects) {

        public double modelledBytes() {
            return modelled * packedBytes;
        }

        public double activeBytes() {
            return active * packedBytes;
        }
    }

    /** The stack, from the bottom; rows that are empty are left out. */
    public List<Layer> layers() {
        List<Layer> rows = new ArrayList<>();
        sockets(rows);
        waiting(rows);
        descriptors(rows);
        queues(rows);
        rows.removeIf(row -> row.bytes() == 0);
        return rows;
    }

    private void add(List<Layer> rows, Part part, String name, KernelObject object, long count,
            String counted, Basis basis) {
        boolean tcp = object == KernelObject.TCP || object == KernelObject.TCP_V6;
        boolean charged = object.isCharged && accounts && (!tcp || chargesTcp);
        rows.add(Layer.of(part, name, sizes.of(object), count, charged, counted, basis));
    }

    private void sockets(List<Layer> rows) {
        String diag = "sock_diag";
        String found = totals.byElimination == 0 ? diag
                : diag + ", " + totals.byElimination + " by elimination";
        Basis basis = totals.byElimination == 0 ? Basis.MEASURED : Basis.DERIVED;
        add(rows, Part.SOCKET, "tcp_sock, IPv4", KernelObject.TCP, totals.socketsV4, found, basis);
        add(rows, Part.SOCKET, "tcp_sock, IPv6", KernelObject.TCP_V6, totals.socketsV6, found,
                basis);
        long withFile = totals.withFile;
        String inodes = found + ", those with an inode";
        add(rows, Part.INODE, "socket inode", KernelObject.INODE, withFile, inodes, basis);
        add(rows, Part.FILE, "file", KernelObject.FILE, withFile, inodes, Basis.DERIVED);
        add(rows, Part.DENTRY, "dentry", KernelObject.DENTRY, withFile, inodes, Basis.DERIVED);
        add(rows, Part.LABELS, "label of the inode", KernelObject.INODE_LABEL, withFile, inodes,
                Basis.DERIVED);
        add(rows, Part.LABELS, "label of the file", KernelObject.FILE_LABEL, withFile, inodes,
                Basis.DERIVED);
        if (accounts) {
            double each = sizes.accountBytes(KernelObject.INODE)
                    + sizes.accountBytes(KernelObject.FILE)
                    + sizes.accountBytes(KernelObject.DENTRY);
            double bytes = withFile * each + (chargesTcp ? totals.sockets()
                    * sizes.accountBytes(KernelObject.TCP) : 0)
                    + holders.epollSockets() * (sizes.accountBytes(KernelObject.EPOLL_ITEM)
                    + sizes.accountBytes(KernelObject.EPOLL_WAIT))
                    + holders.requests() * sizes.accountBytes(KernelObject.REQUEST);
            rows.add(Layer.bytes(Part.ACCOUNTS, "eight bytes for each charged object", bytes,
                    withFile, false, "objects of the rows here, in a memory cgroup",
                    Basis.DERIVED));
        }
        add(rows, Part.PORT, "port", KernelObject.PORT, totals.ports(), "sock_diag, distinct",
                Basis.DERIVED);
        add(rows, Part.PORT, "port and address", KernelObject.PORT_ADDRESS, totals.portAddresses(),
                "sock_diag, distinct", Basis.DERIVED);
        unix(rows);
        add(rows, Part.PASSING, "TIME-WAIT, IPv4", KernelObject.TIME_WAIT, totals.timeWaitV4, diag,
                Basis.MEASURED);
        add(rows, Part.PASSING, "TIME-WAIT, IPv6", KernelObject.TIME_WAIT_V6, totals.timeWaitV6,
                diag, Basis.MEASURED);
        add(rows, Part.PASSING, "handshakes", KernelObject.HANDSHAKE, totals.handshakesV4
                + totals.handshakesV6, diag, Basis.MEASURED);
    }

    /**
     * They are no connections to others; but the machine's and the process's memory all the same.
     */
    private void unix(List<Layer> rows) {
        double each = 0;
        double charged = 0;
        for (KernelObject object : new KernelObject[] {KernelObject.UNIX, KernelObject.INODE,
            KernelObject.FILE, KernelObject.DENTRY, KernelObject.INODE_LABEL,
            KernelObject.FILE_LABEL}) {
            each += sizes.of(object).packedBytes();
            charged += object.isCharged && accounts ? sizes.of(object).objectBytes() + 8 : 0;
        }
        rows.add(new Layer(Part.UNIX, "unix sockets, with inode, file, dentry", 0, each,
                totals.unix, totals.unix * each, totals.unix * charged, "sock_diag",
                Basis.MEASURED));
        rows.add(Layer.bytes(Part.UNIX, "queued in unix sockets", totals.unixQueued, totals.unix,
                false, "sock_diag, SK_MEMINFO", Basis.MEASURED));
    }

    private void waiting(List<Layer> rows) {
        String epoll = "fdinfo of epoll sets";
        add(rows, Part.WAITING, "epoll item", KernelObject.EPOLL_ITEM, holders.epollSockets(),
                epoll, Basis.MEASURED);
        add(rows, Part.WAITING, "epoll's place in the wait queue", KernelObject.EPOLL_WAIT,
                holders.epollSockets(), epoll, Basis.DERIVED);
        add(rows, Part.WAITING, "epoll's list of a file", KernelObject.EPOLL_HEAD,
                holders.epollSockets(), epoll, Basis.DERIVED);
        String ring = "fdinfo of rings";
        Basis basis = totals.heldByElimination == 0 ? Basis.MEASURED : Basis.DERIVED;
        add(rows, Part.WAITING, "armed POLL_ADD", KernelObject.REQUEST, holders.pollAdd(), ring,
                basis);
        add(rows, Part.WAITING, "armed RECV", KernelObject.REQUEST, holders.recv(), ring,
                basis);
        add(rows, Part.WAITING, "armed RECV: its message header", KernelObject.ASYNC_MESSAGE,
                holders.recv(), ring, Basis.DERIVED);
        add(rows, Part.WAITING, "armed READ", KernelObject.REQUEST, holders.read(), ring,
                basis);
        add(rows, Part.WAITING, "armed READ: its state", KernelObject.ASYNC_READ, holders.read(),
                ring, Basis.DERIVED);
        add(rows, Part.WAITING, "waiting ACCEPT", KernelObject.REQUEST, holders.accept(), ring,
                basis);
        add(rows, Part.WAITING, "poll of armed RECV, READ, ACCEPT", KernelObject.ASYNC_POLL,
                holders.recv() + holders.read() + holders.accept(), ring, Basis.DERIVED);
    }

    private void descriptors(List<Layer> rows) {
        String fd = "FDSize of /proc/PID/status";
        String ring = "fdinfo of rings";
        long used = holders.withDescriptor();
        rows.add(Layer.bytes(Part.DESCRIPTOR, "descriptor", used * DESCRIPTOR_BYTES, used,
                accounts, "/proc/PID/fd", Basis.DERIVED));
        rows.add(Layer.bytes(Part.DESCRIPTOR, "direct descriptor",
                (double) holders.direct() * SLOT_BYTES, holders.direct(), accounts, ring,
                Basis.DERIVED));
        if (ringNodes) {
            add(rows, Part.DESCRIPTOR, "node of a direct descriptor", KernelObject.RING_NODE,
                    holders.direct(), ring, Basis.DERIVED);
        }
        long free = Math.max(0, holders.tableEntries() - used);
        rows.add(Layer.bytes(Part.SLACK, "rest of descriptor tables", free * DESCRIPTOR_BYTES, free,
                accounts, fd, Basis.MEASURED));
        long freeSlots = Math.max(0, holders.ringSlots() - holders.direct());
        rows.add(Layer.bytes(Part.SLACK, "rest of rings' tables", (double) freeSlots * SLOT_BYTES,
                freeSlots, accounts, ring, Basis.MEASURED));
        rows.add(Layer.bytes(Part.RINGS, "queues of rings", holders.ringEntryBytes(),
                holders.rings(), accounts, ring, Basis.DERIVED));
    }

    private void queues(List<Layer> rows) {
        rows.add(Layer.bytes(Part.RECEIVED, "received and not read", totals.received,
                totals.withReceived, false, "sock_diag, SK_MEMINFO", Basis.MEASURED));
        rows.add(Layer.bytes(Part.SENT, "sent and not acknowledged", totals.sent, totals.withSent,
                false, "sock_diag, SK_MEMINFO", Basis.MEASURED));
    }

    /**
     * What only the whole machine's slabs show: requests that rings keep for reuse, and memory of
     * objects that are free but whose pages are not.
     */
    public List<Layer> ofSlabs(SlabCaches caches, SlabAliases aliases) {
        List<Layer> rows = new ArrayList<>();
        ObjectSizes.Size request = sizes.of(KernelObject.REQUEST);
        SlabCaches.Cache requests = caches.find("io_kiocb", aliases);
        if (requests != null) {
            long kept = Math.max(0, requests.active() - holders.requests());
            rows.add(Layer.of(Part.RINGS, "requests that rings keep for reuse, or busy", request,
                    kept, accounts, "io_kiocb in slabinfo, less those that wait", Basis.MEASURED));
        }
        double free = 0;
        for (Coverage one : coverage(caches, aliases)) {
            free += (one.objects() - one.active()) * one.packedBytes();
        }
        rows.add(Layer.bytes(Part.SLACK, "free objects of sockets' slabs", free, 0, false,
                "slabinfo", Basis.MEASURED));
        rows.removeIf(row -> row.bytes() == 0);
        return rows;
    }

    /** Model and slabs side by side, for caches that are only sockets'; of the whole machine. */
    public List<Coverage> coverage(SlabCaches caches, SlabAliases aliases) {
        Map<SlabCaches.Cache, Long> modelled = new LinkedHashMap<>();
        for (KernelObject object : OWN) {
            SlabCaches.Cache cache = caches.find(object.cache, aliases);
            if (cache != null) {
                modelled.merge(cache, count(object), Long::sum);
            }
        }
        List<Coverage> rows = new ArrayList<>();
        modelled.forEach((cache, count) -> rows.add(new Coverage(cache.name(),
                cache.packedBytes(), count, cache.active(), cache.objects())));
        rows.removeIf(row -> row.modelled() == 0 && row.active() == 0);
        return rows;
    }

    private long count(KernelObject object) {
        return switch (object) {
            case TCP -> totals.socketsV4;
            case TCP_V6 -> totals.socketsV6;
            case INODE -> totals.withFile + totals.unix;
            case REQUEST -> holders.requests();
            case TIME_WAIT -> totals.timeWaitV4;
            case TIME_WAIT_V6 -> totals.timeWaitV6;
            case EPOLL_ITEM -> holders.epollSockets();
            case PORT -> totals.ports();
            case PORT_ADDRESS -> totals.portAddresses();
            default -> 0;
        };
    }
}
