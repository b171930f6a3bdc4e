package io.mooring.probe.report;

import io.mooring.probe.model.Layer;
import io.mooring.probe.model.Report;
import io.mooring.probe.netlink.SocketRecord;
import io.mooring.probe.source.ProcessInfo;
import java.util.Locale;

/** A report as OpenMetrics text, for a scraper: gauges only, for each a family with its help. */
public final class OpenMetrics {

    private final StringBuilder out = new StringBuilder();

    private OpenMetrics() {
    }

    public static String of(Report report) {
        OpenMetrics text = new OpenMetrics();
        text.all(report);
        return text.out.append("# EOF\n").toString();
    }

    private void all(Report r) {
        family("connections", "TCP sockets that are no listeners");
        sample("connections", "", r.connections());
        family("kernel_bytes", "kernel memory by kind, all sockets");
        for (Layer layer : r.layers()) {
            if (layer.part().isKernel) {
                sample("kernel_bytes", "part=\"" + layer.part().name().toLowerCase(Locale.ROOT)
                        + "\",what=\"" + escape(layer.name()) + "\"", layer.bytes());
            }
        }
        family("idle_connection_kernel_bytes", "kernel memory of one idle connection");
        sample("idle_connection_kernel_bytes", "", r.idleBytesPerConnection());
        family("sockets", "TCP sockets by state");
        for (int i = 0; i < r.totals().countByState.length; i++) {
            if (r.totals().countByState[i] > 0) {
                sample("sockets", "state=\"" + SocketRecord.STATES.get(i) + "\"",
                        r.totals().countByState[i]);
            }
        }
        family("queue_bytes", "bytes in TCP's queues with their overhead; forward: charged ahead");
        sample("queue_bytes", "queue=\"received\"", r.totals().received);
        sample("queue_bytes", "queue=\"sent\"", r.totals().sent);
        sample("queue_bytes", "queue=\"forward\"", r.totals().forward);
        family("resident_bytes", "resident memory of the processes that hold them");
        for (ProcessInfo process : r.processes()) {
            sample("resident_bytes", "pid=\"" + process.pid() + "\",command=\""
                    + escape(process.command()) + "\"", process.rss());
        }
        if (r.limits() != null && r.sockstat() != null) {
            family("tcp_memory_bytes", "charged to tcp_mem, of the machine");
            sample("tcp_memory_bytes", "", (double) r.sockstat().bufferPages()
                    * r.machine().pageBytes());
            family("tcp_memory_limit_bytes", "tcp_mem's maximum");
            sample("tcp_memory_limit_bytes", "", r.limits().memMax());
        }
        if (!Double.isNaN(r.coveredShare())) {
            family("slab_explained_ratio", "of the slabs that are only sockets'");
            sample("slab_explained_ratio", "", r.coveredShare());
        }
        family("source_up", "1: the source could be read");
        for (Report.Source source : r.sources()) {
            sample("source_up", "source=\"" + escape(source.name()) + "\"",
                    source.isThere() ? 1 : 0);
        }
        family("duration_seconds", "what this report took");
        sample("duration_seconds", "", r.own().millis() / 1000.0);
    }

    private void family(String name, String help) {
        String full = "mooring_probe_" + name;
        out.append("# TYPE ").append(full).append(" gauge\n");
        for (String unit : new String[] {"bytes", "seconds", "ratio"}) {
            if (full.endsWith("_" + unit)) {
                out.append("# UNIT ").append(full).append(' ').append(unit).append('\n');
            }
        }
        out.append("# HELP ").append(full).append(' ').append(help).append('\n');
    }

    private void sample(String name, String labels, double value) {
        out.append("mooring_probe_").append(name);
        if (!labels.isEmpty()) {
            out.append('{').append(labels).append('}');
        }
        out.append(' ').append(value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value) : Double.toString(value)).append('\n');
    }

    private static String escape(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }
}
