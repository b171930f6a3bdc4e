package io.mooring.probe.source;

import java.util.LinkedHashMap;
import java.util.Map;

/** /proc/meminfo, in bytes; and, as PcpFree, the free pages that CPUs keep, from /proc/zoneinfo. */
public record MemInfo(Map<String, Long> bytes) {

    private static final String PCP_FREE = "PcpFree";

    public static Reading<MemInfo> read(ProcFs files) {
        String zones = files.read("proc/zoneinfo").orElse("");
        return files.read("proc/meminfo").map(text -> {
            MemInfo memory = parse(text);
            memory.bytes.put(PCP_FREE, pcpPages(zones) * files.pageBytes());
            return memory;
        });
    }

    /** In each zone and for each CPU a line {@code count: 123}. */
    static long pcpPages(String zones) {
        long pages = 0;
        for (String line : zones.split("\n")) {
            String words = line.strip();
            if (words.startsWith("count:")) {
                pages += Long.parseLong(words.substring(6).strip());
            }
        }
        return pages;
    }

    public static MemInfo parse(String text) {
        Map<String, Long> bytes = new LinkedHashMap<>();
        for (String line : text.split("\n")) {
            int colon = line.indexOf(':');
            if (colon > 0 && line.endsWith("kB")) {
                String kilobytes = line.substring(colon + 1, line.length() - 2).strip();
                bytes.put(line.substring(0, colon), Long.parseLong(kilobytes) * 1024);
            }
        }
        if (!bytes.containsKey("MemTotal")) {
            throw new IllegalArgumentException("no MemTotal in meminfo");
        }
        return new MemInfo(bytes);
    }

    public long get(String name) {
        return bytes.getOrDefault(name, 0L);
    }

    /**
     * Whatever is neither free nor file cache nor a process's: the kernel's own, and what drivers
     * took. It follows from the count of free pages and knows nothing of slabs or sockets: that is
     * what makes it a witness.
     */
    public long kernelBytes() {
        return get("MemTotal") - get("MemFree") - get(PCP_FREE) - get("Buffers") - get("Cached")
                - get("SwapCached") - get("AnonPages");
    }
}
