package io.mooring.probe.model;

import io.mooring.probe.source.SlabAliases;
import io.mooring.probe.source.SlabCaches;
import java.util.EnumMap;
import java.util.Map;

/**
 * How large the running kernel's objects are. From /proc/slabinfo where it may be read, else from
 * BTF with the allocator's rule applied to it, else what they usually are.
 */
public final class ObjectSizes {

    private static final int[] KMALLOC = {8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096,
        8192};
    /** The allocator takes 2^3 pages at once at most, for objects of this kind. */
    private static final int ORDER_MAX = 3;
    private static final int CACHE_LINE = 64;
    private static final int POINTER_BYTES = 8;

    /**
     * One object.
     *
     * @param objectBytes as the allocator hands it out
     * @param packedBytes its share of the pages
     * @param source      where that is from
     * @param isMeasured  read from this kernel, not assumed
     */
    public record Size(int objectBytes, double packedBytes, String source, boolean isMeasured) {

        static final Size NONE = new Size(0, 0, "not on this kernel", true);
    }

    private final Map<KernelObject, Size> sizes = new EnumMap<>(KernelObject.class);
    private final SlabCaches caches;
    private final int pageBytes;
    private final int cpus;

    /**
     * Of a machine.
     *
     * @param caches null: not to be read
     * @param btf    bytes by struct; empty: none
     */
    public ObjectSizes(SlabCaches caches, SlabAliases aliases, Map<String, Integer> btf,
            int pageBytes, int cpus) {
        this.caches = caches;
        this.pageBytes = pageBytes;
        this.cpus = cpus;
        for (KernelObject object : KernelObject.values()) {
            sizes.put(object, object.cache == null ? allocated(object, btf)
                    : cached(object, aliases, btf));
        }
    }

    public Size of(KernelObject object) {
        return sizes.get(object);
    }

    private Size cached(KernelObject object, SlabAliases aliases, Map<String, Integer> btf) {
        if (caches != null) {
            SlabCaches.Cache cache = caches.find(object.cache, aliases);
            if (cache != null) {
                return new Size(cache.objectBytes(), cache.packedBytes(), "slabinfo "
                        + cache.name() + (cache.name().equals(object.cache) ? "" : " (holds "
                        + object.cache + " too)"), true);
            }
            if (object.usualBytes == 0) {
                return Size.NONE;
            }
        }
        Integer bytes = object.struct == null ? null : btf.get(object.struct);
        if (bytes != null) {
            int full = bytes + (object.hasPointerBehind() ? POINTER_BYTES : 0);
            int aligned = (full + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
            int whole = full < CACHE_LINE ? (full + 7) / 8 * 8 : aligned;
            return new Size(whole, packed(whole), "BTF " + object.struct, false);
        }
        return new Size(object.usualBytes, object.usualBytes == 0 ? 0 : packed(object.usualBytes),
                "usual on Linux 6.12 to 6.18", false);
    }

    private Size allocated(KernelObject object, Map<String, Integer> btf) {
        Integer bytes = btf.get(object.struct);
        int of = kmallocBytes(bytes == null ? object.usualBytes : bytes);
        return new Size(of, kmallocPacked(of), (bytes == null ? "usual size" : "BTF "
                + object.struct + " (" + bytes + ")") + ", kmalloc-" + of, bytes != null);
    }

    /** The kmalloc size that so many bytes come from. */
    public static int kmallocBytes(int bytes) {
        for (int size : KMALLOC) {
            if (bytes <= size) {
                return size;
            }
        }
        return bytes;
    }

    private double kmallocPacked(int bytes) {
        SlabCaches.Cache cache = caches == null ? null : caches.byName().get("kmalloc-"
                + (bytes < 1024 ? bytes : bytes / 1024 + "k"));
        return cache == null ? packed(bytes) : cache.packedBytes();
    }

    /**
     * What SLUB would make of it (calculate_order in mm/slub.c): the fewest pages that waste little
     * and hold enough objects for the machine's CPUs.
     */
    private double packed(int bytes) {
        int wanted = 4 * (32 - Integer.numberOfLeadingZeros(cpus) + 1);
        for (int fraction = 16; fraction > 1; fraction /= 2) {
            int order = 0;
            while (order < ORDER_MAX && ((long) pageBytes << order) < (long) wanted * bytes) {
                order++;
            }
            for (; order <= ORDER_MAX; order++) {
                long slab = (long) pageBytes << order;
                if (slab >= bytes && slab % bytes <= slab / fraction) {
                    return (double) slab / (slab / bytes);
                }
            }
        }
        return bytes;
    }

    /**
     * What a memory cgroup's accounts add to an object: the slab has a vector of eight bytes for
     * each of its objects, itself from kmalloc.
     */
    public double accountBytes(KernelObject object) {
        double packed = of(object).packedBytes();
        SlabCaches.Cache cache = caches == null || object.cache == null ? null
                : caches.byName().get(object.cache);
        if (packed == 0 || !object.isCharged) {
            return 0;
        }
        return cache == null ? 8
                : (double) kmallocBytes(8 * cache.perSlab()) / cache.perSlab();
    }
}
