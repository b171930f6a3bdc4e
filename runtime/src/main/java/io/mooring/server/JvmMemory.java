package io.mooring.server;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What this JVM takes, measured on itself.
 *
 * @param heapFreeBytes of the touched heap, what is not in use
 */
record JvmMemory(List<Part> parts, long heapFreeBytes) {
    /** Mappings of a JVM that has just started; half of that were measured. */
    static final long MAPPINGS = 800;
    static final String HEAP = "JVM: heap";

    private static final long SERVE_RESIDENT_BYTES = 77L << 20;
    private static final long SERVE_HEAP_BYTES = 16L << 20;
    private static final long SERVE_HEAP_MAX_BYTES = 256L << 20;
    private static final long SERVE_HEAP_FREE_BYTES = 8L << 20;
    private static final long KIB = 1024;

    /** The native libraries, the class archive and the heap's bounds are in all of this. */
    record Part(String name, long mapped, long now, long most, String why) {
    }

    /** As one sum, by the counters that every JVM has at hand. */
    static JvmMemory whole(long residentBytes) {
        Runtime runtime = Runtime.getRuntime();
        long grows = runtime.maxMemory() - runtime.totalMemory();
        return new JvmMemory(List.of(new Part("JVM", runtime.maxMemory(), residentBytes,
            residentBytes + grows, "resident now; the heap may grow to -Xmx")),
            runtime.freeMemory());
    }

    /**
     * Of a {@code serve} that is about to start, as the launcher starts it. Measured with Temurin
     * 25.0.3 on x86-64, pages of 4 KiB, 2026-11-26: 83,372 KiB resident once it listens, less its
     * rings and what the plan has for the start.
     */
    static JvmMemory ofServe() {
        return new JvmMemory(List.of(new Part("JVM", SERVE_HEAP_MAX_BYTES, SERVE_RESIDENT_BYTES,
            SERVE_RESIDENT_BYTES + SERVE_HEAP_MAX_BYTES - SERVE_HEAP_BYTES,
            "a serve of Temurin 25 on x86-64, 4 KiB pages; its heap may grow to -Xmx")),
            SERVE_HEAP_FREE_BYTES);
    }

    /** By heap, metaspace and compiled code; loads the management classes, which take 3 MB. */
    static JvmMemory detailed(long residentBytes) {
        Runtime runtime = Runtime.getRuntime();
        boolean touched = Boolean.parseBoolean(option("AlwaysPreTouch"));
        long used = runtime.totalMemory() - runtime.freeMemory();
        long heap = touched ? runtime.totalMemory() : used;
        long metaspace = 0;
        long code = 0;
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            if (pool.getType() == MemoryType.NON_HEAP) {
                if (pool.getName().startsWith("Code")) {
                    code += pool.getUsage().getUsed();
                } else if (pool.getName().equals("Metaspace")) { // holds the class space
                    metaspace += pool.getUsage().getUsed();
                }
            }
        }
        List<Part> parts = new ArrayList<>();
        parts.add(new Part(HEAP, runtime.maxMemory(), heap, runtime.maxMemory(),
            format("-Xmx %,d MiB; %s", runtime.maxMemory() >> 20,
                touched ? "touched at start as far as -Xms goes" : "touched as it is used")));
        parts.add(part("JVM: classes", metaspace, "metaspace in use"));
        parts.add(part("JVM: compiled code", code, "code cache in use"));
        long rest = Math.max(0, residentBytes - heap - metaspace - code);
        parts.add(part("JVM: the rest", rest,
            "libjvm, class archive, collector, threads: resident, less the above"));
        return new JvmMemory(parts, touched ? runtime.freeMemory() : 0);
    }

    /** Address space of a thread's stack; the compilers' may be others. */
    static long stackBytes() {
        return Long.parseLong(option("ThreadStackSize")) * KIB;
    }

    private static String option(String name) {
        return ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
            .getVMOption(name).getValue();
    }

    private static Part part(String name, long now, String why) {
        return new Part(name, now, now, now, why);
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
