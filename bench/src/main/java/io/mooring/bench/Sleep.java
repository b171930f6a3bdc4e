package io.mooring.bench;

/** Waiting, for a program whose only answer to an interrupt is to stop. */
public final class Sleep {

    private Sleep() {
    }

    /** Sleeps; an interrupt ends the program. */
    public static void millis(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted");
        }
    }
}
