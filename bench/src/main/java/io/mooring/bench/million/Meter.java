package io.mooring.bench.million;

import io.mooring.bench.KernelSource;
import io.mooring.bench.Proc;
import io.mooring.bench.ServerMetrics;
import io.mooring.bench.Sleep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.LongSupplier;

/** Reads memory: of both processes, the kernel's, and the server's memory cgroup's. */
final class Meter {

    private static final int POLL_MS = 150;
    private static final int STEADY_READINGS = 3;
    private static final double STEADY_BYTES = 256 << 10;

    private final LongSupplier clockMs;
    private final boolean root;
    private final MemoryGroup group;

    /** {@code group} may be null. */
    Meter(LongSupplier clockMs, boolean root, MemoryGroup group) {
        this.clockMs = clockMs;
        this.root = root;
        this.group = group;
    }

    /**
     * Once neither the server's resident memory nor the slabs move (objects are freed some time
     * after their owner let go of them), or after {@code msMax}.
     */
    Memory settle(int connections, long server, long swarm, Map<String, Double> metrics,
            int msMax) {
        double rss = Double.NaN;
        double slabs = Double.NaN;
        int steady = 0;
        for (int waitedMs = 0; waitedMs < msMax && steady < STEADY_READINGS; waitedMs += POLL_MS) {
            Sleep.millis(POLL_MS);
            Memory memory = read(connections, server, swarm, metrics, false);
            boolean still = Math.abs(memory.rssBytes() - rss) <= STEADY_BYTES
                    && Math.abs(memory.slabBytes() - slabs) <= STEADY_BYTES;
            steady = still ? steady + 1 : 0;
            if (!still) {
                rss = memory.rssBytes();
                slabs = memory.slabBytes();
            }
        }
        return read(connections, server, swarm, metrics, steady >= STEADY_READINGS);
    }

    /** Now. {@code swarm} 0: there is none. */
    Memory read(int connections, long server, long swarm, Map<String, Double> metrics,
            boolean settled) {
        String meminfo = Proc.read("/proc/meminfo");
        return new Memory(connections, clockMs.getAsLong(), Proc.memory(server),
                swarm == 0 ? new Proc.Memory(0, 0) : Proc.memory(swarm),
                root ? KernelSource.slabs() : null, Proc.kib(meminfo, "Slab"),
                Proc.kib(meminfo, "MemAvailable"), group == null ? 0 : group.usageBytes(),
                ServerMetrics.sum(metrics, "mooring_slab_touched_bytes"),
                KernelSource.sockets().sockets(), settled);
    }

    /** See proc_sys_vm(5): 2 frees dentries and inodes that nobody uses, 3 the page cache too. */
    static void dropCaches(boolean pageCacheToo) {
        Path dropCaches = Path.of("/proc/sys/vm/drop_caches");
        if (Files.isWritable(dropCaches)) {
            try {
                Files.writeString(dropCaches, pageCacheToo ? "3\n" : "2\n");
            } catch (IOException e) {
                // Not in this container: the kernel frees them when it must.
            }
        }
    }
}
