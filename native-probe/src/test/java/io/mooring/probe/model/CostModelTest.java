package io.mooring.probe.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.mooring.probe.model.Layer.Part;
import io.mooring.probe.source.Fixtures;
import io.mooring.probe.source.ProcFs;
import io.mooring.probe.source.SlabAliases;
import io.mooring.probe.source.SlabCaches;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The model against what a machine with pages of 16 KiB recorded while it held 5,000 connections.
 */
class CostModelTest {

    private static final int PAIRS = 5000;

    private static ObjectSizes sizes(ProcFs files) {
        return new ObjectSizes(SlabCaches.read(files).value(), SlabAliases.read(files).value(),
                Map.of(), files.pageBytes(), 4);
    }

    private static CostModel pi(long unreadEach) {
        return new CostModel(Sockets.loopback(PAIRS, unreadEach), Sockets.epoll(PAIRS),
                sizes(Fixtures.pi("held5000-epoll")), false, false, false);
    }

    private static double kernel(List<Layer> layers) {
        return layers.stream().filter(layer -> layer.part().isKernel).mapToDouble(Layer::bytes)
                .sum();
    }

    @Test
    void explainsWhatTheSlabsSawComeOnAPi() {
        double seen = SlabCaches.read(Fixtures.pi("held5000-epoll")).value().heldBytes()
                - SlabCaches.read(Fixtures.pi("base")).value().heldBytes();
        assertThat(kernel(pi(0).layers()) / seen).isBetween(0.97, 1.03);
    }

    @Test
    void oneIdleConnectionOnAPiIsAFewBytesLessThanFourThousand() {
        List<Layer> layers = pi(0).layers();
        double each = 0;
        for (Part part : List.of(Part.SOCKET, Part.INODE, Part.FILE, Part.DENTRY, Part.LABELS)) {
            each += layers.stream().filter(layer -> layer.part() == part)
                    .mapToDouble(Layer::bytes).sum() / (2.0 * PAIRS);
        }
        assertThat(each).isCloseTo(3834, within(10.0));
        double waiting = layers.stream().filter(layer -> layer.part() == Part.WAITING)
                .mapToDouble(Layer::bytes).sum() / PAIRS;
        assertThat(waiting).isCloseTo(216, within(2.0));
    }

    @Test
    void modelAndSlabsCountTheSame() {
        ProcFs files = Fixtures.pi("held5000-epoll");
        for (CostModel.Coverage one : pi(0).coverage(SlabCaches.read(files).value(),
                SlabAliases.NONE)) {
            if (one.modelled() > 1000) {
                assertThat((double) one.modelled() / one.active()).as(one.cache())
                        .isBetween(0.95, 1.02);
            }
        }
    }

    /** Merged on x86: epoll's items and both kinds of ports share a cache, so they are one row. */
    @Test
    void mergedCachesAreJudgedTogether() {
        ProcFs files = Fixtures.x86();
        SlabAliases aliases = SlabAliases.read(files).value();
        CostModel model = new CostModel(Sockets.loopback(100, 0), Sockets.epoll(100),
                sizes(files), true, true, false);
        List<CostModel.Coverage> rows = model.coverage(SlabCaches.read(files).value(), aliases);
        assertThat(rows).filteredOn(row -> row.cache().equals("eventpoll_epi")).singleElement()
                .extracting(CostModel.Coverage::modelled).isEqualTo(100L + 101 + 101);
        assertThat(rows).extracting(CostModel.Coverage::cache).doesNotContain("tcp_bind_bucket");
    }

    @Test
    void requestsAndNodesOfRings() {
        Holders ring = new Holders(1, 1000, 0, 900, 100, 0, 0, 64, 4096, 1000, 1, 0, 0, 0);
        CostModel model = new CostModel(Sockets.loopback(1000, 0), ring,
                sizes(Fixtures.x86()), true, false, false);
        Map<String, Layer> rows = model.layers().stream()
                .collect(java.util.stream.Collectors.toMap(Layer::name, row -> row));
        assertThat(rows.get("armed POLL_ADD").bytes()).isEqualTo(900 * 256.0);
        assertThat(rows.get("armed RECV: its message header").objectBytes()).isEqualTo(512);
        assertThat(rows.get("node of a direct descriptor").bytes()).isEqualTo(1000 * 32.0);
        assertThat(rows.get("rest of rings' tables").count()).isEqualTo(3096);
        CostModel older = new CostModel(Sockets.loopback(1000, 0), ring,
                sizes(Fixtures.x86()), false, false, false);
        assertThat(older.layers()).extracting(Layer::name)
                .doesNotContain("node of a direct descriptor");
    }

