package io.mooring.sys;

/**
 * Constants and structure offsets of the kernel's interface, each group with its header and the
 * kernel it came with.
 *
 * <p>Every structure used here is laid out alike on x86-64 and arm64 (fixed-width fields, naturally
 * aligned, little endian); what differs by architecture are the system call numbers, chosen once
 * below. Where no kernel is named, it is older than the minimum, 6.1.
 */
public final class Abi {
    /** The oldest kernel on which Mooring runs: DEFER_TASKRUN came with it. */
    public static final int KERNEL_MAJOR_MIN = 6;
    public static final int KERNEL_MINOR_MIN = 1;

    // System call numbers: arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-
    // generic/unistd.h.
    private static final String ARCHITECTURE = System.getProperty("os.arch");
    private static final boolean X86 = isX86();
    public static final int SYS_READ = X86 ? 0 : 63;
    public static final int SYS_WRITE = X86 ? 1 : 64;
    public static final int SYS_CLOSE = X86 ? 3 : 57;
    public static final int SYS_MMAP = X86 ? 9 : 222;
    public static final int SYS_MUNMAP = X86 ? 11 : 215;
    public static final int SYS_MINCORE = X86 ? 27 : 232;
    public static final int SYS_MADVISE = X86 ? 28 : 233;
    public static final int SYS_SOCKET = X86 ? 41 : 198;
    public static final int SYS_CONNECT = X86 ? 42 : 203;
    public static final int SYS_SENDTO = X86 ? 44 : 206;
    public static final int SYS_RECVFROM = X86 ? 45 : 207;
    public static final int SYS_SHUTDOWN = X86 ? 48 : 210;
    public static final int SYS_BIND = X86 ? 49 : 200;
    public static final int SYS_LISTEN = X86 ? 50 : 201;
    public static final int SYS_GETSOCKNAME = X86 ? 51 : 204;
    public static final int SYS_SETSOCKOPT = X86 ? 54 : 208;
    public static final int SYS_FCNTL = X86 ? 72 : 25;
    public static final int SYS_EPOLL_CTL = X86 ? 233 : 21;
    public static final int SYS_PPOLL = X86 ? 271 : 73;
    public static final int SYS_EPOLL_PWAIT = X86 ? 281 : 22;
    public static final int SYS_ACCEPT4 = X86 ? 288 : 242;
    public static final int SYS_EVENTFD2 = X86 ? 290 : 19;
    public static final int SYS_EPOLL_CREATE1 = X86 ? 291 : 20;
    public static final int SYS_PRLIMIT64 = X86 ? 302 : 261;
    public static final int SYS_IO_URING_SETUP = 425;
    public static final int SYS_IO_URING_ENTER = 426;
    public static final int SYS_IO_URING_REGISTER = 427;
    public static final int SYS_EPOLL_PWAIT2 = 441;         // 5.11

    // mman.h
    public static final int PROT_READ = 1;
    public static final int PROT_WRITE = 2;
    public static final int MAP_SHARED = 0x01;
    public static final int MAP_PRIVATE = 0x02;
    public static final int MAP_ANONYMOUS = 0x20;
    public static final int MAP_NORESERVE = 0x4000;
    public static final int MAP_POPULATE = 0x8000;
    public static final int MADV_DONTNEED = 4;

    // sys/resource.h; struct rlimit64: u64 soft at 0, u64 hard at 8.
    public static final int RLIMIT_NOFILE = 7;
    public static final int RLIMIT_BYTES = 16;

