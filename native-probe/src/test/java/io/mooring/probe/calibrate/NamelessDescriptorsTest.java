package io.mooring.probe.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.mooring.probe.Probe;
import io.mooring.probe.ProbeException;
import io.mooring.probe.Progress;
import io.mooring.probe.model.Layer;
import io.mooring.probe.model.Layer.Basis;
import io.mooring.probe.model.Report;
import io.mooring.probe.model.Report.Scope;
import io.mooring.probe.netlink.SockDiag;
import io.mooring.probe.netlink.SocketRecord;
import io.mooring.probe.source.ProcFs;
import io.mooring.probe.source.ProcessHolds;
import io.mooring.probe.sys.LibC;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * This process's own sockets in a ring whose fdinfo does not name them: real sockets, and /proc as
 * Linux before 6.14 would write it. On such a kernel that is /proc as it is.
 */
class NamelessDescriptorsTest {

    private static final int CONNECTIONS = 300;
    /** Others on this machine may have fatter ones. */
    private static final int FATTEST = 10_000;
    private static final int TOO_MANY = 1_000_000;
    private static final String OTHER = "99999999";
    private static final String SELF = "" + ProcessHandle.current().pid();
    private static final Path PROC = Path.of("/proc", SELF);

    @TempDir
    private Path folder;
    private Probe probe;

    @BeforeEach
    void make() throws IOException {
        Files.createDirectories(folder.resolve("proc/" + SELF + "/fdinfo"));
        Files.createSymbolicLink(folder.resolve("proc/self"), Path.of(SELF));
        for (String name : List.of("fd", "ns", "status", "limits", "maps", "smaps")) {
            Files.createSymbolicLink(folder.resolve("proc/" + SELF + "/" + name),
                    PROC.resolve(name));
        }
        probe = new Probe(new ProcFs(folder, LibC.pageBytes()), FATTEST, 8, 0, Progress.NONE);
    }

    private static Pairs open(Situation situation) {
        try {
            return new Pairs(situation, CONNECTIONS);
        } catch (ProbeException e) {
            return abort(e.getMessage());
        }
    }

