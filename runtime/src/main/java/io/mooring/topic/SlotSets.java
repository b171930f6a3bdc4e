package io.mooring.topic;

import io.mooring.conn.SmallPool;
import io.mooring.sys.OffHeap;

/**
 * Sets of a reactor's slots, numbered through its shards, each set an int: 0 for the empty one; the
 * complement of its one member; or a chunk, which is a header and
 *
 * <ul>
 *   <li>up to some five hundred members, ascending, 4 B each; or
 *   <li>pages, see {@link SlotPages}.
 * </ul>
 *
 * <p>What changes a set gives the int that stands for it from then on. A set takes another form, or
 * a smaller chunk, only when it has become smaller by a good part, so that one which grows and
 * shrinks by turns stays where it is.
 */
final class SlotSets {
    /** Longer, what is moved to insert a member costs more time than pages would bytes. */
    private static final int ARRAY_MAX = 511;

    private static final int HEADER_BYTES = 4;
    private static final int PAGED = 1;

    private final SmallPool pool;
    private final SlotPages pages;
    private final int arrayMax;

    /** @param slots of all the reactor's shards */
    SlotSets(SmallPool pool, int slots) {
        this.pool = pool;
        this.pages = new SlotPages(pool, slots);
        // With very many slots the directory of the pages needs a larger set to be worth it.
        this.arrayMax = Math.max(ARRAY_MAX, Math.min(2 * pages.pages(),
            SmallPool.CHUNK_BYTES_MAX / Integer.BYTES - 1));
    }

    int size(int set) {
        return set > 0 ? OffHeap.getInt(pool.address(set)) >>> 1 : -(set >> 31);
    }

    boolean contains(int set, int slot) {
        if (set <= 0) {
            return set < 0 && ~set == slot;
        }
        long at = pool.address(set);
        int header = OffHeap.getInt(at);
        return (header & PAGED) != 0 ? pages.contains(at, slot)
            : isAt(at, header >>> 1, search(at, header >>> 1, slot), slot);
    }

    /** The first member from {@code from} on and below {@code to}; -1: none. */
    int next(int set, int from, int to) {
        if (set <= 0) {
            return set < 0 && ~set >= from && ~set < to ? ~set : -1;
        }
        long at = pool.address(set);
        int header = OffHeap.getInt(at);
        if ((header & PAGED) != 0) {
            return pages.next(at, from, to);
        }
        int index = search(at, header >>> 1, from);
        if (index == header >>> 1) {
            return -1;
        }
        int slot = OffHeap.getInt(member(at, index));
        return slot < to ? slot : -1;
    }

    /** The set with one more, which it does not have; 0 if there is no memory for it. */
    int add(int set, int slot) {
        if (set == 0) {
            return ~slot;
        }
        if (set < 0) {
            return pair(~set, slot);
        }
        long at = pool.address(set);
        int header = OffHeap.getInt(at);
        int size = header >>> 1;
        if ((header & PAGED) != 0) {
            if (!pages.add(at, slot)) {
                return 0;
            }
            OffHeap.putInt(at, header + 2);
            return set;
        }
        if (size < arrayMax) {
            return insert(set, at, size, slot);
        }
        int paged = toPages(at, size, slot);
        if (paged != 0) {
            pool.give(set);
        }
        return paged;
    }

    /** The set without one that it has. */
    int remove(int set, int slot) {
        if (set < 0) {
            return 0;
        }
        long at = pool.address(set);
        int header = OffHeap.getInt(at);
        int size = (header >>> 1) - 1;
        OffHeap.putInt(at, header - 2);
        if ((header & PAGED) != 0) {
            pages.remove(at, slot);
            return size <= arrayMax / 2 ? fromPages(set, at, size) : set;
        }
        int index = search(at, size + 1, slot);
        assert OffHeap.getInt(member(at, index)) == slot : slot + " is not in the set";
        OffHeap.copy(member(at, index + 1), member(at, index),
            (long) (size - index) * Integer.BYTES);
        if (size == 1) {
            int left = OffHeap.getInt(member(at, 0));
            pool.give(set);
            return ~left;
        }
        return pool.isRoomy(set, bytes(size)) ? toSmaller(set, at, size) : set;
    }