    // sys/socket.h, sys/un.h, netinet/in.h, netinet/tcp.h
    public static final int AF_UNIX = 1;
    public static final int AF_INET = 2;
    public static final int AF_INET6 = 10;
    public static final int SOCK_STREAM = 1;
    public static final int SOCK_DGRAM = 2;
    public static final int SOCK_NONBLOCK = 0x800;
    public static final int SOCK_CLOEXEC = 0x80000;
    public static final int SOL_SOCKET = 1;
    public static final int SO_REUSEADDR = 2;
    public static final int IPPROTO_IP = 0;
    public static final int IP_BIND_ADDRESS_NO_PORT = 24;   // 4.2
    public static final int IPPROTO_TCP = 6;
    public static final int TCP_NODELAY = 1;
    public static final int TCP_NOTSENT_LOWAT = 25;
    public static final int IPPROTO_IPV6 = 41;
    public static final int IPV6_V6ONLY = 26;
    public static final int SHUT_WR = 1;
    public static final int SHUT_RDWR = 2;
    public static final int MSG_DONTWAIT = 0x40;
    public static final int MSG_WAITALL = 0x100;
    public static final int MSG_NOSIGNAL = 0x4000;
    /**
     * struct sockaddr_in: u16 family 0, u16 port 2 (big endian), 4 address bytes at 4; 16 bytes in
     * all.
     */
    public static final int SOCKADDR_IN_BYTES = 16;
    public static final int SOCKADDR_IN_ADDRESS = 4;
    /**
     * struct sockaddr_in6: u16 family 0, u16 port 2, u32 flow 4, 16 address bytes at 8, u32 scope
     * 24; 28 bytes.
     */
    public static final int SOCKADDR_IN6_BYTES = 28;
    public static final int SOCKADDR_IN6_ADDRESS = 8;
    public static final int SOCKADDR_IN6_SCOPE = 24;
    public static final int SOCKADDR_PORT = 2;
    /** struct sockaddr_un: u16 family 0, then the path; of an abstract name the first byte is 0. */
    public static final int SOCKADDR_UN_BYTES = 110;
    public static final int SOCKADDR_UN_PATH = 2;

    // poll.h
    public static final int POLLIN = 0x001;
    public static final int POLLOUT = 0x004;
    public static final int POLLERR = 0x008;
    public static final int POLLHUP = 0x010;
    public static final int POLLRDHUP = 0x2000;
    /** struct pollfd: int descriptor 0, u16 events 4, u16 what there is 6. */
    public static final int POLLFD_BYTES = 8;
    public static final int POLLFD_EVENTS = 4;
    public static final int POLLFD_RESULT = 6;

    // fcntl.h
    public static final int F_GETFL = 3;
    public static final int F_SETFL = 4;

    // sys/epoll.h; its events are those of poll.h.
    public static final int EPOLL_CLOEXEC = 0x80000;
    public static final int EPOLL_CTL_ADD = 1;
    public static final int EPOLL_CTL_DEL = 2;
    public static final int EPOLL_CTL_MOD = 3;
    public static final int EPOLLEXCLUSIVE = 1 << 28;       // 4.5
    public static final int EPOLLONESHOT = 1 << 30;
    public static final long EPOLLET = 1L << 31;
    /**
     * struct epoll_event: u32 events 0, u64 data. Packed on x86-64 alone, so that it lies there as
     * it does in a 32-bit process.
     */
    public static final int EPOLL_EVENT_DATA = X86 ? 4 : 8;
    public static final int EPOLL_EVENT_BYTES = X86 ? 12 : 16;

    // sys/eventfd.h
    public static final int EFD_NONBLOCK = 0x800;
    public static final int EFD_CLOEXEC = 0x80000;

    // io_uring.h: struct io_uring_params, 120 bytes.
    public static final int PARAMS_BYTES = 120;
    public static final int PARAMS_SQ_ENTRIES = 0;
    public static final int PARAMS_CQ_ENTRIES = 4;
    public static final int PARAMS_FLAGS = 8;
    public static final int PARAMS_FEATURES = 20;
    public static final int PARAMS_SQ_OFF = 40;
    public static final int PARAMS_CQ_OFF = 80;
    // struct io_sqring_offsets, io_cqring_offsets: where the fields lie in the mapping.
    public static final int SQOFF_HEAD = 0;
    public static final int SQOFF_TAIL = 4;
    public static final int SQOFF_RING_MASK = 8;
    public static final int SQOFF_FLAGS = 16;
    public static final int SQOFF_DROPPED = 20;
    public static final int SQOFF_ARRAY = 24;
    public static final int CQOFF_HEAD = 0;
    public static final int CQOFF_TAIL = 4;
    public static final int CQOFF_RING_MASK = 8;
    public static final int CQOFF_OVERFLOW = 16;
    public static final int CQOFF_CQES = 20;
    public static final int CQOFF_FLAGS = 24;
    // mmap offsets.
    public static final long OFF_SQ_RING = 0;
    public static final long OFF_SQES = 0x10000000L;

