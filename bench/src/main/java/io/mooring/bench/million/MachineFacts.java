package io.mooring.bench.million;

import io.mooring.bench.Proc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What decides how many connections fit.
 *
 * @param availableBytes by the kernel's estimate, or what our own memory cgroup leaves, if less
 * @param filesMax the hard RLIMIT_NOFILE, which bounds the table of each ring
 * @param systemFilesMax fs.file-max, which binds all but root
 * @param conntrackMax connections that the firewall can follow; 0: it follows none
 */
record MachineFacts(long totalBytes, long availableBytes, long filesMax, long systemFilesMax,
        long conntrackMax, boolean root) {

    private static final int KIB = 1024;

    static MachineFacts now() {
        String meminfo = Proc.read("/proc/meminfo");
        return new MachineFacts(KIB * Proc.kib(meminfo, "MemTotal"),
                Math.min(KIB * Proc.kib(meminfo, "MemAvailable"), OwnGroup.leftBytes()),
                Proc.filesMax(),
                number("/proc/sys/fs/file-max", Long.MAX_VALUE),
                number("/proc/sys/net/netfilter/nf_conntrack_count", 0) == 0 ? 0
                        : number("/proc/sys/net/netfilter/nf_conntrack_max", 0),
                Files.isReadable(Path.of("/proc/slabinfo")) && isRoot());
    }

    private static boolean isRoot() {
        return Proc.read("/proc/self/status").lines()
                .anyMatch(line -> line.matches("Uid:\\s+\\d+\\s+0\\s.*"));
    }

    private static long number(String path, long otherwise) {
        try {
            return Long.parseLong(Files.readString(Path.of(path)).strip());
        } catch (IOException | NumberFormatException e) {
            return otherwise;
        }
    }
}
