package io.mooring.probe.source;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * An io_uring, from its fdinfo (io_uring/fdinfo.c). What lies behind the ring's lock is only told
 * when the lock is free at that moment: {@link #isWhole} says whether it was.
 *
 * @param inode       of the ring itself, whoever has it; 0: not told
 * @param submissions entries of the submission queue
 * @param completions entries of the completion queue
 * @param slots       of its table of direct descriptors
 * @param files       of them in use
 * @param sockets     of those: sockets
 * @param nameless    of those: TCP sockets whose inode it does not tell (Linux before 6.14)
 * @param buffers     registered
 * @param polls       armed requests, by operation: 6 POLL_ADD, 13 ACCEPT, 22 READ, 27 RECV, 49
 *                    READ_MULTISHOT
 * @param isWhole     the lists were there
 * @param textBytes   how long the kernel's text was
 */
public record RingInfo(int fd, long inode, long submissions, long completions, long slots,
        long files, long sockets, long nameless, long buffers, long[] polls, boolean isWhole,
        long textBytes) {

    public static final int OP_POLL_ADD = 6;
    public static final int OP_ACCEPT = 13;
    public static final int OP_READ = 22;
    public static final int OP_RECV = 27;
    public static final int OP_READ_MULTISHOT = 49;
    private static final int OPS = 256;
    private static final String SOCKET = "socket:[";
    /** Before 6.14 it wrote the name in the dentry, which of a socket is its protocol's. */
    private static final List<String> PROTOCOLS = List.of("TCP", "TCPv6");

    /** What the entries that follow are; HEAD: none that matter. */
    private enum Part { HEAD, FILES, BUFFERS, POLLS }

    /** @param inodes gets the inode of each socket in the table; null: they are only counted */
    static RingInfo read(int fd, InputStream fdinfo, IntSet inodes) throws IOException {
        LineReader lines = new LineReader(fdinfo);
        long inode = 0;
        long submissions = 0;
        long completions = 0;
        long slots = 0;
        long files = 0;
        long sockets = 0;
        long nameless = 0;
        long buffers = 0;
        long[] polls = new long[OPS];
        Part part = Part.HEAD;
        boolean whole = false;
        while (lines.next()) {
            // Entries first: of those there are tens of thousands.
            if (lines.isEntry()) {
                if (part == Part.FILES) {
                    int file = lines.after(": ");
                    files += file >= 0 && !lines.has(file, "<none>") ? 1 : 0;
                    if (file >= 0 && lines.has(file, SOCKET)) {
                        sockets++;
                        if (inodes != null) {
                            inodes.add((int) lines.number(file + SOCKET.length(), 10));
                        }
                    } else if (file >= 0 && isProtocol(lines, file)) {
                        sockets++;
                        nameless++;
                    }
                } else if (part == Part.POLLS) {
                    long op = lines.numberAfter("op=", 10);
                    if (op >= 0 && op < OPS) {
                        polls[(int) op]++;
                    }
                }
            } else if (lines.startsWith("ino:")) {
                inode = lines.numberAfter(":", 10);
            } else if (lines.startsWith("SqMask:")) {
                submissions = hexAfterPrefix(lines) + 1;
            } else if (lines.startsWith("CqMask:")) {
                completions = hexAfterPrefix(lines) + 1;
            } else if (lines.startsWith("UserFiles:")) {
                part = Part.FILES;
                slots = lines.numberAfter(":", 10);
            } else if (lines.startsWith("UserBufs:")) {
                part = Part.BUFFERS;
                buffers = lines.numberAfter(":", 10);
            } else if (lines.startsWith("PollList:")) {
                part = Part.POLLS;
                whole = true;
            } else {
                part = Part.HEAD;
            }
        }
        return new RingInfo(fd, inode, submissions, completions, slots, files, sockets, nameless,
                buffers, polls, whole, lines.bytesRead());
    }

    private static boolean isProtocol(LineReader lines, int at) {
        for (String protocol : PROTOCOLS) {
            if (lines.endsWith(at, protocol)) {
                return true;
            }
        }
        return false;
    }

    /** {@code SqMask: 0x1ff}. */
    private static long hexAfterPrefix(LineReader lines) {
        return Math.max(0, lines.numberAfter("0x", 16));
    }

    /** Armed requests of {@code operation}. */
    public long polls(int operation) {
        return polls[operation];
    }

    public long pollsInAll() {
        long all = 0;
        for (long count : polls) {
            all += count;
        }
        return all;
    }
}
