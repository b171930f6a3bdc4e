package io.mooring.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What an idle WebSocket costs: user memory of the server (VmRSS, Pss), kernel memory (slabs)
 * above that of a socket which a bare server accepted and never armed, and CPU while nothing
 * happens. Slopes between two counts, so that what a server costs at rest does not enter; every
 * target starts afresh in every round, the bare one among them, with the same client.
 */
@Command(name = "idle", mixinStandardHelpOptions = true, sortOptions = false,
        description = "User and kernel bytes per idle WebSocket, and CPU with many idle.")
public final class IdleCommand implements Callable<Integer> {

    @Option(names = "--engines", split = ",", paramLabel = "NAME",
            defaultValue = "mooring,netty-epoll", description = "${DEFAULT-VALUE}")
    private List<String> engines;

    @Option(names = "--low", defaultValue = "5000",
            description = "first reading at; ${DEFAULT-VALUE}")
    private int low;

    @Option(names = "--high", defaultValue = "15000", description = "second at; ${DEFAULT-VALUE}")
    private int high;

    @Option(names = "--cpu-connections", defaultValue = "10000",
            description = "idle while the server's CPU is taken; ${DEFAULT-VALUE}")
    private int cpuConnections;

    @Option(names = "--cpu-seconds", defaultValue = "10",
            description = "for that long, in the first round; 0: not at all; ${DEFAULT-VALUE}")
    private int cpuSeconds;

    @Option(names = "--rounds", defaultValue = "3", description = "${DEFAULT-VALUE}")
    private int rounds;

    @Option(names = "--no-gc",
            description = "read a JVM as it is, without a full collection before each reading")
    private boolean noGc;

    @Option(names = "--json", paramLabel = "FILE", description = "write all figures there too")
    private Path json;

    @Mixin
    private EngineOptions engineOptions;

    private final List<IdleRun> runs = new ArrayList<>();
    private final Map<String, IdleCpu> cpu = new LinkedHashMap<>();
    private int pageBytes;

    @Override
    public Integer call() {
        engineOptions.require(low >= 1 && low <= cpuConnections && cpuConnections <= high
                && low < high && rounds >= 1, "--low, --cpu-connections and --high must rise");
        Home home = Home.locate();
        NativeTools tools = new NativeTools(home);
        engineOptions.requirePlaces();
        pageBytes = Proc.pageBytes();
        Path holder = tools.program("idle_hold");
        List<String> targets = new ArrayList<>(List.of(EngineOptions.BARE));
        targets.addAll(new LinkedHashSet<>(engines));
        System.out.println(Machine.line());
        System.out.printf("slopes from %,d to %,d idle connections, %d rounds; JVMs %s%n"
                + "Netty with %s%n%n", low, high, rounds,
                noGc ? "as they are" : "after a full collection", JvmMemory.FLAGS);
        for (int round = 1; round <= rounds; round++) {
            for (String target : targets) {
                Engine engine = engineOptions.engine(target, home, tools,
                        JvmMemory.FLAGS);
                IdleRun run = run(engine, holder, round, home);
                runs.add(run);
                System.out.println(run.line());
            }
        }
        IdleSummary summary = new IdleSummary(targets.subList(1, targets.size()), runs);
        System.out.println();
        System.out.print(summary.table());
        System.out.println();
        System.out.print(summary.cacheTable());
        cpu.forEach((engine, idle) -> System.out.println(idle.line(engine)));
        new Report("idle")
                .put("low", low).put("high", high)
                .put("jvm_flags", JvmMemory.FLAGS).put("gc", !noGc)
                .put("runs", runs.stream().map(IdleRun::json).toList())
                .put("summary", summary.json())
                .put("cpu", cpuJson())
                .write(json);
        return 0;
    }

    private IdleRun run(Engine engine, Path holderProgram, int round, Home home) {
        boolean bare = engine.name().equals(EngineOptions.BARE);
        KernelMemory.settle(pageBytes);     // the last run's sockets are gone
        try (ServerProcess server = ServerProcess.start(engine, "0.0.0.0", high + 100,
                engineOptions.serverCore(), home);
                Holder holder = new Holder(holderProgram, engineOptions.loadCore(),
                        server.port(), bare ? null : "/echo")) {
            holder.grow(low);
            IdleReading first = read(server, low);
            if (!bare && round == 1 && cpuSeconds > 0) {
                holder.grow(cpuConnections);
                KernelMemory.settle(pageBytes);
                cpu.put(engine.name(), IdleCpu.over(server.pid(), cpuConnections, cpuSeconds));
            }
            holder.grow(high);
            IdleReading second = read(server, high);
            server.requireAlive();
            holder.reset();
            return new IdleRun(engine.name(), round, first, second);
        }
    }

    private IdleReading read(ServerProcess server, int connections) {
        Proc.Memory user = JvmMemory.settle(server, !noGc);
        return new IdleReading(connections, user, KernelMemory.settle(pageBytes));
    }

    private Map<String, Object> cpuJson() {
        Map<String, Object> map = new LinkedHashMap<>();
        cpu.forEach((engine, idle) -> map.put(engine, idle.json()));
        return map;
    }
}
