package io.mooring.bench;

import java.util.Map;
import java.util.TreeMap;

/**
 * Kernel memory in slabs, from {@code /proc/slabinfo}: for each cache its active objects times
 * their packed size, which is the cache's pages per slab divided by its objects per slab (so an
 * object of 2,368 bytes of which 13 share 8 pages of 4,096 costs 2,520).
 */
public record SlabInfo(Map<String, Double> bytesByCache) {

    /** The text of /proc/slabinfo, version 2.1. */
    public static SlabInfo parse(String text, int pageBytes) {
        Map<String, Double> bytes = new TreeMap<>();
        for (String line : text.split("\n")) {
            if (line.startsWith("slabinfo") || line.startsWith("#") || line.isBlank()) {
                continue;
            }
            // name active_objs num_objs objsize objperslab pagesperslab : ...
            String[] fields = line.strip().split("\\s+");
            double active = Double.parseDouble(fields[1]);
            double packed = Double.parseDouble(fields[5]) * pageBytes
                    / Double.parseDouble(fields[4]);
            bytes.merge(fields[0], active * packed, Double::sum);
        }
        return new SlabInfo(bytes);
    }

    /** The slabs as they are now; root only. */
    public static SlabInfo now(int pageBytes) {
        return parse(Proc.read("/proc/slabinfo"), pageBytes);
    }

    /** All caches, in bytes. */
    public double totalBytes() {
        return bytesByCache.values().stream().mapToDouble(Double::doubleValue).sum();
    }

    /** What grew since {@code before}, per cache, in bytes; shrunk caches are negative. */
    public Map<String, Double> since(SlabInfo before) {
        Map<String, Double> grown = new TreeMap<>(bytesByCache);
        before.bytesByCache.forEach((cache, bytes) -> grown.merge(cache, -bytes, Double::sum));
        grown.values().removeIf(bytes -> bytes == 0);
        return grown;
    }

    /** A cache that files, processes and mappings use and connections do not: another's doing. */
    public static boolean isForeign(String cache) {
        return cache.matches("(ext4|jbd2|xfs|btrfs|ovl|fuse|nfs|squashfs|virtio_fs|9p).*"
                + "|inode_cache|proc_inode_cache|shmem_inode_cache|radix_tree_node|buffer_head"
                + "|vm_area_struct|vma_lock|anon_vma.*|maple_node|task_struct|mm_struct|pid.*"
                + "|bio.*|iomap.*|files_cache|signal_cache|sighand_cache|cred.*|names_cache");
    }

    /** A cache that every TCP socket has its share of, whatever the server does with it. */
    public static boolean isOfSockets(String cache) {
        return cache.matches("TCP|TCPv6|sock_inode_cache|filp|dentry|lsm_inode_cache"
                + "|lsm_file_cache|(tw|request)_sock_TCP(v6)?");
    }

    /** All caches but those that files and processes move, the shared dentries too, in bytes. */
    public double ownBytes() {
        return bytesByCache.entrySet().stream()
                .filter(entry -> !isForeign(entry.getKey())
                        && !entry.getKey().matches("dentry|lsm_inode_cache"))
                .mapToDouble(Map.Entry::getValue).sum();
    }
}
