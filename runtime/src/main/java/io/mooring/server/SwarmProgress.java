package io.mooring.server;

import io.mooring.swarm.Swarm;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** How far a swarm is, on stderr: one line rewritten on a terminal, one every few seconds else. */
final class SwarmProgress {
    private static final long TERMINAL_NANOS = 250_000_000L;
    private static final long LINE_NANOS = 3_000_000_000L;
    private static final double NANOS_PER_SECOND = 1e9;

    private final PrintWriter err;
    private final boolean terminal;
    private final long every;
    private final long start = System.nanoTime();
    private long toldAt = start;
    private int width;

    SwarmProgress(PrintWriter err) {
        this.err = err;
        this.terminal = isTerminal();
        this.every = terminal ? TERMINAL_NANOS : LINE_NANOS;
    }

    private static boolean isTerminal() {
        try {
            String file = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return file.startsWith("/dev/pts/") || file.startsWith("/dev/tty");
        } catch (IOException e) {
            return false;
        }
    }

    void connecting(Swarm.Status status) {
        double seconds = (System.nanoTime() - start) / NANOS_PER_SECOND;
        double rate = status.connected() / Math.max(seconds, 1e-3);
        long left = status.target() - status.connected() - status.failed();
        String eta = rate < 1 ? "?" : Math.round(left / rate) + " s";
        tell(String.format(Locale.ROOT, "connected %,d of %,d, %,.0f/s, %,d failed, %s left",
            status.connected(), status.target(), rate, status.failed(), eta));
    }

    void running(String what, Swarm.Status status, long leftMillis) {
        tell(String.format(Locale.ROOT,
            "%s: %,d connected, %,d lost, %,d sent, %,d received, %,d corrupt, %d s left", what,
            status.connected(), status.lost(), status.sent(), status.received(), status.corrupt(),
            Math.max(0, (leftMillis + 999) / 1000)));
    }

    void closing(Swarm.Status status) {
        tell(String.format(Locale.ROOT, "closing: %,d left", status.connected()));
    }

    private void tell(String line) {
        long now = System.nanoTime();
        if (now - toldAt < every) {
            return;
        }
        toldAt = now;
        if (terminal) {
            err.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
            width = line.length();
        } else {
            err.println(line);
        }
        err.flush();
    }

    /** Wipes the line. */
    void end() {
        if (width > 0) {
            err.print("\r" + " ".repeat(width) + "\r");
            err.flush();
            width = 0;
        }
    }
}