    // io_uring_setup flags.
    public static final int SETUP_CQSIZE = 1 << 3;
    public static final int SETUP_SUBMIT_ALL = 1 << 7;      // 5.18
    public static final int SETUP_COOP_TASKRUN = 1 << 8;    // 5.19
    public static final int SETUP_TASKRUN_FLAG = 1 << 9;    // 5.19
    public static final int SETUP_SINGLE_ISSUER = 1 << 12;  // 6.0
    public static final int SETUP_DEFER_TASKRUN = 1 << 13;  // 6.1
    public static final int SETUP_NO_SQARRAY = 1 << 16;     // 6.6
    // Features.
    public static final int FEAT_SINGLE_MMAP = 1;
    public static final int FEAT_NODROP = 1 << 1;
    public static final int FEAT_EXT_ARG = 1 << 8;          // 5.11
    public static final int FEAT_CQE_SKIP = 1 << 11;        // 5.17
    // Flags in the shared SQ ring.
    public static final int SQ_CQ_OVERFLOW = 1 << 1;
    public static final int SQ_TASKRUN = 1 << 2;
    // Flag in the shared CQ ring, written by us.
    public static final int CQ_EVENTFD_DISABLED = 1;        // 5.8
    // io_uring_enter flags.
    public static final int ENTER_GETEVENTS = 1;
    public static final int ENTER_EXT_ARG = 1 << 3;
    public static final int ENTER_REGISTERED_RING = 1 << 4; // 5.18
    /**
     * struct io_uring_getevents_arg: u64 sigmask 0, u32 bytes 8, u32 min_wait_usec 12, u64 timespec
     * 16.
     */
    public static final int GETEVENTS_ARG_BYTES = 24;
    public static final int GETEVENTS_ARG_TIMESPEC = 16;
    // io_uring_register opcodes.
    public static final int REGISTER_BUFFERS = 0;
    public static final int UNREGISTER_BUFFERS = 1;
    public static final int REGISTER_EVENTFD = 4;
    public static final int REGISTER_PROBE = 8;
    public static final int REGISTER_FILES2 = 13;
    public static final int REGISTER_RING_FDS = 20;         // 5.18
    public static final int UNREGISTER_RING_FDS = 21;
    public static final int REGISTER_PBUF_RING = 22;        // 5.19
    public static final int UNREGISTER_PBUF_RING = 23;
    public static final int REGISTER_CLONE_BUFFERS = 30;    // 6.12
    /**
     * struct io_uring_clone_buffers: u32 source ring 0, u32 flags 4, u32 src_off 8, u32 dst_off 12,
     * u32 nr 16 (0: all), u32 pad 20, 24, 28.
     */
    public static final int CLONE_BUFFERS_BYTES = 32;
    /**
     * struct io_uring_rsrc_register: u32 nr 0, u32 flags 4, u64 resv 8, u64 data 16, u64 tags 24.
     */
    public static final int RSRC_REGISTER_BYTES = 32;
    public static final int RSRC_REGISTER_SPARSE = 1;       // 5.19
    /** struct io_uring_rsrc_update: u32 offset 0, u32 resv 4, u64 data 8. */
    public static final int RSRC_UPDATE_BYTES = 16;
    public static final int RSRC_UPDATE_DATA = 8;
    /**
     * struct io_uring_probe: u8 last_op 0, u8 ops_len 1; then 8 bytes per op from 16, u16 flags at
     * 2.
     */
    public static final int PROBE_OPS = 16;
    public static final int PROBE_OP_BYTES = 8;
    public static final int PROBE_OP_FLAGS = 2;
    public static final int OP_SUPPORTED = 1;
    /** struct io_uring_buf_reg: u64 ring 0, u32 entries 8, u16 group 12, u16 flags 14; 40 bytes. */
    public static final int BUF_REG_BYTES = 40;
    public static final int BUF_REG_ENTRIES = 8;
    public static final int BUF_REG_GROUP = 12;
    /**
     * struct io_uring_buf: u64 address 0, u32 bytes 8, u16 id 12; the tail overlays bytes 14-15 of
     * the first.
     */
    public static final int BUF_BYTES = 16;
    public static final int BUF_LENGTH = 8;
    public static final int BUF_ID = 12;
    public static final int BUF_RING_TAIL = 14;
    /** struct iovec: u64 base 0, u64 bytes 8. */
    public static final int IOVEC_BYTES = 16;
    public static final int IOVEC_LENGTH = 8;
    /** struct __kernel_timespec: i64 seconds 0, i64 nanoseconds 8. */
    public static final int TIMESPEC_BYTES = 16;
    public static final int TIMESPEC_NANOS = 8;

