package io.mooring.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A server's CPU while its connections are idle.
 *
 * @param processMs of the whole process, in steps of 10 ms
 * @param threadMs of each thread that used any, by name
 */
public record IdleCpu(int connections, int seconds, long processMs, Map<String, Long> threadMs) {

    private static final int TICK_MS = 1000 / Proc.TICKS_PER_SECOND;

    /** Waits {@code seconds} and tells what the process {@code pid} used meanwhile. */
    public static IdleCpu over(long pid, int connections, int seconds) {
        Proc.Cpu before = Proc.cpu(pid);
        List<Proc.Cpu> threadsBefore = Proc.threads(pid);
        Sleep.millis(1000L * seconds);
        List<Proc.Cpu> threadsAfter = Proc.threads(pid);
        long used = ticks(Proc.cpu(pid)) - ticks(before);
        Map<Long, Long> ticksBefore = new LinkedHashMap<>();
        threadsBefore.forEach(thread -> ticksBefore.put(thread.id(), ticks(thread)));
        Map<String, Long> threadMs = new LinkedHashMap<>();
        for (Proc.Cpu thread : threadsAfter) {
            long ticks = ticks(thread) - ticksBefore.getOrDefault(thread.id(), 0L);
            if (ticks > 0) {
                threadMs.merge(thread.name(), ticks * TICK_MS, Long::sum);
            }
        }
        return new IdleCpu(connections, seconds, used * TICK_MS, threadMs);
    }

    private static long ticks(Proc.Cpu cpu) {
        return cpu.userTicks() + cpu.systemTicks();
    }

    /** Of one core. */
    public double percent() {
        return processMs / (10.0 * seconds);
    }

    String line(String engine) {
        return "%s with %,d idle: %.2f %% CPU over %d s (/proc/PID/stat); threads with any: %s"
                .formatted(engine, connections, percent(), seconds,
                        threadMs.isEmpty() ? "none" : threadMs + " ms");
    }

    /** For the report. */
    public Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("connections", connections);
        json.put("seconds", seconds);
        json.put("process_ms", processMs);
        json.put("thread_ms", threadMs);
        json.put("percent", percent());
        return json;
    }
}
