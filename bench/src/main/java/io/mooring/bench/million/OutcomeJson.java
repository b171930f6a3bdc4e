package io.mooring.bench.million;

import io.mooring.bench.LeastSquares;
import io.mooring.bench.Report;
import io.mooring.probe.model.Layer;
import io.mooring.probe.model.PairSlopes;
import io.mooring.probe.model.SlabUse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All figures as JSON. */
record OutcomeJson(Outcome out, Timeline timeline) {

    private static final double LEFT_BYTES_MIN = 100_000;

    /** To {@code file}, unless it is null. */
    void write(Path file) {
        Report report = new Report("million")
                .put("good", out.isGood()).put("failures", List.copyOf(out.failures))
                .put("connections", out.preflight.connections()).put("held", out.held())
                .put("failed", out.failed()).put("refused_by_server", out.refusedByServer)
                .put("lost", out.lost).put("total_ms", out.totalMs)
                .put("ramp_ms", out.rampMs()).put("ramp_per_second", out.rampRate())
                .put("ramp_server_cpu_s", out.rampServerCpuSeconds)
                .put("commands", List.copyOf(out.commands))
                .put("at_rest", out.atRest == null ? null : out.atRest.json())
                .put("base", out.base == null ? null : out.base.json())
                .put("points", out.points.stream().map(Memory::json).toList())
                .put("user_rss", fit(out.fit(Memory::rssBytes)))
                .put("user_pss", fit(out.fit(Memory::pssBytes)))
                .put("kernel", kernel())
                .put("probe", out.probe == null ? null : probe())
                .put("idle", out.idle == null ? null : out.idle.json())
                .put("echo_ms_median", out.echoMs == null ? null : out.echoMs.median())
                .put("echo_ms_max", out.echoMs == null ? null : out.echoMs.max())
                .put("broadcasts", out.deliveries.stream().map(OutcomeJson::delivery).toList())
                .put("broadcast_rss_growth_kib", out.broadcastRssGrowthKib)
                .put("broadcast_collections", out.broadcastCollections)
                .put("group", out.group).put("end", out.end == null ? null : end())
                .put("again_connected", out.again == null ? null : out.again.connected())
                .put("timeline", samples());
        List<Object> verdicts = new ArrayList<>();
        for (Verdict verdict : Verdict.of(out)) {
            verdicts.add(map("label", verdict.group() + ": " + verdict.label(), "figure",
                    verdict.figure(), "target", verdict.target(), "pass", verdict.pass()));
        }
        report.put("verdicts", verdicts).write(file);
    }

    private static Map<String, Object> fit(LeastSquares fit) {
        return map("bytes_per_connection", fit.slope(), "error", fit.slopeError(), "points",
                fit.points());
    }

    private Map<String, Object> kernel() {
        PairSlopes slabs = out.slabs();
        List<Object> caches = new ArrayList<>();
        for (PairSlopes.Share share : slabs.shown()) {
            caches.add(map("cache", share.cache(), "part", share.part().label, "pair_bytes",
                    share.pairBytes(), "error", share.pairError(), "server_bytes",
                    share.serverBytes()));
        }
        return map("server_bytes", slabs.server(), "bare_bytes", slabs.bare(),
                "above_bare_bytes", slabs.aboveBare(), "above_bare_error",
                slabs.aboveBareError(), "pair_bytes", slabs.pair(), "caches", caches,
                "group_bytes_per_connection", out.fit(Memory::groupBytes).slope());
    }

    private Map<String, Object> probe() {
        List<Object> rows = new ArrayList<>();
        for (Layer layer : out.probe.layers()) {
            rows.add(map("part", layer.part().label, "name", layer.name(), "count",
                    layer.count(), "bytes", layer.bytes(), "basis", layer.basis().name()));
        }
        return map("connections", out.probe.connections(), "idle_bytes_per_connection",
                out.probe.idleBytesPerConnection(), "explained_share", out.explainedShare(),
                "took_ms", out.probe.own().millis(), "rows", rows);
    }

    private static Map<String, Object> delivery(Outcome.Delivery delivery) {
        SwarmEvent.Broadcast b = delivery.broadcast();
        return map("number", b.number(), "receivers", b.receivers(), "received", b.received(),
                "missing", b.missing(), "corrupt", b.corrupt(), "complete_ms", b.completeMs(),
                "latency_ms", b.latencyMs(), "server_us_per_delivery",
                delivery.serverMicrosPerDelivery());
    }

    private Map<String, Object> end() {
        return map("killed", out.end.killed(), "closed_ms", out.end.closedMs(),
                "slots_free_ms", out.end.slotsFreeMs(), "back_ms", out.end.backMs(),
                "user_rest_percent", out.userRest().percent(), "slab_rest_percent",
                out.slabRest().percent(), "time_wait", out.end.sockets().timeWait(),
                "time_wait_bytes", out.end.passingBytes(),
                "slab_left_bytes", slabsLeft(), "after", out.end.after().json());
    }

    /** By cache, what is worth asking about. */
    private Map<String, Object> slabsLeft() {
        Map<String, Object> left = new LinkedHashMap<>();
        if (out.base.slabs() != null && out.end.after().slabs() != null) {
            out.end.after().slabs().activeBytesSince(out.base.slabs()).forEach((cache, bytes) -> {
                if (SlabUse.isOfConnections(cache) && Math.abs(bytes) >= LEFT_BYTES_MIN) {
                    left.put(cache, Math.round(bytes));
                }
            });
        }
        return left;
    }

    private List<Object> samples() {
        List<Object> rows = new ArrayList<>();
        for (Timeline.Sample s : timeline.samples()) {
            rows.add(map("at_ms", s.atMs(), "connected", s.connected(), "server_kib",
                    s.serverKib(), "swarm_kib", s.swarmKib(), "slab_kib", s.slabKib(),
                    "available_kib", s.availableKib()));
        }
        return rows;
    }

    private static Map<String, Object> map(Object... pairs) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put(pairs[i].toString(), pairs[i + 1]);
        }
        return map;
    }
}