    /** What /proc says now, of this process but for inodes. */
    private void record() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            for (Path other : all.filter(one -> one.getFileName().toString().matches("\\d+"))
                    .filter(one -> !one.getFileName().toString().equals(SELF)).toList()) {
                Files.createSymbolicLink(folder.resolve("proc").resolve(other.getFileName()),
                        other);
            }
        }
        try (Stream<Path> all = Files.list(PROC.resolve("fdinfo"))) {
            for (Path info : all.toList()) {
                Path copy = folder.resolve("proc/" + SELF + "/fdinfo/" + info.getFileName());
                try {
                    Files.writeString(copy, Files.readString(info, StandardCharsets.ISO_8859_1)
                            .replaceAll("(?m)^( *\\d+: )socket:\\[\\d+]$", "$1TCP"));
                } catch (IOException e) {
                    // Closed in between: by another thread of this process, or of this list.
                }
            }
        }
    }

    private Report take(Scope.Kind kind, int number) {
        return probe.take(new Scope(kind, number));
    }

    private static int portOfOurs() throws Exception {
        ProcessHolds ours = ProcessHolds.list(new ProcFs(Path.of("/"), LibC.pageBytes()),
                Integer.parseInt(SELF)).value();
        List<Integer> ports = new ArrayList<>();
        try (SockDiag diag = SockDiag.open()) {
            diag.tcp(1 << SocketRecord.LISTEN, 0, socket -> {
                if (ours.owns(socket.inode)) {
                    ports.add(socket.localPort);
                }
            });
        }
        assertThat(ports).as("listeners of this process").hasSize(1);
        return ports.getFirst();
    }

    @Test
    void aProcessHasThemByElimination() throws Exception {
        try (Pairs pairs = open(Situation.RING_POLL)) {
            pairs.add(CONNECTIONS);
            record();
            Report report = take(Scope.Kind.PID, Integer.parseInt(SELF));
            assertThat(report.holders().direct()).isEqualTo(CONNECTIONS);
            assertThat(report.holders().pollAdd()).isEqualTo(CONNECTIONS);
            // Of what processes outside this PID namespace hold some may be among them.
            assertThat(report.totals().sockets()).isEqualTo(2 * CONNECTIONS + 1);
            assertThat(report.totals().byElimination).isEqualTo(CONNECTIONS);
            assertThat(report.layers()).filteredOn(row -> row.name().startsWith("tcp_sock"))
                    .isNotEmpty().extracting(Layer::basis).doesNotContain(Basis.MEASURED);
            assertThat(report.sources()).anySatisfy(source -> {
                assertThat(source.name()).isEqualTo("sockets in rings");
                assertThat(source.isThere()).isTrue();
                assertThat(source.detail()).startsWith("300 of 300 by elimination");
            });
        }
    }

    @Test
    void aPortHasItsHolder() throws Exception {
        try (Pairs pairs = open(Situation.RING_RECV)) {
            pairs.add(CONNECTIONS);
            record();
            Report report = take(Scope.Kind.PORT, portOfOurs());
            assertThat(report.connections()).isEqualTo(CONNECTIONS);
            assertThat(report.totals().byElimination).isZero();
            assertThat(report.totals().heldByElimination).isEqualTo(CONNECTIONS);
            assertThat(report.layers()).filteredOn(row -> row.name().equals("armed RECV"))
                    .singleElement().extracting(Layer::basis).isNotEqualTo(Basis.MEASURED);
            assertThat(report.holders().direct()).isEqualTo(CONNECTIONS);
            assertThat(report.holders().recv()).isEqualTo(CONNECTIONS);
            assertThat(report.processes()).extracting(one -> one.pid() + "").containsOnly(SELF);
        }
    }

    @Test
    void ofTheMachineTheFattestHaveTheirHolder() throws Exception {
        try (Pairs pairs = open(Situation.RING_POLL)) {
            pairs.add(CONNECTIONS - 1);
            int port = portOfOurs();
            try (Socket fat = new Socket(InetAddress.getLoopbackAddress(), port)) {
                fat.getOutputStream().write(new byte[20_000]);
                // It is the first to be accepted, so into the ring; the pair's own client waits.
                pairs.add(1);
                record();
                Report report = take(Scope.Kind.HOST, 0);
                assertThat(report.holders().direct()).isGreaterThanOrEqualTo(CONNECTIONS);
                assertThat(report.top()).filteredOn(one -> one.local().endsWith(":" + port))
                        .hasSize(1).allMatch(one -> (one.pid() + "").equals(SELF));
            }
        }
    }

    /** A process with a ring that does not listen there: its ring is not even read. */
    @ParameterizedTest
    @EnumSource(names = {"PID", "PORT"})
    void whatWasAcceptedIsOfWhoListens(Scope.Kind kind) throws Exception {
        try (Pairs pairs = open(Situation.RING_POLL)) {
            pairs.add(CONNECTIONS);
            record();
            Path other = Files.createDirectories(folder.resolve("proc/" + OTHER));
            Files.createSymbolicLink(other.resolve("ns"), PROC.resolve("ns"));
            Files.createDirectories(other.resolve("fd"));
            Files.createSymbolicLink(other.resolve("fd/3"), Path.of("anon_inode:[io_uring]"));
            Report report = take(kind, kind == Scope.Kind.PID ? Integer.parseInt(SELF)
                    : portOfOurs());
            assertThat(report.holders().direct()).isEqualTo(CONNECTIONS);
            assertThat(report.holders().pollAdd()).isEqualTo(CONNECTIONS);
            assertThat(report.holders().rings()).isEqualTo(1);
            assertThat(report.sources()).anySatisfy(source -> {
                assertThat(source.detail()).startsWith("300 of 300 by elimination");
                assertThat(source.isThere()).isTrue();
            });
        }
    }

    /** As if it had many that the kernel does not list. */
    @Test
    void whatIsNotFoundIsTold() throws Exception {
        try (Pairs pairs = open(Situation.RING_POLL)) {
            pairs.add(CONNECTIONS);
            record();
            Path ring;
            try (Stream<Path> all = Files.list(folder.resolve("proc/" + SELF + "/fdinfo"))) {
                ring = all.filter(NamelessDescriptorsTest::isRing).findFirst().orElseThrow();
            }
            Files.writeString(ring, Files.readString(ring).replaceFirst("(?m)^ *0: TCP$",
                    "    0: TCP\n".repeat(TOO_MANY) + "    0: TCP"));
            Report report = take(Scope.Kind.PID, Integer.parseInt(SELF));
            long found = report.totals().byElimination;
            assertThat(found).isGreaterThanOrEqualTo(CONNECTIONS);
            assertThat(report.holders().direct()).isEqualTo(TOO_MANY + CONNECTIONS);
            Report.Source source = report.sources().stream()
                    .filter(one -> one.name().equals("sockets in rings")).findFirst().orElseThrow();
            assertThat(source.isThere()).isFalse();
            assertThat(source.detail()).startsWith(
                    found + " of " + (TOO_MANY + CONNECTIONS) + " by elimination");
            assertThat(source.why()).startsWith(
                    TOO_MANY + CONNECTIONS - found + " are not in this report");
            assertThat(source.remedy()).isEqualTo(LibC.geteuid() == 0
                    ? "--port PORT counts those of a port" : "run as root (sudo)");
        }
    }

    @Test
    void socketsOfAnotherNetworkNamespaceAreSaidToBe() throws Exception {
        try (Pairs pairs = open(Situation.RING_POLL)) {
            pairs.add(CONNECTIONS);
            record();
            Files.delete(folder.resolve("proc/self"));
            Path here = Files.createDirectories(folder.resolve("proc/self/ns"));
            Files.createSymbolicLink(here.resolve("net"), Path.of("net:[1]"));
            Report report = take(Scope.Kind.PID, Integer.parseInt(SELF));
            assertThat(report.totals().byElimination).isZero();
            assertThat(report.holders().direct()).isEqualTo(CONNECTIONS);
            assertThat(report.sources()).anySatisfy(source -> {
                assertThat(source.why()).isEqualTo("its sockets are of another network namespace");
                assertThat(source.remedy()).startsWith("nsenter -t " + SELF + " -n ");
            });
        }
    }

    private static boolean isRing(Path fdinfo) {
        try {
            return Files.readString(fdinfo, StandardCharsets.ISO_8859_1).contains("UserFiles:");
        } catch (IOException e) {
            return false;
        }
    }
}
