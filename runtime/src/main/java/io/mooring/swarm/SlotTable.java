package io.mooring.swarm;

import io.mooring.sys.OffHeap;

/** The slots of one ring: slot = direct descriptor. Untouched ones take no memory. */
final class SlotTable implements AutoCloseable {
    private final long memory;
    private final int slots;
    private int highWater;
    private int inUse;
    /** Freed slots, each naming the next in its last field, plus one; 0: none. */
    private int free;

    SlotTable(int slots) {
        this.slots = slots;
        this.memory = OffHeap.map((long) slots * Slot.BYTES);
    }

    /** A free slot, or -1. */
    int take() {
        int slot;
        if (free != 0) {
            slot = free - 1;
            free = (int) Slot.stamp(at(slot));
            Slot.stamp(at(slot), 0);
        } else if (highWater < slots) {
            slot = highWater++;
        } else {
            return -1;
        }
        inUse++;
        return slot;
    }

    /** Gives a slot back; nothing of it may be in the kernel. */
    void free(int slot) {
        long c = at(slot);
        assert Slot.ops(c) == 0 : Slot.ops(c);
        Slot.reset(c);
        Slot.stamp(c, free);
        free = slot + 1;
        inUse--;
    }

    long at(int slot) {
        assert slot >= 0 && slot < slots : slot;
        return memory + (long) slot * Slot.BYTES;
    }

    boolean isFull() {
        return inUse == slots;
    }

    int inUse() {
        return inUse;
    }

    /** Slots from here on were never used. */
    int highWater() {
        return highWater;
    }

    /** Throws if what is free and what is in use do not add up. */
    void invariants() {
        int freed = 0;
        for (int next = free; next != 0; next = (int) Slot.stamp(at(next - 1))) {
            if (Slot.state(at(next - 1)) != Slot.FREE || ++freed > highWater) {
                throw new IllegalStateException("the free list is broken at " + next);
            }
        }
        if (freed + inUse != highWater) {
            throw new IllegalStateException(freed + " free + " + inUse + " in use of " + highWater);
        }
    }

    @Override
    public void close() {
        OffHeap.unmap(memory, (long) slots * Slot.BYTES);
    }
}
