package io.mooring.bench.million;

import io.mooring.bench.IdleCpu;
import io.mooring.bench.LeastSquares;
import io.mooring.bench.Stats;
import io.mooring.probe.model.PairSlopes;
import io.mooring.probe.model.Report;
import io.mooring.probe.source.SlabAliases;
import io.mooring.probe.source.SockStat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.ToDoubleFunction;

/**
 * What was measured so far: filled by {@link MillionRun} as it goes, read at its end or, after
 * Ctrl-C, in the middle by another thread.
 */
final class Outcome {

    /** One growth step: what the swarm says, and when it was told. */
    record Step(long fromMs, long toMs, SwarmEvent.Grown grown) {
    }

    /** One broadcast, and the server's CPU meanwhile. */
    record Delivery(SwarmEvent.Broadcast broadcast, double serverCpuSeconds) {

        double serverMicrosPerDelivery() {
            return 1e6 * serverCpuSeconds / Math.max(1, broadcast.received());
        }
    }

    /**
     * The end of all connections.
     *
     * @param closedMs until the swarm said so; 0 after a kill
     * @param slotsFreeMs until the server had freed every slot, by its gauge
     * @param backMs until slabs and resident memory were back at base, or we stopped waiting
     */
    record End(boolean killed, long closedMs, long slotsFreeMs, long backMs, Memory after,
            SockStat sockets, double passingBytes) {
    }

    /** More of others' sockets than one for so many of ours disturb the figures. */
    private static final int OTHERS_SHARE = 500;
    private static final int OTHERS_MIN = 20;
    /** An entry of a ring's table of descriptors, allocated with the ring: no slope shows it. */
    static final int TABLE_BYTES = 8;
    private static final Set<String> REQUESTS = Set.of("io_kiocb");

    final Options options;
    final Preflight preflight;
    final List<Step> steps = new CopyOnWriteArrayList<>();
    /** Readings while it grew, the last with all; not the base. */
    final List<Memory> points = new CopyOnWriteArrayList<>();
    final List<Delivery> deliveries = new CopyOnWriteArrayList<>();
    final List<String> commands = new CopyOnWriteArrayList<>();
    final List<String> failures = new CopyOnWriteArrayList<>();
    final Map<String, Long> refusedByServer = new TreeMap<>();
    volatile SlabAliases aliases = SlabAliases.NONE;
    volatile Memory atRest;
    volatile Memory base;
    volatile int lost;
    volatile double rampServerCpuSeconds = Double.NaN;
    volatile IdleCpu idle;
    volatile Stats echoMs;
    /** What the probe says of the server, while it holds them all; null: not asked. */
    volatile Report probe;
    volatile long broadcastRssGrowthKib = -1;
    volatile long broadcastCollections = -1;
    volatile End end;
    volatile SwarmEvent.Grown again;
    volatile Map<String, Long> group = Map.of();
    volatile long totalMs;
    volatile String phase = "start";
    volatile boolean complete;

    Outcome(Options options, Preflight preflight) {
        this.options = options;
        this.preflight = preflight;
    }

    /** How many were held. */
    int held() {
        return steps.isEmpty() ? 0 : steps.getLast().grown().connected();
    }

    int failedTotal() {
        return steps.stream().mapToInt(step -> step.grown().failedTotal()).sum();
    }

    /** Attempts that did not become a connection, by reason. */
    Map<String, Long> failed() {
        Map<String, Long> failed = new TreeMap<>();
        steps.forEach(step -> step.grown().failed()
                .forEach((why, count) -> failed.merge(why, count, Long::sum)));
        return failed;
    }

    /** While it grew, without the pauses in which memory was read. */
    long rampMs() {
        return steps.stream().mapToLong(step -> step.grown().elapsedMs()).sum();
    }

    double rampRate() {
        return rampMs() == 0 ? Double.NaN : 1000.0 * held() / rampMs();
    }

    LeastSquares fit(ToDoubleFunction<Memory> figure) {
        return LeastSquares.fit(points.stream().mapToDouble(Memory::connections).toArray(),
                points.stream().mapToDouble(figure).toArray());
    }

