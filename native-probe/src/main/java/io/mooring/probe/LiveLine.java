package io.mooring.probe;

import java.io.PrintStream;
import java.util.concurrent.TimeUnit;

/** Progress as one line of a terminal that is written over and over; nothing stays of it. */
final class LiveLine implements Progress, AutoCloseable {

    /** What is done sooner needs no line. */
    static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final PrintStream terminal;
    private long nextNanos;
    private boolean isShown;

    /** @param quietNanos nothing is shown until then */
    LiveLine(PrintStream terminal, long quietNanos) {
        this.terminal = terminal;
        this.nextNanos = System.nanoTime() + quietNanos;
    }

    @Override
    public synchronized void at(String what) {
        long now = System.nanoTime();
        if (now - nextNanos >= 0) {
            nextNanos = now + EVERY_NANOS;
            isShown = true;
            terminal.print("\r\033[Kmooring probe: " + what + " ");
            terminal.flush();
        }
    }

    @Override
    public synchronized void close() {
        if (isShown) {
            isShown = false;
            terminal.print("\r\033[K");
            terminal.flush();
        }
    }
}
