package io.mooring.topic;

import io.mooring.conn.SmallPool;
import io.mooring.sys.OffHeap;

/**
 * The numbers that a connection has joined, in the four bytes that its slot has for them: 0 for
 * none, one number, or the complement of a chunk with several: how many, and they, in no order.
 */
final class TopicLists {
    private final SmallPool pool;

    TopicLists(SmallPool pool) {
        this.pool = pool;
    }

    int count(int list) {
        return list >= 0 ? Integer.signum(list) : OffHeap.getInt(pool.address(~list));
    }

    int get(int list, int index) {
        return list >= 0 ? list : OffHeap.getInt(at(~list, index));
    }

    /** The list with one more, which it does not have; 0 if there is no memory for it. */
    int add(int list, int number) {
        if (list == 0) {
            return number;
        }
        int count = count(list);
        int chunk = ~list;
        if (list > 0 || pool.capacity(chunk) < bytes(count + 1)) {
            int larger = pool.take(bytes(count + 1));
            if (larger == 0) {
                return 0;
            }
            for (int i = 0; i < count; i++) {
                OffHeap.putInt(at(larger, i), get(list, i));
            }
            free(list);
            chunk = larger;
        }
        OffHeap.putInt(at(chunk, count), number);
        OffHeap.putInt(pool.address(chunk), count + 1);
        return ~chunk;
    }

    /** The list without one that it has. */
    int remove(int list, int number) {
        if (list >= 0) {
            assert list == number : list + " is not " + number;
            return 0;
        }
        int chunk = ~list;
        int last = count(list) - 1;
        int index = 0;
        while (OffHeap.getInt(at(chunk, index)) != number) {
            index++;
            assert index <= last : number + " is not in the list";
        }
        OffHeap.putInt(at(chunk, index), OffHeap.getInt(at(chunk, last)));
        OffHeap.putInt(pool.address(chunk), last);
        if (last == 1) {
            int left = get(list, 0);
            pool.give(chunk);
            return left;
        }
        if (!pool.isRoomy(chunk, bytes(last))) {
            return list;
        }
        int smaller = pool.take(bytes(last));
        if (smaller == 0) {
            return list;
        }
        OffHeap.copy(pool.address(chunk), pool.address(smaller), bytes(last));
        pool.give(chunk);
        return ~smaller;
    }

    /** The list's memory goes back. */
    void free(int list) {
        if (list < 0) {
            pool.give(~list);
        }
    }

    private static int bytes(int count) {
        return (1 + count) * Integer.BYTES;
    }

    private long at(int chunk, int index) {
        return pool.address(chunk) + bytes(index);
    }
}
