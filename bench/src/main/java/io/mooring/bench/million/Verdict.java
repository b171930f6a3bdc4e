package io.mooring.bench.million;

import io.mooring.bench.LeastSquares;
import io.mooring.bench.Stats;
import io.mooring.bench.html.Units;
import io.mooring.probe.model.PairSlopes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One line of the result: a figure beside its target. Plain ASCII; the HTML report makes it nice.
 *
 * @param target empty: there is none
 * @param pass null: nothing to judge
 */
record Verdict(String group, String label, String figure, String target, Boolean pass) {

    /** The server's kernel memory per connection above a bare accepted socket. */
    static final int ABOVE_BARE_BYTES_MAX = 300;
    /** The server's user memory per connection: the slot of 64 and what rings and buffers add. */
    static final int USER_BYTES_MAX = 100;
    /** The whole process with up to a million connections. */
    private static final double RSS_BYTES_MAX = 250e6;
    private static final int RSS_CONNECTIONS_MAX = 1_000_000;
    static final double IDLE_PERCENT_MAX = 1.0;
    /** Below that what a server has once is too much of the slopes. */
    private static final int PROBE_CONNECTIONS_MIN = 50_000;

    private static final String HELD = "Connections";
    private static final String USER = "User memory of the server";
    private static final String KERNEL = "Kernel memory";
    private static final String QUIET = "While they are held";
    private static final String ALL = "Broadcast to all";
    private static final String GROUP = "The server's memory cgroup";
    private static final String END = "The end";

    /** Of whatever there is so far. */
    static List<Verdict> of(Outcome out) {
        List<Verdict> list = new ArrayList<>();
        held(list, out);
        user(list, out);
        kernel(list, out);
        quiet(list, out);
        broadcast(list, out);
        group(list, out);
        end(list, out);
        return list;
    }

    private static void held(List<Verdict> list, Outcome out) {
        if (out.steps.isEmpty()) {
            return;
        }
        int wanted = out.preflight.connections();
        list.add(new Verdict(HELD, "held", format("%,d of %,d", out.held(), wanted),
                out.refusalsExpected() ? "" : "all",
                out.refusalsExpected() || out.held() < wanted && out.failedTotal() == 0
                        ? null : out.held() >= wanted));
        if (out.failedTotal() > 0) {
            list.add(new Verdict(HELD, "not admitted", format("%,d%s", out.failedTotal(),
                    reasons(out.failed())), out.refusalsExpected() ? "expected" : "0",
                    out.refusalsExpected() ? null : Boolean.FALSE));
        }
        if (!out.refusedByServer.isEmpty()) {
            list.add(new Verdict(HELD, "refused, by the server's counters",
                    reasons(out.refusedByServer).strip(), "", null));
        }
        list.add(new Verdict(HELD, "lost", format("%,d", out.lost), "0", out.lost == 0));
        list.add(new Verdict(HELD, "ramp", format("%,.0f/s, %,.1f s in all", out.rampRate(),
                out.rampMs() / 1000.0), "", null));
        if (out.held() > 0 && !Double.isNaN(out.rampServerCpuSeconds)) {
            list.add(new Verdict(HELD, "server CPU per connection made", format("%,.0f us",
                    1e6 * out.rampServerCpuSeconds / out.held()), "", null));
        }
    }

    private static String reasons(Map<String, Long> counts) {
        return counts.isEmpty() ? "" : counts.entrySet().stream()
                .map(e -> format("%s %,d", e.getKey(), e.getValue()))
                .collect(Collectors.joining(", ", " (", ")"));
    }

    private static void user(List<Verdict> list, Outcome out) {
        if (out.points.isEmpty()) {
            return;
        }
        LeastSquares rss = out.fit(Memory::rssBytes);
        if (!Double.isNaN(rss.slope())) {
            list.add(new Verdict(USER, "per connection (slope of RSS)", slope(rss),
                    format("<= %d B", USER_BYTES_MAX), judge(rss.slope(),
                    rss.slopeError(), USER_BYTES_MAX)));
            list.add(new Verdict(USER, "per connection (slope of PSS)",
                    slope(out.fit(Memory::pssBytes)), "", null));
        }
        Memory last = out.points.getLast();
        list.add(new Verdict(USER, "slot per connection, by its own gauge",
                format("%,.1f B", out.slotBytes()), "", null));
        boolean judged = last.connections() <= RSS_CONNECTIONS_MAX;
        list.add(new Verdict(USER, format("RSS with %,d", last.connections()),
                format("%s, %s at rest", Units.bytes(last.rssBytes()),
                        Units.bytes(out.base.rssBytes())),
                judged ? "<= " + Units.bytes(RSS_BYTES_MAX) : "",
                judged ? last.rssBytes() <= RSS_BYTES_MAX : null));
    }

