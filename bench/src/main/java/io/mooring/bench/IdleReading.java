package io.mooring.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Memory with a number of idle connections open.
 *
 * @param user of the server's process
 */
record IdleReading(int connections, Proc.Memory user, KernelMemory kernel) {

    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("connections", connections);
        json.put("rss_kib", user.rssKib());
        json.put("pss_kib", user.pssKib());
        json.put("slab_bytes", kernel.slabs().totalBytes());
        json.put("sockets", kernel.sockets());
        json.put("settled", kernel.settled());
        json.put("meminfo_kib", kernel.meminfoKib());
        return json;
    }
}
