package io.mooring.ring;

import io.mooring.sys.Abi;
import io.mooring.sys.OffHeap;

/**
 * One {@code prepX} per operation. Each writes all 64 bytes of the entry (a stale field of the
 * entry's last use would be read by the kernel), and names descriptors by direct index unless it
 * says otherwise. Man page: io_uring_enter(2).
 */
public final class Sqe {
    /** The last fields of an entry, of which no operation here but one makes use. */
    private static final int ZEROES = 48;

    private Sqe() {
    }

    /** Completes at once with 0. */
    public static void prepNop(long sqe, long userData) {
        write(sqe, Abi.OP_NOP, 0, 0, 0, 0, 0, 0, 0, userData, 0, 0);
    }

    /** Waits once until the socket has one of {@code events}; the result is the set of events. */
    public static void prepPoll(long sqe, int file, int events, long userData) {
        write(sqe, Abi.OP_POLL_ADD, Abi.SQE_FIXED_FILE, 0, file, 0, 0, 0, events, userData, 0, 0);
    }

    /** The same for an ordinary file descriptor (the wake-up eventfd). */
    public static void prepPollFd(long sqe, int fd, int events, long userData) {
        write(sqe, Abi.OP_POLL_ADD, 0, 0, fd, 0, 0, 0, events, userData, 0, 0);
    }

    /**
     * Accepts one connection from listener {@code fd} (an ordinary descriptor) into direct
     * descriptor {@code file}.
     *
     * @param address where the kernel writes the peer's address; must stay until the completion
     * @param addressBytes address of a u32: in, the room; out, the length
     */
    public static void prepAccept(long sqe, int fd, int file, long address, long addressBytes,
        long userData) {
        write(sqe, Abi.OP_ACCEPT, 0, 0, fd, addressBytes, address, 0, 0, userData, 0, file + 1);
    }

    /** socket(2) into direct descriptor {@code file}; it must be empty. 5.19. */
    public static void prepSocket(long sqe, int file, int family, int type, long userData) {
        write(sqe, Abi.OP_SOCKET, 0, 0, family, type, 0, 0, 0, userData, 0, file + 1);
    }

    /**
     * setsockopt(2); {@code value} is read when the operation runs. 6.7. Alone or first in a chain
     * only: kernels up to 6.12 at least read this very entry when the operation runs, and behind
     * another link that may be after it was written anew.
     */
    public static void prepSetOption(long sqe, int file, int level, int option, long value,
        int bytes, long userData) {
        // level and option share the place of the address, the length that of the file index.
        write(sqe, Abi.OP_URING_CMD, Abi.SQE_FIXED_FILE, 0, file, Abi.SOCKET_URING_OP_SETSOCKOPT,
            level & 0xffffffffL | (long) option << 32, 0, 0, userData, 0, bytes);
        OffHeap.putLong(sqe + Abi.SQE_ADDR3, value);
    }

    /** bind(2); the address is read at submission. 6.11. */
    public static void prepBind(long sqe, int file, long sockaddr, int bytes, long userData) {
        write(sqe, Abi.OP_BIND, Abi.SQE_FIXED_FILE, 0, file, bytes, sockaddr, 0, 0, userData, 0, 0);
    }

    /** connect(2), until it is through or has failed; the address is read at submission. */
    public static void prepConnect(long sqe, int file, long sockaddr, int bytes, long userData) {
        write(sqe, Abi.OP_CONNECT, Abi.SQE_FIXED_FILE, 0, file, bytes, sockaddr, 0, 0, userData, 0,
            0);
    }

    /**
     * connect(2) to AF_UNSPEC, as inline as any: resets the connection, drops what is not sent yet,
     * and so has zero-copy sends notify. The address is read at submission; it is the end of the
     * entry itself, which is zero.
     */
    public static void prepDisconnect(long sqe, int file, long userData) {
        prepConnect(sqe, file, sqe + ZEROES, Abi.SOCKADDR_IN_BYTES, userData);
    }

    /** Has a prepared entry say nothing when it succeeds. */
    public static void silently(long sqe) {
        byte flags = OffHeap.getByte(sqe + Abi.SQE_FLAGS);
        OffHeap.putByte(sqe + Abi.SQE_FLAGS, (byte) (flags | Abi.SQE_CQE_SKIP_SUCCESS));
    }

    /**
     * Makes a prepared entry a link: the next entry begins when it has succeeded, and it says
     * nothing then. Fails it, it posts its completion, and those behind it in the chain end without
     * one; so a chain of these and one ordinary entry posts exactly one completion. A chain must be
     * submitted by one enter.
     */
    public static void linkSilently(long sqe) {
        byte flags = OffHeap.getByte(sqe + Abi.SQE_FLAGS);
        OffHeap.putByte(sqe + Abi.SQE_FLAGS,
            (byte) (flags | Abi.SQE_IO_LINK | Abi.SQE_CQE_SKIP_SUCCESS));
    }

