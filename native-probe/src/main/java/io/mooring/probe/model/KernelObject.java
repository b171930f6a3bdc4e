package io.mooring.probe.model;

/**
 * What the kernel makes for a socket and for those who wait for it, with the names by which its
 * size can be found: a slab cache of its own, or a struct that comes from kmalloc.
 */
public enum KernelObject {
    TCP("TCP", "tcp_sock", 2368, true),
    TCP_V6("TCPv6", "tcp6_sock", 2496, true),
    UNIX("UNIX-STREAM", "unix_sock", 1024, true),
    INODE("sock_inode_cache", "socket_alloc", 832, true),
    FILE("filp", "file", 192, true),
    DENTRY("dentry", "dentry", 192, true),
    /** There only where a security module is on that labels inodes. */
    INODE_LABEL("lsm_inode_cache", null, 0, false),
    FILE_LABEL("lsm_file_cache", null, 0, false),
    EPOLL_ITEM("eventpoll_epi", "epitem", 128, true),
    EPOLL_WAIT("eventpoll_pwq", "eppoll_entry", 64, true),
    EPOLL_HEAD("ep_head", "epitems_head", 16, true),
    REQUEST("io_kiocb", "io_kiocb", 256, true),
    ASYNC_POLL(null, "async_poll", 96, false),
    ASYNC_MESSAGE(null, "io_async_msghdr", 512, false),
    ASYNC_READ(null, "io_async_rw", 256, false),
    /** One for each direct descriptor, since Linux 6.13. */
    RING_NODE(null, "io_rsrc_node", 32, false),
    TIME_WAIT("tw_sock_TCP", "tcp_timewait_sock", 256, false),
    TIME_WAIT_V6("tw_sock_TCPv6", "tcp_timewait_sock", 256, false),
    HANDSHAKE("request_sock_TCP", "tcp_request_sock", 320, false),
    HANDSHAKE_V6("request_sock_TCPv6", "tcp_request_sock", 320, false),
    PORT("tcp_bind_bucket", "inet_bind_bucket", 128, true),
    PORT_ADDRESS("tcp_bind2_bucket", "inet_bind2_bucket", 128, true),
    /** What carries a sent frame: a pair of sk_buffs, and the small piece of memory they share. */
    SENT_BUFFER("skbuff_fclone_cache", "sk_buff_fclones", 512, false),
    SMALL_DATA("skbuff_small_head", null, 704, false);

    /** In /proc/slabinfo; null: from kmalloc. */
    public final String cache;
    /** In BTF; null: has none. */
    public final String struct;
    /** On Linux 6.12 to 6.18, for want of anything better; 0: take it as not there. */
    public final int usualBytes;
    /** The kernel charges it to the memory cgroup of whoever caused it. */
    public final boolean isCharged;

    KernelObject(String cache, String struct, int usualBytes, boolean isCharged) {
        this.cache = cache;
        this.struct = struct;
        this.usualBytes = usualBytes;
        this.isCharged = isCharged;
    }

    /**
     * The allocator keeps its pointer behind the object, not in it, since others may look at one
     * that was freed (SLAB_TYPESAFE_BY_RCU) or it stays constructed: eight bytes, and then
     * alignment.
     */
    boolean hasPointerBehind() {
        return this == TCP || this == TCP_V6 || this == INODE;
    }
}
