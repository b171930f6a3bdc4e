package io.mooring.bench.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.mooring.bench.KernelMemory;
import io.mooring.bench.Proc;
import io.mooring.probe.source.SlabCaches;
import io.mooring.probe.source.SlabCaches.Cache;
import io.mooring.probe.source.SockStat;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class IdleRunTest {

    private static IdleReading reading(int connections, long rssKib, Map<String, Double> slabs) {
        Proc.Memory memory = new Proc.Memory(rssKib, rssKib / 2);
        return new IdleReading(connections, memory, new KernelMemory(slabs(slabs),
                Map.of("Slab", rssKib, "PageTables", 0L, "Percpu", 0L, "VmallocUsed", 0L),
                2L * connections, true));
    }

    /** Objects of one byte each, packed without loss. */
    private static SlabCaches slabs(Map<String, Double> bytes) {
        Map<String, Cache> caches = new TreeMap<>();
        bytes.forEach((name, size) -> caches.put(name, new Cache(name, Math.round(size),
                Math.round(size), 1, 1, 1)));
        return new SlabCaches(caches);
    }

    private static IdleRun run(double tcpBytes, double pollBytes, double extBytes) {
        return new IdleRun(reading(5000, 10_000, Map.of("TCP", 1e6)),
                reading(15_000, 11_000, Map.of("TCP", 1e6 + 10_000 * tcpBytes,
                        "io_kiocb", 10_000 * pollBytes, "ext4_inode_cache", 10_000 * extBytes)));
    }

    @Test
    void slopesPerConnection() {
        IdleRun run = run(2520, 256, 0);
        assertThat(run.rssSlope()).isCloseTo(102.4, within(1e-9));
        assertThat(run.slabSlope()).isCloseTo(2776, within(1e-6));
        assertThat(run.cacheSlopes().get("io_kiocb")).isCloseTo(256, within(1e-9));
        assertThat(run.faults()).isEmpty();
    }

    @Test
    void whatWaitingAddsLeavesOutFilesAndTheSocketsThemselves() {
        IdleRun run = run(2520, 256, 300);
        assertThat(run.slabSlope()).isCloseTo(3076, within(1e-6));
        assertThat(run.waitingSlope()).isCloseTo(256, within(1e-6));
    }

    @Test
    void theServersEndIsHalfOfTheSocketsAndAllThatTheBareServerHasNot() {
        Map<String, Double> slabs = run(5040, 300, 900).serverSlabs(run(5030, 44, 0));
        assertThat(slabs).containsOnlyKeys("TCP", "io_kiocb");
        assertThat(slabs.get("TCP")).isCloseTo(2520, within(1e-6));
        assertThat(slabs.get("io_kiocb")).isCloseTo(256, within(1e-6));
        assertThat(run(2520, 256, 300).faults()).hasSize(1);
    }

    @Test
    void socketsOfOthersAreNoticed() {
        IdleRun calm = run(2520, 256, 0);
        KernelMemory kernel = calm.high().kernel();
        IdleRun crowded = new IdleRun(calm.low(), new IdleReading(15_000, calm.high()
                .user(), new KernelMemory(kernel.slabs(), kernel.meminfoKib(),
                        SockStat.parse("sockets: used 30100\nTCP: inuse 30080\n").sockets(),
                        true)));
        assertThat(crowded.faults()).containsExactly("+100 sockets of others");
    }
}
