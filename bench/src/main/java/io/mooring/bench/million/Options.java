package io.mooring.bench.million;

import java.util.List;

/**
 * What the command line asks for.
 *
 * @param serverMemoryBytes of a memory cgroup for the server; 0: none
 * @param settleMs how long a reading may wait for memory to stand still
 * @param backMs how long to wait for all memory to be back
 */
record Options(int holdSeconds, int broadcasts, int broadcastBytes, long serverMemoryBytes,
        boolean kill, int settleMs, int backMs, long silenceMs, List<Integer> stepPercents) {
}
