package io.mooring.bench.million;

import io.mooring.bench.Proc;
import io.mooring.probe.source.SlabAliases;
import io.mooring.probe.source.SlabCaches;
import io.mooring.probe.source.SlabCaches.Cache;
import io.mooring.probe.source.SockStat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Readings as a machine would give them, without the machine. */
final class Fixtures {

    static final MachineFacts FACTS = new MachineFacts(24L << 30, 23L << 30, 20_000, 2_466_174, 0,
            true);

    private Fixtures() {
    }

    static Options options(long serverMemoryBytes, boolean kill) {
        return options(serverMemoryBytes, kill, 2_000);
    }

    static Options options(long serverMemoryBytes, boolean kill, int silenceMs) {
        return new Options(0, 2, 64, serverMemoryBytes, kill, 50, 50, silenceMs,
                List.of(10, 50, 100));
    }

    /** Both ends as DESIGN.md has measured them, the client's port and others' files beside. */
    static Memory memory(int connections) {
        Map<String, Double> slabs = new TreeMap<>();
        slabs.put("TCP", 1e6 + connections * 2.0 * 2520);
        slabs.put("sock_inode_cache", 1e5 + connections * 2.0 * 862);
        slabs.put("filp", connections * 2.0 * 195);
        slabs.put("dentry", connections * 2.0 * 195);
        slabs.put("lsm_inode_cache", connections * 2.0 * 32);
        slabs.put("io_kiocb", connections * 2.0 * 256);
        slabs.put("kmalloc-32", connections * 2.0 * 32);
        slabs.put("kmalloc-512", connections * 2.0);
        slabs.put("kmalloc-192", connections * 2.0 * 50);
        slabs.put("eventpoll_epi", connections * 130.0);
        slabs.put("tcp_bind2_bucket", connections * 128.0);
        slabs.put("tw_sock_TCP", connections * 77.0);
        slabs.put("ext4_inode_cache", connections * 99.0);
        Proc.Memory server = new Proc.Memory(80_000 + connections / 16, 70_000 + connections / 16);
        return new Memory(connections, connections / 10, server, server, slabs(slabs),
                90_000 + connections * 8L, 20_000_000, 0, connections * 64.0, 30 + 2L * connections,
                true);
    }

    /** Objects of one byte each, packed without loss. */
    private static SlabCaches slabs(Map<String, Double> bytes) {
        Map<String, Cache> caches = new TreeMap<>();
        bytes.forEach((name, size) -> caches.put(name, new Cache(name, Math.round(size),
                Math.round(size), 1, 1, 1)));
        return new SlabCaches(caches);
    }

    static Memory memoryWithoutRoot(int connections) {
        Memory m = memory(connections);
        return new Memory(connections, m.atMs(), m.server(), m.swarm(), null, m.slabTotalKib(),
                m.availableKib(), 0, m.slotBytes(), m.sockets(), true);
    }

    static SwarmEvent.Broadcast broadcast(int number, int receivers, int missing) {
        return new SwarmEvent.Broadcast(number, receivers, receivers - missing, missing, 0, 1500,
                Map.of("p50", 700.0, "p99", 1400.0, "max", 1500.0),
                List.of(new double[] {0, 0}, new double[] {700, receivers / 2.0},
                        new double[] {1500, receivers - missing}));
    }

    /** All went well, with so many points. */
    static Outcome outcome(int points) {
        int connections = 100_000;
        Outcome out = new Outcome(options(0, false),
                Preflight.of(connections, 0, FACTS));
        out.atRest = memory(0);
        out.aliases = SlabAliases.parse("eventpoll_epi -> :A-0000128\n"
                + "tcp_bind2_bucket -> :A-0000128\n");
        out.base = memory(0);
        for (int i = 1; i <= points; i++) {
            int open = connections / points * i;
            out.steps.add(new Outcome.Step(i * 100, i * 100 + 90, new SwarmEvent.Grown(open,
                    Map.of(), 0, 0, 90)));
            out.points.add(memory(open));
        }
        for (int i = 1; i <= 2; i++) {
            out.deliveries.add(new Outcome.Delivery(broadcast(i, connections, 0), 0.5));
        }
        out.end = new Outcome.End(false, 900, 1000, 2000, memory(0),
                SockStat.parse("TCP: inuse 2 orphan 0 tw 500 alloc 2 mem 0"), 128_000);
        out.commands.add("java -Dx=\"<&>\" -jar server.jar");
        out.totalMs = 31_000;
        out.complete = true;
        return out;
    }
}
