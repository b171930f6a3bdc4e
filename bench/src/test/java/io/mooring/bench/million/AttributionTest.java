package io.mooring.bench.million;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttributionTest {

    private final Attribution slabs = Attribution.of(List.of(Fixtures.memory(10_000),
            Fixtures.memory(50_000), Fixtures.memory(100_000)), Set.of("eventpoll_epi"));

    @Test
    void bothEndsShareWhatSocketsConsistOf() {
        assertThat(slabs.bare()).isCloseTo(2520 + 862 + 195 + 195 + 32, within(1e-6));
        assertThat(slabs.server(Attribution.Part.SOCKET)).isCloseTo(2520, within(1e-6));
    }

    @Test
    void waitingIsAboveBareAndTheClientsPortIsNot() {
        assertThat(slabs.aboveBare()).isCloseTo(256 + 32 + 1, within(1e-6));
        assertThat(slabs.server(Attribution.Part.ACCOUNTS)).isCloseTo(50, within(1e-6));
        assertThat(slabs.server() - slabs.bare() - slabs.aboveBare()).isCloseTo(50, within(1e-6));
        assertThat(slabs.aboveBareError()).isCloseTo(0, within(1e-6));
        assertThat(slabs.server(Attribution.Part.CLIENT)).isZero();
        assertThat(slabs.pair()).isCloseTo(2 * slabs.server() + 128 + 130, within(1e-6));
    }

    @Test
    void filesOfOthersAndTimeWaitAreLeftOut() {
        assertThat(slabs.shares()).extracting(Attribution.Share::cache)
                .doesNotContain("ext4_inode_cache", "tw_sock_TCP").contains("tcp_bind2_bucket");
    }

    @Test
    void aMergedCacheIsFoundByItsLink(@TempDir Path folder) throws IOException {
        Files.createDirectory(folder.resolve(":A-0000128"));
        for (String name : List.of("tcp_bind2_bucket", "eventpoll_epi")) {
            Files.createSymbolicLink(folder.resolve(name), Path.of(":A-0000128"));
        }
        Files.createSymbolicLink(folder.resolve("filp"), Path.of(":A-0000192"));
        Files.createDirectory(folder.resolve("TCP"));
        assertThat(SlabAliases.of(folder, "tcp_bind2_bucket"))
                .containsExactly("eventpoll_epi", "tcp_bind2_bucket");
        assertThat(SlabAliases.of(folder, "TCP")).isEmpty();
        assertThat(SlabAliases.of(folder.resolve("none"), "TCP")).isEmpty();
    }

    @Test
    void oneReadingOrNoSlabsIsNoSlope() {
        assertThat(Attribution.of(List.of(Fixtures.memory(5)), Set.of()).isEmpty()).isTrue();
        assertThat(Attribution.of(List.of(Fixtures.memoryWithoutRoot(5),
                Fixtures.memoryWithoutRoot(10)), Set.of()).isEmpty()).isTrue();
    }
}
