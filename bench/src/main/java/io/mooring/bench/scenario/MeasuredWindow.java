package io.mooring.bench.scenario;

import java.util.Map;
import picocli.CommandLine.Option;

/** For how long a load is measured, and for how long it runs before; options of its scenario. */
final class MeasuredWindow {

    @Option(names = "--seconds",
            description = "measured, per engine, variant and round; ${DEFAULT-VALUE}")
    private double seconds;

    @Option(names = "--warmup", paramLabel = "SECONDS",
            description = "loaded but not measured before each; ${DEFAULT-VALUE}")
    private double warmupSeconds;

    /** With these defaults. */
    MeasuredWindow(double seconds, double warmupSeconds) {
        this.seconds = seconds;
        this.warmupSeconds = warmupSeconds;
    }

    double seconds() {
        return seconds;
    }

    double warmupSeconds() {
        return warmupSeconds;
    }

    /** Null where it can be measured. */
    String refusal() {
        return seconds > 0 && warmupSeconds >= 0 ? null
                : "--seconds must be more than 0, --warmup not less";
    }

    void describe(Map<String, Object> options) {
        options.put("seconds", seconds);
        options.put("warmup", warmupSeconds);
    }
}
