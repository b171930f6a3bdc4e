package io.mooring.conn;

import io.mooring.sys.MemoryUse;
import io.mooring.sys.OffHeap;
import java.util.Arrays;
import java.util.function.BooleanSupplier;

/**
 * Memory for the rare rest: partial messages, unsent output. Chunks of power-of-two sizes from 512
 * B; small ones are cut from 256 KiB extents, large ones are an extent of their own. An extent that
 * empties is unmapped, but for one per size, which {@link #trim} gives back when it has not been
 * needed for a while. The sum of all extents is bounded.
 *
 * <p>A chunk is an int handle, never 0: extent in the upper bits, place in the lower 10.
 */
public final class SpillPool implements AutoCloseable {
    public static final int CHUNK_BYTES_MIN = 512;

    private static final int SHIFT_MIN = 9;
    private static final int SHIFT_MAX = 30;
    private static final int EXTENT_SHIFT = 18;
    private static final int PLACE_BITS = 10;
    private static final int PLACE_MASK = (1 << PLACE_BITS) - 1;
    private static final int NONE = 0;
    /** The bound while memory is short. What is beyond it already stays, and is not added to. */
    private static final long SHORT_BYTES = 4L << 20;

    private final long bytesMax;
    private final BooleanSupplier isMemoryShort;
    /** Per size, by shift: list of extents with a free chunk. */
    private final int[] available = new int[SHIFT_MAX + 1];
    /** Per size: the one extent that is empty and kept, wherever it is in that list. */
    private final int[] spare = new int[SHIFT_MAX + 1];

    // Per extent, from 1.
    private long[] base = new long[64];
    private byte[] shift = new byte[64];
    private short[] live = new short[64];
    private short[] freePlace = new short[64];
    private short[] untouched = new short[64];
    private int[] next = new int[64];
    private int[] prev = new int[64];
    private boolean[] idle = new boolean[64];
    private int extents = 1;
    private int unusedExtent = NONE;

    private long mappedBytes;
    private long usedBytes;

    /** @param bytesMax bound on the memory of all extents */
    public SpillPool(long bytesMax) {
        this(bytesMax, () -> false);
    }

    /** @param isMemoryShort asked before an extent is mapped: whether the process must not grow */
    public SpillPool(long bytesMax, BooleanSupplier isMemoryShort) {
        this.bytesMax = bytesMax;
        this.isMemoryShort = isMemoryShort;
    }

    /**
     * Takes a chunk of at least {@code bytes}, with arbitrary content; 0 if the bound is reached.
     */
    public int take(int bytes) {
        int size = sizeShift(bytes);
        int extent = available[size];
        if (extent == NONE) {
            extent = grow(size);
            if (extent == NONE) {
                return NONE;
            }
        }
        int place = freePlace[extent];
        if (place >= 0) {
            freePlace[extent] = (short) OffHeap.getInt(placeAddress(extent, place));
        } else {
            place = untouched[extent]++;
        }
        live[extent]++;
        if (spare[size] == extent) {
            spare[size] = NONE;
        }
        if (isFull(extent)) {
            unlink(extent);
        }
        usedBytes += 1L << size;
        return extent << PLACE_BITS | place;
    }

    /** Gives a chunk back. */
    public void give(int chunk) {
        int extent = chunk >>> PLACE_BITS;
        int place = chunk & PLACE_MASK;
        int size = shift[extent];
        assert live[extent] > 0 : "chunk given twice";
        if (isFull(extent)) {
            link(extent);
        }
        OffHeap.putInt(placeAddress(extent, place), freePlace[extent]);
        freePlace[extent] = (short) place;
        live[extent]--;
        usedBytes -= 1L << size;
        if (live[extent] == 0) {
            if (available[size] != extent || next[extent] != NONE) {
                drop(extent); // another one has room
            } else {
                spare[size] = extent;
                idle[extent] = false;
            }
        }
    }

    /** The chunk's address, aligned to 64 bytes. */
    public long address(int chunk) {
        return placeAddress(chunk >>> PLACE_BITS, chunk & PLACE_MASK);
    }

    /** The chunk's size in bytes. */
    public int capacity(int chunk) {
        return 1 << shift[chunk >>> PLACE_BITS];
    }

    /**
     * Unmaps every extent that was empty at the last trim too, and has been since. Call it every
     * few seconds.
     */
    public void trim() {
        for (int size = SHIFT_MIN; size <= SHIFT_MAX; size++) {
            int extent = spare[size];
            if (extent != NONE && idle[extent]) {
                drop(extent);
                spare[size] = NONE;
            } else if (extent != NONE) {
                idle[extent] = true;
            }
        }
    }

