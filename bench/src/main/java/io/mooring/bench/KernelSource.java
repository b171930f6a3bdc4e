package io.mooring.bench;

import io.mooring.probe.source.ProcFs;
import io.mooring.probe.source.Reading;
import io.mooring.probe.source.SlabAliases;
import io.mooring.probe.source.SlabCaches;
import io.mooring.probe.source.SockStat;
import java.nio.file.Path;

/** The kernel's own accounts, as the probe reads them; the same for every engine. */
public final class KernelSource {

    private static final ProcFs FILES = new ProcFs(Path.of("/"), Proc.pageBytes());

    private KernelSource() {
    }

    /** The slabs as they are now; root only. */
    public static SlabCaches slabs() {
        return require(SlabCaches.read(FILES));
    }

    /** Which slab caches are one; none where nobody can tell. */
    public static SlabAliases aliases() {
        return SlabAliases.read(FILES).orElse(SlabAliases.NONE);
    }

    /** Counts of this network namespace's sockets. */
    public static SockStat sockets() {
        return require(SockStat.read(FILES));
    }

    private static <T> T require(Reading<T> reading) {
        if (!reading.isThere()) {
            throw new BenchException(reading.why()
                    + (reading.remedy().isEmpty() ? "" : ": " + reading.remedy()));
        }
        return reading.value();
    }
}