    /** Null where the figure is not sure enough to be judged: too few connections, or points. */
    private static Boolean judge(double bytes, double error, int bytesMax) {
        return error <= bytesMax / 3.0 ? Boolean.valueOf(bytes <= bytesMax) : null;
    }

    private static String slope(LeastSquares fit) {
        return plusMinus(fit.slope(), fit.slopeError())
                + format(" (%d points)", fit.points());
    }

    private static String plusMinus(double bytes, double error) {
        return Double.isNaN(error) ? format("%,.1f B", bytes)
                : format("%,.1f +- %,.1f B", bytes, error);
    }

    private static void kernel(List<Verdict> list, Outcome out) {
        if (out.points.size() < 2) {
            return;
        }
        boolean disturbed = out.isDisturbed();
        PairSlopes slabs = out.slabs();
        if (slabs.isEmpty()) {
            LeastSquares all = out.fit(Memory::slabBytes);
            list.add(new Verdict(KERNEL, "both ends, by Slab of meminfo", slope(all), "", null));
        } else {
            list.add(new Verdict(KERNEL, "above the bare accepted socket",
                    plusMinus(slabs.aboveBare(), slabs.aboveBareError()),
                    format("<= %d B", ABOVE_BARE_BYTES_MAX),
                    disturbed ? null : judge(slabs.aboveBare(), slabs.aboveBareError(),
                            ABOVE_BARE_BYTES_MAX)));
            list.add(new Verdict(KERNEL, "the bare accepted socket",
                    format("%,.0f B", slabs.bare()), "", null));
            double accounts = slabs.server(PairSlopes.Part.ACCOUNTS);
            if (accounts >= 1) {
                list.add(new Verdict(KERNEL, "accounts of the memory cgroup we run in",
                        format("%,.0f B", accounts), "", null));
            }
            list.add(new Verdict(KERNEL, "server's end in all",
                    plusMinus(slabs.server(), slabs.serverError()), "", null));
            list.add(new Verdict(KERNEL, "both ends", format("%,.0f B, %s at the top",
                    slabs.pair(), Units.bytes(slabs.pair() * out.held())), "", null));
            double explained = out.explainedShare();
            if (!Double.isNaN(explained)) {
                list.add(new Verdict(KERNEL, "check: counted by the probe", format(
                        "%,.0f B, %.1f %% of these", out.probe.idleBytesPerConnection(),
                        100 * explained), "97 to 103 %", disturbed || out.held()
                        < PROBE_CONNECTIONS_MIN ? null : Math.abs(explained - 1) <= 0.03));
            }
            double user = Math.max(0, out.fit(Memory::rssBytes).slope());
            list.add(new Verdict(KERNEL, "server's end, user and kernel",
                    format("%,.0f B, %s for %,d", slabs.server() + user,
                            Units.bytes((slabs.server() + user) * out.held()), out.held()),
                    "", null));
        }
        if (disturbed) {
            list.add(new Verdict(KERNEL, "disturbed: sockets of others meanwhile",
                    format("%+,d", out.socketsOfOthers()), "0", Boolean.FALSE));
        }
        if (out.points.getLast().groupBytes() > 0) {
            list.add(new Verdict(KERNEL, "check: slope of the server's cgroup, user too",
                    slope(out.fit(Memory::groupBytes)), "", null));
        }
    }

    private static void quiet(List<Verdict> list, Outcome out) {
        if (out.idle != null) {
            list.add(new Verdict(QUIET, "idle CPU of the server", format(
                    "%.2f %% of a core over %d s", out.idle.percent(), out.idle.seconds()),
                    format("<= %.0f %%", IDLE_PERCENT_MAX),
                    out.idle.percent() <= IDLE_PERCENT_MAX));
        }
        if (out.echoMs != null) {
            Stats echo = out.echoMs;
            list.add(new Verdict(QUIET, "echo to another client", format(
                    "%.2f ms, at most %.2f (%d of %d)", echo.median(), echo.max(), echo.count(),
                    echo.count()), "answered", true));
        }
    }

