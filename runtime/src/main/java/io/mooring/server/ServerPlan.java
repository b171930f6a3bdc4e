package io.mooring.server;

import io.mooring.epoll.Epoll;
import io.mooring.memory.Machine;
import io.mooring.memory.Reserve;
import io.mooring.reactor.ReactorConfig;
import io.mooring.ring.Engine;
import io.mooring.ring.IoUring;
import io.mooring.sys.KernelFeatures;
import java.util.List;

/**
 * What {@code mooring serve} with its own defaults takes on some machine, which need not be this
 * one: the same sum that the server does for itself before it starts.
 *
 * @param rings of all reactors
 * @param terms line by line
 */
public record ServerPlan(int rings, List<Term> terms) {
    private static final int SHARDS_MAX = 1 << 16;

    /**
     * A server.
     *
     * @param isEpoll   epoll and not io_uring
     * @param reactors  threads
     * @param openFiles RLIMIT_NOFILE
     */
    public record Shape(boolean isEpoll, int reactors, long openFiles) {
        private Engine engine() {
            return isEpoll ? new Epoll("planned")
                : new IoUring(new KernelFeatures("planned", 0, true, true));
        }

        /** Connections that descriptors and rings are enough for, whatever memory there is. */
        public long connectionsMax() {
            Engine engine = engine();
            long own = PlanChecks.ownDescriptors(reactors);
            if (isEpoll) {
                return Math.max(0, Math.min(openFiles - own,
                    (long) reactors * engine.slotsMax(openFiles)));
            }
            long rings = Math.clamp(openFiles - own, 0, SHARDS_MAX);
            return rings * engine.slotsMax(openFiles);
        }
    }

    /**
     * One line of the sum, in bytes.
     *
     * @param start when the server is up
     * @param full  with all connections there and silent
     * @param load  at most, with all of them talking
     */
    public record Term(String name, boolean isKernel, long start, long full, long load,
        String why) {
    }

    public static ServerPlan of(Shape shape, int connections, Machine machine) {
        WebSocketServer.Builder told = WebSocketServer.builder();
        told.reactors(shape.reactors);
        Engine engine = shape.engine();
        ReactorConfig config = ServerStart.config(told, engine, shape.openFiles, connections);
        MemoryPlan plan = new MemoryPlan(config, engine, shape.reactors, connections,
            told.publish.frameBytes(told.messageBytesMax), false, Reserve.AUTO, shape.openFiles,
            machine, JvmMemory.ofServe());
        return new ServerPlan(plan.shards(), plan.terms().stream()
            .map(term -> new Term(term.name(), term.isKernel(), term.start(), term.full(),
                term.load(), term.why())).toList());
    }
}
