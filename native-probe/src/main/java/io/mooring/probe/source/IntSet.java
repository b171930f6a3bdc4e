package io.mooring.probe.source;

/** Inode numbers, in an open hash: 8 to 16 bytes each, no objects. Zero is never in it. */
public final class IntSet {

    private int[] slots = new int[1024];
    private int size;

    /** @return it was not there before */
    public boolean add(int value) {
        if (value == 0) {
            return false;
        }
        int at = find(value);
        if (slots[at] != 0) {
            return false;
        }
        slots[at] = value;
        if (++size * 2 > slots.length) {
            grow();
        }
        return true;
    }

    public boolean contains(int value) {
        return value != 0 && slots[find(value)] != 0;
    }

    /** How many are in {@code other} too. */
    public int inBoth(IntSet other) {
        int both = 0;
        for (int value : slots) {
            both += other.contains(value) ? 1 : 0;
        }
        return both;
    }

    /**
     * Adds what is in both.
     *
     * @return how many are, new here or not
     */
    public int addBoth(IntSet one, IntSet other) {
        int both = 0;
        for (int value : one.slots) {
            if (other.contains(value)) {
                add(value);
                both++;
            }
        }
        return both;
    }

    public void addAll(IntSet other) {
        for (int value : other.slots) {
            add(value);
        }
    }

    /**
     * Adds some of those that are not in it yet, whichever they are.
     *
     * @return how many: {@code most}, or all that there are
     */
    public long addSome(IntSet other, long most) {
        long added = 0;
        for (int i = 0; i < other.slots.length && added < most; i++) {
            added += add(other.slots[i]) ? 1 : 0;
        }
        return added;
    }

    public int size() {
        return size;
    }

    /** Where it is, or where it would be put. */
    private int find(int value) {
        int mask = slots.length - 1;
        int at = value * 0x9e3779b9 >>> 7 & mask;
        while (slots[at] != 0 && slots[at] != value) {
            at = at + 1 & mask;
        }
        return at;
    }

    private void grow() {
        int[] old = slots;
        slots = new int[old.length * 2];
        for (int value : old) {
            if (value != 0) {
                slots[find(value)] = value;
            }
        }
    }
}
