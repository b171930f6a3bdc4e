package io.mooring.kernel.plan;

import io.mooring.kernel.plan.Line.Side;
import io.mooring.memory.Reserve;
import io.mooring.probe.model.CostModel;
import io.mooring.probe.model.Holders;
import io.mooring.probe.model.KernelObject;
import io.mooring.probe.model.Layer;
import io.mooring.probe.model.SocketTotals;
import io.mooring.server.ServerPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * The memory of so many connections on a machine. The process's part is the server's own plan, the
 * kernel's is the probe's cost model with counts that are expected instead of found.
 *
 * @param broadcast more, while one message to all is on its way as the server paces it
 * @param reserve   that the server's admission leaves alone
 */
record Memory(long connections, List<Line> lines, double broadcast, double reserve, double ram,
        ServerPlan server) {

    private static final long PAGE_CACHE_BYTES = 128 * Targets.MIB;
    private static final int PAGE_CACHE_PART = 50;
    /** Of the machine where the JVM was measured. */
    private static final int JVM_PAGE_BYTES = 4096;
    private static final String RECORDED = "slabinfo of ";
    /** Of a small frame's memory, what is not payload: headers' room and skb_shared_info. */
    private static final int SEGMENT_ROOM_BYTES = 512;

    static Memory of(Target target, Ask ask, long connections) {
        ServerPlan.Shape shape = shape(target, ask);
        ServerPlan server = ServerPlan.of(shape, Math.toIntExact(connections), target.limits());
        List<Line> lines = new ArrayList<>();
        process(lines, server, target, connections);
        kernel(lines, server, target, ask, connections);
        TcpNeed tcp = TcpNeed.of(connections, new Wire(ask.messageBytes()).frameBytes(), target);
        double broadcast = tcp.pacedFrames() * frameMemory(target, ask);
        queues(lines, tcp, broadcast);
        system(lines, target);
        double ram = target.ram().value();
        return new Memory(connections, List.copyOf(lines), broadcast, reserve(target), ram,
                server);
    }

    static ServerPlan.Shape shape(Target target, Ask ask) {
        return new ServerPlan.Shape(ask.isEpoll(), target.reactors(),
                target.openFiles().value());
    }

    /** As the server will have it, of what it sees as the machine's memory or its group's. */
    private static double reserve(Target target) {
        long seen = target.isHere() ? target.ram().value() : target.limits().totalBytes();
        return Reserve.of(seen, Reserve.AUTO);
    }

    private static void process(List<Line> lines, ServerPlan server, Target target,
            long connections) {
        for (ServerPlan.Term term : server.terms()) {
            if (!term.isKernel()) {
                Basis basis = term.why().startsWith("estimate") ? Basis.ASSUMED
                        : !term.name().equals("JVM") ? Basis.DERIVED
                        : target.isHere() && target.page() == JVM_PAGE_BYTES ? Basis.MEASURED
                        : Basis.ASSUMED;
                lines.add(new Line(Side.PROCESS, term.name(),
                        (double) (term.full() - term.start()) / connections, term.full(),
                        term.load(), basis, term.why()));
            }
        }
    }

    private static void kernel(List<Line> lines, ServerPlan server, Target target, Ask ask,
            long connections) {
        List<Layer> silent = layers(target, connections,
                ask.isEpoll() ? epoll(connections) : cold(connections));
        double hot = ask.isEpoll() ? 0
                : waiting(layers(target, connections, hot(connections))) - waiting(silent);
        Calibrated found = target.sizes().calibrated();
        if (found != null) {
            hot = found.hot() * connections;
            lines.add(calibrated("socket, as calibrated", found.socket(), 0, connections, found));
            lines.add(calibrated("waiting, as calibrated", found.waiting(), hot, connections,
                    found));
            // A table's entries are there before its connections: no calibration sees them.
            silent.removeIf(layer -> layer.packedBytes() != 0
                    || layer.part() == Layer.Part.ACCOUNTS);
        }
        for (Layer layer : silent) {
            boolean poll = layer.name().equals("armed POLL_ADD");
            lines.add(new Line(Side.KERNEL, layer.name(), layer.bytes() / connections,
                    layer.bytes(), layer.bytes() + (poll ? hot : 0), basis(layer, target),
                    poll ? size(layer, target) + "; most: all by multishot RECV, "
                            + Math.round(hot / connections) + " B more"
                            : size(layer, target)));
        }
        for (ServerPlan.Term term : server.terms()) {
            if (term.isKernel() && term.name().equals("rings' own")) {
                lines.add(new Line(Side.KERNEL, term.name(), 0, term.full(), term.load(),
                        Basis.ASSUMED, term.why()));
            }
        }
    }

    private static Line calibrated(String name, double each, double more, long connections,
            Calibrated found) {
        return new Line(Side.KERNEL, name, each, each * connections, each * connections + more,
                Basis.MEASURED, String.format(Locale.ROOT, "%s (both rows together \u00b1 %.0f B)",
                found.file(), found.error()));
    }

    private static Basis basis(Layer layer, Target target) {
        if (target.sizes().basis() == Basis.ASSUMED || layer.basis() == Layer.Basis.ASSUMED) {
            return Basis.ASSUMED;
        }
        return layer.packedBytes() == 0 ? Basis.DERIVED : target.sizes().basis();
    }

    /** The layer's source is "what was counted; where the size is from": here nothing was. */
    private static String size(Layer layer, Target target) {
        if (layer.packedBytes() == 0) {
            return "bytes of each entry, which the kernel's code has";
        }
        String size = layer.source().substring(layer.source().indexOf(';') + 1).strip();
        String from = target.sizes().source();
        return layer.basis() == Layer.Basis.ASSUMED ? size : size + " of "
                + (from.startsWith(RECORDED) ? from.substring(RECORDED.length()) : "this kernel");
    }

    private static List<Layer> layers(Target target, long connections, Holders holders) {
        SocketTotals totals = new SocketTotals(0);
        totals.socketsV4 = connections;
        totals.withFile = connections;
        return new CostModel(totals, holders, target.sizes().sizes(),
                target.kernel().hasRingNodes(), target.accounts(), target.chargesTcp()).layers();
    }

    private static double waiting(List<Layer> layers) {
        return layers.stream().filter(layer -> layer.part() == Layer.Part.WAITING)
                .mapToDouble(Layer::bytes).sum();
    }

    /** Silent connections wait by a one-shot poll. */
    private static Holders cold(long n) {
        return new Holders(0, n, 0, n, 0, 0, 0, 0, n, n, 0, 0, 0, 0);
    }

    private static Holders hot(long n) {
        return new Holders(0, n, 0, 0, n, 0, 0, 0, n, n, 0, 0, 0, 0);
    }

    /** The process's table doubles when it is full. */
    private static Holders epoll(long n) {
        return new Holders(n, 0, n, 0, 0, 0, 0, 2 * Long.highestOneBit(n), 0, 0, 0, 0, 0, 0);
    }

    /** A frame that waits for its receiver: a pair of sk_buffs and its bytes, for each segment. */
    private static double frameMemory(Target target, Ask ask) {
        Wire wire = new Wire(ask.messageBytes());
        double buffers = target.sizes().sizes().of(KernelObject.SENT_BUFFER).packedBytes();
        double small = target.sizes().sizes().of(KernelObject.SMALL_DATA).packedBytes();
        double data = wire.frameBytes() + SEGMENT_ROOM_BYTES * (double) wire.segments();
        return wire.segments() * buffers + Math.max(small, data);
    }

    private static void queues(List<Line> lines, TcpNeed tcp, double broadcast) {
        lines.add(new Line(Side.KERNEL, "one message to all, on its way", 0, 0, broadcast,
                Basis.DERIVED, String.format(Locale.ROOT, "%,d frames at once as the server paces"
                + " them, a pair of sk_buffs and their data each", tcp.pacedFrames())));
        lines.add(new Line(Side.KERNEL, "1 % that never read", 0, 0, tcp.deafBytes(),
                Basis.DERIVED, String.format(Locale.ROOT, "%,d with full send buffers, or three"
                + " quarters of tcp_mem's pressure mark, where frames only trickle", tcp.deaf())));
    }

    private static void system(List<Line> lines, Target target) {
        lines.add(new Line(Side.SYSTEM, target.isHere() ? "in use now" : "kernel and system", 0,
                target.taken().value(), target.taken().value(), target.taken().basis(),
                target.taken().source()));
        double cache = Math.min(PAGE_CACHE_BYTES,
                (double) target.ram().value() / PAGE_CACHE_PART);
        lines.add(new Line(Side.SYSTEM, "page cache", 0, cache, cache, Basis.ASSUMED,
                "programs and logs that must stay readable"));
    }

    double sum(Side side, ToDoubleFunction<Line> column) {
        return lines.stream().filter(line -> line.side() == side).mapToDouble(column).sum();
    }

    double silent() {
        return lines.stream().mapToDouble(Line::silent).sum();
    }

    double most() {
        return lines.stream().mapToDouble(Line::most).sum();
    }

    /** What must be there: all silent, one message to all on its way, the reserve untouched. */
    double needed() {
        return silent() + broadcast + reserve;
    }

    boolean fits() {
        return needed() <= ram;
    }

    /** Of one connection, the process's and the kernel's part. */
    double each() {
        return lines.stream().mapToDouble(Line::each).sum();
    }

    double kernelEach() {
        return lines.stream().filter(line -> line.side() == Side.KERNEL)
                .mapToDouble(Line::each).sum();
    }
}
