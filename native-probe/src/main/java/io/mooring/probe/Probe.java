package io.mooring.probe;

import io.mooring.probe.model.CostModel;
import io.mooring.probe.model.KernelObject;
import io.mooring.probe.model.Layer;
import io.mooring.probe.model.ObjectSizes;
import io.mooring.probe.model.Report;
import io.mooring.probe.model.Report.Scope;
import io.mooring.probe.model.Report.Source;
import io.mooring.probe.model.ReportBuilder;
import io.mooring.probe.source.Btf;
import io.mooring.probe.source.CgroupMemory;
import io.mooring.probe.source.MemInfo;
import io.mooring.probe.source.ProcFs;
import io.mooring.probe.source.ProcessInfo;
import io.mooring.probe.source.Reading;
import io.mooring.probe.source.SlabAliases;
import io.mooring.probe.source.SlabCaches;
import io.mooring.probe.source.SockStat;
import io.mooring.probe.source.TcpLimits;
import io.mooring.probe.sys.LibC;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Takes a report. Every source that is missing is told with its reason; the rest still counts.
 *
 * @param topMost  so many of the fattest sockets
 * @param ringsMax of each process so many rings are read
 * @param whatIf   connections to project, beside the usual numbers; 0: none
 * @param progress is told how far it is
 */
public record Probe(ProcFs files, int topMost, int ringsMax, long whatIf, Progress progress) {

    public static final int RINGS_MAX = 256;

    /** Of the machine that this runs on. */
    public static Probe here(int topMost, int ringsMax, long whatIf) {
        return here(topMost, ringsMax, whatIf, Progress.NONE);
    }

    /** As {@link #here(int, int, long)}. */
    public static Probe here(int topMost, int ringsMax, long whatIf, Progress progress) {
        return new Probe(new ProcFs(Path.of("/"), LibC.pageBytes()), topMost, ringsMax, whatIf,
                progress);
    }

    public Report take(Scope scope) {
        long start = System.nanoTime();
        List<Source> sources = new ArrayList<>();
        // Slabs before sockets: the probe's own work must not be in them.
        Reading<SlabCaches> slabs = SlabCaches.read(files);
        Reading<SlabAliases> aliases = SlabAliases.read(files);
        Reading<MemInfo> memory = MemInfo.read(files);
        Reading<SockStat> sockstat = SockStat.read(files);
        Reading<TcpLimits> limits = TcpLimits.read(files);
        Collector found = new Collector(this, scope, sources);
        found.collect();
        tell(sources, "slab caches", slabs, "/proc/slabinfo");
        tell(sources, "merged slabs", aliases, "/sys/kernel/slab");
        Reading<Map<String, Integer>> btf = sizesIfNeeded(slabs);
        tell(sources, "sizes from BTF", btf, "/sys/kernel/btf/vmlinux");
        tell(sources, "memory", memory, "/proc/meminfo");
        tell(sources, "socket counts", sockstat, "/proc/net/sockstat");
        tell(sources, "TCP's limits", limits, "/proc/sys/net/ipv4");
        int pid = scope.kind() == Scope.Kind.PID ? scope.number()
                : found.processes.isEmpty() ? 0 : found.processes.getFirst().pid();
        Reading<CgroupMemory> cgroup = pid == 0
                ? Reading.missing("no process known", "") : CgroupMemory.read(files, pid);
        tell(sources, "memory cgroup", cgroup, "of process " + pid);

        SlabAliases names = aliases.orElse(SlabAliases.NONE);
        ObjectSizes sizes = new ObjectSizes(slabs.value(), names, btf.orElse(Map.of()),
                files.pageBytes(), Runtime.getRuntime().availableProcessors());
        boolean accounts = cgroup.isThere() && cgroup.value().accounts();
        CostModel model = new CostModel(found.totals, found.holders, sizes, hasRingNodes(),
                accounts, accounts && cgroup.value().chargesTcp());
        List<Layer> layers = new ArrayList<>(model.layers());
        boolean host = scope.kind() == Scope.Kind.HOST && slabs.isThere();
        if (host) {
            layers.addAll(model.ofSlabs(slabs.value(), names));
        }
        if (!found.processes.isEmpty()) {
            user(layers, found.processes, found.totals.connections());
        }
        return new ReportBuilder(found.totals, found.holders, layers, found.processes, sizes,
                files.pageBytes(), whatIf)
                .machine(memory.value(), sockstat.value(), limits.value(), cgroup.value())
                .slabs(slabs.value(), names)
                .coverage(host ? model.coverage(slabs.value(), names) : List.of())
                .build(OffsetDateTime.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                        machine(), scope, sources, found.top, found.interrupted,
                        () -> own(start));
    }

