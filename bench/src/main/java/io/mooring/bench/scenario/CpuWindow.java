package io.mooring.bench.scenario;

import io.mooring.bench.Proc;
import java.util.function.DoubleSupplier;

/** CPU between two moments: of the server, and of all the machine but it and {@code own}. */
final class CpuWindow {

    /** Two ticks: less is known to a half at best. */
    static final double SECONDS_MIN = 2.0 / Proc.TICKS_PER_SECOND;
    static final String TOO_LITTLE = "the server used less CPU than can be told from none: measure"
            + " for longer or ask for more";

    private final long pid;
    private final DoubleSupplier own;
    private double serverSeconds;
    private double othersSeconds;

    /** {@code own}: seconds that our other processes have used so far. */
    CpuWindow(long pid, DoubleSupplier own) {
        this.pid = pid;
        this.own = own;
    }

    void start() {
        add(-1);
    }

    /** May be opened again. */
    void end() {
        add(1);
    }

    private void add(int sign) {
        double server = Proc.cpu(pid).seconds();
        serverSeconds += sign * server;
        othersSeconds += sign * (Proc.busySeconds() - server - own.getAsDouble());
    }

    double serverSeconds() {
        return serverSeconds;
    }

    double othersSeconds() {
        return othersSeconds;
    }
}
