package io.mooring.server;

import io.mooring.memory.Machine;
import io.mooring.memory.Reserve;
import io.mooring.reactor.ReactorConfig;
import io.mooring.ring.Engine;
import java.util.List;

/**
 * What a server with the default settings takes for so many connections, and what it would say of
 * this machine at its start: for who asks beforehand, from another process. The same plan as the
 * server's own.
 */
public final class Needs {
    private final MemoryPlan plan;
    private final Machine machine;

    private Needs(MemoryPlan plan, Machine machine) {
        this.plan = plan;
        this.machine = machine;
    }

    /**
     * Works it out; nothing is mapped.
     *
     * @param reactors one per processor, by default
     * @param zeroCopy with --zero-copy-from, for which frame memory is resident
     * @param files RLIMIT_NOFILE, the hard one: a server raises the soft one to it
     * @throws IllegalArgumentException if no server can be told such numbers
     */
    public static Needs of(Engine engine, int connections, boolean zeroCopy, int reactors,
        long files, Machine machine) {
        WebSocketServer.Builder told =
            WebSocketServer.builder().maxConnections(connections).reactors(reactors);
        ReactorConfig config = ServerStart.config(told, engine, files, connections);
        return new Needs(new MemoryPlan(config, engine, reactors, connections,
            told.publish.frameBytes(told.messageBytesMax), zeroCopy, Reserve.AUTO, files, machine,
            JvmMemory.ofServe()), machine);
    }

    /** How many connections the machine's memory is enough for; none if it is not positive. */
    public long fitMachine() {
        return plan.left(machine.availableBytes(), machineReserve()) / perConnectionBytes();
    }

    /** The same of the control group's; call it only where there is a limit. */
    public long fitCgroup() {
        return plan.left(machine.cgroupHeadroomBytes(), cgroupReserve()) / perConnectionBytes();
    }

    /** Of the machine's memory, what new connections leave alone. */
    public long machineReserve() {
        return Reserve.of(machine.totalBytes(), Reserve.AUTO);
    }

    public long cgroupReserve() {
        return Reserve.of(machine.cgroupLimitBytes(), Reserve.AUTO);
    }

    /** Of memory, before the first connection. */
    public long toStart() {
        return plan.toStart();
    }

    /** What one more silent connection takes, the kernel's part included. */
    public long perConnectionBytes() {
        return plan.perConnectionBytes();
    }

    /** All silent. */
    public long fullBytes() {
        return plan.sum(MemoryPlan.Term::full);
    }

    /** Rings over all reactors; with epoll there is one a reactor. */
    public int rings() {
        return plan.shards();
    }

    /** Descriptors of the process that are no connection's, at most. */
    public long ownDescriptors() {
        return PlanChecks.ownDescriptors(plan.reactors());
    }

    /** Mappings in the address space, at most. */
    public long mappings() {
        return plan.mappings();
    }

    /** Address space beside the JVM's. */
    public long mappedBytes() {
        return plan.mappedBytes();
    }

    /** Memory for published frames, which --zero-copy-from locks. */
    public long frameBytes() {
        return plan.frameBytes();
    }

    /** The lines with which a server would refuse to start, the check's name first in each. */
    public List<String> refusals() {
        return lines(PlanChecks.State.ERROR);
    }

    /** The lines with which it would warn. */
    public List<String> warnings() {
        return lines(PlanChecks.State.WARNING);
    }

    private List<String> lines(PlanChecks.State state) {
        return plan.checks().stream().filter(check -> check.state() == state)
            .map(check -> check.name() + ": " + check.text()).toList();
    }
}
