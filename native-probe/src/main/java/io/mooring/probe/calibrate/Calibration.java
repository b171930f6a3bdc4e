package io.mooring.probe.calibrate;

import io.mooring.probe.ProbeException;
import io.mooring.probe.model.KernelObject;
import io.mooring.probe.model.SlabUse;
import io.mooring.probe.model.Slope;
import io.mooring.probe.source.MemInfo;
import io.mooring.probe.source.ProcFs;
import io.mooring.probe.source.Reading;
import io.mooring.probe.source.SlabAliases;
import io.mooring.probe.source.SlabCaches;
import io.mooring.probe.source.SockStat;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;

/**
 * Opens real connections in steps, reads the slabs after each, and fits a line through them: what
 * one more connection costs in each situation, by this very kernel. Both ends of a connection are
 * in it.
 */
public final class Calibration {

    private static final double SHOWN_BYTES_MIN = 4;
    /** A slope of fewer standard errors than this may be another's doing. */
    private static final double ERRORS_MIN = 3;
    private static final double ROOM_SHARE = 0.05;
    private static final double ODD_OBJECTS = 0.3;
    private static final double ODD_BYTES = 1500;
    private static final double DISTURBED_SHARE = 0.02;
    private static final long SETTLE_NANOS = 8_000_000_000L;
    private static final long LOOK_NANOS = 20_000_000L;

    /** One slab cache, by what is in it, in bytes for each connection. */
    public record CacheSlope(String cache, double bytes, double error) {
    }

    /**
     * One situation.
     *
     * @param bytes      for each connection, both ends, by the slabs that grew in step with them
     * @param error      its standard error
     * @param freeBytes  the same by free pages; the machine's other doings are in it. NaN: slabs
     *                   had room left from before, so that pages tell nothing
     * @param freeError  its standard error
     * @param odd        a cache that grew by more or less than connections can explain; empty: none
     * @param strangers  sockets that others opened or closed meanwhile, at most
     */
    public record Result(Situation situation, int connections, double bytes, double error,
            double freeBytes, double freeError, String odd, long strangers,
            List<CacheSlope> caches) {

        /** Others did so much that the figures are not to be trusted. */
        public boolean isDisturbed() {
            return !odd.isEmpty() || strangers > Math.max(4, DISTURBED_SHARE * 2 * connections)
                    || !(error <= Math.max(8, 0.03 * bytes));
        }
    }

    private record Step(int connections, SlabCaches slabs, double kernelBytes, long sockets) {
    }

    private final ProcFs files;
    private final int each;
    private final int steps;
    /** Sockets' caches by the name that slabinfo has for them, which may be another's. */
    private final Map<String, String> ofSockets = new TreeMap<>();

    /** {@code steps} times {@code each} connections, beside none. */
    public Calibration(ProcFs files, int each, int steps) {
        this.files = files;
        this.each = each;
        this.steps = steps;
        SlabCaches caches = slabs();
        SlabAliases aliases = SlabAliases.read(files).orElse(SlabAliases.NONE);
        for (KernelObject object : KernelObject.values()) {
            SlabCaches.Cache cache = object.cache == null ? null
                    : caches.find(object.cache, aliases);
            if (cache != null) {
                ofSockets.merge(cache.name(), object.cache, (a, c) -> a + "+" + c);
            }
        }
    }

    public Result run(Situation situation) {
        List<Step> seen = new ArrayList<>();
        long before = settled(Long.MAX_VALUE);
        // What the first connections of all bring along (a full CPU slab, a hash) is nobody's
        // share.
        try (Pairs warm = new Pairs(situation, 64)) {
            warm.add(64);
        }
        // A ring lets its sockets go some time after it was closed.
        settled(before);
        try (Pairs pairs = new Pairs(situation, each * steps)) {
            seen.add(step(0));
            for (int i = 1; i <= steps; i++) {
                pairs.add(each);
                seen.add(step(i * each));
            }
        }
        settled(before);
        return result(situation, seen);
    }

    private Step step(int connections) {
        return new Step(connections, slabs(), there(MemInfo.read(files)).kernelBytes(),
                there(SockStat.read(files)).allocated());
    }

    private SlabCaches slabs() {
        return there(SlabCaches.read(files));
    }

