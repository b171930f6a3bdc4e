package io.mooring.topic;

import io.mooring.conn.SmallPool;
import io.mooring.sys.OffHeap;

/**
 * A large set of slots, page by page. Its chunk's header is the owner's; then four bytes for each
 * page of 4,096 slots, 0 or a chunk with a header and
 *
 * <ul>
 *   <li>the low bits of its members, ascending, 2 B each; or
 *   <li>a bitmap, from where that takes less.
 * </ul>
 *
 * <p>So nothing that is moved to insert a member is longer than half a kilobyte, and a set of
 * everybody takes a bit each.
 */
final class SlotPages {
    private static final int SHIFT_MIN = 12;
    /** As many as a chunk has room for; with more slots, pages are larger. */
    private static final int PAGES_MAX = 4_000;

    private static final int DIRECTORY = 4;
    private static final int BITMAP = 1;
    private static final int ARRAY_AT = 4;
    /** Aligned to words. */
    private static final int BITMAP_AT = 8;

    private final SmallPool pool;
    private final int pages;
    private final int shift;
    private final int bitmapBytes;

    SlotPages(SmallPool pool, int slots) {
        this.pool = pool;
        int fitting = SHIFT_MIN;
        while (Math.ceilDiv(slots, 1 << fitting) > PAGES_MAX) {
            fitting++;
        }
        this.shift = fitting;
        this.pages = Math.ceilDiv(slots, 1 << shift);
        this.bitmapBytes = 1 << shift - 3;
        assert shift <= Short.SIZE : "a member has 16 bits";
    }

    int pages() {
        return pages;
    }

    int directoryBytes() {
        return pages * Integer.BYTES;
    }

    boolean contains(long set, int slot) {
        int page = OffHeap.getInt(entry(set, slot >> shift));
        if (page == 0) {
            return false;
        }
        long at = pool.address(page);
        int header = OffHeap.getInt(at);
        int low = low(slot);
        if ((header & BITMAP) != 0) {
            return (OffHeap.getLong(word(at, low)) >>> low & 1) != 0;
        }
        int index = search(at, header >>> 1, low);
        return index < header >>> 1 && get(at, index) == low;
    }

    /** The first member from {@code from} on and below {@code to}; -1: none. */
    int next(long set, int from, int to) {
        int last = (int) Math.min(pages - 1, (long) to - 1 >> shift);
        int low = low(from);
        for (int number = from >> shift; number <= last; number++) {
            int page = OffHeap.getInt(entry(set, number));
            if (page != 0) {
                int found = nextOf(pool.address(page), low);
                if (found >= 0) {
                    int slot = number << shift | found;
                    return slot < to ? slot : -1;
                }
            }
            low = 0;
        }
        return -1;
    }

    /** Adds one that is not there. False, and nothing has changed, if there is no memory for it. */
    boolean add(long set, int slot) {
        long entry = entry(set, slot >> shift);
        int page = OffHeap.getInt(entry);
        int low = low(slot);
        if (page == 0) {
            page = pool.take(ARRAY_AT + Short.BYTES);
            if (page == 0) {
                return false;
            }
            OffHeap.putInt(pool.address(page), 0);
            OffHeap.putInt(entry, page);
        }
        long at = pool.address(page);
        int header = OffHeap.getInt(at);
        if ((header & BITMAP) != 0) {
            flip(at, low);
            OffHeap.putInt(at, header + 2);
            return true;
        }
        int size = header >>> 1;
        return bytes(size + 1) > bitmapBytes ? toBitmap(entry, page, size, low)
            : insert(entry, page, size, low);
    }

    /** Removes one that is there. */
    void remove(long set, int slot) {
        long entry = entry(set, slot >> shift);
        int page = OffHeap.getInt(entry);
        long at = pool.address(page);
        int header = OffHeap.getInt(at) - 2;
        int size = header >>> 1;
        int low = low(slot);
        OffHeap.putInt(at, header);
        if (size == 0) {
            pool.give(page);
            OffHeap.putInt(entry, 0);
        } else if ((header & BITMAP) != 0) {
            flip(at, low);
            if (bytes(size) <= bitmapBytes / 2) {
                toArray(entry, page, size);
            }
        } else {
            int index = search(at, size + 1, low);
            assert get(at, index) == low : slot + " is not in the set";
            OffHeap.copy(member(at, index + 1), member(at, index),
                (long) (size - index) * Short.BYTES);
            if (pool.isRoomy(page, bytes(size))) {
                replace(entry, page, pool.take(bytes(size)), bytes(size));
            }
        }
    }

