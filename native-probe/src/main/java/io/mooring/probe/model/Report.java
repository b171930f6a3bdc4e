package io.mooring.probe.model;

import io.mooring.probe.model.Layer.Part;
import io.mooring.probe.source.CgroupMemory;
import io.mooring.probe.source.MemInfo;
import io.mooring.probe.source.ProcessInfo;
import io.mooring.probe.source.SockStat;
import io.mooring.probe.source.TcpLimits;
import java.util.List;
import java.util.Map;

/**
 * All that the probe found out, at one moment. Where a source was missing its part is null, and
 * {@link #sources} says why.
 *
 * @param takenAt     ISO 8601
 * @param interrupted the list of sockets changed while it was read: some may be missing or twice
 * @param socketSlabs bytes by slab cache (pages held), for the caches worth following
 */
public record Report(String takenAt, Machine machine, Scope scope, List<Source> sources,
        SocketTotals totals, Holders holders, List<Layer> layers,
        List<CostModel.Coverage> coverage, List<ProcessInfo> processes, MemInfo memory,
        SockStat sockstat, TcpLimits limits, CgroupMemory cgroup, Map<String, Double> socketSlabs,
        double slabsHeld, List<TopSockets.Fat> top, List<Projection> projections,
        List<String> advice, boolean interrupted, Own own) {

    /** Changes when a figure is dropped or means something else, not when one is added. */
    public static final String SCHEMA = "mooring-probe/1";

    public record Machine(String kernel, String architecture, int pageBytes, int cpus) {
    }

    /** Whose sockets: of a process, of a local port, or all in this network namespace. */
    public record Scope(Kind kind, int number) {
        public enum Kind { PID, PORT, HOST }

        public String title() {
            return switch (kind) {
                case PID -> "process " + number;
                case PORT -> "port " + number;
                case HOST -> "the whole machine";
            };
        }
    }

    /** A source and whether it spoke; {@code why} and {@code remedy} are empty where it did. */
    public record Source(String name, boolean isThere, String detail, String why, String remedy) {
    }

    /** What the probe itself took. */
    public record Own(long millis, long rssBytes) {
    }

    /** Below so many connections what a process has once outweighs what each of them has. */
    public static final long TELLING_CONNECTIONS = 100;

    private static final double HOLDERS_SHARE = 0.9;

    public long connections() {
        return totals.connections();
    }

    /** Of all rows that are kernel memory. */
    public double kernelBytes() {
        return layers.stream().filter(row -> row.part().isKernel).mapToDouble(Layer::bytes).sum();
    }

    public double bytes(Part part) {
        return layers.stream().filter(row -> row.part() == part).mapToDouble(Layer::bytes).sum();
    }

    /** Of one stretch, for each connection; 0 where there is none. */
    public double perConnection(Part part) {
        return connections() == 0 ? 0 : bytes(part) / connections();
    }

    /** Kernel bytes that a connection takes while it is idle. */
    public double idleBytesPerConnection() {
        double sum = 0;
        for (Part part : Part.values()) {
            sum += part.isPerIdleConnection() ? perConnection(part) : 0;
        }
        return sum;
    }

    public long userBytes() {
        return processes.stream().mapToLong(ProcessInfo::rss).sum();
    }

    /** It is known of nearly all connections who holds them; without root it may be of none. */
    public boolean areHoldersKnown() {
        return holders.withDescriptor() + holders.direct() >= HOLDERS_SHARE * connections();
    }

    /**
     * The processes' memory divided by connections means something: there are enough of them, and
     * it is the memory of those who hold them, not of all the machine's processes.
     */
    public boolean isUserShareTelling() {
        return connections() >= Projection.USER_CONNECTIONS_MIN && areHoldersKnown()
                && scope.kind() != Scope.Kind.HOST;
    }

    /** A row has a share for each connection, and there are enough for it to mean something. */
    public boolean isPerConnection(Layer row) {
        boolean kind = row.part().isPerIdleConnection() || row.part() == Part.RECEIVED
                || row.part() == Part.SENT;
        return connections() > 0 && (kind || row.part() == Part.USER
                && isUserShareTelling());
    }

    /** The slabs can judge: CPUs keep some objects ready, which count as in use. */
    public boolean isCovered() {
        return coverage.stream().mapToLong(CostModel.Coverage::modelled).sum()
                >= 10 * TELLING_CONNECTIONS;
    }

    /** How much of the slabs that are only sockets' the model accounts for; NaN: cannot tell. */
    public double coveredShare() {
        double active = coverage.stream().mapToDouble(CostModel.Coverage::activeBytes).sum();
        double modelled = coverage.stream().mapToDouble(CostModel.Coverage::modelledBytes).sum();
        return active == 0 ? Double.NaN : modelled / active;
    }
}
