package io.mooring.memory;

import java.nio.file.Path;

/**
 * This process as the kernel counts it, in bytes; {@link #UNKNOWN} where it does not say.
 *
 * @param residentBytes pages in memory (RSS), those shared with others counted whole
 * @param proportionalBytes the same with a shared page counted by its share (PSS)
 * @param peakBytes the most that was resident
 * @param fileBytes of those resident, pages of files: code, the class archive; they are shared with
 *     others, and the kernel may take them away
 * @param mappedBytes address space
 */
public record ProcessMemory(long residentBytes, long proportionalBytes, long peakBytes,
    long fileBytes, long mappedBytes, long threads) {
    public static final long UNKNOWN = ProcFile.ABSENT;

    private static final long KIB = 1024;

    /**
     * Reads it. The kernel walks the whole address space for it: some milliseconds.
     *
     * @param root "/"; for tests a directory with proc in it
     */
    public static ProcessMemory read(Path root) {
        try (ProcFile status = ProcFile.open(root.resolve("proc/self/status"));
                ProcFile rollup = ProcFile.open(root.resolve("proc/self/smaps_rollup"))) {
            boolean exact = rollup.read();
            status.read();
            // Exact there; in status some tens of pages may be missing for each thread.
            long resident = exact ? bytes(rollup, "Rss:") : UNKNOWN;
            return new ProcessMemory(
                resident != UNKNOWN ? resident : bytes(status, "VmRSS:"),
                exact ? bytes(rollup, "Pss:") : UNKNOWN, bytes(status, "VmHWM:"),
                bytes(status, "RssFile:"), bytes(status, "VmSize:"),
                status.after(ProcFile.bytes("Threads:")));
        }
    }

    private static long bytes(ProcFile file, String key) {
        long kib = file.after(ProcFile.bytes(key));
        return kib < 0 ? UNKNOWN : kib * KIB;
    }
}
