package io.mooring.frame;

import java.util.concurrent.atomic.AtomicLong;

/** Bounds the memory of all frames in flight; publishers are refused past it. Any thread. */
public final class SharedFrameBudget {
    private final long bytesMax;
    private final AtomicLong used = new AtomicLong();

    public SharedFrameBudget(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    /** Whether so many bytes more are allowed; if so they count until given back. */
    public boolean tryTake(long bytes) {
        long now;
        do {
            now = used.get();
            if (now + bytes > bytesMax) {
                return false;
            }
        } while (!used.compareAndSet(now, now + bytes));
        return true;
    }

    public void give(long bytes) {
        used.addAndGet(-bytes);
    }

    public long bytesMax() {
        return bytesMax;
    }

    /** Bytes in flight. */
    public long usedBytes() {
        return used.get();
    }
}