    /** 5,000 times 34 bytes unread were 1,216 bytes of slabs each; SK_MEMINFO tells 768 or more. */
    @Test
    void unreadFramesAreOnTheStack() {
        double more = kernel(pi(768).layers()) - kernel(pi(0).layers());
        assertThat(more).isEqualTo(768.0 * PAIRS);
    }

    @Test
    void aCgroupIsChargedObjectsAndEightBytes() {
        CostModel model = new CostModel(Sockets.loopback(1000, 0), Holders.NONE,
                sizes(Fixtures.x86()), true, true, true);
        double charged = model.layers().stream().mapToDouble(Layer::chargedBytes).sum();
        double ports = 1001 * 2 * 136.0;
        assertThat(charged).isCloseTo(2001 * (2376.0 + 840 + 200 + 200) + ports, within(1.0));
    }

    @Test
    void sizesWithoutSlabinfoAreNearThoseWithIt() {
        ProcFs files = Fixtures.x86();
        ObjectSizes guessed = new ObjectSizes(null, SlabAliases.NONE,
                Map.of("tcp_sock", 2304, "socket_alloc", 768, "file", 176, "io_kiocb", 248), 4096,
                2);
        for (KernelObject object : List.of(KernelObject.TCP, KernelObject.INODE,
                KernelObject.FILE, KernelObject.REQUEST, KernelObject.ASYNC_MESSAGE)) {
            assertThat(guessed.of(object).packedBytes()).as(object.name())
                    .isCloseTo(sizes(files).of(object).packedBytes(), within(6.0));
            assertThat(guessed.of(object).isMeasured()).isFalse();
        }
    }

    @Test
    void totalsKeepTheFattestAndNoMore() {
        SocketTotals totals = new SocketTotals(3);
        for (int i = 1; i <= 1000; i++) {
            var socket = Sockets.tcp(1, 80, i);
            socket.rmem = i * 7919 % 1009;
            totals.add(socket);
        }
        assertThat(totals.top.found()).hasSize(3).extracting(c -> c.fat().bytes())
                .containsExactly(1008L, 1007L, 1006L);
    }

    @Test
    void timeWaitAndHandshakesAreNoConnections() {
        SocketTotals totals = new SocketTotals(0);
        totals.add(Sockets.tcp(6, 80, 0));
        totals.add(Sockets.tcp(3, 80, 0));
        totals.add(Sockets.tcp(4, 80, 0));
        assertThat(totals.connections()).isEqualTo(1);
        assertThat(totals.withoutFile()).isEqualTo(1);
        assertThat(totals.timeWait()).isEqualTo(1);
        assertThat(totals.handshakes()).isEqualTo(1);
    }

    @Test
    void countsDifferentAddressesWellEnough() {
        DistinctCounter counter = new DistinctCounter();
        for (int round = 0; round < 2; round++) {
            for (long i = 0; i < 1_000_000; i++) {
                counter.add(i * 65_537);
            }
        }
        assertThat(counter.count()).isBetween(998_000L, 1_002_000L);
    }

    @Test
    void slopesKnowTheirError() {
        Slope exact = Slope.of(new double[] {0, 1, 2, 3}, new double[] {5, 7, 9, 11});
        assertThat(exact.slope()).isCloseTo(2, within(1e-9));
        assertThat(exact.error()).isCloseTo(0, within(1e-9));
        Slope rough = Slope.of(new double[] {0, 1, 2, 3}, new double[] {5, 8, 8, 11});
        assertThat(rough.error()).isBetween(0.3, 0.5);
    }

    @Test
    void projectionsNameWhatBreaksFirst() {
        var basis = new Projection.Basis(4000, 100, 1100, 16_384, 8e9, 48_048L * 16_384,
                4_194_304, Long.MAX_VALUE, false);
        assertThat(Projection.of(10_000, basis).verdict()).isEqualTo(Projection.Verdict.FITS);
        Projection million = Projection.of(1_000_000, basis);
        assertThat(million.verdict()).isEqualTo(Projection.Verdict.TIGHT);
        assertThat(million.breaks()).anyMatch(text -> text.startsWith("tcp_mem"));
        assertThat(Projection.of(2_000_000, basis).breaks().getFirst()).isEqualTo("memory");
        var few = new Projection.Basis(4000, 0, 1100, 4096, 8e9, Long.MAX_VALUE, 0, 1024, true);
        assertThat(Projection.of(10_000, few).breaks()).containsExactly("RLIMIT_NOFILE");
    }
}
