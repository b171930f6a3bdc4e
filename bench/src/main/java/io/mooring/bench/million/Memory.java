package io.mooring.bench.million;

import io.mooring.bench.Proc;
import io.mooring.probe.model.SlabUse;
import io.mooring.probe.source.SlabCaches;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * All that is read of memory at one moment.
 *
 * @param atMs since the run began
 * @param slabs null where we may not read them (root only)
 * @param slabTotalKib whole pages, used or not
 * @param groupBytes charged to the server's memory cgroup; 0 without one
 * @param sockets all of the machine's, to see whether others meddled
 * @param settled false: it still moved when the time was up
 */
record Memory(int connections, long atMs, Proc.Memory server, Proc.Memory swarm, SlabCaches slabs,
        long slabTotalKib, long availableKib, long groupBytes, double slotBytes,
        long sockets, boolean settled) {

    private static final double KIB = 1024;

    double rssBytes() {
        return KIB * server.rssKib();
    }

    double pssBytes() {
        return KIB * server.pssKib();
    }

    /** Slabs but for those of files and processes; without root the total. */
    double slabBytes() {
        if (slabs == null) {
            return KIB * slabTotalKib;
        }
        return slabs.activeBytes(SlabUse::isOfConnections);
    }

    /** Of these caches; 0 without root. */
    double slabBytes(Set<String> caches) {
        return slabs == null ? 0 : slabs.activeBytes(caches::contains);
    }

    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("connections", connections);
        json.put("at_ms", atMs);
        json.put("server_rss_kib", server.rssKib());
        json.put("server_pss_kib", server.pssKib());
        json.put("swarm_rss_kib", swarm.rssKib());
        json.put("slab_bytes", slabBytes());
        json.put("slab_total_kib", slabTotalKib);
        json.put("available_kib", availableKib);
        json.put("group_bytes", groupBytes);
        json.put("slot_bytes", slotBytes);
        json.put("sockets", sockets);
        json.put("settled", settled);
        return json;
    }
}
