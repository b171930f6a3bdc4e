package io.mooring.kernel.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mooring.epoll.EngineChoice;
import io.mooring.probe.source.ProcFs;
import io.mooring.probe.source.Reading;
import io.mooring.probe.source.SlabCaches;
import io.mooring.probe.source.SockStat;
import io.mooring.probe.sys.LibC;
import io.mooring.sys.Limits;
import io.mooring.sys.SetupException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is predicted for this machine, against a server with clients on it. */
class PredictionTest {

    private static final int CONNECTIONS = 5_000;
    private static final int WARM_UP = 1_000;
    private static final int ROUNDS = 3;
    /** Others' sockets, of a round's: a socket is nearly all of a connection. */
    private static final double OTHERS_SOCKETS_MAX = 0.01;
    /** Others' files: a file and its dentry are a tenth of a connection. */
    private static final double OTHERS_FILES_MAX = 0.1;
    /** What a JVM takes at its start differs by the machine: its page cache, its cores. */
    private static final double JVM_START_PART = 0.25;
    private static final String WARMING_UP = "JVM: warming up";
    private static final ProcFs FILES = new ProcFs(Path.of("/"), LibC.pageBytes());

    /** What a connection's ends consist of; a cgroup's vectors of eight bytes are in kmalloc. */
    private static final String SOCKETS = "TCP|sock_inode_cache|filp|dentry|lsm_inode_cache"
            + "|lsm_file_cache|io_kiocb|kmalloc-(32|64|96|128|192|256)";

    private record Look(SlabCaches slabs, long sockets) {

        static Look now() {
            return new Look(SlabCaches.read(FILES).value(),
                    SockStat.read(FILES).value().allocated());
        }

        double bytes() {
            return slabs.all().stream().filter(cache -> cache.name().matches(SOCKETS))
                    .mapToDouble(SlabCaches.Cache::activeBytes).sum();
        }

        long objects(String cache) {
            return slabs.byName().get(cache).active();
        }

        /** Whether others opened or closed sockets or files since. */
        String disturbed(Look before) {
            long ends = 2L * CONNECTIONS;
            for (String cache : new String[] {"TCP", "filp", "dentry"}) {
                long off = Math.abs(objects(cache) - before.objects(cache) - ends);
                if (off > (cache.equals("TCP") ? OTHERS_SOCKETS_MAX : OTHERS_FILES_MAX) * ends) {
                    return cache + " grew by " + (objects(cache) - before.objects(cache))
                            + " and not by " + ends;
                }
            }
            long strangers = Math.abs(sockets - before.sockets - ends);
            return strangers > OTHERS_SOCKETS_MAX * ends ? strangers + " sockets of others" : "";
        }
    }

    private static void requireSlabsAndRings() {
        Reading<SlabCaches> slabs = SlabCaches.read(FILES);
        assumeTrue(slabs.isThere(), () -> "kernel memory is not to be seen: " + slabs.why() + ", "
                + slabs.remedy());
        assumeTrue(slabs.value().byName().containsKey("TCP"), "this kernel has merged the TCP"
                + " slab with others");
        try {
            EngineChoice.IO_URING.open();
        } catch (SetupException e) {
            abort("no io_uring here: " + e.getMessage());
        }
    }

    /** Both ends are on this machine, alike but for the client's port, whose slab is left out. */
    @Test
    @Timeout(value = 120, unit = TimeUnit.SECONDS)
    void theMemoryOfARunIsAsPredicted() {
        requireSlabsAndRings();
        Target target = new Targets(FILES, Targets.Told.NOTHING,
                Runtime.getRuntime().availableProcessors(),
                Limits.raiseOpenFiles()).target();
        try (Child server = Child.start("serve", "--port", "0", "--engine", "io_uring",
                "--max-connections", "30000", "--idle-timeout", "0")) {
            String listening = server.line(line -> line.startsWith("listening on "));
            String url = listening.split(" ")[2] + "/echo";
            try (Child swarm = Child.start("swarm", url, "--control", "--json")) {
                grow(swarm, WARM_UP);
                run(server, swarm, target);
            }
        }
    }

    private static void run(Child server, Child swarm, Target target) {
        String disturbed = "";
        int connections = WARM_UP;
        for (int round = 0; round < ROUNDS; round++) {
            Look before = Look.now();
            connections += CONNECTIONS;
            grow(swarm, connections);
            Look after = Look.now();
            disturbed = after.disturbed(before);
            if (disturbed.isEmpty()) {
                judge(server, target, connections,
                        (after.bytes() - before.bytes()) / CONNECTIONS / 2);
                return;
            }
        }
        abort("others use this machine: " + disturbed);
    }

    private static void judge(Child server, Target target, int connections, double measured) {
        Memory memory = Plan.of(target, new Ask(connections, false, 64, 0, 1)).memory();
        double process = memory.sum(Line.Side.PROCESS, Line::silent);
        long resident = server.residentBytes();
        System.out.printf("%,d connections: kernel predicted %,.0f B each, measured %,.0f; process"
                + " predicted %,.1f MB, measured %,.1f MB%n", connections, memory.kernelEach(),
                measured, process / 1e6, resident / 1e6);
        assertThat(memory.kernelEach()).isCloseTo(measured, withPercentage(5));
        // All of the process at so few connections is the JVM, which was measured on such pages.
        // Its compilers have just worked and have not given back yet: the plan's bound for that.
        if (target.page() == 4096) {
            Line warm = memory.lines().stream().filter(line -> line.name().equals(WARMING_UP))
                    .findFirst().orElseThrow();
            assertThat((double) resident).isBetween(process * (1 - JVM_START_PART),
                    process + warm.most() - warm.silent());
        }
    }

    /** To so many in all. */
    private static void grow(Child swarm, int connections) {
        swarm.say("grow " + connections);
        String grown = swarm.line(line -> line.contains("\"event\":\"grown\"")
                || line.contains("\"event\":\"error\""));
        assertThat(grown).contains("\"failed_total\":0", "\"lost\":0");
    }
}
