package io.mooring.bench.scenario;

import io.mooring.bench.EchoLoad;
import io.mooring.bench.matrix.Metric;
import io.mooring.bench.matrix.Row;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * What one run of the echo load says of a server.
 *
 * @param serverSeconds CPU of the server's process within the window
 * @param othersSeconds CPU of all the machine within the window but the server's and the load's
 */
record EchoRow(double serverSeconds, double othersSeconds, EchoLoad.Plan plan,
        EchoLoad.Result load) {

    private static final double LOAD_CPU_PERCENT_MAX = 90;
    private static final double SERVER_CPU_PERCENT_FULL = 95;
    private static final double LATE_PERCENT_MAX = 1;
    private static final double SENT_PERCENT_MIN = 99;
    private static final double RECEIVED_PERCENT_MIN = 99.5;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double NANOS_PER_MS = 1e6;

    private double windowSeconds() {
        return load.windowNs() / NANOS_PER_SECOND;
    }

    double serverPercent() {
        return 100 * serverSeconds / windowSeconds();
    }

    double othersPercent() {
        return Math.max(0, 100 * othersSeconds / windowSeconds());
    }

    /**
     * At a constant rate a load that is nearly out of CPU spoils what it times. In a closed loop
     * one of the two cores is always full; the figures are the server's only where it is its own.
     */
    private boolean isLoadBound() {
        return load.cpuPercent() > LOAD_CPU_PERCENT_MAX
                && (plan.rate() > 0 || serverPercent() < SERVER_CPU_PERCENT_FULL);
    }

    /** Why it must not be used; empty where it may. */
    List<String> faults() {
        List<String> faults = new ArrayList<>();
        if (isLoadBound()) {
            faults.add("the client was saturated: load at %.0f %% CPU, server at %.0f %%"
                    .formatted(load.cpuPercent(), serverPercent()));
        }
        if (load.latePercent() > LATE_PERCENT_MAX) {
            faults.add("%.1f %% sent late".formatted(load.latePercent()));
        }
        double due = plan.rate() * windowSeconds();
        if (load.sent() < due * SENT_PERCENT_MIN / 100) {
            faults.add("the client was saturated: %,d of %,.0f messages were sent".formatted(
                    load.sent(), due));
        }
        if (load.received() < load.sent() * RECEIVED_PERCENT_MIN / 100) {
            faults.add("%,d of %,d echoes missing".formatted(load.sent() - load.received(),
                    load.sent()));
        }
        if (load.errors() > 0) {
            faults.add("%,d errors".formatted(load.errors()));
        }
        if (load.windowEchoes() == 0) {
            faults.add("no echo");
        }
        return faults;
    }

    Row row(String engine, String variant, int round) {
        Histogram latency = load.latencyNs();
        Row row = new Row(engine, variant, round);
        if (serverSeconds < CpuWindow.SECONDS_MIN) {
            row.note("round %d: %s".formatted(round, CpuWindow.TOO_LITTLE));
        } else {
            row.figure(Metric.SERVER_US_PER_MESSAGE, 1e6 * serverSeconds / load.windowEchoes())
                    .figure(Metric.MESSAGES_PER_CPU_S, load.windowEchoes() / serverSeconds);
        }
        return row.figure(Metric.MESSAGES_PER_S, load.windowEchoes() / windowSeconds())
                .figure(Metric.LATENCY_P50_MS, ms(latency, 50))
                .figure(Metric.LATENCY_P99_MS, ms(latency, 99))
                .figure(Metric.LATENCY_P999_MS, ms(latency, 99.9))
                .figure(Metric.SERVER_PERCENT, serverPercent())
                .figure(Metric.LOAD_PERCENT, load.cpuPercent())
                .figure(Metric.OTHERS_PERCENT, othersPercent())
                .times(latency).faults(faults());
    }

    private static double ms(Histogram histogram, double percent) {
        return histogram.getTotalCount() == 0 ? Double.NaN
                : histogram.getValueAtPercentile(percent) / NANOS_PER_MS;
    }
}