    private static <T> T there(Reading<T> reading) {
        if (!reading.isThere()) {
            throw new ProbeException("calibration needs what it cannot read: " + reading.why()
                    + (reading.remedy().isEmpty() ? "" : "; " + reading.remedy()));
        }
        return reading.value();
    }

    /** Waits until sockets have gone that are being closed; returns how many there are. */
    private long settled(long most) {
        long end = System.nanoTime() + SETTLE_NANOS;
        long before = -1;
        long now = there(SockStat.read(files)).allocated();
        while ((now > most || now != before) && System.nanoTime() - end < 0) {
            LockSupport.parkNanos(LOOK_NANOS);
            before = now;
            now = there(SockStat.read(files)).allocated();
        }
        return now;
    }

    private Result result(Situation situation, List<Step> seen) {
        double[] x = seen.stream().mapToDouble(Step::connections).toArray();
        TreeSet<String> names = new TreeSet<>();
        seen.forEach(step -> names.addAll(step.slabs().byName().keySet()));
        List<CacheSlope> caches = new ArrayList<>();
        double bytes = 0;
        double variance = 0;
        for (String name : names) {
            Slope slope = Slope.of(x, seen.stream().mapToDouble(step -> active(step, name))
                    .toArray());
            if (isOfSockets(name, situation) && slope.slope() >= SHOWN_BYTES_MIN
                    && slope.slope() > ERRORS_MIN * slope.error()) {
                caches.add(new CacheSlope(ofSockets.getOrDefault(name, name), slope.slope(),
                        slope.error()));
                bytes += slope.slope();
                variance += slope.error() * slope.error();
            }
        }
        caches.sort(Comparator.comparingDouble(CacheSlope::bytes).reversed());
        Slope free = Slope.of(x, seen.stream().mapToDouble(Step::kernelBytes).toArray());
        boolean full = isFull(seen);
        return new Result(situation, seen.getLast().connections(), bytes, Math.sqrt(variance),
                full ? free.slope() : Double.NaN, full ? free.error() : Double.NaN,
                odd(situation, x, seen), strangers(situation, seen), caches);
    }

    /** Slabs that had room for many of the objects did not take pages for them. */
    private static boolean isFull(List<Step> seen) {
        SlabCaches.Cache tcp = seen.getFirst().slabs().byName().get("TCP");
        return tcp != null
                && tcp.objects() - tcp.active() < ROOM_SHARE * seen.getLast().connections();
    }

    private static double active(Step step, String cache) {
        SlabCaches.Cache found = step.slabs().byName().get(cache);
        return found == null ? 0 : found.activeBytes();
    }

    /** Caches of files, processes and mappings move by what others do, and are no socket's. */
    private boolean isOfSockets(String cache, Situation situation) {
        // What comes and goes is another's, unless it is what this is about.
        if (situation != Situation.TIME_WAIT && SlabUse.isPassing(cache)) {
            return false;
        }
        return ofSockets.containsKey(cache)
                || cache.matches("kmalloc(-cg|-rnd-\\d+)?-(16|32|64|96|128|192|256|512|1k|2k)");
    }

    /**
     * Each end has one inode, file and dentry, and takes little from kmalloc: where slabs say
     * otherwise it was others who opened files or started processes.
     */
    private static String odd(Situation situation, double[] x, List<Step> seen) {
        int ends = situation == Situation.TIME_WAIT ? 0 : 2;
        double allocated = 0;
        for (SlabCaches.Cache cache : seen.getLast().slabs().all()) {
            double slope = Slope.of(x, seen.stream()
                    .mapToDouble(step -> active(step, cache.name())).toArray()).slope();
            boolean one = cache.name().matches("TCP|sock_inode_cache|filp|dentry");
            if (one && Math.abs(slope / cache.packedBytes() - ends) > ODD_OBJECTS) {
                return cache.name();
            }
            allocated += cache.name().matches("kmalloc-[0-9]+k?") ? Math.abs(slope) : 0;
        }
        return allocated > ODD_BYTES ? "kmalloc" : "";
    }

    private static long strangers(Situation situation, List<Step> seen) {
        long most = 0;
        int ends = situation == Situation.TIME_WAIT ? 0 : 2;
        for (Step step : seen) {
            long expected = seen.getFirst().sockets() + (long) ends * step.connections();
            most = Math.max(most, Math.abs(step.sockets() - expected));
        }
        return most;
    }
}
