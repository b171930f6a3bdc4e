package io.mooring.bench.topics;

import io.mooring.bench.BenchException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * One round of one shape on one side. Times are CPU times.
 *
 * @param bytes for each subscription
 * @param growNs for each join while all come, first touches of memory included
 * @param joinNs for each join with all but one there, warm
 * @param leaveNs the same for leaves
 * @param walkNs for each subscriber visited
 * @param closeNs for each connection that closes, all of them
 */
record Measured(double bytes, double growNs, double joinNs, double leaveNs, double walkNs,
        double closeNs) {

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int BATCH = 1_000;
    private static final int BATCHES = 100;
    private static final int WALKED_MIN = 1_000_000;

    /** Of this thread alone: neither its neighbours nor the collector's time enters. */
    private static long now() {
        return THREADS.getCurrentThreadCpuTime();
    }

    static Measured of(Shape shape, Side side) {
        String[] names = shape.names();
        long grown = grow(shape, side, names);
        names = null; // what of the names is the side's stays
        long bytes = side.bytes();
        names = shape.names();
        long[] changed = change(shape, side, names);
        double walkNs = walk(shape, side, names);
        long closed = now();
        for (int connection = 0; connection < shape.connections(); connection++) {
            side.leaveAll(connection);
        }
        closed = now() - closed;
        double subscriptions = shape.subscriptions();
        double changes = (double) BATCH * BATCHES;
        return new Measured(bytes / subscriptions, grown / subscriptions, changed[0] / changes,
                changed[1] / changes, walkNs, (double) closed / shape.connections());
    }

    private static long grow(Shape shape, Side side, String[] names) {
        long start = now();
        for (int turn = 0; turn < shape.topicsEach(); turn++) {
            for (int connection = 0; connection < shape.connections(); connection++) {
                side.join(connection, names[shape.topic(connection, turn)]);
            }
        }
        return now() - start;
    }

    /** Random connections leave and join again, batch by batch. */
    private static long[] change(Shape shape, Side side, String[] names) {
        SplittableRandom random = new SplittableRandom(1);
        long[] spent = new long[2];
        int[] who = new int[BATCH];
        String[] what = new String[BATCH];
        int first = 0;
        for (int batch = 0; batch < BATCHES; batch++) {
            // Distinct ones: a stretch that begins anywhere, in steps.
            int step = Math.max(1, shape.connections() / BATCH - 1);
            first = random.nextInt(shape.connections());
            for (int i = 0; i < BATCH; i++) {
                who[i] = (int) ((first + (long) i * step) % shape.connections());
                int turn = random.nextInt(shape.topicsEach());
                what[i] = names[shape.topic(who[i], turn)];
            }
            long start = now();
            for (int i = 0; i < BATCH; i++) {
                side.leave(who[i], what[i]);
            }
            long middle = now();
            for (int i = 0; i < BATCH; i++) {
                side.join(who[i], what[i]);
            }
            spent[0] += now() - middle;
            spent[1] += middle - start;
        }
        return spent;
    }

    private static double walk(Shape shape, Side side, String[] names) {
        long walked = 0;
        long start = now();
        while (walked < WALKED_MIN) {
            long before = walked;
            for (String name : names) {
                walked += side.walk(name);
            }
            if (walked - before != shape.subscriptions()) {
                throw new BenchException("walked " + (walked - before) + " of "
                        + shape.subscriptions());
            }
        }
        return (double) (now() - start) / walked;
    }

    Map<String, Object> json() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("bytes", bytes);
        map.put("grow_ns", growNs);
        map.put("join_ns", joinNs);
        map.put("leave_ns", leaveNs);
        map.put("walk_ns", walkNs);
        map.put("close_ns", closeNs);
        return map;
    }
}
