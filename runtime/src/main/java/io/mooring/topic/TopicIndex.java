package io.mooring.topic;

import io.mooring.conn.SmallPool;
import io.mooring.sys.MemoryUse;
import io.mooring.sys.OffHeap;

/**
 * An int for each number, 0 at first: pages of 256, there while one of theirs is not 0. Numbers are
 * dense, so this is four bytes each, and two loads to find one.
 */
final class TopicIndex implements AutoCloseable {
    private static final int PAGE_SHIFT = 8;
    private static final int PAGE_NUMBERS = 1 << PAGE_SHIFT;
    private static final int PAGE_BYTES = PAGE_NUMBERS * Integer.BYTES;

    // A page's entry in the directory.
    private static final int ENTRY_BYTES = 8;
    private static final int CHUNK = 0;
    private static final int LIVE = 4;

    private final SmallPool pool;
    private final int numbersMax;
    private long directory;
    /** Pages below this have been there. */
    private int pagesTouched;

    TopicIndex(SmallPool pool, int numbersMax) {
        this.pool = pool;
        this.numbersMax = numbersMax;
    }

    int get(int number) {
        if (directory == 0) {
            return 0;
        }
        int page = OffHeap.getInt(entry(number) + CHUNK);
        return page == 0 ? 0 : OffHeap.getInt(at(page, number));
    }

    /** False if there is no memory for it; never for one that is not 0 now, nor to make it 0. */
    boolean set(int number, int value) {
        if (directory == 0 && !map()) {
            return false;
        }
        long entry = entry(number);
        int page = OffHeap.getInt(entry + CHUNK);
        if (page == 0) {
            page = pool.take(PAGE_BYTES);
            if (page == 0) {
                return false;
            }
            OffHeap.zero(pool.address(page), PAGE_BYTES);
            OffHeap.putInt(entry + CHUNK, page);
            pagesTouched = Math.max(pagesTouched, (number >> PAGE_SHIFT) + 1);
        }
        long at = at(page, number);
        int before = OffHeap.getInt(at);
        OffHeap.putInt(at, value);
        int live = OffHeap.getInt(entry + LIVE) + (value != 0 ? 1 : 0) - (before != 0 ? 1 : 0);
        OffHeap.putInt(entry + LIVE, live);
        if (live == 0) {
            pool.give(page);
            OffHeap.putInt(entry + CHUNK, 0);
        }
        return true;
    }

    /** Bytes of pages taken by the directory; the rest is the pool's. */
    long memoryBytes() {
        return OffHeap.pageAlign((long) pagesTouched * ENTRY_BYTES);
    }

    long mappedBytes() {
        return OffHeap.pageAlign(((long) numbersMax >> PAGE_SHIFT) * ENTRY_BYTES + ENTRY_BYTES);
    }

    MemoryUse memory() {
        return directory == 0 ? MemoryUse.NONE
            : new MemoryUse(mappedBytes(), memoryBytes(), (long) pagesTouched * ENTRY_BYTES);
    }

    @Override
    public void close() {
        if (directory != 0) {
            OffHeap.unmap(directory, mappedBytes());
            directory = 0;
        }
    }

    private boolean map() {
        directory = OffHeap.tryMap(mappedBytes());
        return directory != 0;
    }

    private long entry(int number) {
        assert number > 0 && number < numbersMax : number;
        return directory + (long) (number >> PAGE_SHIFT) * ENTRY_BYTES;
    }

    private long at(int page, int number) {
        return pool.address(page) + (long) (number & PAGE_NUMBERS - 1) * Integer.BYTES;
    }
}
