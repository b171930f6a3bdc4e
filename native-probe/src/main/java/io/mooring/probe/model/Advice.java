package io.mooring.probe.model;

import io.mooring.probe.model.Layer.Part;
import io.mooring.probe.source.CgroupMemory;
import io.mooring.probe.source.ProcessInfo;
import io.mooring.probe.source.SockStat;
import io.mooring.probe.source.TcpLimits;
import java.util.ArrayList;
import java.util.List;

/** What to change, the weightiest first: each line says what was seen, and what to do. */
final class Advice {

    private static final double NEAR = 0.8;
    private static final double SHARE_WORTH_SAYING = 0.15;
    private static final long BYTES_WORTH_SAYING = 1 << 20;

    private final List<String> lines = new ArrayList<>();

    private Advice() {
    }

    static List<String> of(SocketTotals totals, Holders holders, List<Layer> layers,
            ObjectSizes sizes, List<ProcessInfo> processes, SockStat sockstat, TcpLimits limits,
            CgroupMemory cgroup, int pageBytes) {
        Advice advice = new Advice();
        if (limits != null && sockstat != null) {
            advice.tcpMemory(totals, sockstat, limits, pageBytes);
        }
        advice.queues(totals, layers);
        advice.receives(holders, sizes);
        processes.forEach(process -> advice.files(process, holders));
        if (cgroup != null && cgroup.limit() != Long.MAX_VALUE
                && cgroup.usage() > NEAR * cgroup.limit()) {
            advice.lines.add("the memory cgroup is at " + Units.bytes(cgroup.usage()) + " of "
                    + Units.bytes(cgroup.limit()) + ": raise its limit, or the kernel will kill");
        }
        return List.copyOf(advice.lines);
    }

    private void tcpMemory(SocketTotals totals, SockStat sockstat, TcpLimits limits,
            int pageBytes) {
        double used = (double) sockstat.bufferPages() * pageBytes;
        if (used > limits.memPressure()) {
            lines.add("TCP holds " + Units.bytes(used) + " in buffers, past its pressure mark of "
                    + Units.bytes(limits.memPressure()) + ": pace what is sent, or raise"
                    + " net.ipv4.tcp_mem (three numbers, in pages of " + pageBytes + ")");
        }
        double atOnce = (double) totals.connections() * pageBytes;
        if (atOnce > limits.memMax()) {
            lines.add("one unpaced message to all " + Units.count(totals.connections())
                    + " charges a page each, " + Units.bytes(atOnce) + ", and tcp_mem ends at "
                    + Units.bytes(limits.memMax()) + ": pace broadcasts, or set net.ipv4.tcp_mem to"
                    + " at least " + Units.count((long) (atOnce * 1.25 / pageBytes)) + " pages");
        }
    }

    private void queues(SocketTotals totals, List<Layer> layers) {
        double all = layers.stream().mapToDouble(Layer::bytes).sum();
        double sent = bytes(layers, Part.SENT);
        double received = bytes(layers, Part.RECEIVED);
        if (sent > SHARE_WORTH_SAYING * all && sent > BYTES_WORTH_SAYING) {
            lines.add(Units.count(totals.withSent) + " peers have not acknowledged "
                    + Units.bytes(sent) + ": bound what is queued for slow readers"
                    + " (TCP_NOTSENT_LOWAT, SO_SNDBUF), or close them");
        }
        if (received > SHARE_WORTH_SAYING * all && received > BYTES_WORTH_SAYING) {
            lines.add(Units.bytes(received) + " lie unread in " + Units.count(totals.withReceived)
                    + " sockets: the application does not keep up with reading");
        }
        if (totals.timeWait() > totals.connections() && totals.timeWait() > 10_000) {
            lines.add(Units.count(totals.timeWait()) + " sockets are in TIME-WAIT: let the peer"
                    + " close first, or keep connections open");
        }
    }

    private void receives(Holders holders, ObjectSizes sizes) {
        double each = sizes.of(KernelObject.ASYNC_MESSAGE).packedBytes()
                + sizes.of(KernelObject.ASYNC_POLL).packedBytes();
        double bytes = holders.recv() * each;
        if (bytes > BYTES_WORTH_SAYING) {
            lines.add(Units.count(holders.recv()) + " armed RECVs take " + Units.bytes(bytes)
                    + " more than POLL_ADDs would: arm a poll while a connection is idle");
        }
    }

    private void files(ProcessInfo process, Holders holders) {
        if (process.filesSoft() > 0 && holders.withDescriptor() > NEAR * process.filesSoft()) {
            lines.add(process.command() + " (" + process.pid() + ") is near its limit of "
                    + Units.count(process.filesSoft()) + " open files: raise LimitNOFILE"
                    + (process.filesHard() > process.filesSoft() ? ", its soft limit may go up to "
                    + Units.count(process.filesHard()) : ""));
        }
    }

    private static double bytes(List<Layer> layers, Part part) {
        return layers.stream().filter(row -> row.part() == part).mapToDouble(Layer::bytes).sum();
    }
}
