package io.mooring.probe.source;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The kernel's slab caches, from /proc/slabinfo (version 2.1, root only). A cache that the kernel
 * has merged with others is listed under one name for all of them: {@link SlabAliases} knows which.
 */
public record SlabCaches(Map<String, Cache> byName) {

    /**
     * One cache.
     *
     * @param active      objects in use; SLUB counts those that a CPU keeps ready for itself as
     *             used
     * @param objects     for which there is memory
     * @param objectBytes of one object, with what the allocator adds to it
     * @param perSlab     objects that share one slab's pages
     * @param slabBytes   of those pages
     */
    public record Cache(String name, long active, long objects, int objectBytes, int perSlab,
            long slabBytes) {

        /** What an object really takes: its share of the pages. */
        public double packedBytes() {
            return (double) slabBytes / perSlab;
        }

        public double activeBytes() {
            return active * packedBytes();
        }

        /** All of its pages, free objects too. */
        public double heldBytes() {
            return objects * packedBytes();
        }
    }

    public static Reading<SlabCaches> read(ProcFs files) {
        return files.read("proc/slabinfo").map(text -> parse(text, files.pageBytes()));
    }

    public static SlabCaches parse(String text, int pageBytes) {
        Map<String, Cache> caches = new LinkedHashMap<>();
        for (String line : text.split("\n")) {
            if (line.isBlank() || line.startsWith("#") || line.startsWith("slabinfo")) {
                continue;
            }
            // name, active, objects, bytes each, objects a slab, pages a slab
            String[] words = line.strip().split("\\s+");
            if (words.length < 6) {
                throw new IllegalArgumentException("a line of slabinfo: " + line);
            }
            int perSlab = Math.max(1, Integer.parseInt(words[4]));
            caches.put(words[0], new Cache(words[0], Long.parseLong(words[1]),
                    Long.parseLong(words[2]), Integer.parseInt(words[3]), perSlab,
                    Long.parseLong(words[5]) * pageBytes));
        }
        return new SlabCaches(caches);
    }

    /** By its own name or that of the group it is merged with; null: not here. */
    public Cache find(String name, SlabAliases aliases) {
        Cache own = byName.get(name);
        if (own != null) {
            return own;
        }
        for (String other : aliases.sharing(name)) {
            Cache shared = byName.get(other);
            if (shared != null) {
                return shared;
            }
        }
        return null;
    }

    public Collection<Cache> all() {
        return byName.values();
    }

    public double heldBytes() {
        return all().stream().mapToDouble(Cache::heldBytes).sum();
    }

    /** Objects in use, in bytes, of those caches whose name is wanted. */
    public double activeBytes(Predicate<String> wanted) {
        return all().stream().filter(cache -> wanted.test(cache.name()))
                .mapToDouble(Cache::activeBytes).sum();
    }

    /** Of one cache, in bytes; 0: it is not here. */
    public double activeBytes(String name) {
        Cache cache = byName.get(name);
        return cache == null ? 0 : cache.activeBytes();
    }

    /** What is in use more than {@code before}, by cache, in bytes; less is negative. */
    public Map<String, Double> activeBytesSince(SlabCaches before) {
        Map<String, Double> grown = new TreeMap<>();
        all().forEach(cache -> grown.put(cache.name(), cache.activeBytes()));
        before.all().forEach(cache ->
                grown.merge(cache.name(), -cache.activeBytes(), Double::sum));
        grown.values().removeIf(bytes -> bytes == 0);
        return grown;
    }
}
