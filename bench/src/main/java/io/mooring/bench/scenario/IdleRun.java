package io.mooring.bench.scenario;

import io.mooring.probe.model.SlabUse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Two readings of one server, and their slopes in bytes per connection. */
record IdleRun(IdleReading low, IdleReading high) {

    private static final double FOREIGN_BYTES_MAX = 20;
    private static final double FOREIGN_SOCKETS_MAX = 0.005;
    private static final double SHOWN_BYTES_MIN = 4;
    private static final int KIB = 1024;

    private int connections() {
        return high.connections() - low.connections();
    }

    double rssSlope() {
        return (double) KIB * (high.user().rssKib() - low.user().rssKib()) / connections();
    }

    /** Active objects times packed size, all caches. */
    double slabSlope() {
        return (high.kernel().slabs().activeBytes(cache -> true)
                - low.kernel().slabs().activeBytes(cache -> true)) / connections();
    }

    /**
     * What the server's waiting adds: all caches but those that every socket has its share of and
     * those of files and processes. The steadier figure on a machine where others work.
     */
    double waitingSlope() {
        return cacheSlopes().entrySet().stream()
                .filter(entry -> !SlabUse.isOthers(entry.getKey())
                        && !SlabUse.isOfSockets(entry.getKey()))
                .mapToDouble(Map.Entry::getValue).sum();
    }

    /** Bytes per connection of each cache that moved. */
    Map<String, Double> cacheSlopes() {
        Map<String, Double> slopes = new TreeMap<>();
        high.kernel().slabs().activeBytesSince(low.kernel().slabs())
                .forEach((cache, bytes) -> slopes.put(cache, bytes / connections()));
        return slopes;
    }

    /** What in the kernel's figures is not the connections' doing; empty where all is well. */
    List<String> faults() {
        List<String> faults = new ArrayList<>();
        double foreign = cacheSlopes().entrySet().stream()
                .filter(entry -> SlabUse.isOthers(entry.getKey()))
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

    /**
     * Bytes per connection at the server's end, by cache. Of what every socket consists of, both
     * ends are on this machine: half of it. What is more than the bare server's is this server's
     * alone, for the client is the same. Caches that others move are left out.
     */
    Map<String, Double> serverSlabs(IdleRun bare) {
        Map<String, Double> slabs = new TreeMap<>();
        Map<String, Double> bares = bare.cacheSlopes();
        cacheSlopes().forEach((cache, bytes) -> {
            if (SlabUse.isOfSockets(cache)) {
                slabs.put(cache, bytes / 2);
            } else if (!SlabUse.isOthers(cache)) {
                slabs.put(cache, bytes - bares.getOrDefault(cache, 0.0));
            }
        });
        slabs.entrySet().removeIf(entry -> entry.getValue() < SHOWN_BYTES_MIN
                || SlabUse.isPassing(entry.getKey()));
        return slabs;
    }
}