    /** Throws if a set is not what it says. For tests. */
    void invariants(int set) {
        int size = 0;
        for (int slot = next(set, 0, Integer.MAX_VALUE); slot >= 0;
                slot = next(set, slot + 1, Integer.MAX_VALUE)) {
            size++;
        }
        if (size != size(set)) {
            throw new IllegalStateException("a set of " + size + " says that it has " + size(set));
        }
    }

    // ---- arrays

    private int pair(int one, int other) {
        int chunk = pool.take(bytes(2));
        if (chunk != 0) {
            long at = pool.address(chunk);
            OffHeap.putInt(at, 2 << 1);
            OffHeap.putInt(member(at, 0), Math.min(one, other));
            OffHeap.putInt(member(at, 1), Math.max(one, other));
        }
        return chunk;
    }

    private int insert(int set, long at, int size, int slot) {
        int index = search(at, size, slot);
        int chunk = set;
        long to = at;
        if (pool.capacity(set) < bytes(size + 1)) {
            chunk = pool.take(bytes(size + 1));
            if (chunk == 0) {
                return 0;
            }
            to = pool.address(chunk);
            OffHeap.copy(at, to, bytes(index));
        }
        OffHeap.copy(member(at, index), member(to, index + 1),
            (long) (size - index) * Integer.BYTES);
        OffHeap.putInt(member(to, index), slot);
        OffHeap.putInt(to, size + 1 << 1);
        if (chunk != set) {
            pool.give(set);
        }
        return chunk;
    }

    private int toSmaller(int set, long at, int size) {
        int smaller = pool.take(bytes(size));
        if (smaller == 0) {
            return set;
        }
        OffHeap.copy(at, pool.address(smaller), bytes(size));
        pool.give(set);
        return smaller;
    }

    /** The first member that is not below {@code slot}; {@code size} if there is none. */
    private static int search(long at, int size, int slot) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = low + high >>> 1;
            if (OffHeap.getInt(member(at, middle)) < slot) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private static boolean isAt(long at, int size, int index, int slot) {
        return index < size && OffHeap.getInt(member(at, index)) == slot;
    }

    private static long member(long at, int index) {
        return at + bytes(index);
    }

    private static int bytes(int size) {
        return HEADER_BYTES + size * Integer.BYTES;
    }

    // ---- from one form to the other

    private int toPages(long at, int size, int slot) {
        int chunk = pool.take(HEADER_BYTES + pages.directoryBytes());
        if (chunk == 0) {
            return 0;
        }
        long to = pool.address(chunk);
        OffHeap.zero(to, HEADER_BYTES + pages.directoryBytes());
        boolean held = pages.add(to, slot);
        for (int i = 0; i < size && held; i++) {
            held = pages.add(to, OffHeap.getInt(member(at, i)));
        }
        if (!held) {
            pages.free(to);
            pool.give(chunk);
            return 0;
        }
        OffHeap.putInt(to, size + 1 << 1 | PAGED);
        return chunk;
    }

    /** Without memory for an array it keeps its pages, until there is none left in it. */
    private int fromPages(int set, long at, int size) {
        int smaller = size == 0 ? 0 : ~pages.next(at, 0, Integer.MAX_VALUE);
        if (size > 1) {
            smaller = pool.take(bytes(size));
            if (smaller == 0) {
                return set;
            }
            fill(pool.address(smaller), at, size);
        }
        pages.free(at);
        pool.give(set);
        return smaller;
    }

    private void fill(long to, long from, int size) {
        int slot = -1;
        for (int i = 0; i < size; i++) {
            slot = pages.next(from, slot + 1, Integer.MAX_VALUE);
            OffHeap.putInt(member(to, i), slot);
        }
        OffHeap.putInt(to, size << 1);
    }
}