    /** Kernel memory by what it is for; empty without root, or of fewer than two readings. */
    PairSlopes slabs() {
        List<Memory> with = points.stream().filter(point -> point.slabs() != null).toList();
        return PairSlopes.of(with.stream().mapToDouble(Memory::connections).toArray(),
                with.stream().map(Memory::slabs).toList(), aliases);
    }

    /**
     * How much of what the slabs say of the server's end the probe finds by counting: a share; NaN
     * where one of the two says nothing.
     */
    double explainedShare() {
        PairSlopes slabs = slabs();
        if (probe == null || slabs.isEmpty() || probe.connections() == 0) {
            return Double.NaN;
        }
        return probe.idleBytesPerConnection() / (slabs.server() + TABLE_BYTES);
    }

    /** 64 bytes each, as the server itself says, per connection held. */
    double slotBytes() {
        return points.isEmpty() ? Double.NaN
                : points.getLast().slotBytes() / Math.max(1, points.getLast().connections());
    }

    /**
     * What of a growth was still there at the end.
     *
     * @param allowed what a JVM or a kernel at rest moves by, whatever connections do
     */
    record Rest(double grownBytes, double leftBytes, double allowed) {

        private static final double BACK_SHARE = 0.02;

        double percent() {
            return grownBytes <= 0 ? 0 : 100 * leftBytes / grownBytes;
        }

        boolean isBack() {
            return leftBytes <= Math.max(allowed, BACK_SHARE * grownBytes);
        }
    }

    Rest userRest() {
        return rest(Memory::rssBytes, 4 << 20);
    }

    /** Of slabs, but for what {@link #requestsLeft} and {@link #portsLeft} tell of. */
    Rest slabRest() {
        return rest(memory -> memory.slabBytes() - memory.slabBytes(REQUESTS)
                - memory.slabBytes(PairSlopes.ofPorts(aliases)), 2 << 20);
    }

    /**
     * Of requests that io_uring keeps: a ring holds on to each that it ever had in use, for the
     * next, until the ring itself is closed. No system call gives them back.
     */
    Rest requestsLeft() {
        return rest(memory -> memory.slabBytes(REQUESTS), 0);
    }

    /** Of ports, which stay bound as long as their sockets are in TIME_WAIT. */
    Rest portsLeft() {
        return rest(memory -> memory.slabBytes(PairSlopes.ofPorts(aliases)), 0);
    }

    private Rest rest(ToDoubleFunction<Memory> figure, double allowed) {
        double atBase = figure.applyAsDouble(base);
        return new Rest(points.isEmpty() ? 0
                : figure.applyAsDouble(points.getLast()) - atBase,
                figure.applyAsDouble(end.after()) - atBase, allowed);
    }

    int missing() {
        return deliveries.stream().mapToInt(d -> d.broadcast().missing()
                + d.broadcast().corrupt()).sum();
    }

    /** Sockets that others had more, or less, at one reading than at the first: the most. */
    long socketsOfOthers() {
        Memory first = points.getFirst();
        long most = 0;
        for (Memory point : points) {
            long others = point.sockets() - first.sockets()
                    - 2L * (point.connections() - first.connections());
            most = Math.abs(others) > Math.abs(most) ? others : most;
        }
        return most;
    }

    /** Enough of them to spoil the kernel's figures. */
    boolean isDisturbed() {
        return points.size() >= 2 && Math.abs(socketsOfOthers())
                > Math.max(OTHERS_MIN, held() / OTHERS_SHARE);
    }

    /** True where refusals are what was to be shown. */
    boolean refusalsExpected() {
        return options.serverMemoryBytes() > 0;
    }

    /** All as it should be: none lost, every broadcast complete, none refused without reason. */
    boolean isGood() {
        return complete && failures.isEmpty() && lost == 0 && missing() == 0
                && deliveries.size() == options.broadcasts()
                && (refusalsExpected() || held() == preflight.connections())
                && group.getOrDefault("oom_kills", 0L) == 0
                && (again == null || again.failedTotal() == 0);
    }
}
