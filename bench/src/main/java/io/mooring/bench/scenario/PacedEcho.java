package io.mooring.bench.scenario;

import io.mooring.bench.EchoLoad;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Echoes at a constant rate; options of the scenarios that have them. */
final class PacedEcho {

    private static final int SIZE_BYTES = 64;
    private static final int CONNECTIONS = 500;

    @Option(names = "--rate",
            description = "messages/s over all of --connections; 0: each sends when it has the"
                    + " answer; ${DEFAULT-VALUE}")
    private long rate;

    @Option(names = "--connections", paramLabel = "N",
            description = "that send; ${DEFAULT-VALUE}")
    private int connections = CONNECTIONS;

    @Option(names = "--size", paramLabel = "BYTES",
            description = "of a message's payload, 16 or more; ${DEFAULT-VALUE}")
    private int sizeBytes = SIZE_BYTES;

    @Mixin
    private final MeasuredWindow window;

    /** With these defaults. */
    PacedEcho(long rate, double seconds, double warmupSeconds) {
        this.rate = rate;
        this.window = new MeasuredWindow(seconds, warmupSeconds);
    }

    int connections() {
        return connections;
    }

    EchoLoad.Plan plan(int round) {
        return new EchoLoad.Plan(connections, sizeBytes, rate, window.warmupSeconds(round),
                window.seconds());
    }

    /** As {@code 50,000/s, 500 x 64 B}. */
    String text() {
        return (rate == 0 ? "closed loop" : String.format(Locale.ROOT, "%,d/s", rate)) + ", "
                + Sizes.text(connections, sizeBytes);
    }

    /** Null where it can be measured. */
    String refusal() {
        if (connections < 1 || rate < 0) {
            return "--connections must be 1 or more, --rate 0 or more";
        }
        return Sizes.fits(sizeBytes) ? window.refusal() : Sizes.REFUSAL;
    }

    void describe(Map<String, Object> options) {
        options.put("rate", rate);
        options.put("connections", connections);
        options.put("size", sizeBytes);
        window.describe(options);
    }
}
