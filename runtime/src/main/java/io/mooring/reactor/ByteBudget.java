package io.mooring.reactor;

import java.util.concurrent.atomic.AtomicLong;

/** Bounds the memory of messages that are on their way from thread to thread. Any thread. */
final class ByteBudget {
    private final long bytesMax;
    private final AtomicLong used = new AtomicLong();

    ByteBudget(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    /** Whether so many bytes more are allowed; if so they count until given back. */
    boolean tryTake(long bytes) {
        long now;
        do {
            now = used.get();
            if (now + bytes > bytesMax) {
                return false;
            }
        } while (!used.compareAndSet(now, now + bytes));
        return true;
    }

    void give(long bytes) {
        used.addAndGet(-bytes);
    }

    /** Bytes on their way. */
    long usedBytes() {
        return used.get();
    }
}
