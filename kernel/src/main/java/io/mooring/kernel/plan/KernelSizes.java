package io.mooring.kernel.plan;

import io.mooring.probe.model.KernelObject;
import io.mooring.probe.model.ObjectSizes;
import io.mooring.probe.source.Btf;
import io.mooring.probe.source.ProcFs;
import io.mooring.probe.source.Reading;
import io.mooring.probe.source.SlabAliases;
import io.mooring.probe.source.SlabCaches;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How large a kernel's objects are: as this kernel says, as one of its kind has said, or as usual.
 *
 * @param calibrated what was measured instead of their sum; null: nothing
 * @param basis      of them as a whole
 * @param errorShare by which the sum of a connection has been off, or may be
 */
record KernelSizes(ObjectSizes sizes, Calibrated calibrated, Basis basis, String source,
        double errorShare) {

    /** By docs/PROBE.md: 99.8 to 102.2 % of what two witnesses saw, five runs of two kernels. */
    private static final double MODEL_ERROR = 0.02;
    private static final double ASSUMED_ERROR = 0.10;
    private static final int PAGE_4K = 4096;
    private static final int PAGE_16K = 16_384;

    /** Of this very kernel. */
    static KernelSizes here(ProcFs files, int cpus) {
        Reading<SlabCaches> slabs = SlabCaches.read(files);
        Set<String> names = Stream.of(KernelObject.values())
                .map(object -> object.struct).filter(name -> name != null)
                .collect(Collectors.toSet());
        Map<String, Integer> btf = Btf.read(files, names).orElse(Map.of());
        SlabAliases aliases = SlabAliases.read(files).orElse(SlabAliases.NONE);
        ObjectSizes sizes = new ObjectSizes(slabs.value(), aliases, btf, files.pageBytes(), cpus);
        if (slabs.isThere()) {
            return new KernelSizes(sizes, null, Basis.MEASURED, "this kernel's /proc/slabinfo",
                    MODEL_ERROR);
        }
        return btf.isEmpty()
                ? new KernelSizes(sizes, null, Basis.ASSUMED, "usual sizes: " + slabs.why() + ", "
                        + slabs.remedy(), ASSUMED_ERROR)
                : new KernelSizes(sizes, null, Basis.DERIVED, "this kernel's BTF and SLUB's rule ("
                        + slabs.why() + ": " + slabs.remedy() + ")", ASSUMED_ERROR);
    }

    /** Of another with such pages. */
    static KernelSizes elsewhere(int pageBytes, KernelVersion kernel, int cpus) {
        return switch (pageBytes) {
            case PAGE_16K -> recorded("slabinfo-6.12-16k.txt", pageBytes, kernel,
                    new KernelVersion(6, 12), "an emulated Pi 5, Linux 6.12, 16 KiB", cpus);
            case PAGE_4K -> recorded("slabinfo-6.18-4k.txt", pageBytes, kernel,
                    new KernelVersion(6, 18), "x86-64, Linux 6.18, 4 KiB", cpus);
            default -> new KernelSizes(new ObjectSizes(null, SlabAliases.NONE, Map.of(),
                    pageBytes, cpus), null, Basis.ASSUMED, "usual sizes and SLUB's rule: no kernel"
                    + " with pages of " + pageBytes / 1024 + " KiB was measured", ASSUMED_ERROR);
        };
    }

    /** The same machine's, with what was found there by opening connections. */
    KernelSizes with(Calibrated found) {
        return new KernelSizes(sizes, found, Basis.MEASURED, found.file(),
                found.error() / (found.socket() + found.waiting()));
    }

    private static KernelSizes recorded(String file, int pageBytes, KernelVersion kernel,
            KernelVersion recorded, String where, int cpus) {
        ObjectSizes sizes = new ObjectSizes(SlabCaches.parse(resource(file), pageBytes),
                SlabAliases.NONE, Map.of(), pageBytes, cpus);
        return kernel.equals(recorded)
                ? new KernelSizes(sizes, null, Basis.MEASURED, "slabinfo of " + where, MODEL_ERROR)
                : new KernelSizes(sizes, null, Basis.ASSUMED, "slabinfo of " + where
                        + "; not measured on " + kernel, ASSUMED_ERROR);
    }

    private static String resource(String name) {
        try (InputStream in = KernelSizes.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
