package io.mooring.bench.storm;

import io.mooring.bench.BenchException;
import io.mooring.bench.Proc;
import io.mooring.bench.ServerMetrics;
import io.mooring.bench.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What the server and TCP hold, looked at several times a second from a thread of its own, and how
 * often the server's heap was collected meanwhile.
 */
final class Gauges implements AutoCloseable {

    private static final long EVERY_MS = 250;
    private static final long KIB = 1024;

    /**
     * Bytes; {@code tcp} is all of this network namespace, both ends of each connection.
     *
     * @param backlog published frames that wait in the server for receivers behind
     * @param collections of the server's heap
     * @param looks how often it was looked
     */
    record Seen(Range rss, Range backlog, Range tcp, long collections, int looks) {

        Map<String, Object> json() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("rss_bytes", rss.json());
            json.put("backlog_bytes", backlog.json());
            json.put("tcp_bytes", tcp.json());
            json.put("heap_collections", collections);
            json.put("looks", looks);
            return json;
        }
    }

    private final ServerProcess server;
    private final ServerMetrics metrics;
    private final Path gcLog;
    private final long pageBytes = Proc.pageBytes();
    private final long collectionsBefore;
    private final Thread thread;
    private Seen seen = new Seen(Range.NONE, Range.NONE, Range.NONE, 0, 0);
    private RuntimeException failure;
    private volatile boolean ending;

    /** Begins to look. */
    Gauges(ServerProcess server, ServerMetrics metrics, Path gcLog) {
        this.server = server;
        this.metrics = metrics;
        this.gcLog = gcLog;
        this.collectionsBefore = collections(gcLog);
        this.thread = Thread.ofPlatform().daemon().name("storm-gauges").start(this::run);
    }

    private void run() {
        try {
            do {
                look();
                TimeUnit.MILLISECONDS.sleep(EVERY_MS);
            } while (!ending);
        } catch (InterruptedException e) {
            // It is to end.
        } catch (RuntimeException e) {
            failure = e;
        }
    }

    private void look() {
        long rss = KIB * Proc.kib(Proc.read("/proc/" + server.pid() + "/status"), "VmRSS");
        long tcp = pageBytes * tcpPages(Proc.read("/proc/net/sockstat"));
        long backlog = (long) ServerMetrics.sum(metrics.now(), "mooring_backlog_bytes");
        seen = new Seen(seen.rss.with(rss), seen.backlog.with(backlog), seen.tcp.with(tcp), 0,
                seen.looks + 1);
    }

    /** {@code TCP: inuse 2 orphan 0 tw 14979 alloc 2 mem 148}. */
    static long tcpPages(String sockstat) {
        return sockstat.lines().filter(line -> line.startsWith("TCP:"))
                .map(line -> line.replaceFirst(".* mem ", "").strip())
                .mapToLong(Long::parseLong).findFirst()
                .orElseThrow(() -> new BenchException("/proc/net/sockstat has no TCP line"));
    }

    /** Lines that tell of a pause: each is a collection, young or full. */
    static long collections(Path gcLog) {
        try {
            return Files.readAllLines(gcLog).stream().filter(line -> line.contains(") Pause "))
                    .count();
        } catch (IOException e) {
            throw new BenchException("cannot read the server's log of collections, " + gcLog);
        }
    }

    /** What was seen until now; looks no more. */
    Seen end() {
        close();
        if (failure != null) {
            throw failure;
        }
        return new Seen(seen.rss, seen.backlog, seen.tcp, collections(gcLog) - collectionsBefore,
                seen.looks);
    }

    @Override
    public void close() {
        ending = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted");
        }
    }
}
