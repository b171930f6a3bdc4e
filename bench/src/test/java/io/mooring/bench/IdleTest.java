package io.mooring.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class IdleTest {

    private static IdleReading reading(int connections, long rssKib, Map<String, Double> slabs) {
        Proc.Memory memory = new Proc.Memory(rssKib, rssKib / 2);
        return new IdleReading(connections, memory, new KernelMemory(new SlabInfo(slabs),
                Map.of("Slab", rssKib, "PageTables", 0L, "Percpu", 0L, "VmallocUsed", 0L),
                2L * connections, true));
    }

    private static IdleRun run(String target, double tcpBytes, double pollBytes, double extBytes) {
        return new IdleRun(target, 1, reading(5000, 10_000, Map.of("TCP", 1e6)),
                reading(15_000, 11_000, Map.of("TCP", 1e6 + 10_000 * tcpBytes,
                        "io_kiocb", 10_000 * pollBytes, "ext4_inode_cache", 10_000 * extBytes)));
    }

    @Test
    void slopesPerConnection() {
        IdleRun run = run("mooring", 2520, 256, 0);
        assertThat(run.rssSlope()).isCloseTo(102.4, within(1e-9));
        assertThat(run.pssSlope()).isCloseTo(51.2, within(1e-9));
        assertThat(run.slabSlope()).isCloseTo(2776, within(1e-6));
        assertThat(run.cacheSlopes().get("io_kiocb")).isCloseTo(256, within(1e-9));
        assertThat(run.faults()).isEmpty();
    }

    @Test
    void whatWaitingAddsLeavesOutFilesAndTheSocketsThemselves() {
        IdleRun run = run("mooring", 2520, 256, 300);
        assertThat(run.slabSlope()).isCloseTo(3076, within(1e-6));
        assertThat(run.waitingSlope()).isCloseTo(256, within(1e-6));
    }

    @Test
    void theKernelsFigureIsAboveTheBareSockets() {
        IdleSummary summary = new IdleSummary(List.of("mooring"), List.of(
                run("bare", 2520, 0, 0), run("mooring", 2522, 256, 0)));
        assertThat(summary.aboveBare("mooring", IdleRun::slabSlope)).isCloseTo(258, within(1e-6));
        assertThat(summary.cacheTable()).contains("io_kiocb").doesNotContain("TCP");
    }

    @Test
    void aDisturbedRunIsLeftOutWhereThereIsACalmOne() {
        IdleSummary summary = new IdleSummary(List.of("mooring"), List.of(
                run("bare", 2520, 0, 0), run("mooring", 2520, 256, 300),
                run("mooring", 2520, 296, 0)));
        assertThat(summary.runs().get(1).faults()).hasSize(1);
        assertThat(summary.aboveBare("mooring", IdleRun::slabSlope)).isCloseTo(296, within(1e-6));
    }

    @Test
    void socketsOfOthersAreNoticed() {
        IdleRun calm = run("mooring", 2520, 256, 0);
        KernelMemory kernel = calm.high().kernel();
        IdleRun crowded = new IdleRun("mooring", 1, calm.low(), new IdleReading(15_000, calm.high()
                .user(), new KernelMemory(kernel.slabs(), kernel.meminfoKib(),
                        KernelMemory.parseSockets("sockets: used 30100\nTCP: inuse 30080\n"),
                        true)));
        assertThat(crowded.faults()).containsExactly("+100 sockets of others");
    }

    @Test
    void openMetricsSamples() {
        assertThat(ServerMetrics.parse("""
                # TYPE mooring_connections_open gauge
                mooring_connections_open 15000
                mooring_closed_total{why="peer gone",code="1006"} 3 1700000000.123
                # EOF
                """)).containsExactly(Map.entry("mooring_connections_open", 15000.0),
                Map.entry("mooring_closed_total{why=\"peer gone\",code=\"1006\"}", 3.0));
    }
}
