package io.mooring.bench.scenario;

import io.mooring.bench.BenchException;
import io.mooring.bench.Proc;
import io.mooring.bench.ServerProcess;
import io.mooring.bench.Sleep;
import io.mooring.bench.matrix.Row;
import io.mooring.bench.matrix.Scenario;
import io.mooring.bench.million.SwarmEvent;
import io.mooring.bench.million.SwarmEvent.Broadcast;
import io.mooring.bench.million.SwarmProcess;
import java.util.ArrayList;
import java.util.List;

/** A server and the swarm that is subscribed to it, both up for the whole of a run. */
record BroadcastPair(ServerProcess server, SwarmProcess swarm, Plan plan, int asked)
        implements Scenario.Subject {

    private static final double NANOS_PER_SECOND = 1e9;
    private static final double NANOS_PER_MS = 1e6;
    /** Of the time between two broadcasts. */
    private static final double LATE_MAX = 0.1;

    /**
     * What to publish: {@code perSecond} broadcasts, or the next one when all have the last where
     * it is 0.
     */
    record Plan(int connections, int sizeBytes, double perSecond, int warmups, int broadcasts) {
    }

    /** Opens all connections, and takes what only a fresh connection's first messages cost. */
    void open() {
        SwarmEvent.Grown grown = swarm.grow(plan.connections(), progress -> { });
        if (grown.connected() < plan.connections()) {
            throw new BenchException("%s took %,d of %,d connections: %s".formatted(server.name(),
                    grown.connected(), plan.connections(), grown.failed()));
        }
        publish(plan.warmups());
    }

    /** Broadcasts, some of them unmeasured; all others are silent meanwhile. */
    @Override
    public Row measure(String variant, int round) {
        publish(plan.warmups());
        int lostBefore = swarm.status().lost();
        double serverSeconds = -Proc.cpu(server.pid()).seconds();
        double receiverSeconds = -Proc.cpu(swarm.pid()).seconds();
        double busySeconds = -Proc.busySeconds();
        long start = System.nanoTime();
        Paced paced = plan.perSecond() == 0 ? new Paced(publish(plan.broadcasts()), 0)
                : publishPaced(start);
        double window = (System.nanoTime() - start) / NANOS_PER_SECOND;
        busySeconds += Proc.busySeconds();
        receiverSeconds += Proc.cpu(swarm.pid()).seconds();
        serverSeconds += Proc.cpu(server.pid()).seconds();
        server.requireAlive();
        Row row = new BroadcastRow(paced.broadcasts, new BroadcastRow.Cpu(serverSeconds,
                receiverSeconds, busySeconds, window), paced.late,
                swarm.status().lost() - lostBefore).row(server.name(), variant, round);
        return plan.connections() == asked ? row : row.note(("%,d receivers and not %,d: more do"
                + " not fit the limit on open files").formatted(plan.connections(), asked));
    }

    private record Paced(List<Broadcast> broadcasts, int late) {
    }

    private List<Broadcast> publish(int count) {
        return count == 0 ? List.of()
                : swarm.broadcast(count, plan.sizeBytes(), broadcast -> { });
    }

    /**
     * Each at its time, and never before the one before is complete: what that delays is late,
     * and does not delay those after it.
     */
    private Paced publishPaced(long start) {
        double interval = NANOS_PER_SECOND / plan.perSecond();
        List<Broadcast> broadcasts = new ArrayList<>();
        int late = 0;
        for (int i = 0; i < plan.broadcasts(); i++) {
            double early = i * interval - (System.nanoTime() - start);
            if (early > 0) {
                Sleep.millis((long) Math.ceil(early / NANOS_PER_MS));
            } else if (-early > LATE_MAX * interval) {
                late++;
            }
            broadcasts.addAll(publish(1));
        }
        return new Paced(broadcasts, late);
    }

    /** Ends both, without closing handshakes. */
    @Override
    public void close() {
        swarm.kill();
        swarm.close();
        server.close();
    }
}
