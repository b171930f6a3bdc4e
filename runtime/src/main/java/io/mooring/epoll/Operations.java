package io.mooring.epoll;

import io.mooring.ring.UserData;
import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.sys.Syscalls;

/**
 * What a submission entry means: each operation by its system call, tried at once and without
 * waiting. Trying again is calling {@link #run} again: an entry carries its own progress.
 */
final class Operations {
    /** The operation waits for its socket; the caller keeps the entry. */
    static final int WAITS = Integer.MIN_VALUE;
    /** It waits where it has been put, and is not the caller's any more. */
    static final int KEPT = Integer.MIN_VALUE + 1;

    private static final long EVENTS =
        Abi.POLLIN | Abi.POLLOUT | Abi.POLLRDHUP | Abi.EPOLLET;
    /** How cold connections wait: the poll for which a slot has a place. */
    private static final int POLL_EVENTS = Abi.POLLIN | Abi.POLLRDHUP;
    /** Buffers that one socket may fill in a row, while others are ready too. */
    private static final int RECEIVES = 4;
    private static final int PROGRESS = Abi.SQE_ADDR3; // of no use to a send
    private static final int FLAGS = Abi.SOCK_NONBLOCK | Abi.SOCK_CLOEXEC;

    private final EpollRing ring;
    private final Poller poller;
    private final BufferGroups groups;
    private int completionFlags;

    Operations(EpollRing ring, Poller poller, BufferGroups groups) {
        this.ring = ring;
        this.poller = poller;
        this.groups = groups;
    }

    static int opcode(long entry) {
        return OffHeap.getByte(entry + Abi.SQE_OPCODE) & 0xff;
    }

    static boolean is(long entry, int flag) {
        return (OffHeap.getByte(entry + Abi.SQE_FLAGS) & flag) != 0;
    }

    static long userData(long entry) {
        return OffHeap.getLong(entry + Abi.SQE_USER_DATA);
    }

    static int fd(long entry) {
        return OffHeap.getInt(entry + Abi.SQE_FD);
    }

    /** The slot that a new socket is to be put in, or that is to be emptied. */
    static int target(long entry) {
        return OffHeap.getInt(entry + Abi.SQE_FILE_INDEX) - 1;
    }

    static int events(long entry) {
        return OffHeap.getInt(entry + Abi.SQE_OP_FLAGS);
    }

    /** Of the completion that {@link #run} has brought about last. */
    int completionFlags() {
        return completionFlags;
    }

    /** Whether this result of it ends a chain: an error, or a send that is not whole. */
    static boolean isFailure(long entry, int result) {
        return result < 0
            || opcode(entry) == Abi.OP_SEND && OffHeap.getInt(entry + Abi.SQE_LEN) != 0;
    }

    /** The result of one that is cancelled: what has been sent of it has been sent. */
    static int cancelled(long entry) {
        int sent = opcode(entry) == Abi.OP_SEND ? OffHeap.getInt(entry + PROGRESS) : 0;
        return sent > 0 ? sent : -Errno.ECANCELED;
    }

    /**
     * Whether one that waits may go on by these events of its socket.
     */
    static boolean concerns(long entry, int events) {
        int wanted = switch (opcode(entry)) {
            case Abi.OP_POLL_ADD -> events(entry);
            case Abi.OP_RECV -> FileTable.INPUT;
            default -> Abi.POLLOUT;
        };
        return (events & (wanted | Abi.POLLERR | Abi.POLLHUP)) != 0;
    }

    /** Carries an entry out as far as it goes: its result, -errno, WAITS or KEPT. */
    int run(long entry) {
        completionFlags = 0;
        return switch (opcode(entry)) {
            case Abi.OP_SEND -> send(entry);
            case Abi.OP_RECV -> receive(entry);
            case Abi.OP_POLL_ADD -> poll(entry);
            case Abi.OP_ACCEPT -> ring.listeners().add(entry);
            case Abi.OP_CLOSE -> close(entry);
            case Abi.OP_ASYNC_CANCEL -> ring.cancel(OffHeap.getLong(entry + Abi.SQE_ADDR));
            case Abi.OP_SHUTDOWN -> shutdown(entry);
            case Abi.OP_SOCKET -> socket(entry);
            case Abi.OP_CONNECT -> connect(entry);
            case Abi.OP_BIND -> bind(entry);
            case Abi.OP_URING_CMD -> setOption(entry);
            case Abi.OP_NOP -> 0;
            default -> -Errno.EINVAL;
        };
    }

    /** For those that {@link #run} knows and that came after the oldest operations. */
    static boolean knows(int opcode) {
        return switch (opcode) {
            case Abi.OP_NOP, Abi.OP_POLL_ADD, Abi.OP_ACCEPT, Abi.OP_ASYNC_CANCEL, Abi.OP_CONNECT,
                Abi.OP_CLOSE, Abi.OP_SEND, Abi.OP_RECV, Abi.OP_SHUTDOWN, Abi.OP_SOCKET,
                Abi.OP_URING_CMD, Abi.OP_BIND -> true;
            default -> false;
        };
    }

