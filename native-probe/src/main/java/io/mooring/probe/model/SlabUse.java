package io.mooring.probe.model;

/**
 * Whose a slab cache is, by its name in /proc/slabinfo: of every socket, of sockets that come and
 * go, of files and processes; what is left is what servers add to their sockets.
 */
public final class SlabUse {

    private SlabUse() {
    }

    /** Files, processes and mappings have objects in it, and connections none. */
    public static boolean isOthers(String cache) {
        return cache.matches("(ext4|jbd2|xfs|btrfs|ovl|fuse|nfs|squashfs|virtio_fs|9p).*"
                + "|inode_cache|proc_inode_cache|shmem_inode_cache|radix_tree_node|buffer_head"
                + "|vm_area_struct|vma_lock|anon_vma.*|maple_node|task_struct|mm_struct|pid.*"
                + "|bio.*|iomap.*|files_cache|signal_cache|sighand_cache|cred.*|names_cache");
    }

    /** Every TCP socket has its share of it, whatever its server does with it. */
    public static boolean isOfSockets(String cache) {
        return cache.matches("TCP|TCPv6|sock_inode_cache|filp|lsm_file_cache")
                || isOfFilesToo(cache) || isPassing(cache);
    }

    /** Sockets have their share of it, and so has whoever looks around in a file system. */
    public static boolean isOfFilesToo(String cache) {
        return cache.matches("dentry|lsm_inode_cache");
    }

    /** Of connections that are no longer (TIME-WAIT), or not yet. */
    public static boolean isPassing(String cache) {
        return cache.matches("(tw|request)_sock_TCP(v6)?");
    }

    /** Neither others' nor passing: what open connections may have made. */
    public static boolean isOfConnections(String cache) {
        return !isOthers(cache) && !isPassing(cache);
    }
}
