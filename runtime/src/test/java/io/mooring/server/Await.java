package io.mooring.server;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Waits for a condition by looking at it, with a deadline that only a hang reaches: a slow machine
 * takes longer and never fails.
 */
public final class Await {
    static final Duration DEADLINE = Duration.ofSeconds(30);

    private static final int SPINS = 200;
    private static final long PAUSE_NANOS = 200_000;

    private Await() {
    }

    /** @param what what is waited for, as a statement: "all slots are free" */
    public static void until(String what, BooleanSupplier condition) {
        until(() -> what, condition);
    }

    public static void until(Supplier<String> what, BooleanSupplier condition) {
        long start = System.nanoTime();
        for (int i = 0; !condition.getAsBoolean(); i++) {
            if (System.nanoTime() - start > DEADLINE.toNanos()) {
                throw new AssertionError("after " + DEADLINE.toSeconds() + " s still not so: "
                    + what.get());
            }
            if (i < SPINS) {
                Thread.yield();
            } else {
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }
}
