package io.mooring.bench;

import picocli.CommandLine.Option;

/** Where processes run: servers apart from what loads them. */
public final class CoreOptions {

    @Option(names = "--realtime",
            description = "as root: run servers and load alike before all others (SCHED_RR), to"
                    + " keep the rest of a busy machine out of the figures")
    private boolean realtime;

    /** Refuses, with the fix, a machine that cannot have processes where these options say. */
    public void requirePlaces() {
        NativeTools.requirePinning();
        if (realtime) {
            NativeTools.requireRealtime();
        }
    }

    /** Where servers run, one of them busy at a time. */
    public Core serverCore() {
        return new Core(0, realtime);
    }

    /** Where the load and the holders of connections run. */
    public Core loadCore() {
        return new Core(1, realtime);
    }

    /** As root: before all others. */
    public boolean realtime() {
        return realtime;
    }
}
