package io.mooring.swarm;

/**
 * What a swarm is told at start.
 *
 * @param target whom to connect to
 * @param sources addresses to connect from, in turn
 * @param scenario what the connections are for
 * @param threads each with rings of its own
 * @param slotsPerShard bound on one ring's table; RLIMIT_NOFILE bounds it as well
 * @param windowMax connects in flight per thread; below the server's backlog
 * @param rampPerSecond connections per second over all threads; 0: as fast as it goes
 * @param handshakeTimeoutMs from the first packet to the verified response
 * @param closeTimeoutMs for the server's part of a close
 * @param messageBytes payload of an echo or a broadcast
 * @param deafPercent of a broadcast's receivers: connected and never read from, evenly spread
 */
public record SwarmConfig(Target target, Sources sources, Scenario scenario, int threads,
    int slotsPerShard, int windowMax, int rampPerSecond, int handshakeTimeoutMs, int closeTimeoutMs,
    int messageBytes, double deafPercent) {

    public static final int WINDOW = 256;
    /** Above it a table of direct descriptors is no longer cheap for a small swarm. */
    public static final int SLOTS_PER_SHARD = 1 << 16;
    private static final int CLOSE_TIMEOUT_MS = 5_000;

    public SwarmConfig {
        if (messageBytes < Message.PREFIX || messageBytes > Message.BYTES_MAX) {
            throw new IllegalArgumentException("size is " + messageBytes + ": it must be from "
                + Message.PREFIX + " (number, sender and time of sending) to "
                + Message.BYTES_MAX);
        }
        if (!(deafPercent >= 0 && deafPercent < 100)) {
            throw new IllegalArgumentException("deaf is " + deafPercent
                + " %: it must be from 0 to below 100");
        }
        if (deafPercent > 0 && scenario != Scenario.BROADCAST) {
            throw new IllegalArgumentException("only a broadcast has deaf receivers: choose the "
                + "scenario broadcast, or 0 %");
        }
        if (threads < 1 || slotsPerShard < 1 || windowMax < 1 || rampPerSecond < 0
                || handshakeTimeoutMs < 1 || closeTimeoutMs < 1) {
            throw new IllegalArgumentException("a limit is not positive: " + threads + ", "
                + slotsPerShard + ", " + windowMax + ", " + rampPerSecond + ", "
                + handshakeTimeoutMs + ", " + closeTimeoutMs);
        }
    }

    /** The usual one. */
    public static SwarmConfig of(Target target, Scenario scenario, int messageBytes) {
        return new SwarmConfig(target, Sources.forTarget(target), scenario, threadsDefault(),
            SLOTS_PER_SHARD, WINDOW, 0, 10_000, CLOSE_TIMEOUT_MS, messageBytes, 0);
    }

    /** One, or two where there are cores for the server too. */
    public static int threadsDefault() {
        return Runtime.getRuntime().availableProcessors() >= 4 ? 2 : 1;
    }

    public SwarmConfig withSources(Sources other) {
        return new SwarmConfig(target, other, scenario, threads, slotsPerShard, windowMax,
            rampPerSecond, handshakeTimeoutMs, closeTimeoutMs, messageBytes, deafPercent);
    }

    public SwarmConfig withThreads(int count) {
        return new SwarmConfig(target, sources, scenario, count, slotsPerShard, windowMax,
            rampPerSecond, handshakeTimeoutMs, closeTimeoutMs, messageBytes, deafPercent);
    }

    public SwarmConfig withSlotsPerShard(int slots) {
        return new SwarmConfig(target, sources, scenario, threads, slots, windowMax,
            rampPerSecond, handshakeTimeoutMs, closeTimeoutMs, messageBytes, deafPercent);
    }

    public SwarmConfig withRamp(int perSecond) {
        return new SwarmConfig(target, sources, scenario, threads, slotsPerShard, windowMax,
            perSecond, handshakeTimeoutMs, closeTimeoutMs, messageBytes, deafPercent);
    }

    public SwarmConfig withTimeouts(int handshakeMs, int closeMs) {
        return new SwarmConfig(target, sources, scenario, threads, slotsPerShard, windowMax,
            rampPerSecond, handshakeMs, closeMs, messageBytes, deafPercent);
    }

    public SwarmConfig withMessageBytes(int bytes) {
        return new SwarmConfig(target, sources, scenario, threads, slotsPerShard, windowMax,
            rampPerSecond, handshakeTimeoutMs, closeTimeoutMs, bytes, deafPercent);
    }

    public SwarmConfig withDeaf(double percent) {
        return new SwarmConfig(target, sources, scenario, threads, slotsPerShard, windowMax,
            rampPerSecond, handshakeTimeoutMs, closeTimeoutMs, messageBytes, percent);
    }
}
