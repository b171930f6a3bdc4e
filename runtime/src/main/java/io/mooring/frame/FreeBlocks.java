package io.mooring.frame;

import io.mooring.sys.OffHeap;
import java.util.Arrays;

/**
 * Which parts of a region are free. Sizes and places are in units of 64 bytes; a block's header
 * lies in front of it, in the region itself:
 *
 * <pre>
 *   0  i32  size
 *   4  i32  size of the block before it; 0: it is the first
 *   8  i32  IN_USE, or free: CLEAN (has not been touched since it was mapped or discarded) or DIRTY
 *  12  i32  in use: a number of the user's
 *  16       in use: the user's bytes. Free: i32 next of its class, i32 previous
 * </pre>
 */
final class FreeBlocks {
    static final int HEADER_BYTES = 16;

    private static final int UNIT_SHIFT = 6;
    private static final int BEFORE = 4;
    private static final int STATE = 8;
    private static final int NOTE = 12;
    private static final int NEXT = 16;
    private static final int PREVIOUS = 20;
    private static final int FREE_HEADER_BYTES = 24;

    private static final int IN_USE = 0;
    private static final int CLEAN = 1;
    private static final int DIRTY = 2;

    private static final int NONE = -1;
    /** Classes per power of two: a block is at most a sixteenth larger than its class says. */
    private static final int SPLIT_SHIFT = 4;
    private static final int SPLIT = 1 << SPLIT_SHIFT;
    private static final int CLASSES = (31 - SPLIT_SHIFT + 1) * SPLIT;
    /** From here on a block is cut from the back. */
    private static final int LARGE_UNITS = (64 << 10) >> UNIT_SHIFT;
    /** Blocks of the last class that may fit that are looked at. */
    private static final int LOOKS = 32;
    private static final long DISCARD_BYTES_MIN = 64 << 10;

    private final long base;
    private final int units;
    private final int[] heads = new int[CLASSES];
    /** Bit per class: whether it has a block. */
    private final long[] filled = new long[CLASSES / Long.SIZE];
    private long touchedUnits;

    FreeBlocks(long base, long bytes) {
        this.base = base;
        this.units = Math.toIntExact(bytes >> UNIT_SHIFT);
        Arrays.fill(heads, NONE);
        write(0, units, 0, CLEAN);
        insert(0, units, CLEAN);
    }

    // ---- what the user sees: addresses and bytes

    /** Bytes that a block for so many takes, header included. */
    static long sizeOf(long bytes) {
        return bytes + HEADER_BYTES + (1 << UNIT_SHIFT) - 1 >> UNIT_SHIFT << UNIT_SHIFT;
    }

    /** The same of a block that is in use. */
    static long bytes(long address) {
        return (long) OffHeap.getInt(address - HEADER_BYTES) << UNIT_SHIFT;
    }

    static void note(long address, int value) {
        OffHeap.putInt(address - HEADER_BYTES + NOTE, value);
    }

    static int noted(long address) {
        return OffHeap.getInt(address - HEADER_BYTES + NOTE);
    }

    /** A block of so many bytes, which {@link #sizeOf} gave: its address after the header, or 0. */
    long take(long bytes) {
        if (bytes >> UNIT_SHIFT > units) {
            return 0;
        }
        int wanted = (int) (bytes >> UNIT_SHIFT);
        int found = find(wanted);
        if (found == NONE) {
            return 0;
        }
        int size = size(found);
        int state = state(found);
        remove(found, size, state);
        int block = found;
        if (size > wanted) {
            int rest = size - wanted;
            if (wanted >= LARGE_UNITS) {
                write(found, rest, before(found), state);
                insert(found, rest, state);
                block = found + rest;
                write(block, wanted, rest, IN_USE);
            } else {
                write(found, wanted, before(found), IN_USE);
                write(found + wanted, rest, wanted, state);
                insert(found + wanted, rest, state);
            }
            tellNext(found, size, wanted >= LARGE_UNITS ? wanted : rest);
        }
        OffHeap.putInt(at(block) + STATE, IN_USE);
        return at(block) + HEADER_BYTES;
    }

    void give(long address) {
        int block = (int) (address - HEADER_BYTES - base >> UNIT_SHIFT);
        assert state(block) == IN_USE : "given twice";
        int size = size(block);
        int before = before(block);
        int next = block + size;
        if (next < units && state(next) != IN_USE) {
            remove(next, size(next), state(next));
            size += size(next);
        }
        if (before != 0 && state(block - before) != IN_USE) {
            block -= before;
            remove(block, before, state(block));
            size += before;
        }
        write(block, size, before(block), DIRTY);
        tellNext(block, size, size);
        insert(block, size, DIRTY);
    }

    /** Bytes of free blocks that may hold memory. */
    long touchedBytes() {
        return touchedUnits << UNIT_SHIFT;
    }