    /** Bytes of chunks in use. */
    public long usedBytes() {
        return usedBytes;
    }

    /** Bytes mapped. */
    public long mappedBytes() {
        return mappedBytes;
    }

    public long bytesMax() {
        return bytesMax;
    }

    /** Looks at every extent. */
    public MemoryUse memory() {
        long touched = 0;
        for (int extent = 1; extent < extents; extent++) {
            if (base[extent] != 0) {
                touched += OffHeap.pageAlign((long) untouched[extent] << shift[extent]);
            }
        }
        return new MemoryUse(mappedBytes, touched, usedBytes);
    }

    @Override
    public void close() {
        for (int extent = 1; extent < extents; extent++) {
            if (base[extent] != 0) {
                OffHeap.unmap(base[extent], extentBytes(shift[extent]));
                base[extent] = 0;
            }
        }
    }

    /** Throws if sums disagree. For tests. */
    public void invariants() {
        long mapped = 0;
        long used = 0;
        for (int extent = 1; extent < extents; extent++) {
            if (base[extent] != 0) {
                mapped += extentBytes(shift[extent]);
                used += (long) live[extent] << shift[extent];
            }
        }
        if (mapped != mappedBytes || used != usedBytes || mapped > bytesMax) {
            throw new IllegalStateException("mapped " + mapped + "/" + mappedBytes + ", used "
                + used + "/" + usedBytes);
        }
    }

    private static int sizeShift(int bytes) {
        if (bytes < 1 || bytes > 1 << SHIFT_MAX) {
            throw new IllegalArgumentException("chunk of " + bytes + " bytes");
        }
        return Math.max(SHIFT_MIN, Integer.SIZE - Integer.numberOfLeadingZeros(bytes - 1));
    }

    private static long extentBytes(int size) {
        return 1L << Math.max(size, EXTENT_SHIFT);
    }

    private long placeAddress(int extent, int place) {
        return base[extent] + ((long) place << shift[extent]);
    }

    private boolean isFull(int extent) {
        return live[extent] == extentBytes(shift[extent]) >>> shift[extent];
    }

    private int grow(int size) {
        long bytes = extentBytes(size);
        long most = isMemoryShort.getAsBoolean() ? Math.min(SHORT_BYTES, bytesMax) : bytesMax;
        if (mappedBytes + bytes > most) {
            dropEmpty();
            if (mappedBytes + bytes > most) {
                return NONE;
            }
        }
        long address = OffHeap.tryMap(bytes);
        if (address == 0) {
            return NONE; // ulimit -v, or the system's own limits
        }
        int extent = unusedExtent;
        if (extent != NONE) {
            unusedExtent = next[extent];
        } else {
            extent = extents++;
            ensureRoom(extent);
        }
        base[extent] = address;
        mappedBytes += bytes;
        shift[extent] = (byte) size;
        live[extent] = 0;
        freePlace[extent] = -1;
        untouched[extent] = 0;
        link(extent);
        return extent;
    }

    private void dropEmpty() {
        for (int size = SHIFT_MIN; size <= SHIFT_MAX; size++) {
            if (spare[size] != NONE) {
                drop(spare[size]);
                spare[size] = NONE;
            }
        }
    }

    private void drop(int extent) {
        unlink(extent);
        long bytes = extentBytes(shift[extent]);
        OffHeap.unmap(base[extent], bytes);
        base[extent] = 0;
        mappedBytes -= bytes;
        next[extent] = unusedExtent;
        unusedExtent = extent;
    }

    private void link(int extent) {
        int size = shift[extent];
        int head = available[size];
        next[extent] = head;
        prev[extent] = NONE;
        if (head != NONE) {
            prev[head] = extent;
        }
        available[size] = extent;
    }

    private void unlink(int extent) {
        if (prev[extent] != NONE) {
            next[prev[extent]] = next[extent];
        } else {
            available[shift[extent]] = next[extent];
        }
        if (next[extent] != NONE) {
            prev[next[extent]] = prev[extent];
        }
    }

    private void ensureRoom(int extent) {
        if (extent < base.length) {
            return;
        }
        int length = base.length * 2;
        base = Arrays.copyOf(base, length);
        shift = Arrays.copyOf(shift, length);
        live = Arrays.copyOf(live, length);
        freePlace = Arrays.copyOf(freePlace, length);
        untouched = Arrays.copyOf(untouched, length);
        next = Arrays.copyOf(next, length);
        prev = Arrays.copyOf(prev, length);
        idle = Arrays.copyOf(idle, length);
    }
}