    /**
     * Receives once into a buffer of group {@code group}; the result is the length, 0 at the end of
     * the stream.
     *
     * @param messageFlags MSG_DONTWAIT: -EAGAIN instead of waiting
     */
    public static void prepRecv(long sqe, int file, int group, int messageFlags, long userData) {
        write(sqe, Abi.OP_RECV, Abi.SQE_FIXED_FILE | Abi.SQE_BUFFER_SELECT, 0, file, 0, 0, 0,
            messageFlags, userData, group, 0);
    }

    /**
     * Receives again and again, a completion each, until one without CQE_F_MORE. POLL_FIRST: there
     * is no data yet.
     */
    public static void prepRecvMultishot(long sqe, int file, int group, boolean pollFirst,
        long userData) {
        int priority = Abi.RECV_MULTISHOT | (pollFirst ? Abi.RECVSEND_POLL_FIRST : 0);
        write(sqe, Abi.OP_RECV, Abi.SQE_FIXED_FILE | Abi.SQE_BUFFER_SELECT, priority, file, 0, 0, 0,
            0, userData, group, 0);
    }

    /**
     * Sends all or what fits, inside io_uring_enter, and posts a completion only for the short
     * count or the error. Once enter has returned the bytes are free unless such a completion says
     * otherwise.
     */
    public static void prepSendNow(long sqe, int file, long address, int bytes, long userData) {
        write(sqe, Abi.OP_SEND, Abi.SQE_FIXED_FILE | Abi.SQE_CQE_SKIP_SUCCESS, 0, file, 0, address,
            bytes, Abi.MSG_DONTWAIT | Abi.MSG_WAITALL | Abi.MSG_NOSIGNAL, userData, 0, 0);
    }

    /**
     * Sends all, waiting for room as long as it takes; the bytes must stay until the completion.
     */
    public static void prepSendAll(long sqe, int file, long address, int bytes, long userData) {
        write(sqe, Abi.OP_SEND, Abi.SQE_FIXED_FILE, 0, file, 0, address, bytes,
            Abi.MSG_WAITALL | Abi.MSG_NOSIGNAL, userData, 0, 0);
    }

    /**
     * Sends from registered memory; where the device can, without a copy. 6.0. It posts up to two
     * completions: the count or error, and, if that one has CQE_F_MORE, a notification
     * (CQE_F_NOTIF) when nothing in the kernel reads the bytes any more: for TCP when the peer has
     * acknowledged them or the connection is gone. Until then they must not be changed. May not be
     * prepared to say nothing on success (-EINVAL).
     *
     * @param buffer index of the registered buffer in which the bytes lie
     * @param messageFlags MSG_WAITALL: all, not what fits; MSG_DONTWAIT: a short count or -EAGAIN
     *     instead of waiting for room
     * @param report the notification says whether bytes were copied after all
     *     ({@link CompletionQueue#wasCopied}); 6.2
     */
    public static void prepSendZcFixed(long sqe, int file, int buffer, long address, int bytes,
        int messageFlags, boolean report, long userData) {
        int priority = Abi.RECVSEND_FIXED_BUF | (report ? Abi.SEND_ZC_REPORT_USAGE : 0);
        write(sqe, Abi.OP_SEND_ZC, Abi.SQE_FIXED_FILE, priority, file, 0, address, bytes,
            messageFlags | Abi.MSG_NOSIGNAL, userData, buffer, 0);
    }

    /**
     * shutdown(2). The kernel always runs it on a worker thread, so it is for the rare closes that
     * need it.
     */
    public static void prepShutdown(long sqe, int file, int how, long userData) {
        write(sqe, Abi.OP_SHUTDOWN, Abi.SQE_FIXED_FILE, 0, file, 0, 0, how, 0, userData, 0, 0);
    }

    /** Empties the direct descriptor; the socket goes once no operation holds it. */
    public static void prepClose(long sqe, int file, long userData) {
        write(sqe, Abi.OP_CLOSE, 0, 0, 0, 0, 0, 0, 0, userData, 0, file + 1);
    }

    /**
     * Cancels the operation that carries {@code target}; posts a completion only for an error
     * (-ENOENT: it is over).
     */
    public static void prepCancel(long sqe, long target, long userData) {
        write(sqe, Abi.OP_ASYNC_CANCEL, Abi.SQE_CQE_SKIP_SUCCESS, 0, -1, 0, target, 0, 0, userData,
            0, 0);
    }

    private static void write(long sqe, int opcode, int flags, int priority, int fd, long off,
        long addr, int len, int opFlags, long userData, int buffer, int fileIndex) {
        OffHeap.putLong(sqe + Abi.SQE_OPCODE, opcode | (long) flags << 8 | (long) priority << 16
            | (long) fd << 32);
        OffHeap.putLong(sqe + Abi.SQE_OFF, off);
        OffHeap.putLong(sqe + Abi.SQE_ADDR, addr);
        OffHeap.putLong(sqe + Abi.SQE_LEN, len & 0xffffffffL | (long) opFlags << 32);
        OffHeap.putLong(sqe + Abi.SQE_USER_DATA, userData);
        OffHeap.putLong(sqe + Abi.SQE_BUF, buffer | (long) fileIndex << 32);
        OffHeap.putLong(sqe + ZEROES, 0);
        OffHeap.putLong(sqe + ZEROES + 8, 0);
    }
}
