package io.mooring.bench;

import io.mooring.bench.million.SwarmEvent.Broadcast;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One engine's figures in one round of {@code broadcast}.
 *
 * @param cpu of server, receivers and all the machine within the window
 * @param late broadcasts that could not begin in time, because the one before was not complete
 * @param lost connections that ended by the end of the round and should not have
 */
record BroadcastRow(String engine, int round, List<Broadcast> broadcasts, Cpu cpu, int late,
        int lost) {

    /** Seconds: of CPU, and of the window on the clock. */
    record Cpu(double server, double receivers, double busy, double window) {
    }

    private static final double LATE_PERCENT_MAX = 5;
    private static final double OTHERS_PERCENT_MAX = 25;
    private static final double RECEIVERS_PERCENT_MAX = 90;
    private static final double SERVER_PERCENT_MIN = 80;
    private static final double MS_PER_SECOND = 1e3;

    BroadcastRow {
        broadcasts = List.copyOf(broadcasts);
    }

    /** Messages that came whole and right. */
    long deliveries() {
        return broadcasts.stream().mapToLong(Broadcast::received).sum();
    }

    /** Server CPU per delivery, in microseconds. */
    double serverMicros() {
        return 1e6 * cpu.server / deliveries();
    }

    /** From the publishing of each to its last receiver, in milliseconds. */
    List<Double> completeMs() {
        return broadcasts.stream().map(Broadcast::completeMs).toList();
    }

    private double completeSeconds() {
        return completeMs().stream().mapToDouble(Double::doubleValue).sum() / MS_PER_SECOND;
    }

    /** CPU of the server, in percent of the time while a broadcast was under way. */
    double serverPercent() {
        return 100 * cpu.server / completeSeconds();
    }

    /** The same of the receivers. */
    double receiversPercent() {
        return 100 * cpu.receivers / completeSeconds();
    }

    /**
     * While broadcasts were under way the receivers' core was busy and the server had done its part
     * long before: then the time to completion is theirs and not the server's. CPU per delivery
     * still is the server's own, for a broadcast never meets what is left of the one before.
     */
    boolean isReceiverBound() {
        return receiversPercent() > RECEIVERS_PERCENT_MAX && serverPercent() < SERVER_PERCENT_MIN;
    }

    /** What neither server nor receivers used, in percent of one core: the host's weather. */
    double othersPercent() {
        return Math.max(0, 100 * (cpu.busy - cpu.server - cpu.receivers) / cpu.window);
    }

    boolean isNoisy() {
        return othersPercent() > OTHERS_PERCENT_MAX;
    }

    /** Why this row must not be used; empty where it may. */
    List<String> faults() {
        List<String> faults = new ArrayList<>();
        long missing = broadcasts.stream().mapToLong(Broadcast::missing).sum();
        long corrupt = broadcasts.stream().mapToLong(Broadcast::corrupt).sum();
        if (missing > 0) {
            faults.add("%,d deliveries missing".formatted(missing));
        }
        if (corrupt > 0) {
            faults.add("%,d wrong or twice".formatted(corrupt));
        }
        if (lost > 0) {
            faults.add("%,d connections lost".formatted(lost));
        }
        double latePercent = 100.0 * late / Math.max(1, broadcasts.size());
        if (latePercent > LATE_PERCENT_MAX) {
            faults.add("%.0f %% published late".formatted(latePercent));
        }
        if (deliveries() == 0) {
            faults.add("no delivery");
        }
        return faults;
    }

    boolean isValid() {
        return faults().isEmpty();
    }

    String line() {
        Stats complete = Stats.of(completeMs());
        return ("%-12s round %d: %6.2f us/delivery  complete %.0f (%.0f to %.0f) ms"
                + "  server %3.0f %%  receivers %3.0f %%  others %3.0f %%%s%s%s").formatted(
                engine, round, serverMicros(), complete.median(), complete.min(), complete.max(),
                serverPercent(), receiversPercent(), othersPercent(),
                isReceiverBound() ? "  RECEIVER-BOUND" : "",
                isNoisy() ? "  NOISY" : "",
                isValid() ? "" : "  INVALID: " + String.join(", ", faults()));
    }

    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("engine", engine);
        json.put("round", round);
        json.put("valid", isValid());
        json.put("receiver_bound", isReceiverBound());
        json.put("noisy", isNoisy());
        json.put("faults", faults());
        json.put("server_us_per_delivery", serverMicros());
        json.put("deliveries", deliveries());
        json.put("server_cpu_s", cpu.server);
        json.put("receivers_cpu_s", cpu.receivers);
        json.put("server_percent", serverPercent());
        json.put("receivers_percent", receiversPercent());
        json.put("others_cpu_percent", othersPercent());
        json.put("window_s", cpu.window);
        json.put("late", late);
        json.put("lost", lost);
        json.put("complete_ms", completeMs());
        return json;
    }
}
