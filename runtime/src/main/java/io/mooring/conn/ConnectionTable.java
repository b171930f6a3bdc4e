package io.mooring.conn;

import io.mooring.sys.MemoryUse;
import io.mooring.sys.OffHeap;

/**
 * The slots of one shard: 64 bytes each, index = direct descriptor. Mapped whole at start, touched
 * only as connections come: free slots are reused last in, first out, and new ones taken from the
 * bottom up.
 */
public final class ConnectionTable implements AutoCloseable {
    private static final int GENERATION_MASK = 0xffffff;
    private static final int NONE = -1;

    private final long base;
    private final int slots;

    /** Slots from here up have never been used, and their pages not been touched. */
    private int untouched;
    /** Head of the list of used and freed slots, threaded through {@code wheelNext}. */
    private int freeHead = NONE;
    private int inUse;
    /** What an untouched slot's generation starts from: past that of any slot given back. */
    private int firstGeneration = 1;

    public ConnectionTable(int slots) {
        this.slots = slots;
        this.base = OffHeap.map((long) slots * Connection.BYTES);
        assert base % Connection.BYTES == 0 : "a slot must not cross a cache line";
    }

    public int slots() {
        return slots;
    }

    /** Slots that are not free. */
    public int inUse() {
        return inUse;
    }

    /** Bytes of the mapping that connections have touched so far. */
    public long touchedBytes() {
        return (long) untouched * Connection.BYTES;
    }

    public long mappedBytes() {
        return OffHeap.pageAlign((long) slots * Connection.BYTES);
    }

    public MemoryUse memory() {
        return new MemoryUse(mappedBytes(), OffHeap.pageAlign(touchedBytes()),
            (long) inUse * Connection.BYTES);
    }

    /** The slot's address. */
    public long at(int slot) {
        assert slot >= 0 && slot < slots : slot;
        return base + (long) slot * Connection.BYTES;
    }

    /**
     * Takes a free slot: everything zero but the generation, phase ACCEPTING. Returns -1 when the
     * table is full.
     */
    public int take() {
        int slot;
        if (freeHead != NONE) {
            slot = freeHead;
            freeHead = OffHeap.getInt(at(slot) + Connection.WHEEL_NEXT);
        } else if (untouched < slots) {
            slot = untouched++;
        } else {
            return NONE;
        }
        long c = at(slot);
        int kept = Connection.generation(c);
        int generation = kept == 0 ? firstGeneration : kept;
        for (int i = 0; i < Connection.BYTES; i += Long.BYTES) {
            OffHeap.putLong(c + i, 0);
        }
        Connection.generation(c, generation);
        Connection.phase(c, Phase.ACCEPTING);
        OffHeap.putInt(c + Connection.WHEEL_NEXT, IdleWheel.NONE);
        OffHeap.putInt(c + Connection.WHEEL_PREV, IdleWheel.NONE);
        inUse++;
        return slot;
    }

    /**
     * Frees a slot that nothing refers to any more; late completions are told by the generation.
     */
    public void free(int slot) {
        long c = at(slot);
        assert Connection.phase(c) != Phase.FREE : "freed twice";
        assert Connection.ops(c) == 0 : "freed with operations in the kernel: " + Connection.ops(c);
        assert !Connection.is(c, Connection.FLAG_LENT) : "freed with a frame lent to the kernel";
        assert Connection.assembly(c) == 0 && Connection.output(c) == 0 : "freed with chunks";
        assert OffHeap.getInt(c + Connection.WHEEL_NEXT) == IdleWheel.NONE
            && OffHeap.getInt(c + Connection.WHEEL_PREV) == IdleWheel.NONE : "freed on the wheel";
        Connection.generation(c, next(Connection.generation(c)));
        Connection.phase(c, Phase.FREE);
        OffHeap.putInt(c + Connection.WHEEL_NEXT, freeHead);
        freeHead = slot;
        inUse--;
    }

    /**
     * Gives the memory of the slots above the highest one in use back, if that is worth it: less
     * than a quarter of those touched are in use, and whole pages are free. Call it now and then.
     */
    public void trim() {
        if (inUse > untouched / 4) {
            return;
        }
        int top = untouched;
        while (top > 0 && Connection.phase(at(top - 1)) == Phase.FREE) {
            top--;
        }
        long from = OffHeap.pageAlign((long) top * Connection.BYTES);
        long to = OffHeap.pageAlign((long) untouched * Connection.BYTES);
        if (from == to) {
            return;
        }
        int kept = (int) (from / Connection.BYTES);
        for (int slot = kept; slot < untouched; slot++) {
            raiseFirstGeneration(Connection.generation(at(slot)));
        }
        OffHeap.discard(base + from, to - from);
        untouched = kept;
        relink();
    }

    /** 0 stands for a slot that was never used, or given back. */
    private static int next(int generation) {
        return generation == GENERATION_MASK ? 1 : generation + 1;
    }

    /** Of two generations the later one, by less than half the circle. */
    private void raiseFirstGeneration(int generation) {
        if (generation != 0 && (generation - firstGeneration & GENERATION_MASK) < 1 << 23) {
            firstGeneration = generation;
        }
    }

    /** The free list anew, lowest slot first. */
    private void relink() {
        freeHead = NONE;
        for (int slot = untouched - 1; slot >= 0; slot--) {
            long c = at(slot);
            if (Connection.phase(c) == Phase.FREE) {
                OffHeap.putInt(c + Connection.WHEEL_NEXT, freeHead);
                freeHead = slot;
            }
        }
    }

    /** Whether {@code generation} is the one of the slot's present use. */
    public boolean isCurrent(int slot, int generation) {
        return slot >= 0 && slot < slots && Connection.generation(at(slot)) == generation
            && Connection.phase(at(slot)) != Phase.FREE;
    }

    /** Slots with an index of at least this have never been used. */
    public int highWater() {
        return untouched;
    }

    /** Throws if the free list and the count disagree. For tests. */
    public void invariants() {
        int free = 0;
        for (int slot = freeHead; slot != NONE;
                slot = OffHeap.getInt(at(slot) + Connection.WHEEL_NEXT)) {
            check(Connection.phase(at(slot)) == Phase.FREE, "used slot on the free list");
            check(++free <= untouched, "free list is a circle");
        }
        check(free + inUse == untouched, "slots lost");
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException(what);
        }
    }

    @Override
    public void close() {
        OffHeap.unmap(base, (long) slots * Connection.BYTES);
    }
}
