package io.mooring.probe.report;

import io.mooring.probe.model.CostModel;
import io.mooring.probe.model.Layer;
import io.mooring.probe.model.Projection;
import io.mooring.probe.model.Report;
import io.mooring.probe.model.SocketTotals;
import io.mooring.probe.model.TopSockets;
import io.mooring.probe.netlink.SocketRecord;
import io.mooring.probe.source.ProcessInfo;
import io.mooring.probe.source.TcpLimits;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** A report as maps and lists, the form that is written as JSON and compared by {@code diff}. */
public final class ReportJson {

    private ReportJson() {
    }

    public static Map<String, Object> of(Report report) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("schema", Report.SCHEMA);
        all.put("taken_at", report.takenAt());
        all.put("machine", map("kernel", report.machine().kernel(), "architecture",
                report.machine().architecture(), "page_bytes", report.machine().pageBytes(),
                "cpus", report.machine().cpus()));
        all.put("scope", map("kind", lower(report.scope().kind()), "number",
                report.scope().number()));
        all.put("connections", report.connections());
        all.put("kernel_bytes", report.kernelBytes());
        all.put("kernel_bytes_per_idle_connection", report.idleBytesPerConnection());
        all.put("user_bytes", report.userBytes());
        all.put("slab_share_explained", report.coveredShare());
        all.put("interrupted", report.interrupted());
        all.put("layers", list(report.layers(), layer -> layer(layer, report.connections())));
        all.put("sockets", sockets(report.totals()));
        all.put("states", states(report.totals()));
        all.put("queues", queues(report.totals()));
        all.put("held", held(report));
        all.put("processes", list(report.processes(), ReportJson::process));
        all.put("limits", report.limits() == null ? null : limits(report.limits()));
        all.put("memory", report.memory() == null ? null : memory(report));
        all.put("sockstat", report.sockstat() == null ? null
                : new LinkedHashMap<>(report.sockstat().figures()));
        all.put("cgroup", report.cgroup() == null ? null : map("version",
                report.cgroup().version(), "path", report.cgroup().path(), "usage_bytes",
                report.cgroup().usage(), "limit_bytes", bound(report.cgroup().limit()),
                "kernel_bytes", report.cgroup().kernel(), "socket_bytes",
                report.cgroup().sockets(), "charges_tcp", report.cgroup().chargesTcp(),
                "processes", report.cgroup().processes()));
        all.put("slabs", map("held_bytes", report.slabsHeld(), "of_sockets",
                new LinkedHashMap<>(report.socketSlabs())));
        all.put("coverage", list(report.coverage(), ReportJson::coverage));
        all.put("top", list(report.top(), ReportJson::fat));
        all.put("what_if", list(report.projections(), ReportJson::projection));
        all.put("advice", report.advice());
        all.put("sources", list(report.sources(), source -> map("name", source.name(), "there",
                source.isThere(), "detail", source.detail(), "why", source.why(), "remedy",
                source.remedy())));
        all.put("probe", map("millis", report.own().millis(), "rss_bytes",
                report.own().rssBytes()));
        return all;
    }

    private static Map<String, Object> layer(Layer layer, long connections) {
        return map("part", lower(layer.part()), "name", layer.name(), "object_bytes",
                layer.objectBytes(), "packed_bytes", layer.packedBytes(), "count", layer.count(),
                "bytes", layer.bytes(), "charged_bytes", layer.chargedBytes(),
                "bytes_per_connection", connections == 0 ? null
                        : layer.bytes() / connections, "kernel", layer.part().isKernel,
                "idle", layer.part().isPerIdleConnection(), "basis", lower(layer.basis()),
                "source", layer.source());
    }

    private static Map<String, Object> sockets(SocketTotals t) {
        return map("tcp_v4", t.socketsV4, "tcp_v6", t.socketsV6, "unix", t.unix, "with_file",
                t.withFile, "without_file", t.withoutFile(), "by_elimination",
                t.byElimination, "held_by_elimination", t.heldByElimination, "listeners",
                t.listeners, "time_wait", t.timeWait(), "handshakes", t.handshakes(), "ports",
                t.ports(), "port_addresses", t.portAddresses());
    }

    private static List<Object> states(SocketTotals t) {
        List<Object> rows = new ArrayList<>();
        for (int state = 0; state < t.countByState.length; state++) {
            if (t.countByState[state] > 0) {
                rows.add(map("state", SocketRecord.STATES.get(state), "count",
                        t.countByState[state], "received_bytes", t.receivedByState[state],
                        "sent_bytes", t.sentByState[state], "forward_bytes",
                        t.forwardByState[state]));
            }
        }
        return rows;
    }

    private static Map<String, Object> queues(SocketTotals t) {
        return map("received_bytes", t.received, "sent_bytes", t.sent, "in_device_bytes",
                t.inDevice, "forward_bytes", t.forward, "backlog_bytes", t.backlog,
                "option_bytes", t.options, "dropped", t.dropped, "with_received", t.withReceived,
                "with_sent", t.withSent, "received", spread(t.receivedBytes), "sent",
                spread(t.sentBytes), "forward", spread(t.forwardBytes));
    }

    private static Map<String, Object> spread(Histogram histogram) {
        return map("p50", histogram.getValueAtPercentile(50), "p90",
                histogram.getValueAtPercentile(90), "p99", histogram.getValueAtPercentile(99),
                "max", histogram.getMaxValue(), "buckets", Spread.buckets(histogram).stream()
                        .map(bucket -> (Object) map("to_bytes", bucket.to(), "count",
                                bucket.count())).toList());
    }

    private static Map<String, Object> held(Report report) {
        var h = report.holders();
        return map("with_descriptor", h.withDescriptor(), "direct", h.direct(), "epoll_items",
                h.epollSockets(), "rings", h.rings(), "poll_add", h.pollAdd(), "recv", h.recv(),
                "read", h.read(), "accept", h.accept(), "ring_slots", h.ringSlots(),
                "ring_files", h.ringFiles(), "rings_unread", h.ringsUnread());
    }

    private static Map<String, Object> process(ProcessInfo p) {
        return map("pid", p.pid(), "command", p.command(), "rss_bytes", p.rss(), "anon_bytes",
                p.anon(), "file_bytes", p.file(), "shared_bytes", p.shared(), "pss_bytes", p.pss(),
                "page_table_bytes", p.pageTables(), "threads", p.threads(), "descriptor_table",
                p.descriptors(), "nofile_soft", bound(p.filesSoft()), "nofile_hard",
                bound(p.filesHard()), "jvm", p.isJvm(),
                "java_heap_bytes", p.javaHeap());
    }

    private static Map<String, Object> limits(TcpLimits l) {
        return map("tcp_mem_low_bytes", bound(l.memLow()), "tcp_mem_pressure_bytes",
                bound(l.memPressure()), "tcp_mem_max_bytes", bound(l.memMax()),
                "tcp_rmem_default_bytes", l.readDefault(), "tcp_rmem_max_bytes", l.readMax(),
                "tcp_wmem_default_bytes", l.writeDefault(), "tcp_wmem_max_bytes", l.writeMax(),
                "orphans_max", l.orphansMax(), "time_wait_max", l.timeWaitMax(), "file_max",
                bound(l.filesMax()), "files_used", l.filesUsed());
    }

    private static Map<String, Object> memory(Report report) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("kernel_bytes", report.memory().kernelBytes());
        report.memory().bytes().forEach(figures::put);
        return figures;
    }

    private static Map<String, Object> coverage(CostModel.Coverage c) {
        return map("cache", c.cache(), "packed_bytes", c.packedBytes(), "modelled", c.modelled(),
                "active", c.active(), "objects", c.objects());
    }

    private static Map<String, Object> fat(TopSockets.Fat f) {
        return map("local", f.local(), "remote", f.remote(), "state", f.state(), "bytes",
                f.bytes(), "rmem_bytes", f.rmem(), "wmem_bytes", f.wmem(), "forward_bytes",
                f.forward(), "receive_queue_bytes", f.receiveQueue(), "send_queue_bytes",
                f.sendQueue(), "rtt_us", f.rttMicros() < 0 ? null : f.rttMicros(),
                "unacked_segments", f.unackedSegments() < 0 ? null : f.unackedSegments(),
                "retransmitted", f.retransmitted() < 0 ? null : f.retransmitted(), "pid",
                f.pid() == 0 ? null : f.pid());
    }

    private static Map<String, Object> projection(Projection p) {
        return map("connections", p.connections(), "idle_kernel_bytes", p.idleBytes(),
                "user_bytes", p.userBytes() == 0 ? null : p.userBytes(), "broadcast_bytes",
                p.broadcastBytes(), "broadcast_tcp_mem_bytes", p.broadcastTcpBytes(),
                "slow_readers_bytes", p.slowBytes(), "verdict", lower(p.verdict()), "breaks",
                p.breaks());
    }

    /** "No limit" is null. */
    private static Long bound(long value) {
        return value == Long.MAX_VALUE ? null : value;
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private interface Row<T> {
        Map<String, Object> of(T value);
    }

    private static <T> List<Object> list(List<T> values, Row<T> row) {
        List<Object> rows = new ArrayList<>();
        values.forEach(value -> rows.add(row.of(value)));
        return rows;
    }

    private static Map<String, Object> map(Object... keysAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            map.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return map;
    }
}
