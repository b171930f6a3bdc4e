package io.mooring.bench.scenario;

import java.util.Map;
import picocli.CommandLine.Option;

/** For how long a load is measured, and for how long it runs before; options of its scenario. */
final class MeasuredWindow {

    /** A JIT shares the one core with what it compiles: with less it takes part in the figures. */
    private static final double FIRST_WARMUP_SECONDS = 10;

    @Option(names = "--seconds",
            description = "measured, per engine, variant and round; ${DEFAULT-VALUE}")
    private double seconds;

    @Option(names = "--warmup", paramLabel = "SECONDS",
            description = "loaded but not measured before each; ${DEFAULT-VALUE}")
    private double warmupSeconds;

    @Option(names = "--first-warmup", paramLabel = "SECONDS",
            description = "the same in the first round, in which JITs compile; ${DEFAULT-VALUE}")
    private double firstWarmupSeconds = FIRST_WARMUP_SECONDS;

    /** With these defaults. */
    MeasuredWindow(double seconds, double warmupSeconds) {
        this.seconds = seconds;
        this.warmupSeconds = warmupSeconds;
    }

    double seconds() {
        return seconds;
    }

    /** Before the measurement of this round, of which the first is 1. */
    double warmupSeconds(int round) {
        return round == 1 ? Math.max(firstWarmupSeconds, warmupSeconds) : warmupSeconds;
    }

    /** Null where it can be measured. */
    String refusal() {
        return seconds > 0 && warmupSeconds >= 0 && firstWarmupSeconds >= 0 ? null
                : "--seconds must be more than 0, --warmup and --first-warmup not less";
    }

    void describe(Map<String, Object> options) {
        options.put("seconds", seconds);
        options.put("warmup", warmupSeconds);
        options.put("first-warmup", firstWarmupSeconds);
    }
}
