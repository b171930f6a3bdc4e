package io.mooring.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * One engine's figures in one round of {@code echo-rate}.
 *
 * @param serverSeconds CPU of the server's process within the window
 * @param busySeconds CPU of all the machine within the window
 */
record EchoRow(String engine, int round, double serverSeconds, double busySeconds,
        EchoLoad.Result load) {

    private static final double LOAD_CPU_PERCENT_MAX = 90;
    private static final double LATE_PERCENT_MAX = 1;
    private static final double RECEIVED_PERCENT_MIN = 99.5;
    private static final double OTHERS_PERCENT_MAX = 25;

    /** Server CPU per message, in microseconds. */
    double serverMicros() {
        return 1e6 * serverSeconds / load.windowEchoes();
    }

    double serverPercent() {
        return 100 * serverSeconds / (load.windowNs() / 1e9);
    }

    /** What neither server nor load used, in percent of one core: the host's weather. */
    double othersPercent() {
        double others = busySeconds - serverSeconds - load.cpuNs() / 1e9;
        return Math.max(0, 100 * others / (load.windowNs() / 1e9));
    }

    /**
     * Others kept the cores busy: a server that sleeps between messages then pays more for waking
     * than on a quiet machine, so the light ones look heavier than they are. Marked, still used.
     */
    boolean isNoisy() {
        return othersPercent() > OTHERS_PERCENT_MAX;
    }

    /** Echoes per second. */
    double throughput() {
        return load.windowEchoes() / (load.windowNs() / 1e9);
    }

    /** Why this row must not be used; empty where it may. */
    List<String> faults() {
        List<String> faults = new ArrayList<>();
        if (load.cpuPercent() > LOAD_CPU_PERCENT_MAX) {
            faults.add("load at %.0f %% CPU".formatted(load.cpuPercent()));
        }
        if (load.latePercent() > LATE_PERCENT_MAX) {
            faults.add("%.1f %% sent late".formatted(load.latePercent()));
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

    boolean isValid() {
        return faults().isEmpty();
    }

    String line() {
        Histogram latency = load.latencyNs();
        return ("%-12s round %d: %6.2f us/msg  %7.0f msg/s  server %3.0f %%  load %3.0f %%"
                + "  others %3.0f %%  late %.1f %%  p50 %.2f  p99 %.2f  p99.9 %.2f ms%s").formatted(
                engine, round, serverMicros(), throughput(), serverPercent(), load.cpuPercent(),
                othersPercent(), load.latePercent(), ms(latency, 50), ms(latency, 99),
                ms(latency, 99.9),
                isValid() ? isNoisy() ? "  NOISY" : ""
                        : "  INVALID: " + String.join(", ", faults()));
    }

    private static double ms(Histogram histogram, double percent) {
        return histogram.getValueAtPercentile(percent) / 1e6;
    }

    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("engine", engine);
        json.put("round", round);
        json.put("valid", isValid());
        json.put("noisy", isNoisy());
        json.put("faults", faults());
        json.put("server_us_per_message", serverMicros());
        json.put("server_cpu_s", serverSeconds);
        json.put("load_cpu_s", load.cpuNs() / 1e9);
        json.put("others_cpu_percent", othersPercent());
        json.put("window_s", load.windowNs() / 1e9);
        json.put("messages_per_s", throughput());
        json.put("sent", load.sent());
        json.put("received", load.received());
        json.put("errors", load.errors());
        json.put("late", load.late());
        json.put("latency_ns", percentiles(load.latencyNs()));
        json.put("service_ns", percentiles(load.serviceNs()));
        return json;
    }

    static Map<String, Object> percentiles(Histogram histogram) {
        Map<String, Object> json = new LinkedHashMap<>();
        for (double percent : new double[] {50, 90, 99, 99.9}) {
            json.put(percent == 99.9 ? "p99.9" : "p" + (int) percent,
                    histogram.getValueAtPercentile(percent));
        }
        json.put("max", histogram.getMaxValue());
        return json;
    }
}
