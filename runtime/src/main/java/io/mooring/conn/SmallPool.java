package io.mooring.conn;

import io.mooring.sys.MemoryUse;
import io.mooring.sys.OffHeap;
import java.util.function.BooleanSupplier;

/**
 * Memory for very many small things: chunks of 8 B to 16 KiB in 40 sizes, at most a fifth larger
 * than asked (8 B up to 64), without a header. One stretch of address space is mapped at the first
 * {@link #take} and cut into extents of 64 KiB, each with chunks of one size; pages are touched as
 * chunks need them. An extent that empties serves any size; a few such keep their pages until
 * {@link #trim}, the others' go back at once.
 *
 * <p>A chunk is an int handle, always positive: its place in the stretch in units of 8 B. Chunks of
 * 16 B have even handles, so half of one counts them without gaps within an extent.
 */
public final class SmallPool implements AutoCloseable {
    public static final int CHUNK_BYTES_MAX = 16 << 10;
    public static final int EXTENT_BYTES = 1 << 16;
    /** A handle has 31 bits. */
    public static final long BYTES_MAX = 1L << 34;

    private static final int UNIT_SHIFT = 3;
    private static final int EXTENT_SHIFT = 16 - UNIT_SHIFT;
    private static final int EXTENT_UNITS = 1 << EXTENT_SHIFT;
    private static final int SIZES = 40;
    private static final int NONE = 0;
    private static final int NO_PLACE = 0xffff;
    /** Empty extents that keep their pages, so that a size that comes and goes costs no calls. */
    private static final int KEPT_MAX = 4;
    /** The bound while memory is short. What is beyond it already stays, and is not added to. */
    private static final long SHORT_BYTES = 4L << 20;

    // An extent's record; places are in units from its start.
    private static final int RECORD_BYTES = 24;
    private static final int LIVE = 0;
    private static final int FREE = 2;
    /** Places from here on have not been handed out since the extent got its size. */
    private static final int FRESH = 4;
    /** Places from here on have not been touched since the pages last went back. */
    private static final int TOUCHED = 6;
    private static final int NEXT = 8;
    private static final int PREV = 12;
    private static final int SIZE = 16;

    private final int extentsMax;
    private final BooleanSupplier isMemoryShort;
    /** Per size: list of extents with a free chunk. */
    private final int[] available = new int[SIZES];
    private long base;
    private long records;
    /** Extents from here on have never been used; there is no extent 0, nor a handle 0. */
    private int fresh = 1;
    /** Lists of empty extents: with pages, and without. */
    private int kept = NONE;
    private int keptCount;
    private int bare = NONE;

    private long usedBytes;
    private long touchedBytes;

    /**
     * @param bytesMax bound on all extents; {@link #BYTES_MAX} at most
     * @param isMemoryShort asked before pages are touched: whether the process must not grow
     */
    public SmallPool(long bytesMax, BooleanSupplier isMemoryShort) {
        this.extentsMax = (int) (Math.min(bytesMax, BYTES_MAX - EXTENT_BYTES) / EXTENT_BYTES);
        this.isMemoryShort = isMemoryShort;
    }

    /**
     * Takes a chunk of at least {@code bytes}, with arbitrary content; 0 if the bound is reached or
     * memory is short.
     */
    public int take(int bytes) {
        int size = sizeOf(bytes);
        int extent = available[size];
        if (extent == NONE) {
            extent = open(size);
            if (extent == NONE) {
                return NONE;
            }
        }
        long record = record(extent);
        int units = unitsOf(size);
        int place = u16(record + FREE);
        if (place != NO_PLACE) {
            put16(record + FREE, u16(base + ((long) extent << 16) + ((long) place << UNIT_SHIFT)));
        } else {
            place = u16(record + FRESH);
            put16(record + FRESH, place + units);
            touch(record, place + units);
        }
        put16(record + LIVE, u16(record + LIVE) + 1);
        if (isFull(record, units)) {
            unlink(extent, record, size);
        }
        usedBytes += (long) units << UNIT_SHIFT;
        return extent << EXTENT_SHIFT | place;
    }

