package io.mooring.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Memory;
import io.mooring.probe.model.Layer.Part;
import io.mooring.probe.model.Report;
import io.mooring.probe.model.Report.Scope;
import io.mooring.probe.netlink.NetlinkException;
import io.mooring.probe.netlink.SockDiag;
import io.mooring.probe.netlink.SocketRecord;
import io.mooring.probe.report.Json;
import io.mooring.probe.report.ReportDiff;
import io.mooring.probe.report.ReportJson;
import io.mooring.probe.sys.LibC;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Real sockets on this kernel. */
class KernelTest {

    private static final int CONNECTIONS = 1000;

    static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(end);
            LockSupport.parkNanos(10_000_000);
        }
    }

    private static List<String> ofPort(int port) throws NetlinkException {
        List<String> found = new ArrayList<>();
        try (SockDiag diag = SockDiag.open()) {
            for (int family : new int[] {LibC.AF_INET, LibC.AF_INET6}) {
                diag.tcp(family, SockDiag.STATES_ALL, port, socket ->
                        found.add(socket.stateName() + " " + socket.receiveQueue));
            }
        }
        return found;
    }

    @Test
    void theKernelChoosesByPort() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
                Socket accepted = server.accept()) {
            client.getOutputStream().write(new byte[34]);
            int port = accepted.getLocalPort();
            await("34 bytes unread", () -> {
                try {
                    return ofPort(port).contains("ESTABLISHED 34");
                } catch (NetlinkException e) {
                    throw new AssertionError(e);
                }
            });
            assertThat(ofPort(port)).hasSize(2).anyMatch(line -> line.startsWith("LISTEN"));
        }
    }

    /** Other sockets come and go meanwhile: those of two ports of ours do not. */
    @Test
    void bothFamiliesComeByOneWalk() throws Exception {
        try (ServerSocket four = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"));
                ServerSocket six = new ServerSocket(0, 5, InetAddress.getByName("::1"));
                Socket toFour = new Socket(four.getInetAddress(), four.getLocalPort());
                Socket toSix = new Socket(six.getInetAddress(), six.getLocalPort());
                SockDiag diag = SockDiag.open()) {
            for (ServerSocket server : List.of(four, six)) {
                List<String> apart = ofPort(server.getLocalPort());
                List<String> together = new ArrayList<>();
                diag.tcp(SockDiag.STATES_ALL, server.getLocalPort(), socket -> together.add(
                        socket.stateName() + " " + socket.receiveQueue));
                assertThat(together).hasSize(2).containsExactlyInAnyOrderElementsOf(apart);
            }
            List<Integer> all = new ArrayList<>();
            diag.tcp(1 << SocketRecord.ESTABLISHED, 0, socket -> all.add(socket.localPort));
            assertThat(all).contains(four.getLocalPort(), six.getLocalPort(),
                    toFour.getLocalPort(), toSix.getLocalPort());
        } catch (java.net.SocketException e) {
            assumeTrue(false, "no IPv6 here: " + e.getMessage());
        }
    }

    @Test
    void whatTheKernelRefusesIsAnErrorWithItsNumber() throws Exception {
        try (SockDiag diag = SockDiag.open()) {
            assertThatThrownBy(() -> diag.tcp(77, SockDiag.STATES_ALL, 0, socket -> { }))
                    .isInstanceOf(NetlinkException.class).hasMessageContaining("errno");
            // And it goes on working.
            diag.tcp(LibC.AF_INET, SockDiag.STATES_ALL, 0, socket -> { });
        }
    }

    /** getsockopt(SO_MEMINFO), sock_diag and ss are three ways to the same nine figures. */
    @Test
    void agreesWithSoMeminfo() throws Exception {
        try (Memory nine = new Memory(36); Memory length = new Memory(4);
                Memory at = new Memory(28); SockDiag diag = SockDiag.open()) {
            int fd = LibC.result(LibC.socket(LibC.AF_INET, LibC.SOCK_STREAM, 0));
            at.clear();
            at.setShort(0, (short) LibC.AF_INET);
            assertThat(LibC.bind(fd, at, 16)).isZero();
            assertThat(LibC.listen(fd, 1)).isZero();
            length.setInt(0, 28);
            assertThat(LibC.getsockname(fd, at, length)).isZero();
            int port = (at.getByte(2) & 0xff) << 8 | at.getByte(3) & 0xff;
            length.setInt(0, 36);
            assertThat(LibC.getsockopt(fd, LibC.SOL_SOCKET, LibC.SO_MEMINFO, nine, length))
                    .isZero();
            List<Long> told = new ArrayList<>();
            diag.tcp(LibC.AF_INET, SockDiag.STATES_ALL, port, socket ->
                    told.addAll(List.of(socket.rcvbuf, socket.sndbuf)));
            assertThat(told).containsExactly((long) nine.getInt(4), (long) nine.getInt(12));
            LibC.close(fd);
        }
    }

    @Test
    void agreesWithSs() throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/bin/ss")) || Files.exists(Path.of("/bin/ss")),
                "no ss (package iproute2)");
        assumeTrue(Peer.python().isPresent(), "no python3");
        try (Peer server = Peer.start(List.of(), "server.py", "deaf")) {
            int port = Integer.parseInt(server.line());
            try (Peer client = Peer.start(List.of(), "client.py", port + "", "50", "3000")) {
                client.line();
                server.holds(50);
                Map<String, String> ours = new HashMap<>();
                Map<String, String> theirs = new HashMap<>();
                // Delayed acknowledgements end by themselves: until both have seen the same.
                await("probe and ss tell the same of 100 sockets", () -> {
                    ours.clear();
                    theirs.clear();
                    try {
                        bySs(port, theirs);
                        byUs(port, ours);
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                    return ours.size() == 100 && ours.equals(theirs);
                });
                assertThat(ours.values()).filteredOn(text -> text.startsWith("3000 ")).hasSize(50);
            }
        }
    }

    private static void byUs(int port, Map<String, String> found) throws NetlinkException {
        try (SockDiag diag = SockDiag.open()) {
            diag.tcp(LibC.AF_INET, 1 << SocketRecord.ESTABLISHED, 0, s -> {
                if (s.localPort == port || s.remotePort == port) {
                    found.put(s.localText() + " " + s.remoteText(), s.receiveQueue + " "
                            + s.sendQueue + " r" + s.rmem + ",rb" + s.rcvbuf + ",t" + s.wmemAlloc
                            + ",tb" + s.sndbuf + ",f" + s.forward + ",w" + s.wmemQueued + ",o"
                            + s.optmem + ",bl" + s.backlog + ",d" + s.drops);
                }
            });
        }
    }

    private static void bySs(int port, Map<String, String> found) throws Exception {
        Process ss = new ProcessBuilder("ss", "-tmin", "state", "established", "( sport = :" + port
                + " or dport = :" + port + " )").start();
        String text = new String(ss.getInputStream().readAllBytes());
        Matcher matcher = Pattern.compile("(\\d+)\\s+(\\d+)\\s+(\\S+:\\d+)\\s+(\\S+:\\d+)\\s+"
                + "skmem:\\(([^)]*)\\)").matcher(text);
        while (matcher.find()) {
            found.put(matcher.group(3) + " " + matcher.group(4), matcher.group(1) + " "
                    + matcher.group(2) + " " + matcher.group(5));
        }
    }

    @Test
    void findsTheSocketsOfAProcessAndOfItsPort() throws Exception {
        assumeTrue(Peer.python().isPresent(), "no python3");
        try (Peer server = Peer.start(List.of(), "server.py")) {
            int port = Integer.parseInt(server.line());
            try (Peer client = Peer.start(List.of(), "client.py", port + "", CONNECTIONS + "")) {
                client.line();
                server.holds(CONNECTIONS);
                Probe probe = Probe.here(3, 16, 0);
                Report ofPid = probe.take(new Scope(Scope.Kind.PID, server.pid()));
                Report ofPort = probe.take(new Scope(Scope.Kind.PORT, port));
                for (Report report : List.of(ofPid, ofPort)) {
                    assertThat(report.connections()).isEqualTo(CONNECTIONS);
                    assertThat(report.totals().listeners).isEqualTo(1);
                    assertThat(report.idleBytesPerConnection()).isBetween(3500.0, 4700.0);
                    assertThat(report.processes()).extracting(p -> p.pid())
                            .containsExactly(server.pid());
                    assertThat(report.holders().epollSockets()).isEqualTo(CONNECTIONS + 1L);
                    assertThat(report.perConnection(Part.WAITING)).isBetween(180.0, 260.0);
                    assertThat(report.totals().ports()).isEqualTo(1);
                }
                Report ofClient = probe.take(new Scope(Scope.Kind.PID, client.pid()));
                assertThat(ofClient.connections()).isEqualTo(CONNECTIONS);
                assertThat(ofClient.holders().epollSockets()).isZero();
                assertThat(ofClient.totals().ports()).isEqualTo(CONNECTIONS);
            }
        }
    }

    /** The cgroup's own counter knows nothing of sockets: it is the witness. */
    @Test
    void explainsWhatTheCgroupWasCharged() throws Exception {
        assumeTrue(Peer.python().isPresent(), "no python3");
        try (ChargedGroup group = ChargedGroup.create("python")) {
            witnessed(group.before());
        }
    }

    private static void witnessed(List<String> inGroup) throws Exception {
        int many = 4 * CONNECTIONS;
        try (Peer server = Peer.start(inGroup, "server.py")) {
            int port = Integer.parseInt(server.line());
            try (Peer warm = Peer.start(List.of(), "client.py", port + "", "100")) {
                server.holds(100);
                warm.line();
            }
            Probe probe = Probe.here(0, 16, 0);
            Scope scope = new Scope(Scope.Kind.PID, server.pid());
            await("the first are gone", () -> probe.take(scope).connections() == 0);
            Object before = json(probe.take(scope));
            try (Peer client = Peer.start(List.of(), "client.py", port + "", many + "")) {
                client.line();
                server.holds(many);
                Report report = probe.take(scope);
                assertThat(report.cgroup().processes()).isEqualTo(1);
                ReportDiff diff = new ReportDiff(before, json(report));
                assertThat(diff.connections()).isEqualTo(many);
                assertThat(diff.witnesses()).singleElement().satisfies(witness ->
                        assertThat(witness.share()).as("%s", witness).isCloseTo(1, within(0.05)));
            }
        }
    }

    private static Object json(Report report) {
        return Json.parse(Json.write(ReportJson.of(report)));
    }

    @Test
    void whatIsNotThereIsSaid() {
        assertThatThrownBy(() -> Probe.here(0, 1, 0).take(
                new Scope(Scope.Kind.PID, Integer.MAX_VALUE)))
                .isInstanceOf(ProbeException.class).hasMessageContaining("no process");
        assertThat(Probe.isAtLeast("6.18.44-fc", 6, 13)).isTrue();
        assertThat(Probe.isAtLeast("6.12.117+rpt", 6, 13)).isFalse();
        assertThat(Probe.isAtLeast("7.0", 6, 13)).isTrue();
        assertThat(Probe.isAtLeast("", 6, 13)).isFalse();
    }
}
