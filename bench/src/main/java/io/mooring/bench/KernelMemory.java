package io.mooring.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Kernel memory at one moment: slabs object by object, the totals of {@code /proc/meminfo} in KiB
 * that slabs do not hold or that check them (Slab counts whole pages, used or not), and how many
 * sockets all of the machine has ({@code /proc/net/sockstat}), to see whether others meddled.
 */
public record KernelMemory(SlabInfo slabs, Map<String, Long> meminfoKib, long sockets,
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
     * after 15 s: not settled.
     */
    public static KernelMemory settle(int pageBytes) {
        double reference = SlabInfo.now(pageBytes).ownBytes();
        int steady = 0;
        for (int waitedMs = 0; waitedMs < SETTLE_MS_MAX; waitedMs += POLL_MS) {
            Sleep.millis(POLL_MS);
            double total = SlabInfo.now(pageBytes).ownBytes();
            steady = Math.abs(total - reference) <= STEADY_BYTES ? steady + 1 : 0;
            if (steady == 0) {
                reference = total;
            } else if (steady == STEADY_READINGS) {
                return read(pageBytes, true);
            }
        }
        return read(pageBytes, false);
    }

    private static KernelMemory read(int pageBytes, boolean settled) {
        String meminfo = Proc.read("/proc/meminfo");
        Map<String, Long> kib = new LinkedHashMap<>();
        for (String name : NOTED) {
            kib.put(name, Proc.kib(meminfo, name));
        }
        return new KernelMemory(SlabInfo.now(pageBytes), kib,
                parseSockets(Proc.read("/proc/net/sockstat")), settled);
    }

    /** The line {@code sockets: used N}. */
    static long parseSockets(String sockstat) {
        return sockstat.lines().filter(line -> line.startsWith("sockets: used "))
                .mapToLong(line -> Long.parseLong(line.substring(14).strip())).findFirst()
                .orElseThrow(() -> new BenchException("/proc/net/sockstat has no sockets line"));
    }
}
