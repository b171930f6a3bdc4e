package io.mooring.sys;

/** First in, first out, of ints; grows, never shrinks. One thread. */
public final class IntQueue {
    private int[] items = new int[64];
    private int head;
    private int tail;

    public void add(int item) {
        if (tail - head == items.length) {
            grow();
        }
        items[tail++ & items.length - 1] = item;
    }

    public int remove() {
        assert !isEmpty();
        return items[head++ & items.length - 1];
    }

    /** What {@link #remove} would give. */
    public int peek() {
        assert !isEmpty();
        return items[head & items.length - 1];
    }

    public boolean isEmpty() {
        return head == tail;
    }

    public int size() {
        return tail - head;
    }

    private void grow() {
        int[] larger = new int[items.length * 2];
        int count = size();
        for (int i = 0; i < count; i++) {
            larger[i] = items[head + i & items.length - 1];
        }
        items = larger;
        head = 0;
        tail = count;
    }
}
