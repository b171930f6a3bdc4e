package io.mooring.probe.model;

import io.mooring.probe.source.CgroupMemory;
import io.mooring.probe.source.MemInfo;
import io.mooring.probe.source.ProcessInfo;
import io.mooring.probe.source.SlabAliases;
import io.mooring.probe.source.SlabCaches;
import io.mooring.probe.source.SockStat;
import io.mooring.probe.source.TcpLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Puts a report together: adds what follows from the stack, projections and advice. */
public final class ReportBuilder {

    private static final long[] USUAL = {10_000, 100_000, 1_000_000};

    private final SocketTotals totals;
    private final Holders holders;
    private final List<Layer> layers;
    private final List<ProcessInfo> processes;
    private final ObjectSizes sizes;
    private final int pageBytes;
    private final long whatIf;
    private MemInfo memory;
    private SockStat sockstat;
    private TcpLimits limits;
    private CgroupMemory cgroup;
    private Map<String, Double> socketSlabs = Map.of();
    private double slabsHeld;
    private List<CostModel.Coverage> coverage = List.of();

    /** @param whatIf connections to project beside the usual numbers; 0: none */
    public ReportBuilder(SocketTotals totals, Holders holders, List<Layer> layers,
            List<ProcessInfo> processes, ObjectSizes sizes, int pageBytes, long whatIf) {
        this.totals = totals;
        this.holders = holders;
        this.layers = List.copyOf(layers);
        this.processes = List.copyOf(processes);
        this.sizes = sizes;
        this.pageBytes = pageBytes;
        this.whatIf = whatIf;
    }

    /** Any of them may be null: not to be had. */
    public ReportBuilder machine(MemInfo memoryOrNull, SockStat sockstatOrNull,
            TcpLimits limitsOrNull, CgroupMemory cgroupOrNull) {
        memory = memoryOrNull;
        sockstat = sockstatOrNull;
        limits = limitsOrNull;
        cgroup = cgroupOrNull;
        return this;
    }

    /**
     * Pages held by each cache that a socket or its waiting has objects in; null: not to be had.
     */
    public ReportBuilder slabs(SlabCaches caches, SlabAliases aliases) {
        if (caches != null) {
            slabsHeld = caches.heldBytes();
            Map<String, Double> held = new TreeMap<>();
            for (KernelObject object : KernelObject.values()) {
                SlabCaches.Cache cache = object.cache == null ? null
                        : caches.find(object.cache, aliases);
                if (cache != null) {
                    held.put(cache.name(), cache.heldBytes());
                }
            }
            socketSlabs = held;
        }
        return this;
    }

    public ReportBuilder coverage(List<CostModel.Coverage> rows) {
        coverage = List.copyOf(rows);
        return this;
    }

    public Report build(String takenAt, Report.Machine machine, Report.Scope scope,
            List<Report.Source> sources, List<TopSockets.Fat> top, boolean interrupted,
            Supplier<Report.Own> own) {
        Report bare = new Report(takenAt, machine, scope, List.copyOf(sources), totals, holders,
                layers, coverage, processes, memory, sockstat, limits, cgroup, socketSlabs,
                slabsHeld, List.copyOf(top), List.of(), List.of(), interrupted, null);
        List<String> advice = Advice.of(totals, holders, layers, sizes, processes, sockstat,
                limits, cgroup, pageBytes);
        return new Report(takenAt, machine, scope, bare.sources(), totals, holders, layers,
                coverage, processes, memory, sockstat, limits, cgroup, socketSlabs, slabsHeld,
                bare.top(), projections(bare), advice, interrupted, own.get());
    }

    private List<Projection> projections(Report bare) {
        TreeSet<Long> numbers = new TreeSet<>();
        for (long usual : USUAL) {
            numbers.add(usual);
        }
        if (whatIf > 0) {
            numbers.add(whatIf);
        }
        Projection.Basis basis = basis(bare);
        List<Projection> rows = new ArrayList<>();
        for (long number : numbers) {
            rows.add(Projection.of(number, basis));
        }
        return rows;
    }

    private Projection.Basis basis(Report bare) {
        long connections = totals.connections();
        double idle = connections >= Report.TELLING_CONNECTIONS
                ? bare.idleBytesPerConnection() : bareSocket();
        double user = bare.isUserShareTelling()
                ? (double) processes.stream().mapToLong(ProcessInfo::anon).sum() / connections : 0;
        double frame = sizes.of(KernelObject.SENT_BUFFER).packedBytes()
                + sizes.of(KernelObject.SMALL_DATA).packedBytes();
        double ram = memory == null ? Double.MAX_VALUE : memory.get("MemAvailable")
                + bare.kernelBytes() + (user > 0 ? user * connections : 0);
        long files = processes.stream().mapToLong(ProcessInfo::filesSoft).filter(n -> n > 0).max()
                .orElse(Long.MAX_VALUE);
        return new Projection.Basis(idle, user, frame, pageBytes, ram,
                limits == null ? Long.MAX_VALUE : limits.memMax(),
                limits == null ? 0 : limits.writeMax(), files,
                bare.areHoldersKnown() && holders.withDescriptor() > holders.direct());
    }

    /** Where there is no connection yet: a bare accepted socket. */
    private double bareSocket() {
        return sizes.of(KernelObject.TCP).packedBytes() + sizes.of(KernelObject.INODE).packedBytes()
                + sizes.of(KernelObject.FILE).packedBytes()
                + sizes.of(KernelObject.DENTRY).packedBytes()
                + sizes.of(KernelObject.INODE_LABEL).packedBytes()
                + sizes.of(KernelObject.FILE_LABEL).packedBytes();
    }
}