    // struct io_uring_sqe, 64 bytes.
    public static final int SQE_BYTES = 64;
    public static final int SQE_OPCODE = 0;
    public static final int SQE_FLAGS = 1;
    public static final int SQE_IOPRIO = 2;
    public static final int SQE_FD = 4;
    public static final int SQE_OFF = 8;
    public static final int SQE_ADDR = 16;
    public static final int SQE_LEN = 24;
    public static final int SQE_OP_FLAGS = 28;
    public static final int SQE_USER_DATA = 32;
    public static final int SQE_BUF = 40;
    public static final int SQE_FILE_INDEX = 44;
    public static final int SQE_ADDR3 = 48;
    // Flags of a submission.
    public static final int SQE_FIXED_FILE = 1;
    public static final int SQE_IO_LINK = 1 << 2;
    public static final int SQE_BUFFER_SELECT = 1 << 5;
    public static final int SQE_CQE_SKIP_SUCCESS = 1 << 6;  // 5.17
    // Opcodes.
    public static final int OP_NOP = 0;
    public static final int OP_POLL_ADD = 6;
    public static final int OP_ACCEPT = 13;
    public static final int OP_ASYNC_CANCEL = 14;
    public static final int OP_CONNECT = 16;
    public static final int OP_CLOSE = 19;
    public static final int OP_SEND = 26;
    public static final int OP_RECV = 27;
    public static final int OP_SHUTDOWN = 34;
    public static final int OP_SOCKET = 45;                 // 5.19
    public static final int OP_URING_CMD = 46;              // 5.19
    public static final int OP_SEND_ZC = 47;                // 6.0
    public static final int OP_BIND = 56;                   // 6.11
    // Commands of OP_URING_CMD to a socket.
    public static final int SOCKET_URING_OP_SETSOCKOPT = 3; // 6.7
    // ioprio flags of RECV and SEND_ZC.
    public static final int RECVSEND_POLL_FIRST = 1;        // 5.19
    public static final int RECV_MULTISHOT = 1 << 1;        // 6.0
    public static final int RECVSEND_FIXED_BUF = 1 << 2;    // 6.0
    public static final int SEND_ZC_REPORT_USAGE = 1 << 3;  // 6.2
    /** Result of a notification, if that was asked for and bytes were copied after all. */
    public static final long NOTIF_USAGE_ZC_COPIED = 1L << 31; // 6.2

    // struct io_uring_cqe, 16 bytes.
    public static final int CQE_BYTES = 16;
    public static final int CQE_RES = 8;
    public static final int CQE_FLAGS = 12;
    public static final int CQE_F_BUFFER = 1;
    public static final int CQE_F_MORE = 1 << 1;
    public static final int CQE_F_SOCK_NONEMPTY = 1 << 2;   // 5.19
    public static final int CQE_F_NOTIF = 1 << 3;           // 6.0
    public static final int CQE_BUFFER_SHIFT = 16;

    private Abi() {
    }

    /** Whether this is one of the two architectures whose numbers stand here. */
    static boolean isKnownArchitecture() {
        return isX86() || ARCHITECTURE.equals("aarch64");
    }

    private static boolean isX86() {
        return ARCHITECTURE.equals("amd64") || ARCHITECTURE.equals("x86_64");
    }
}
