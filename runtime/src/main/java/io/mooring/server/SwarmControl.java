package io.mooring.server;

import io.mooring.swarm.Swarm;
import io.mooring.sys.SetupException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.HdrHistogram.Histogram;

/**
 * {@code --control}: a command per line on standard input, events as JSON, one per line, on
 * standard output. For {@code mooring million} and whoever else wants to lead a swarm.
 */
final class SwarmControl {
    private static final long NANOS_PER_MS = 1_000_000;
    private static final int PROGRESS_MS = 250;
    private static final int CURVE_POINTS = 50;

    private final Swarm swarm;
    private final BufferedReader in;
    private final PrintWriter out;
    private final BooleanSupplier stopped;

    SwarmControl(Swarm swarm, BufferedReader in, PrintWriter out, BooleanSupplier stopped) {
        this.swarm = swarm;
        this.in = in;
        this.out = out;
        this.stopped = stopped;
    }

    /** Until {@code quit}, the end of input, or nobody reads the events any more. */
    void run() throws IOException {
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.strip().split("\\s+");
            if (words[0].equals("quit") || stopped.getAsBoolean() || out.checkError()) {
                return;
            }
            if (!words[0].isEmpty()) {
                execute(line.strip(), words);
            }
        }
    }

    private void execute(String line, String[] words) {
        try {
            String form = words[0] + "/" + (words.length - 1);
            switch (form) {
                case "grow/1" -> grow(number(words[1]));
                case "broadcast/2" -> broadcast(number(words[1]), number(words[2]));
                case "status/0" -> status();
                case "close/0" -> close();
                default -> error("unknown command '" + line + "': grow N, broadcast COUNT BYTES, "
                    + "status, close, quit");
            }
        } catch (IllegalArgumentException | SetupException e) {
            error(e.getMessage());
        }
    }

    private static int number(String text) {
        try {
            int number = Integer.parseInt(text);
            if (number > 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException("'" + text + "' is not a number above 0");
    }

    private void error(String message) {
        event("event", "error", "message", message);
    }

    private boolean event(Object... namesAndValues) {
        out.println(JsonText.of(JsonText.object(namesAndValues)));
        out.flush();
        return !out.checkError();
    }

    private void grow(int connections) {
        long start = System.nanoTime();
        long failedBefore = swarm.status().failed();
        Map<String, Long> before = swarm.failures();
        swarm.grow(connections);
        await(start, failedBefore, swarm::isGrown);
        if (!swarm.isGrown()) {
            swarm.stopGrowing();
        }
        Swarm.Status status = swarm.status();
        Map<String, Long> failures = swarm.failures();
        before.forEach((kind, n) -> failures.merge(kind, -n, Long::sum));
        failures.values().removeIf(n -> n == 0);
        event("event", "grown", "connected", status.connected(), "deaf", status.deaf(),
            "failed", failures,
            "failed_total", status.failed() - failedBefore, "lost", status.lost(),
            "elapsed_ms", elapsed(start));
    }

    /** Tells of the progress until it is done, or nobody listens. */
    private void await(long start, long failedBefore, BooleanSupplier done) {
        while (!swarm.await(() -> done.getAsBoolean() || stopped.getAsBoolean(), PROGRESS_MS)) {
            if (!progress(start, failedBefore)) {
                return;
            }
        }
    }

    private boolean progress(long start, long failedBefore) {
        Swarm.Status status = swarm.status();
        return event("event", "progress", "connected", status.connected(), "failed",
            status.failed() - failedBefore, "elapsed_ms", elapsed(start), "target",
            status.target());
    }

    private static long elapsed(long start) {
        return (System.nanoTime() - start) / NANOS_PER_MS;
    }

    private void broadcast(int count, int bytes) {
        swarm.checkMessageBytes(bytes);
        swarm.openPublisher();
        for (int i = 1; i <= count && !stopped.getAsBoolean(); i++) {
            if (!one(i, bytes)) {
                return;
            }
        }
        event("event", "broadcasted");
    }

    private boolean one(int i, int bytes) {
        Swarm.Status before = swarm.status();
        long receivers = before.receivers();
        int number = swarm.publish(bytes, true);
        List<long[]> samples = new ArrayList<>();
        long stamp = swarm.broadcastStamp(number);
        long corrupt = before.corrupt() + before.duplicates();
        long[] toldAt = {System.nanoTime()};
        swarm.awaitReceivers(() -> {
            if (elapsed(toldAt[0]) >= PROGRESS_MS) { // or who listens takes us for dead
                progress(stamp, before.failed());
                toldAt[0] = System.nanoTime();
            }
            boolean isReceived = swarm.isReceived(); // first: the last sample is to have them all
            long received = swarm.currentReceivers();
            if (samples.isEmpty() || received != samples.getLast()[1]) {
                samples.add(new long[] {System.nanoTime() - stamp, received});
            }
            return isReceived || stopped.getAsBoolean();
        });
        Swarm.BroadcastResult result = swarm.broadcast(number);
        Swarm.Status after = swarm.status();
        Histogram latency = swarm.latency();
        return event("event", "broadcast", "number", i, "receivers", receivers,
            "deaf", before.deaf(),
            "received", result.received(), "missing", Math.max(0, receivers - result.received()),
            "corrupt", after.corrupt() + after.duplicates() - corrupt,
            "complete_ms", SwarmReport.millis(result.completeNanos()),
            "latency_ms", SwarmReport.percentiles(latency), "curve", curve(samples));
    }

    /** About so many points of it, the last one among them. */
    private static List<List<Object>> curve(List<long[]> samples) {
        List<List<Object>> curve = new ArrayList<>();
        int step = Math.max(1, Math.ceilDiv(samples.size(), CURVE_POINTS));
        for (int i = samples.size() - 1; i >= 0; i -= step) {
            curve.addFirst(List.of(SwarmReport.millis(samples.get(i)[0]), samples.get(i)[1]));
        }
        return curve;
    }

    private void status() {
        Swarm.Status status = swarm.status();
        event("event", "status", "connected", status.connected(), "deaf", status.deaf(),
            "lost", status.lost(),
            "failed", status.failed(), "closed", status.closed(), "target", status.target(),
            "rings", status.rings(), "corrupt", status.corrupt(), "pings", status.pings());
    }

    private void close() {
        long start = System.nanoTime();
        Swarm.Status before = swarm.status();
        await(start, before.failed(), swarm.closeAll()::isDone);
        Swarm.Status after = swarm.status();
        event("event", "closed", "closed", after.closed() - before.closed(),
            "lost", after.lost() - before.lost(), "deaf_cut", after.deafCut() - before.deafCut(),
            "elapsed_ms", elapsed(start));
    }
}