    /** With slabinfo only what comes from kmalloc is still to be asked; that too is in BTF. */
    private Reading<Map<String, Integer>> sizesIfNeeded(Reading<SlabCaches> slabs) {
        Set<String> names = Stream.of(KernelObject.values())
                .filter(object -> object.struct != null
                        && (object.cache == null || !slabs.isThere()))
                .map(object -> object.struct).collect(Collectors.toSet());
        return Btf.read(files, names);
    }

    /**
     * All of the processes, not the connections' alone: what grows with them {@code diff} shows.
     */
    private static void user(List<Layer> layers, List<ProcessInfo> processes, long connections) {
        long heap = processes.stream().mapToLong(ProcessInfo::javaHeap).sum();
        long anon = processes.stream().mapToLong(ProcessInfo::anon).sum();
        user(layers, heap == 0 ? "user memory: own"
                : "user memory: own, without the Java heap", anon - heap, connections,
                "RssAnon of /proc/PID/status");
        user(layers, "user memory: Java heap", heap, connections,
                "/proc/PID/smaps: without a name, below 32 GB");
        user(layers, "user memory: of files", processes.stream().mapToLong(ProcessInfo::file)
                .sum(), connections, "RssFile of /proc/PID/status");
        user(layers, "user memory: shared, rings in it", processes.stream()
                .mapToLong(ProcessInfo::shared).sum(), connections,
                "RssShmem of /proc/PID/status");
    }

    private static void user(List<Layer> layers, String name, long bytes, long connections,
            String source) {
        if (bytes > 0) {
            layers.add(new Layer(Layer.Part.USER, name, 0, 0, connections, bytes, bytes, source,
                    Layer.Basis.MEASURED));
        }
    }

    private static void tell(List<Source> sources, String name, Reading<?> reading,
            String detail) {
        sources.add(reading.isThere() ? new Source(name, true, detail, "", "")
                : new Source(name, false, detail, reading.why(), reading.remedy()));
    }

    private Report.Machine machine() {
        return new Report.Machine(files.read("proc/sys/kernel/osrelease").orElse("?").strip(),
                System.getProperty("os.arch"), files.pageBytes(),
                Runtime.getRuntime().availableProcessors());
    }

    /** Since Linux 6.13 a file in a ring's table has a node of its own. */
    private boolean hasRingNodes() {
        return isAtLeast(files.read("proc/sys/kernel/osrelease").orElse(""), 6, 13);
    }

    static boolean isAtLeast(String release, int major, int minor) {
        String[] parts = release.split("[^0-9]+");
        if (parts.length < 2 || parts[0].isEmpty()) {
            return false;
        }
        int found = Integer.parseInt(parts[0]);
        return found > major || found == major && Integer.parseInt(parts[1]) >= minor;
    }

    private static Report.Own own(long startNanos) {
        Reading<ProcessInfo> me = ProcessInfo.read(new ProcFs(Path.of("/"), LibC.pageBytes()),
                (int) ProcessHandle.current().pid());
        return new Report.Own((System.nanoTime() - startNanos) / 1_000_000,
                me.isThere() ? me.value().rss() : 0);
    }
}
