package io.mooring.bench;

import io.mooring.probe.model.SlabUse;
import io.mooring.probe.source.SlabCaches;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Kernel memory at one moment: slabs object by object, the totals of {@code /proc/meminfo} in KiB
 * that slabs do not hold or that check them (Slab counts whole pages, used or not), and how many
 * sockets all of the machine has ({@code /proc/net/sockstat}), to see whether others meddled.
 */
public record KernelMemory(SlabCaches slabs, Map<String, Long> meminfoKib, long sockets,
        boolean settled) {

    private static final String[] NOTED = {"Slab", "PageTables", "Percpu", "VmallocUsed",
        "KernelStack"};
    private static final int POLL_MS = 250;
    private static final int STEADY_READINGS = 4;
    private static final int SETTLE_MS_MAX = 15_000;
    private static final double STEADY_BYTES = 128 << 10;

    /**
     * Waits until the slabs' total, but for those of files, stops moving (objects are freed after
     * RCU grace periods, so some time after their owner let go of them), then reads. Gives up
     * after 15 s: not settled. Dentries and inodes that nobody uses go first, where we may: they
     * are left by whoever looks around in /proc, we among them, and would be counted as ours. Who
     * is not root gets no slabs.
     */
    public static KernelMemory settle() {
        if (!isReadable()) {
            return new KernelMemory(new SlabCaches(Map.of()), Map.of(),
                    KernelSource.sockets().sockets(), true);
        }
        double reference = ownBytes(KernelSource.slabs());
        int steady = 0;
        for (int waitedMs = 0; waitedMs < SETTLE_MS_MAX; waitedMs += POLL_MS) {
            Sleep.millis(POLL_MS);
            double total = ownBytes(KernelSource.slabs());
            steady = Math.abs(total - reference) <= STEADY_BYTES ? steady + 1 : 0;
            if (steady == 0) {
                reference = total;
            } else if (steady == STEADY_READINGS) {
                return read(true);
            }
        }
        return read(false);
    }

    /** Whether slabs can be told apart: as root. */
    public static boolean isReadable() {
        return Files.isReadable(Path.of("/proc/slabinfo"));
    }

    /** What proc_sys_vm(5) says of drop_caches: 2 frees reclaimable slab objects, no page cache. */
    private static void dropUnusedInodes() {
        Path dropCaches = Path.of("/proc/sys/vm/drop_caches");
        if (Files.isWritable(dropCaches)) {
            try {
                Files.writeString(dropCaches, "2\n");
            } catch (IOException e) {
                // Not in this container; IdleRun.faults() tells when it mattered.
            }
        }
    }

    private static KernelMemory read(boolean settled) {
        dropUnusedInodes();
        Sleep.millis(POLL_MS);
        String meminfo = Proc.read("/proc/meminfo");
        Map<String, Long> kib = new LinkedHashMap<>();
        for (String name : NOTED) {
            kib.put(name, Proc.kib(meminfo, name));
        }
        return new KernelMemory(KernelSource.slabs(), kib, KernelSource.sockets().sockets(),
                settled);
    }

    /** All caches but those that files and processes move, the shared dentries too, in bytes. */
    private static double ownBytes(SlabCaches slabs) {
        return slabs.activeBytes(cache -> !SlabUse.isOthers(cache)
                && !SlabUse.isOfFilesToo(cache));
    }
}
