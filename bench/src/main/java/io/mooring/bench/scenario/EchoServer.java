package io.mooring.bench.scenario;

import io.mooring.bench.EchoLoad;
import io.mooring.bench.ServerProcess;
import io.mooring.bench.matrix.Bench;
import io.mooring.bench.matrix.Row;
import io.mooring.bench.matrix.Scenario;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.IntFunction;

/** A server that stays up, and the echo load on it: a plan for each variant and round. */
record EchoServer(Bench bench, ServerProcess server, Map<String, IntFunction<EchoLoad.Plan>> plans,
        DoubleSupplier ownSeconds) implements Scenario.Subject {

    private static final double NANOS_PER_SECOND = 1e9;

    @Override
    public Row measure(String variant, int round) {
        EchoLoad.Plan plan = plans.get(variant).apply(round);
        CpuWindow cpu = new CpuWindow(server.pid(), ownSeconds);
        EchoLoad.Result result = EchoLoad.run(bench.program("echo_load"), bench.loadCore(),
                server.port(), plan, cpu::start, cpu::end);
        server.requireAlive();
        return new EchoRow(cpu.serverSeconds(),
                cpu.othersSeconds() - result.cpuNs() / NANOS_PER_SECOND, plan, result)
                .row(server.name(), variant, round);
    }

    @Override
    public void close() {
        server.close();
    }
}
