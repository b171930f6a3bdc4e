package io.mooring.bench.million;

import java.io.PrintStream;

/** What goes on, on standard error: one line rewritten on a terminal, else a line now and then. */
final class Progress {

    private static final int TERMINAL_MS = 100;
    private static final int LOG_MS = 5_000;
    private static final int WIDTH = 96;

    private final PrintStream out;
    private final boolean terminal;
    private final long startedAt = System.nanoTime();
    private String phase = "";
    private long saidAt = Long.MIN_VALUE;
    private boolean lineOpen;

    Progress(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    static Progress onStandardError() {
        // The launcher looks whether it is one: Java cannot tell of standard error alone.
        boolean terminal = Boolean.getBoolean("mooring.terminal");
        return new Progress(System.err, terminal);
    }

    long elapsedMs() {
        return (System.nanoTime() - startedAt) / 1_000_000;
    }

    /** A new phase begins; said at once. */
    synchronized void phase(String name) {
        phase = name;
        saidAt = Long.MIN_VALUE;
        update("");
    }

    /** More of the phase; dropped if the last was just now. */
    synchronized void update(String detail) {
        long now = elapsedMs();
        if (saidAt != Long.MIN_VALUE && now - saidAt < (terminal ? TERMINAL_MS : LOG_MS)) {
            return;
        }
        saidAt = now;
        String line = "[%5.1f s] %s%s".formatted(now / 1000.0, phase,
                detail.isEmpty() ? " ..." : ": " + detail);
        if (terminal) {
            out.print("\r\033[K" + line.substring(0, Math.min(line.length(), WIDTH)));
            lineOpen = true;
        } else {
            out.println(line);
        }
        out.flush();
    }

    /** A line that stays. */
    synchronized void note(String line) {
        end();
        out.println("[%5.1f s] %s".formatted(elapsedMs() / 1000.0, line));
        out.flush();
    }

    /** Clears what was rewritten. */
    synchronized void end() {
        if (lineOpen) {
            out.print("\r\033[K");
            out.flush();
            lineOpen = false;
        }
    }
}