    /** Gives a chunk back. */
    public void give(int chunk) {
        int extent = chunk >>> EXTENT_SHIFT;
        long record = record(extent);
        int size = OffHeap.getByte(record + SIZE);
        int units = unitsOf(size);
        int live = u16(record + LIVE) - 1;
        assert live >= 0 : "chunk given twice";
        boolean wasFull = isFull(record, units);
        put16(address(chunk), u16(record + FREE));
        put16(record + FREE, chunk & EXTENT_UNITS - 1);
        put16(record + LIVE, live);
        usedBytes -= (long) units << UNIT_SHIFT;
        if (wasFull) {
            link(extent, record, size);
        } else if (live == 0) {
            unlink(extent, record, size);
            putBack(extent, record);
        }
    }

    /** The chunk's address, aligned to 8 bytes. */
    public long address(int chunk) {
        assert chunk >= EXTENT_UNITS : "no chunk: " + chunk;
        return base + ((long) chunk << UNIT_SHIFT);
    }

    /** The chunk's size in bytes. */
    public int capacity(int chunk) {
        return unitsOf(OffHeap.getByte(record(chunk >>> EXTENT_SHIFT) + SIZE)) << UNIT_SHIFT;
    }

    /** Whether {@code bytes} would get a chunk smaller than this one by two sizes or more. */
    public boolean isRoomy(int chunk, int bytes) {
        return sizeOf(bytes) + 2 <= OffHeap.getByte(record(chunk >>> EXTENT_SHIFT) + SIZE);
    }

    /** What {@link #take} would hand out for so many bytes. */
    public static int capacityFor(int bytes) {
        return unitsOf(sizeOf(bytes)) << UNIT_SHIFT;
    }

    /** Gives the pages of all empty extents back. Call it every few seconds. */
    public void trim() {
        while (kept != NONE) {
            int extent = kept;
            kept = OffHeap.getInt(record(extent) + NEXT);
            discard(extent, record(extent));
        }
        keptCount = 0;
    }

    /** Whether {@link #trim} has something to give back. */
    public boolean needsTrim() {
        return kept != NONE;
    }

    /** Bytes of chunks in use. */
    public long usedBytes() {
        return usedBytes;
    }

    /** Bytes of pages that are taken: chunks, what lies unused between them, and the records. */
    public long memoryBytes() {
        return base == 0 ? 0
            : touchedBytes + OffHeap.pageAlign((long) fresh * RECORD_BYTES);
    }

    /** Address space that is mapped once the first chunk is taken. */
    public long mappedBytes() {
        return stretchBytes() + recordsBytes();
    }

    public MemoryUse memory() {
        return base == 0 ? MemoryUse.NONE
            : new MemoryUse(mappedBytes(), memoryBytes(), usedBytes);
    }

    @Override
    public void close() {
        if (base != 0) {
            OffHeap.unmap(base, stretchBytes() + recordsBytes());
            base = 0;
        }
    }

    /** Throws if sums or lists disagree. For tests. */
    public void invariants() {
        long used = 0;
        long touched = 0;
        int linked = 0;
        for (int extent = 1; extent < fresh && base != 0; extent++) {
            long record = record(extent);
            int units = unitsOf(OffHeap.getByte(record + SIZE));
            int live = u16(record + LIVE);
            used += (long) live * units << UNIT_SHIFT;
            touched += touchedBytes(record);
            linked += live > 0 && !isFull(record, units) ? 1 : 0;
        }
        for (int size = 0; size < SIZES; size++) {
            for (int extent = available[size]; extent != NONE;
                    extent = OffHeap.getInt(record(extent) + NEXT)) {
                linked--;
            }
        }
        if (used != usedBytes || touched != touchedBytes || linked != 0) {
            throw new IllegalStateException("used " + used + "/" + usedBytes + ", touched "
                + touched + "/" + touchedBytes + ", extents off their list " + linked);
        }
    }

    /** The stretch's first byte, records behind it; 0: not mapped. For tests. */
    long base() {
        return base;
    }

    // ---- sizes: 1 to 8 units, then four from each power of two to the next

