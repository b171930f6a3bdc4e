package io.mooring.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/** What a reader must know of the machine to judge a figure. */
public final class Machine {

    private Machine() {
    }

    /** Kernel, processor, cores, memory in KiB, page size in bytes, JDK. */
    public static Map<String, Object> describe() {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("kernel", Proc.read("/proc/sys/kernel/osrelease").strip());
        facts.put("architecture", System.getProperty("os.arch"));
        facts.put("processor", Proc.read("/proc/cpuinfo").lines()
                .filter(line -> line.startsWith("model name") || line.startsWith("Model"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst().orElse("unknown"));
        facts.put("cores", Runtime.getRuntime().availableProcessors());
        facts.put("memory_kib", Proc.kib(Proc.read("/proc/meminfo"), "MemTotal"));
        facts.put("page_bytes", Proc.pageBytes());
        facts.put("java", Runtime.version().toString());
        return facts;
    }

    /** The same in one line. */
    public static String line() {
        Map<String, Object> facts = describe();
        return "Linux %s %s, %s, %s cores, %,d MiB, pages of %,d B, Java %s".formatted(
                facts.get("kernel"), facts.get("architecture"), facts.get("processor"),
                facts.get("cores"), (Long) facts.get("memory_kib") / 1024,
                (Integer) facts.get("page_bytes"), facts.get("java"));
    }
}