    private static void broadcast(List<Verdict> list, Outcome out) {
        if (out.deliveries.isEmpty()) {
            return;
        }
        String times = out.deliveries.stream()
                .map(d -> format("%,.2f", d.broadcast().completeMs() / 1000))
                .collect(Collectors.joining(", ", "", " s"));
        list.add(new Verdict(ALL, format("%d B to %,d, complete after",
                out.options.broadcastBytes(), out.deliveries.getLast().broadcast().receivers()),
                times, "", null));
        list.add(new Verdict(ALL, "missing or corrupt", format("%,d", out.missing()), "0",
                out.missing() == 0));
        Map<String, Double> latency = out.deliveries.getLast().broadcast().latencyMs();
        if (!latency.isEmpty()) {
            list.add(new Verdict(ALL, "latency of the last, p50 / p99 / max", format(
                    "%,.0f / %,.0f / %,.0f ms", at(latency, "p50"), at(latency, "p99"),
                    at(latency, "max")), "", null));
        }
        Stats cpu = Stats.of(out.deliveries.stream()
                .map(Outcome.Delivery::serverMicrosPerDelivery).toList());
        list.add(new Verdict(ALL, "server CPU per delivery", format("%.2f us [%.2f..%.2f]",
                cpu.median(), cpu.min(), cpu.max()), "", null));
        if (out.broadcastRssGrowthKib >= 0) {
            list.add(new Verdict(ALL, "server RSS meanwhile", "+"
                    + Units.bytes(1024.0 * out.broadcastRssGrowthKib)
                    + (out.broadcastCollections < 0 ? ""
                            : format(", %d collections", out.broadcastCollections)), "", null));
        }
    }

    private static double at(Map<String, Double> latency, String name) {
        return latency.getOrDefault(name, Double.NaN);
    }

    private static void group(List<Verdict> list, Outcome out) {
        if (out.group.isEmpty()) {
            return;
        }
        Map<String, Long> group = out.group;
        list.add(new Verdict(GROUP, "peak of its limit", format("%s of %s",
                Units.bytes(group.get("peak_bytes")), Units.bytes(group.get("limit_bytes"))),
                "", null));
        list.add(new Verdict(GROUP, "charged while they are held", format("%s, the kernel's %s",
                Units.bytes(group.getOrDefault("usage_bytes", 0L)),
                Units.bytes(group.getOrDefault("kernel_bytes", 0L))), "", null));
        list.add(new Verdict(GROUP, "times at the limit (failcnt)",
                format("%,d", group.get("failcnt")), "", null));
        long kills = group.get("oom_kills");
        list.add(new Verdict(GROUP, "OOM kills", format("%,d", kills), "0", kills == 0));
    }

    private static void end(List<Verdict> list, Outcome out) {
        Outcome.End end = out.end;
        if (end != null) {
            String way = end.killed() ? "kill -9" : "close";
            if (!end.killed()) {
                list.add(new Verdict(END, "all closed, by the clients", seconds(end.closedMs()),
                        "", null));
            }
            list.add(new Verdict(END, "all slots free, since " + way,
                    seconds(end.slotsFreeMs()), "", null));
            list.add(rest("user memory left", out.userRest()));
            list.add(rest("slabs left, of sockets", out.slabRest()));
            list.add(new Verdict(END, "kept by io_uring for the next (io_kiocb)", format("%s of %s",
                    Units.bytes(Math.max(0, out.requestsLeft().leftBytes())),
                    Units.bytes(out.requestsLeft().grownBytes())), "", null));
            list.add(new Verdict(END, "TIME_WAIT and its ports, for 60 s", format("%,d sockets%s",
                    end.sockets().timeWait(), Double.isNaN(end.passingBytes()) ? ""
                            : ", " + Units.bytes(end.passingBytes()
                                    + Math.max(0, out.portsLeft().leftBytes()))), "", null));
        }
        if (out.again != null) {
            list.add(new Verdict(END, "a new swarm at once", format("%,d in %s, %,d failed",
                    out.again.connected(), seconds(out.again.elapsedMs()),
                    out.again.failedTotal()), "all", out.again.failedTotal() == 0));
        }
        if (out.complete) {
            int limit = wholeSecondsMax(out.preflight.connections());
            list.add(new Verdict(END, "all of it took", seconds(out.totalMs),
                    limit == 0 ? "" : format("< %d s", limit),
                    limit == 0 ? null : out.totalMs < 1000L * limit));
        }
    }

    private static Verdict rest(String label, Outcome.Rest rest) {
        return new Verdict(END, label, format("%.1f %% (%s of %s)", rest.percent(),
                Units.bytes(rest.leftBytes()), Units.bytes(rest.grownBytes())),
                format("<= 2 %% or %s", Units.bytes(rest.allowed())), rest.isBack());
    }

    private static int wholeSecondsMax(int connections) {
        return connections == 1_000_000 ? 240 : connections == 100_000 ? 40 : 0;
    }

    private static String seconds(long ms) {
        return format("%,.1f s", ms / 1000.0);
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