    // ---- data

    /** All of it, or what fits if it must not wait; what is left is left in the entry. */
    private int send(long entry) {
        int fd = ring.files().fd(fd(entry));
        if (fd < 0) {
            return fd;
        }
        int messageFlags = OffHeap.getInt(entry + Abi.SQE_OP_FLAGS);
        while (true) {
            int bytes = OffHeap.getInt(entry + Abi.SQE_LEN);
            int sent = Syscalls.send(fd, OffHeap.getLong(entry + Abi.SQE_ADDR), bytes,
                Abi.MSG_DONTWAIT | Abi.MSG_NOSIGNAL);
            if (sent == bytes) {
                OffHeap.putInt(entry + Abi.SQE_LEN, 0);
                return sent + OffHeap.getInt(entry + PROGRESS);
            }
            int before = OffHeap.getInt(entry + PROGRESS);
            if (sent > 0) {
                before += sent;
                OffHeap.putInt(entry + PROGRESS, before);
                OffHeap.putInt(entry + Abi.SQE_LEN, bytes - sent);
                OffHeap.putLong(entry + Abi.SQE_ADDR, OffHeap.getLong(entry + Abi.SQE_ADDR) + sent);
                if ((messageFlags & Abi.MSG_DONTWAIT) != 0) {
                    return before;
                }
            } else if (sent == -Errno.EAGAIN && (messageFlags & Abi.MSG_DONTWAIT) == 0) {
                int joined = join(fd(entry), fd);
                return joined < 0 ? joined : WAITS;
            } else if (sent != -Errno.EINTR) {
                return before > 0 ? before : sent;
            }
        }
    }

    private int receive(long entry) {
        int slot = fd(entry);
        FileTable files = ring.files();
        int fd = files.fd(slot);
        if (fd < 0) {
            return fd;
        }
        int id = OffHeap.getShort(entry + Abi.SQE_BUF) & 0xffff;
        BufferGroups.Group group = groups.get(id);
        if (group == null || group.isEmpty() && !group.isTakenFrom(ring.enters())) {
            return -Errno.ENOBUFS;
        }
        boolean many = (OffHeap.getShort(entry + Abi.SQE_IOPRIO) & Abi.RECV_MULTISHOT) != 0;
        if (!many) {
            return receiveOnce(entry, slot, fd, group);
        }
        int result = join(slot, fd);
        if (result < 0) {
            return result;
        }
        result = files.known(slot) == 0 ? WAITS : receiveMany(slot, fd, group, userData(entry));
        if (result == WAITS && hasPlace(entry, slot)) {
            files.receive(slot, userData(entry), id);
            return KEPT;
        }
        return result;
    }

    /** Whether the slot's own place may hold the operation. */
    private boolean hasPlace(long entry, int slot) {
        return !is(entry, Abi.SQE_IO_LINK) && UserData.slot(userData(entry)) == slot
            && !ring.files().hasOperation(slot);
    }

    private int receiveOnce(long entry, int slot, int fd, BufferGroups.Group group) {
        if (group.isEmpty()) {
            return -Errno.ENOBUFS;
        }
        int room = group.bytes();
        int received = Syscalls.recv(fd, group.address(), room, Abi.MSG_DONTWAIT);
        FileTable files = ring.files();
        if (received > 0) {
            completionFlags = took(slot, group, received == room);
            return received;
        }
        if (received == -Errno.EAGAIN) {
            files.forget(slot);
            if ((OffHeap.getInt(entry + Abi.SQE_OP_FLAGS) & Abi.MSG_DONTWAIT) == 0) {
                int joined = join(slot, fd);
                return joined < 0 ? joined : WAITS;
            }
        }
        return received;
    }

    /** A buffer has data in it. Whether it is full says whether there may be more. */
    private int took(int slot, BufferGroups.Group group, boolean full) {
        FileTable files = ring.files();
        int flags = group.take(ring.enters());
        if (!full) {
            // Less than there was room for, so there was no more; what comes is reported.
            files.drained(slot);
        }
        return full || files.known(slot) != 0 ? flags | Abi.CQE_F_SOCK_NONEMPTY : flags;
    }

    /**
     * Receives until there is no more, and posts each: WAITS, or the result that ends the
     * operation. A receive that does not fill its buffer was the last, which spares the one that
     * would only say so.
     */
    private int receiveMany(int slot, int fd, BufferGroups.Group group, long userData) {
        FileTable files = ring.files();
        for (int i = 0; i < RECEIVES; ) {
            if (group == null || group.isEmpty() && !group.isTakenFrom(ring.enters())) {
                return -Errno.ENOBUFS;
            }
            if (group.isEmpty() || ring.queues().room() == 0) {
                break; // goes on once the caller has read what there is
            }
            int room = group.bytes();
            int received = Syscalls.recv(fd, group.address(), room, Abi.MSG_DONTWAIT);
            if (received > 0) {
                int flags = took(slot, group, received == room);
                ring.queues().post(userData, received, flags | Abi.CQE_F_MORE);
                i++;
                if (files.known(slot) == 0) {
                    return WAITS;
                }
            } else if (received == -Errno.EAGAIN) {
                files.forget(slot);
                return WAITS;
            } else if (received != -Errno.EINTR) {
                return received;
            }
        }
        ring.enqueue(slot);
        return WAITS;
    }

