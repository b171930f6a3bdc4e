package io.mooring.conn;

import io.mooring.sys.OffHeap;
import java.util.Arrays;

/**
 * Deadlines of connections: a hashed timing wheel whose lists are threaded through the slots (8
 * bytes each, no objects). Activity does not move an entry; when it comes up, its owner looks
 * whether it is really due and schedules it anew. So a connection costs one visit per idle period,
 * however much it talks.
 *
 * <p>Ticks are free-running 32-bit counts of {@link #TICK_MS}.
 */
public final class IdleWheel {
    public static final int TICK_MS = 64;

    /** No slot, no bucket. As {@code wheelPrev}, not on the wheel. */
    static final int NONE = Integer.MIN_VALUE;

    private static final int BUCKETS = 4096;
    private static final int MASK = BUCKETS - 1;
    /**
     * The farthest a deadline may lie, about 260 s; what comes up too early is for its owner to see
     * and to schedule anew.
     */
    public static final int HORIZON_TICKS = BUCKETS - 2;

    private final ConnectionTable table;
    private final int[] heads = new int[BUCKETS];
    /** One bit per bucket that is not empty. */
    private final long[] occupied = new long[BUCKETS / Long.SIZE];
    private int current;
    private int scheduled;

    public IdleWheel(ConnectionTable table, int nowTick) {
        this.table = table;
        this.current = nowTick;
        Arrays.fill(heads, NONE);
    }

    /**
     * Puts a slot at {@code tick} (cut to the next tick and the horizon), wherever it was before.
     */
    public void schedule(int slot, int tick) {
        cancel(slot);
        int ahead = Math.clamp(tick - current, 1, HORIZON_TICKS);
        int bucket = current + ahead & MASK;
        int head = heads[bucket];
        long c = table.at(slot);
        OffHeap.putInt(c + Connection.WHEEL_NEXT, head);
        OffHeap.putInt(c + Connection.WHEEL_PREV, ~bucket);
        if (head != NONE) {
            OffHeap.putInt(table.at(head) + Connection.WHEEL_PREV, slot);
        }
        heads[bucket] = slot;
        occupied[bucket >>> 6] |= 1L << bucket;
        scheduled++;
    }

    /** Takes a slot off; nothing happens if it is on no list. */
    public void cancel(int slot) {
        long c = table.at(slot);
        int prev = OffHeap.getInt(c + Connection.WHEEL_PREV);
        if (prev == NONE) {
            return;
        }
        int next = OffHeap.getInt(c + Connection.WHEEL_NEXT);
        if (prev >= 0) {
            OffHeap.putInt(table.at(prev) + Connection.WHEEL_NEXT, next);
        } else {
            int bucket = ~prev;
            heads[bucket] = next;
            if (next == NONE) {
                occupied[bucket >>> 6] &= ~(1L << bucket);
            }
        }
        if (next != NONE) {
            OffHeap.putInt(table.at(next) + Connection.WHEEL_PREV, prev);
        }
        OffHeap.putInt(c + Connection.WHEEL_NEXT, NONE);
        OffHeap.putInt(c + Connection.WHEEL_PREV, NONE);
        scheduled--;
    }

    /**
     * Time has gone by without a {@link #poll}. An empty wheel catches up at once, so that what is
     * scheduled next is counted from now; one that is not may put a far deadline too early, by as
     * much as it lags.
     */
    public void catchUp(int nowTick) {
        if (scheduled == 0 && nowTick - current > 0) {
            current = nowTick;
        }
    }

    /** Takes one slot off whose tick has come, or returns -1: none up to {@code nowTick}. */
    public int poll(int nowTick) {
        while (nowTick - current >= 0) {
            int head = heads[current & MASK];
            if (head != NONE) {
                cancel(head);
                return head;
            }
            if (nowTick == current) {
                return -1;
            }
            current = scheduled == 0 ? nowTick : current + 1;
        }
        return -1;
    }

    /**
     * How many ticks from {@code nowTick} until the next entry: 0 if due, -1 if the wheel is empty.
     */
    public int ticksToNext(int nowTick) {
        if (scheduled == 0) {
            return -1;
        }
        int start = current & MASK;
        int word = start >>> 6;
        long bits = occupied[word] & -1L << start;
        for (int i = 0; bits == 0 && i < occupied.length; i++) {
            word = word + 1 & occupied.length - 1;
            bits = occupied[word];
        }
        int bucket = (word << 6) + Long.numberOfTrailingZeros(bits);
        int tick = current + (bucket - start & MASK);
        return Math.max(0, tick - nowTick);
    }

    /** Slots on the wheel. */
    public int scheduled() {
        return scheduled;
    }

    /** Throws if lists, bits and count disagree. For tests. */
    public void invariants() {
        int seen = 0;
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            boolean marked = (occupied[bucket >>> 6] & 1L << bucket) != 0;
            check(marked == (heads[bucket] != NONE), "bucket's bit");
            int prev = ~bucket;
            for (int slot = heads[bucket]; slot != NONE;
                    slot = OffHeap.getInt(table.at(slot) + Connection.WHEEL_NEXT)) {
                check(OffHeap.getInt(table.at(slot) + Connection.WHEEL_PREV) == prev, "back link");
                check(++seen <= scheduled, "list is a circle");
                prev = slot;
            }
        }
        check(seen == scheduled, "entries lost");
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException(what);
        }
    }
}
