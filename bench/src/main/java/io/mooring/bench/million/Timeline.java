package io.mooring.bench.million;

import io.mooring.bench.BenchException;
import io.mooring.bench.Proc;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Memory and connections a few times a second, by a thread of its own, for the plots. */
final class Timeline implements AutoCloseable {

    private static final int PERIOD_MS = 250;

    /** One moment. */
    record Sample(long atMs, int connected, long serverKib, long swarmKib, long slabKib,
            long availableKib) {
    }

    /** From {@code fromMs} on the run was in this phase. */
    record Phase(long fromMs, String name) {
    }

    private final List<Sample> samples = new CopyOnWriteArrayList<>();
    private final List<Phase> phases = new CopyOnWriteArrayList<>();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("timeline").factory());
    private final LongSupplier clockMs;
    private volatile int connected;
    private volatile long serverPid;
    private volatile long swarmPid;

    Timeline(LongSupplier clockMs) {
        this.clockMs = clockMs;
    }

    void start() {
        thread.scheduleAtFixedRate(this::sample, 0, PERIOD_MS, TimeUnit.MILLISECONDS);
    }

    void processes(long server, long swarm) {
        serverPid = server;
        swarmPid = swarm;
    }

    void phase(String name) {
        phases.add(new Phase(clockMs.getAsLong(), name));
    }

    void connected(int count) {
        connected = count;
        // The curve is the swarm's own account of the ramp, not ours of a quarter second.
        sample();
    }

    private synchronized void sample() {
        String meminfo = Proc.read("/proc/meminfo");
        samples.add(new Sample(clockMs.getAsLong(), connected, rssKib(serverPid),
                rssKib(swarmPid), Proc.kib(meminfo, "Slab"), Proc.kib(meminfo, "MemAvailable")));
    }

    private static long rssKib(long pid) {
        try {
            return pid == 0 ? 0 : Proc.kib(Proc.read("/proc/" + pid + "/status"), "VmRSS");
        } catch (BenchException e) {
            return 0; // just ended
        }
    }

    /** The most that the server had resident since then. */
    long serverKibMax(long sinceMs) {
        return samples.stream().filter(sample -> sample.atMs() >= sinceMs)
                .mapToLong(Sample::serverKib).max().orElse(0);
    }

    List<Sample> samples() {
        return samples;
    }

    List<Phase> phases() {
        return phases;
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
