package io.mooring.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a reader must know of the machine to judge a figure. */
public final class Machine {

    private Machine() {
    }

    /** Kernel, processor, cores, memory in KiB, page size in bytes, JDK, clock, TCP's settings. */
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
        facts.put("clocksource", line("/sys/devices/system/clocksource/clocksource0/"
                + "current_clocksource"));
        facts.put("governor", line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
        facts.put("virtual", Proc.read("/proc/cpuinfo").contains(" hypervisor"));
        facts.put("open_files_max", Proc.filesMax());
        facts.put("somaxconn", line("/proc/sys/net/core/somaxconn"));
        facts.put("tcp_rmem", line("/proc/sys/net/ipv4/tcp_rmem"));
        facts.put("tcp_wmem", line("/proc/sys/net/ipv4/tcp_wmem"));
        facts.put("tcp_congestion", line("/proc/sys/net/ipv4/tcp_congestion_control"));
        return facts;
    }

    private static String line(String path) {
        return Files.isReadable(Path.of(path)) ? Proc.read(path).strip().replaceAll("\\s+", " ")
                : "unknown";
    }

    /** The most telling of them in one line. */
    public static String line() {
        Map<String, Object> facts = describe();
        return "Linux %s %s, %s, %s cores, %,d MiB, pages of %,d B, Java %s".formatted(
                facts.get("kernel"), facts.get("architecture"), facts.get("processor"),
                facts.get("cores"), (Long) facts.get("memory_kib") / 1024,
                (Integer) facts.get("page_bytes"), facts.get("java"));
    }
}
