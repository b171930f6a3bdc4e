package io.mooring.bench.scenario;

import io.mooring.bench.Stats;
import io.mooring.bench.matrix.Metric;
import io.mooring.bench.matrix.Row;
import io.mooring.bench.million.SwarmEvent.Broadcast;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * What one engine's broadcasts of one round say of it.
 *
 * @param cpu of server, receivers and all the machine within the window
 * @param late broadcasts that could not begin in time, because the one before was not complete
 * @param lost connections that ended by the end of the round and should not have
 */
record BroadcastRow(List<Broadcast> broadcasts, Cpu cpu, int late, int lost) {

    /** Seconds: of CPU, and of the window on the clock. */
    record Cpu(double server, double receivers, double busy, double window) {
    }

    private static final double LATE_PERCENT_MAX = 5;
    private static final double RECEIVERS_PERCENT_MAX = 90;
    private static final double SERVER_PERCENT_MIN = 80;
    private static final double MS_PER_SECOND = 1e3;
    private static final double NANOS_PER_MS = 1e6;
    private static final int DIGITS = 3;

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

    /** How long after its publishing each delivery came: as finely as the swarm's curve is. */
    Histogram deliveryNs() {
        Histogram histogram = new Histogram(DIGITS);
        for (Broadcast broadcast : broadcasts) {
            double before = 0;
            for (double[] point : broadcast.curve()) {
                long more = Math.round(point[1] - before);
                if (more > 0) {
                    histogram.recordValueWithCount(Math.round(point[0] * NANOS_PER_MS), more);
                    before = point[1];
                }
            }
        }
        return histogram;
    }

    Row row(String engine, String variant, int round) {
        Row row = new Row(engine, variant, round);
        if (cpu.server < CpuWindow.SECONDS_MIN) {
            row.note("round %d: %s".formatted(round, CpuWindow.TOO_LITTLE));
        } else {
            row.figure(Metric.SERVER_US_PER_DELIVERY, serverMicros())
                    .figure(Metric.DELIVERIES_PER_CPU_S, deliveries() / cpu.server);
        }
        row.figure(Metric.SERVER_PERCENT, serverPercent())
                .figure(Metric.LOAD_PERCENT, receiversPercent())
                .figure(Metric.OTHERS_PERCENT, othersPercent())
                .faults(faults());
        if (isReceiverBound()) {
            return row.note(("round %d: the receivers were saturated (%.0f %% CPU), so the time"
                    + " until all have it is theirs and left out").formatted(round,
                    receiversPercent()));
        }
        Stats complete = Stats.of(completeMs());
        return row.figure(Metric.COMPLETE_P50_MS, complete.median())
                .figure(Metric.COMPLETE_MAX_MS, complete.max()).times(deliveryNs());
    }
}
