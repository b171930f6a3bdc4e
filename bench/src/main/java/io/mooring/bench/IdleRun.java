package io.mooring.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** One target's two readings in one round of {@code idle}, and their slopes in bytes. */
record IdleRun(String target, int round, IdleReading low, IdleReading high) {

    private static final double FOREIGN_BYTES_MAX = 20;
    private static final double FOREIGN_SOCKETS_MAX = 0.005;
    private static final int KIB = 1024;

    private int connections() {
        return high.connections() - low.connections();
    }

    double rssSlope() {
        return (double) KIB * (high.user().rssKib() - low.user().rssKib()) / connections();
    }

    double pssSlope() {
        return (double) KIB * (high.user().pssKib() - low.user().pssKib()) / connections();
    }

    /** Active objects times packed size, all caches. */
    double slabSlope() {
        return (high.kernel().slabs().totalBytes() - low.kernel().slabs().totalBytes())
                / connections();
    }

    /**
     * What the server's waiting adds: all caches but those that every socket has its share of and
     * those of files and processes. The steadier figure on a machine where others work.
     */
    double waitingSlope() {
        return cacheSlopes().entrySet().stream()
                .filter(entry -> !SlabInfo.isForeign(entry.getKey())
                        && !SlabInfo.isOfSockets(entry.getKey()))
                .mapToDouble(Map.Entry::getValue).sum();
    }

    /** A line of /proc/meminfo. */
    double meminfoSlope(String name) {
        return (double) KIB * (high.kernel().meminfoKib().get(name)
                - low.kernel().meminfoKib().get(name)) / connections();
    }

    /** Bytes per connection of each cache that moved. */
    Map<String, Double> cacheSlopes() {
        Map<String, Double> slopes = new TreeMap<>();
        high.kernel().slabs().since(low.kernel().slabs())
                .forEach((cache, bytes) -> slopes.put(cache, bytes / connections()));
        return slopes;
    }

    /** What in the kernel's figures is not the connections' doing; empty where all is well. */
    List<String> faults() {
        List<String> faults = new ArrayList<>();
        double foreign = cacheSlopes().entrySet().stream()
                .filter(entry -> SlabInfo.isForeign(entry.getKey()))
                .mapToDouble(entry -> Math.abs(entry.getValue())).sum();
        if (foreign > FOREIGN_BYTES_MAX) {
            faults.add("files and processes of others moved %.0f B/connection".formatted(foreign));
        }
        long sockets = high.kernel().sockets() - low.kernel().sockets() - 2L * connections();
        if (Math.abs(sockets) > connections() * FOREIGN_SOCKETS_MAX) {
            faults.add("%+d sockets of others".formatted(sockets));
        }
        if (!low.kernel().settled() || !high.kernel().settled()) {
            faults.add("the slabs did not settle");
        }
        return faults;
    }

    String line() {
        return ("%-12s round %d: RSS %,d -> %,d KiB = %,.0f B  Pss %,.0f B"
                + "  slabs %,.0f -> %,.0f KiB = %,.0f B  Slab %,.0f B%s").formatted(
                target, round, low.user().rssKib(), high.user().rssKib(), rssSlope(),
                pssSlope(), low.kernel().slabs().totalBytes() / KIB,
                high.kernel().slabs().totalBytes() / KIB, slabSlope(), meminfoSlope("Slab"),
                faults().isEmpty() ? "" : "  DISTURBED: " + String.join(", ", faults()));
    }

    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("target", target);
        json.put("round", round);
        json.put("faults", faults());
        json.put("low", low.json());
        json.put("high", high.json());
        json.put("rss_slope", rssSlope());
        json.put("pss_slope", pssSlope());
        json.put("slab_slope", slabSlope());
        json.put("waiting_slope", waitingSlope());
        Map<String, Object> meminfo = new LinkedHashMap<>();
        low.kernel().meminfoKib().keySet().forEach(name -> meminfo.put(name, meminfoSlope(name)));
        json.put("meminfo_slopes", meminfo);
        json.put("cache_slopes", cacheSlopes());
        return json;
    }
}
