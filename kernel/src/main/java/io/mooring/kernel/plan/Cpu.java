package io.mooring.kernel.plan;

/**
 * CPU time of the server, as docs/BENCHMARKS.md has it ("All engines in one run", 2026-11-26): one
 * core of an AMD EPYC in a virtual machine, Linux 6.18, over loopback, so that the receiver's half
 * of TCP is in each delivery.
 *
 * @param factor how many times as long the target's core takes
 */
record Cpu(boolean isEpoll, double factor) {

    /** 64 bytes to 5,000 subscribers. */
    private static final double DELIVERY_US = 11.5;
    private static final double DELIVERY_EPOLL_US = 12.5;
    /** 64 bytes back, 50,000 a second over 500 connections. */
    private static final double ECHO_US = 10.4;
    private static final double ECHO_EPOLL_US = 12.7;
    /** Of one core, with a million silent connections. */
    private static final double IDLE_SHARE_OF_A_MILLION = 0.002;
    private static final double MICROS = 1e6;

    static final String MEASURED_ON = "one core of an AMD EPYC (virtual), loopback with the"
            + " receiver's half in it, 64 B: docs/BENCHMARKS.md";

    double deliveryMicros() {
        return factor * (isEpoll ? DELIVERY_EPOLL_US : DELIVERY_US);
    }

    double echoMicros() {
        return factor * (isEpoll ? ECHO_EPOLL_US : ECHO_US);
    }

    /** A message to all, each reactor its share. */
    double seconds(long connections, int cores) {
        return connections * deliveryMicros() / MICROS / cores;
    }

    /** Cores in use. */
    double cores(long connections, double rate) {
        return connections * rate * deliveryMicros() / MICROS + idleCores(connections);
    }

    double idleCores(long connections) {
        return factor * IDLE_SHARE_OF_A_MILLION * connections / 1e6;
    }

    /** The first number of connections for which that many cores are not enough; no limit: 0/s. */
    long breaksAt(double rate, int cores) {
        double each = cores(1, rate);
        return rate == 0 ? Known.NO_LIMIT : (long) (cores / each) + 1;
    }
}