    private static int sizeOf(int bytes) {
        if (bytes < 1 || bytes > CHUNK_BYTES_MAX) {
            throw new IllegalArgumentException("chunk of " + bytes + " bytes");
        }
        int last = bytes - 1 >> UNIT_SHIFT;
        if (last < 8) {
            return last;
        }
        int shift = Integer.SIZE - 3 - Integer.numberOfLeadingZeros(last);
        return (shift << 2) + (last >> shift);
    }

    private static int unitsOf(int size) {
        return size < 8 ? size + 1 : (size & 3) + 5 << (size >> 2) - 1;
    }

    // ---- extents

    private int open(int size) {
        if (base == 0 && !map()) {
            return NONE;
        }
        int extent = kept;
        if (extent != NONE) {
            kept = OffHeap.getInt(record(extent) + NEXT);
            keptCount--;
        } else if (touchedBytes >= SHORT_BYTES && isMemoryShort.getAsBoolean()) {
            return NONE;
        } else if (bare != NONE) {
            extent = bare;
            bare = OffHeap.getInt(record(extent) + NEXT);
        } else if (fresh <= extentsMax) {
            extent = fresh++;
        } else {
            return NONE;
        }
        long record = record(extent);
        put16(record + LIVE, 0);
        put16(record + FREE, NO_PLACE);
        put16(record + FRESH, 0);
        OffHeap.putByte(record + SIZE, (byte) size);
        link(extent, record, size);
        return extent;
    }

    private boolean map() {
        base = OffHeap.tryMap(stretchBytes() + recordsBytes()); // 0: ulimit -v, or the like
        records = base + stretchBytes();
        return base != 0;
    }

    /** An extent more, for there is none with number 0; its pages are never touched. */
    private long stretchBytes() {
        return (extentsMax + 1L) * EXTENT_BYTES;
    }

    private long recordsBytes() {
        return OffHeap.pageAlign((extentsMax + 1L) * RECORD_BYTES);
    }

    private void touch(long record, int units) {
        if (units > u16(record + TOUCHED)) {
            touchedBytes -= touchedBytes(record);
            put16(record + TOUCHED, units);
            touchedBytes += touchedBytes(record);
        }
    }

    /** A page of more than 64 KiB would be shared by extents; none of ours has that. */
    private static long touchedBytes(long record) {
        return OffHeap.pageAlign((long) u16(record + TOUCHED) << UNIT_SHIFT);
    }

    private void putBack(int extent, long record) {
        if (keptCount == KEPT_MAX) {
            discard(extent, record);
        } else {
            OffHeap.putInt(record + NEXT, kept);
            kept = extent;
            keptCount++;
        }
    }

    private void discard(int extent, long record) {
        OffHeap.discard(base + ((long) extent << 16), touchedBytes(record));
        touchedBytes -= touchedBytes(record);
        put16(record + TOUCHED, 0);
        OffHeap.putInt(record + NEXT, bare);
        bare = extent;
    }

    private static boolean isFull(long record, int units) {
        return u16(record + FREE) == NO_PLACE && u16(record + FRESH) + units > EXTENT_UNITS;
    }

    private void link(int extent, long record, int size) {
        int head = available[size];
        OffHeap.putInt(record + NEXT, head);
        OffHeap.putInt(record + PREV, NONE);
        if (head != NONE) {
            OffHeap.putInt(record(head) + PREV, extent);
        }
        available[size] = extent;
    }

    private void unlink(int extent, long record, int size) {
        int next = OffHeap.getInt(record + NEXT);
        int prev = OffHeap.getInt(record + PREV);
        if (prev != NONE) {
            OffHeap.putInt(record(prev) + NEXT, next);
        } else {
            available[size] = next;
        }
        if (next != NONE) {
            OffHeap.putInt(record(next) + PREV, prev);
        }
    }

    private long record(int extent) {
        assert extent > 0 && extent < fresh : extent;
        return records + (long) extent * RECORD_BYTES;
    }

    private static int u16(long address) {
        return OffHeap.getShort(address) & 0xffff;
    }

    private static void put16(long address, int value) {
        OffHeap.putShort(address, (short) value);
    }
}