    /** Gives the memory of larger free blocks back. */
    void discard() {
        for (int list = CLASSES - 1; list >= 0; list--) {
            for (int block = heads[list]; block != NONE; block = next(block)) {
                long from = OffHeap.pageAlign(at(block) + FREE_HEADER_BYTES);
                long to = at(block + size(block)) & -OffHeap.PAGE_BYTES;
                if (state(block) == DIRTY && to - from >= DISCARD_BYTES_MIN) {
                    OffHeap.discard(from, to - from);
                    OffHeap.putInt(at(block) + STATE, CLEAN);
                    touchedUnits -= size(block);
                }
            }
        }
    }

    // ---- classes

    /** The class of blocks that have this size or up to a sixteenth more. */
    private static int classOf(int size) {
        if (size < SPLIT) {
            return size;
        }
        int power = 31 - Integer.numberOfLeadingZeros(size);
        return (power - SPLIT_SHIFT) * SPLIT + (size >> power - SPLIT_SHIFT);
    }

    /** A free block of at least this size. */
    private int find(int wanted) {
        // Any block of a class that begins at the wanted size or above.
        int list = classOf(wanted);
        int above = nextFilled(wanted == smallest(list) ? list : list + 1);
        if (above >= 0) {
            return heads[above];
        }
        // Those of the class in which the wanted size lies may fit as well.
        int block = heads[list];
        for (int i = 0; i < LOOKS && block != NONE; i++) {
            if (size(block) >= wanted) {
                return block;
            }
            block = next(block);
        }
        return NONE;
    }

    private static int smallest(int list) {
        if (list < SPLIT) {
            return list;
        }
        return SPLIT + list % SPLIT << list / SPLIT - 1;
    }

    private int nextFilled(int list) {
        int word = list / Long.SIZE;
        if (word >= filled.length) {
            return -1;
        }
        long bits = filled[word] & -1L << list;
        while (bits == 0) {
            if (++word == filled.length) {
                return -1;
            }
            bits = filled[word];
        }
        return word * Long.SIZE + Long.numberOfTrailingZeros(bits);
    }

    private void insert(int block, int size, int state) {
        int list = classOf(size);
        int head = heads[list];
        OffHeap.putInt(at(block) + NEXT, head);
        OffHeap.putInt(at(block) + PREVIOUS, NONE);
        if (head != NONE) {
            OffHeap.putInt(at(head) + PREVIOUS, block);
        }
        heads[list] = block;
        filled[list / Long.SIZE] |= 1L << list;
        touchedUnits += state == DIRTY ? size : 0;
    }

    private void remove(int block, int size, int state) {
        int list = classOf(size);
        int next = next(block);
        int previous = OffHeap.getInt(at(block) + PREVIOUS);
        if (next != NONE) {
            OffHeap.putInt(at(next) + PREVIOUS, previous);
        }
        if (previous != NONE) {
            OffHeap.putInt(at(previous) + NEXT, next);
        } else {
            heads[list] = next;
            if (next == NONE) {
                filled[list / Long.SIZE] &= ~(1L << list);
            }
        }
        touchedUnits -= state == DIRTY ? size : 0;
    }

    // ---- headers

    private long at(int block) {
        return base + ((long) block << UNIT_SHIFT);
    }

    private int size(int block) {
        return OffHeap.getInt(at(block));
    }

    private int before(int block) {
        return OffHeap.getInt(at(block) + BEFORE);
    }

    private int state(int block) {
        return OffHeap.getInt(at(block) + STATE);
    }

    private int next(int block) {
        return OffHeap.getInt(at(block) + NEXT);
    }

    private void write(int block, int size, int before, int state) {
        OffHeap.putInt(at(block), size);
        OffHeap.putInt(at(block) + BEFORE, before);
        OffHeap.putInt(at(block) + STATE, state);
    }

    /** Tells the block after this stretch how large the one before it is now. */
    private void tellNext(int block, int size, int before) {
        if (block + size < units) {
            OffHeap.putInt(at(block + size) + BEFORE, before);
        }
    }

    /** Walks all blocks and all lists. */
    boolean invariants() {
        int before = 0;
        int free = 0;
        long touched = 0;
        boolean isFreeBefore = false;
        for (int block = 0; block < units; block += size(block)) {
            boolean isFree = state(block) != IN_USE;
            if (size(block) <= 0 || before(block) != before || isFree && isFreeBefore) {
                return false;
            }
            before = size(block);
            isFreeBefore = isFree;
            free += isFree ? 1 : 0;
            touched += state(block) == DIRTY ? size(block) : 0;
        }
        for (int list = 0; list < CLASSES; list++) {
            for (int block = heads[list]; block != NONE; block = next(block)) {
                free--;
                if (classOf(size(block)) != list) {
                    return false;
                }
            }
            boolean bit = (filled[list / Long.SIZE] >>> list & 1) != 0;
            if (bit != (heads[list] != NONE)) {
                return false;
            }
        }
        return free == 0 && touched == touchedUnits;
    }
}
