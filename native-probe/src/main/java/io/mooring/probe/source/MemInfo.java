package io.mooring.probe.source;

import java.util.LinkedHashMap;
import java.util.Map;

/** /proc/meminfo, in bytes. */
public record MemInfo(Map<String, Long> bytes) {

    public static Reading<MemInfo> read(ProcFs files) {
        return files.read("proc/meminfo").map(MemInfo::parse);
    }

    public static MemInfo parse(String text) {
        Map<String, Long> bytes = new LinkedHashMap<>();
        for (String line : text.split("\n")) {
            int colon = line.indexOf(':');
            if (colon > 0 && line.endsWith("kB")) {
                bytes.put(line.substring(0, colon),
                        Long.parseLong(line.substring(colon + 1, line.length() - 2).strip()) * 1024);
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
     * Whatever is neither free nor file cache nor a process's: the kernel's own, and what drivers took.
     * It follows from the count of free pages and knows nothing of slabs or sockets: that is what
     * makes it a witness.
     */
    public long kernelBytes() {
        return get("MemTotal") - get("MemFree") - get("Buffers") - get("Cached")
                - get("SwapCached") - get("AnonPages");
    }
}
