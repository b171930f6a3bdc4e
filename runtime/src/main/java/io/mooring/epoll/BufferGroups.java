package io.mooring.epoll;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import java.util.Arrays;

/** Buffer rings, read as the kernel reads them: their tail is in memory, their head is ours. */
final class BufferGroups {
    private Group[] groups = {};

    /** One ring of buffers. */
    static final class Group {
        private final long entries;
        private final int mask;
        private short head;
        /** The enter in which a buffer was taken last. */
        private int takenIn;

        private Group(long entries, int count) {
            this.entries = entries;
            this.mask = count - 1;
        }

        boolean isEmpty() {
            return OffHeap.getShort(entries + Abi.BUF_RING_TAIL) == head;
        }

        private long first() {
            return entries + (long) (head & mask) * Abi.BUF_BYTES;
        }

        /** Of the first buffer, which stays until it is {@link #take taken}. */
        long address() {
            return OffHeap.getLong(first());
        }

        int bytes() {
            return OffHeap.getInt(first() + Abi.BUF_LENGTH);
        }

        /** The first buffer has data in it; flags that name it for the completion. */
        int take(int enter) {
            int id = OffHeap.getShort(first() + Abi.BUF_ID) & 0xffff;
            head++;
            takenIn = enter;
            return Abi.CQE_F_BUFFER | id << Abi.CQE_BUFFER_SHIFT;
        }

        /**
         * Whether buffers were taken in this very enter: then being empty is no shortage, for
         * nobody could give any back yet.
         */
        boolean isTakenFrom(int enter) {
            return takenIn == enter;
        }
    }

    /** The group, or null. */
    Group get(int group) {
        return group < groups.length ? groups[group] : null;
    }

    /** IORING_REGISTER_PBUF_RING. */
    int register(long arg) {
        int group = OffHeap.getShort(arg + Abi.BUF_REG_GROUP) & 0xffff;
        if (get(group) != null) {
            return -Errno.EEXIST;
        }
        if (group >= groups.length) {
            groups = Arrays.copyOf(groups, group + 1);
        }
        groups[group] = new Group(OffHeap.getLong(arg), OffHeap.getInt(arg + Abi.BUF_REG_ENTRIES));
        return 0;
    }

    /** IORING_UNREGISTER_PBUF_RING. */
    int unregister(long arg) {
        int group = OffHeap.getShort(arg + Abi.BUF_REG_GROUP) & 0xffff;
        if (get(group) == null) {
            return -Errno.ENOENT;
        }
        groups[group] = null;
        return 0;
    }
}
