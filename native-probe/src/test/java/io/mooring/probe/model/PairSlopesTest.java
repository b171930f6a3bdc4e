package io.mooring.probe.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.mooring.probe.source.SlabAliases;
import io.mooring.probe.source.SlabCaches;
import io.mooring.probe.source.SlabCaches.Cache;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PairSlopesTest {

    private static final SlabAliases MERGED = SlabAliases.parse(
            "eventpoll_epi -> :A-0000128\ntcp_bind2_bucket -> :A-0000128\n");

    private final PairSlopes slabs = PairSlopes.of(new double[] {10_000, 50_000, 100_000},
            List.of(slabs(10_000), slabs(50_000), slabs(100_000)), MERGED);

    /** Both ends as measured, the client's port and others' files beside. */
    private static SlabCaches slabs(int connections) {
        Map<String, Cache> caches = new LinkedHashMap<>();
        put(caches, "TCP", 1_000_000 + connections * 2 * 2520);
        put(caches, "sock_inode_cache", 100_000 + connections * 2 * 862);
        put(caches, "filp", connections * 2 * 195);
        put(caches, "dentry", connections * 2 * 195);
        put(caches, "lsm_inode_cache", connections * 2 * 32);
        put(caches, "io_kiocb", connections * 2 * 256);
        put(caches, "kmalloc-32", connections * 2 * 32);
        put(caches, "kmalloc-512", connections * 2);
        put(caches, "kmalloc-192", connections * 2 * 50);
        put(caches, "eventpoll_epi", connections * 130);
        put(caches, "tcp_bind2_bucket", connections * 128);
        put(caches, "tw_sock_TCP", connections * 77);
        put(caches, "ext4_inode_cache", connections * 99);
        return new SlabCaches(caches);
    }

    private static void put(Map<String, Cache> caches, String name, long bytes) {
        caches.put(name, new Cache(name, bytes, bytes, 1, 1, 1));
    }

    @Test
    void bothEndsShareWhatSocketsConsistOf() {
        assertThat(slabs.bare()).isCloseTo(2520 + 862 + 195 + 195 + 32, within(1e-6));
        assertThat(slabs.server(PairSlopes.Part.SOCKET)).isCloseTo(2520, within(1e-6));
    }

    @Test
    void waitingIsAboveBareAndTheClientsPortIsNot() {
        assertThat(slabs.aboveBare()).isCloseTo(256 + 32 + 1, within(1e-6));
        assertThat(slabs.server(PairSlopes.Part.ACCOUNTS)).isCloseTo(50, within(1e-6));
        assertThat(slabs.server() - slabs.bare() - slabs.aboveBare()).isCloseTo(50, within(1e-6));
        assertThat(slabs.aboveBareError()).isCloseTo(0, within(1e-6));
        assertThat(slabs.server(PairSlopes.Part.CLIENT)).isZero();
        assertThat(slabs.pair()).isCloseTo(2 * slabs.server() + 128 + 130, within(1e-6));
    }

    @Test
    void filesOfOthersAndTimeWaitAreLeftOut() {
        assertThat(slabs.shares()).extracting(PairSlopes.Share::cache)
                .doesNotContain("ext4_inode_cache", "tw_sock_TCP").contains("tcp_bind2_bucket");
    }

    @Test
    void whatIsNotMergedWithPortsIsTheServersToo() {
        PairSlopes apart = PairSlopes.of(new double[] {10, 20}, List.of(slabs(10), slabs(20)),
                SlabAliases.NONE);
        assertThat(apart.server(PairSlopes.Part.OTHER)).isCloseTo(1 + 65, within(1e-6));
    }

    @Test
    void oneNumberOfConnectionsIsNoSlope() {
        assertThat(PairSlopes.of(new double[] {5}, List.of(slabs(5)), MERGED).isEmpty()).isTrue();
        assertThat(PairSlopes.of(new double[] {5, 5}, List.of(slabs(5), slabs(5)), MERGED)
                .isEmpty()).isTrue();
        assertThat(PairSlopes.of(new double[0], List.of(), MERGED).isEmpty()).isTrue();
    }

    @Test
    void fileSystemsAndProcessesAreOthersAndSocketsAreNot() {
        assertThat(SlabUse.isOthers("ext4_inode_cache")).isTrue();
        assertThat(SlabUse.isOthers("vm_area_struct")).isTrue();
        for (String own : List.of("TCP", "filp", "dentry", "sock_inode_cache", "kmalloc-512",
                "io_kiocb", "eventpoll_epi")) {
            assertThat(SlabUse.isOthers(own)).as(own).isFalse();
        }
        assertThat(SlabUse.isOfSockets("dentry")).isTrue();
        assertThat(SlabUse.isOfSockets("io_kiocb")).isFalse();
        assertThat(SlabUse.isOfConnections("tw_sock_TCPv6")).isFalse();
    }
}