    // ---- waiting

    /** Has epoll report the slot's events: once, when it first has to wait, and for good. */
    private int join(int slot, int fd) {
        FileTable files = ring.files();
        if (files.isJoined(slot)) {
            return 0;
        }
        int result = poller.add(fd, EVENTS, slot);
        if (result >= 0) {
            files.joined(slot);
        }
        return result;
    }

    private int poll(long entry) {
        if (!is(entry, Abi.SQE_FIXED_FILE)) {
            return ring.plainPolls().add(entry);
        }
        int slot = fd(entry);
        FileTable files = ring.files();
        int fd = files.fd(slot);
        if (fd < 0) {
            return fd;
        }
        boolean joined = files.isJoined(slot);
        if (!joined) {
            int result = join(slot, fd); // what there is already is reported too
            if (result < 0) {
                return result;
            }
        }
        int events = events(entry);
        if (joined && (files.known(slot) != 0 || events != POLL_EVENTS)) {
            int there = poller.look(fd, events);
            if (there != 0) {
                return there;
            }
            files.forget(slot);
        }
        if (events == POLL_EVENTS && hasPlace(entry, slot)) {
            files.poll(slot, userData(entry));
            return KEPT;
        }
        return WAITS;
    }

    /** The operation in the slot's own place, which these events may concern. */
    void proceed(int slot, int events) {
        FileTable files = ring.files();
        long userData = files.userData(slot);
        if (files.receives(slot)) {
            if (files.known(slot) != 0) {
                int result =
                    receiveMany(slot, files.fd(slot), groups.get(files.group(slot)), userData);
                if (result != WAITS) {
                    files.ended(slot);
                    ring.queues().post(userData, result, 0);
                }
            }
        } else if (files.polls(slot) && (events & FileTable.INPUT) != 0) {
            files.ended(slot);
            ring.queues().post(userData, events & FileTable.INPUT, 0);
        }
    }

    // ---- sockets

    private int close(long entry) {
        int slot = target(entry);
        return ring.files().has(slot) ? ring.closeSlot(slot) : -Errno.EINVAL;
    }

    private int shutdown(long entry) {
        int fd = ring.files().fd(fd(entry));
        return fd < 0 ? fd : Syscalls.shutdown(fd, OffHeap.getInt(entry + Abi.SQE_LEN));
    }

    private int socket(long entry) {
        int slot = target(entry);
        if (!ring.files().has(slot)) {
            return -Errno.EINVAL;
        }
        int type = (int) OffHeap.getLong(entry + Abi.SQE_OFF);
        int fd = Syscalls.socket(fd(entry), type | FLAGS, OffHeap.getInt(entry + Abi.SQE_LEN));
        return fd < 0 ? fd : install(slot, fd);
    }

    /** Puts a new socket in its slot; what is there already goes, as in the kernel. */
    int install(int slot, int fd) {
        if (!ring.files().has(slot)) {
            Syscalls.close(fd);
            return -Errno.EINVAL;
        }
        ring.closeSlot(slot);
        ring.files().put(slot, fd);
        return 0;
    }

    private int connect(long entry) {
        int fd = ring.files().fd(fd(entry));
        if (fd < 0) {
            return fd;
        }
        int result = Syscalls.connect(fd, OffHeap.getLong(entry + Abi.SQE_ADDR),
            (int) OffHeap.getLong(entry + Abi.SQE_OFF));
        return switch (-result) {
            case Errno.EINPROGRESS, Errno.EALREADY -> {
                int joined = join(fd(entry), fd);
                yield joined < 0 ? joined : WAITS;
            }
            default -> result;
        };
    }

    private int bind(long entry) {
        int fd = ring.files().fd(fd(entry));
        return fd < 0 ? fd : Syscalls.bind(fd, OffHeap.getLong(entry + Abi.SQE_ADDR),
            (int) OffHeap.getLong(entry + Abi.SQE_OFF));
    }

    private int setOption(long entry) {
        int fd = ring.files().fd(fd(entry));
        if (fd < 0) {
            return fd;
        }
        if (OffHeap.getInt(entry + Abi.SQE_OFF) != Abi.SOCKET_URING_OP_SETSOCKOPT) {
            return -Errno.EINVAL;
        }
        // level and option share the place of the address, the length that of the file index.
        long options = OffHeap.getLong(entry + Abi.SQE_ADDR);
        return Syscalls.setsockopt(fd, (int) options, (int) (options >>> 32),
            OffHeap.getLong(entry + Abi.SQE_ADDR3), OffHeap.getInt(entry + Abi.SQE_FILE_INDEX));
    }
}
