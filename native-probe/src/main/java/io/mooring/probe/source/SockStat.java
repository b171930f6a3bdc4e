package io.mooring.probe.source;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * /proc/net/sockstat and sockstat6: counts of this network namespace, TCP's memory of the machine.
 */
public record SockStat(Map<String, Long> figures) {

    /** The IPv6 file is missing where IPv6 is off: no figures then, and no error. */
    public static Reading<SockStat> read(ProcFs files) {
        String six = files.read("proc/net/sockstat6").orElse("");
        return files.read("proc/net/sockstat").map(text -> parse(text + "\n" + six));
    }

    /** {@code TCP: inuse 2 orphan 0 tw 14979 alloc 2 mem 148}: keys are {@code TCP.inuse} etc. */
    public static SockStat parse(String text) {
        Map<String, Long> figures = new LinkedHashMap<>();
        for (String line : text.split("\n")) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                String[] words = line.substring(colon + 1).strip().split("\\s+");
                for (int i = 0; i + 1 < words.length; i += 2) {
                    figures.put(line.substring(0, colon) + "." + words[i],
                            Long.parseLong(words[i + 1]));
                }
            }
        }
        return new SockStat(figures);
    }

    private long get(String key) {
        return figures.getOrDefault(key, 0L);
    }

    /** Sockets of every kind and family. */
    public long sockets() {
        return get("sockets.used");
    }

    /** TCP sockets that are hashed, of both families. */
    public long inUse() {
        return get("TCP.inuse") + get("TCP6.inuse");
    }

    public long orphans() {
        return get("TCP.orphan");
    }

    public long timeWait() {
        return get("TCP.tw");
    }

    /** TCP sockets that have memory, also those that are not or no longer hashed. */
    public long allocated() {
        return get("TCP.alloc");
    }

    /** Pages that TCP has charged for buffers, of the whole machine: tcp_mem is their limit. */
    public long bufferPages() {
        return get("TCP.mem");
    }
}