    /** Gives the pages back, not the set's own chunk. */
    void free(long set) {
        for (int number = 0; number < pages; number++) {
            int page = OffHeap.getInt(entry(set, number));
            if (page != 0) {
                pool.give(page);
            }
        }
    }

    // ---- one page

    private int nextOf(long at, int low) {
        int header = OffHeap.getInt(at);
        if ((header & BITMAP) == 0) {
            int index = search(at, header >>> 1, low);
            return index < header >>> 1 ? get(at, index) : -1;
        }
        long word = OffHeap.getLong(word(at, low)) & -1L << low;
        int first = low & -Long.SIZE;
        while (word == 0) {
            first += Long.SIZE;
            if (first == 1 << shift) {
                return -1;
            }
            word = OffHeap.getLong(word(at, first));
        }
        return first + Long.numberOfTrailingZeros(word);
    }

    private boolean insert(long entry, int page, int size, int low) {
        int chunk = page;
        if (pool.capacity(page) < bytes(size + 1)) {
            chunk = pool.take(bytes(size + 1));
            if (!replace(entry, page, chunk, bytes(size))) {
                return false;
            }
        }
        long at = pool.address(chunk);
        int index = search(at, size, low);
        OffHeap.copy(member(at, index), member(at, index + 1),
            (long) (size - index) * Short.BYTES);
        OffHeap.putShort(member(at, index), (short) low);
        OffHeap.putInt(at, size + 1 << 1);
        return true;
    }

    /** The page's bytes move to another chunk; false, and nothing has changed, if that is 0. */
    private boolean replace(long entry, int page, int chunk, int bytes) {
        if (chunk == 0) {
            return false;
        }
        OffHeap.copy(pool.address(page), pool.address(chunk), bytes);
        pool.give(page);
        OffHeap.putInt(entry, chunk);
        return true;
    }

    private boolean toBitmap(long entry, int page, int size, int low) {
        int chunk = pool.take(BITMAP_AT + bitmapBytes);
        if (chunk == 0) {
            return false;
        }
        long from = pool.address(page);
        long at = pool.address(chunk);
        OffHeap.zero(at, BITMAP_AT + bitmapBytes);
        for (int i = 0; i < size; i++) {
            flip(at, get(from, i));
        }
        flip(at, low);
        OffHeap.putInt(at, size + 1 << 1 | BITMAP);
        pool.give(page);
        OffHeap.putInt(entry, chunk);
        return true;
    }

    private void toArray(long entry, int page, int size) {
        int chunk = pool.take(bytes(size));
        if (chunk == 0) {
            return;
        }
        long from = pool.address(page);
        long at = pool.address(chunk);
        int low = -1;
        for (int i = 0; i < size; i++) {
            low = nextOf(from, low + 1);
            OffHeap.putShort(member(at, i), (short) low);
        }
        OffHeap.putInt(at, size << 1);
        pool.give(page);
        OffHeap.putInt(entry, chunk);
    }

    private static int search(long at, int size, int low) {
        int from = 0;
        int to = size;
        while (from < to) {
            int middle = from + to >>> 1;
            if (get(at, middle) < low) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return from;
    }

    private int low(int slot) {
        return slot & (1 << shift) - 1;
    }

    private static long entry(long set, int number) {
        return set + DIRECTORY + (long) number * Integer.BYTES;
    }

    private static int bytes(int size) {
        return ARRAY_AT + size * Short.BYTES;
    }

    private static long member(long at, int index) {
        return at + bytes(index);
    }

    private static int get(long at, int index) {
        return OffHeap.getShort(member(at, index)) & 0xffff;
    }

    private static long word(long at, int low) {
        return at + BITMAP_AT + (low >> 6 << 3);
    }

    private static void flip(long at, int low) {
        long word = word(at, low);
        OffHeap.putLong(word, OffHeap.getLong(word) ^ 1L << low);
    }
}
