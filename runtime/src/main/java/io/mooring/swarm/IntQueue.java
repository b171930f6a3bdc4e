package io.mooring.swarm;

/** Slots in order, without boxes. */
final class IntQueue {
    private int[] ring = new int[16];
    private int head;
    private int size;

    void add(int value) {
        if (size == ring.length) {
            int[] wider = new int[2 * size];
            for (int i = 0; i < size; i++) {
                wider[i] = ring[head + i & size - 1];
            }
            ring = wider;
            head = 0;
        }
        ring[head + size++ & ring.length - 1] = value;
    }

    int remove() {
        int value = ring[head];
        head = head + 1 & ring.length - 1;
        size--;
        return value;
    }

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }
}
