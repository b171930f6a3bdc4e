package io.mooring.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.probe.netlink.SocketRecord;
import io.mooring.probe.source.ProcFs;
import io.mooring.probe.source.ProcessHolds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes whose rings tell how many sockets they have, not which, as Linux 6.12 does. */
class EliminationTest {

    private static final int SERVER = 10;
    private static final int CLIENT = 20;
    private static final int PORT = 9001;
    private static final int LISTENER = 77;
    private static final Elimination.Listener ON_PORT =
            new Elimination.Listener(PORT, 0, LISTENER);

    @TempDir
    private Path folder;
    private ProcFs files;
    private final List<ProcessHolds> all = new ArrayList<>();

    @BeforeEach
    void make() throws IOException {
        files = new ProcFs(folder, 16_384);
        network("self", "net:[1]");
    }

    private void network(String process, String name) throws IOException {
        Path link = folder.resolve("proc/" + process + "/ns/net");
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(link, Path.of(name));
    }

    /** A process with sockets behind descriptors, and so many in a ring. */
    private ProcessHolds process(int pid, int inRing, int... descriptors) throws IOException {
        return process(pid, "net:[1]", inRing, descriptors);
    }

    private ProcessHolds process(int pid, String network, int inRing, int... descriptors)
            throws IOException {
        network("" + pid, network);
        Path fds = Files.createDirectories(folder.resolve("proc/" + pid + "/fd"));
        for (int i = 0; i < descriptors.length; i++) {
            Files.createSymbolicLink(fds.resolve("" + (10 + i)),
                    Path.of("socket:[" + descriptors[i] + "]"));
        }
        Files.createSymbolicLink(fds.resolve("3"), Path.of("anon_inode:[io_uring]"));
        StringBuilder text = new StringBuilder("SqMask:\t0x7\nCqMask:\t0xf\nUserFiles:\t"
                + (inRing + 1) + "\n");
        for (int i = 0; i < inRing; i++) {
            text.append(String.format("%5d: %s\n", i, i % 2 == 0 ? "TCP" : "TCPv6"));
        }
        text.append(String.format("%5d: <none>\n", inRing)).append("UserBufs:\t0\nPollList:\n");
        Files.createDirectories(folder.resolve("proc/" + pid + "/fdinfo"));
        Files.writeString(folder.resolve("proc/" + pid + "/fdinfo/3"), text);
        ProcessHolds holds = ProcessHolds.list(files, pid).value();
        holds.readRings(files, 8, () -> { });
        assertThat(holds.nameless()).isEqualTo(inRing);
        all.add(holds);
        return holds;
    }

    private static SocketRecord socket(int port, int inode, int... address) {
        SocketRecord socket = new SocketRecord();
        socket.localPort = port;
        socket.inode = inode;
        for (int i = 0; i < address.length; i++) {
            socket.local[i] = (byte) address[i];
        }
        return socket;
    }

    /** The server's ends have inodes from 1000 on, the clients' from 500,000 on. */
    private Elimination offered(int accepted, int opened, Elimination.Listener... listeners) {
        Elimination elimination = new Elimination(files, all, List.of(listeners));
        for (int i = 0; i < accepted; i++) {
            elimination.offer(socket(PORT, 1000 + i, 127, 0, 0, 1));
        }
        for (int i = 0; i < opened; i++) {
            elimination.offer(socket(30_000 + i % 20_000, 500_000 + i, 127, 0, 0, 2));
        }
        elimination.offer(socket(PORT, LISTENER));
        elimination.offer(socket(PORT, 0, 127, 0, 0, 1));
        return elimination;
    }

    private static void hasNone(ProcessHolds... none) {
        for (ProcessHolds one : none) {
            assertThat(one.derived.size()).isZero();
            assertThat(one.shared).isZero();
        }
    }

    @Test
    void acceptedSocketsAreOfWhoListensAndTheOthersOfWhoHasRoom() throws IOException {
        ProcessHolds server = process(SERVER, 300, LISTENER);
        ProcessHolds client = process(CLIENT, 300);
        offered(300, 300, ON_PORT).settle();
        assertThat(server.derived.size()).isEqualTo(300);
        assertThat(client.derived.size()).isEqualTo(300);
        for (int i = 0; i < 300; i++) {
            assertThat(server.owns(1000 + i)).isTrue();
            assertThat(client.owns(500_000 + i)).isTrue();
        }
        assertThat(server.directCount()).isEqualTo(300);
        assertThat(server.shared + client.shared).isZero();
    }

    @Test
    void whatADescriptorNamesIsNotOffered() throws IOException {
        ProcessHolds server = process(SERVER, 2, LISTENER, 1000, 500_000, 500_001);
        offered(2, 2, ON_PORT).settle();
        assertThat(server.derived.size()).isEqualTo(1);
        assertThat(server.derived.contains(1001)).isTrue();
    }

    /** A listener may itself be a direct descriptor: then it is found as others are. */
    @Test
    void aListenerInARingIsOneOfThem() throws IOException {
        ProcessHolds server = process(SERVER, 601);
        offered(300, 300, ON_PORT).settle();
        assertThat(server.derived.contains(LISTENER)).isTrue();
        assertThat(server.derived.size()).isEqualTo(601);
    }

    @Test
    void whatMayBeOfTwoIsGivenToNeitherButShared() throws IOException {
        ProcessHolds one = process(SERVER, 300);
        ProcessHolds other = process(CLIENT, 100);
        offered(200, 200).settle();
        assertThat(one.derived.size() + other.derived.size()).isZero();
        // 401 with the listener, of which there is room for 400.
        assertThat(one.shared).isEqualTo(300);
        assertThat(other.shared).isEqualTo(100);
    }

    /** Both listen, as with SO_REUSEPORT; what a third has room for is none of theirs. */
    @Test
    void aPortOfTwoIsSharedByThoseTwo() throws IOException {
        ProcessHolds one = process(SERVER, 99, LISTENER);
        ProcessHolds other = process(CLIENT, 100, 78);
        ProcessHolds swarm = process(30, 200);
        offered(200, 200, ON_PORT, new Elimination.Listener(PORT, 0, 78)).settle();
        assertThat(one.shared).isEqualTo(99);
        assertThat(other.shared).isEqualTo(100);
        assertThat(one.derived.size() + other.derived.size()).isZero();
        assertThat(swarm.shared).isLessThanOrEqualTo(1);
    }

    /** Two addresses, one port; a listener on any address does not count where another is. */
    @Test
    void whoListensOnTheAddressHasWhatWasAcceptedThere() throws IOException {
        ProcessHolds one = process(SERVER, 100, LISTENER);
        ProcessHolds other = process(CLIENT, 100, 78);
        ProcessHolds everywhere = process(30, 50, 79);
        Elimination elimination = new Elimination(files, all, List.of(
                Elimination.Listener.of(socket(PORT, LISTENER, 127, 0, 0, 1)),
                Elimination.Listener.of(socket(PORT, 78, 127, 0, 0, 2)),
                Elimination.Listener.of(socket(PORT, 79))));
        for (int i = 0; i < 100; i++) {
            elimination.offer(socket(PORT, 1000 + i, 127, 0, 0, 1));
            elimination.offer(socket(PORT, 2000 + i, 127, 0, 0, 2));
            if (i % 2 == 0) {
                elimination.offer(socket(PORT, 3000 + i, 127, 0, 0, 3));
            }
        }
        elimination.settle();
        assertThat(one.derived.size()).isEqualTo(100);
        assertThat(one.owns(1000)).isTrue();
        assertThat(other.derived.size()).isEqualTo(100);
        assertThat(other.owns(2000)).isTrue();
        assertThat(everywhere.derived.size()).isEqualTo(50);
    }

    /** Connections that came while the rings were read. */
    @Test
    void aFewThatMayBeAnothersDoNotHinder() throws IOException {
        ProcessHolds server = process(SERVER, 302, LISTENER);
        ProcessHolds client = process(CLIENT, 300);
        offered(300, 300, ON_PORT).settle();
        assertThat(server.derived.size()).isEqualTo(300);
        assertThat(client.derived.size()).isEqualTo(300);
    }

    /** Most are held by nobody that is seen: which of them is the client's cannot be told. */
    @Test
    void aSurplusIsNobodys() throws IOException {
        ProcessHolds one = process(SERVER, 1000);
        offered(0, 100_000).settle();
        assertThat(one.derived.size()).isZero();
        assertThat(one.shared).isEqualTo(1000);
        ProcessHolds two = process(CLIENT, 900);
        offered(0, 100_000).settle();
        assertThat(one.derived.size() + two.derived.size()).isZero();
    }

    /** The acceptor hands its connections on, so they are who has room for them. */
    @Test
    void whoListensAndHasNoRoomHasHandedThemOn() throws IOException {
        ProcessHolds acceptor = process(SERVER, 1, LISTENER);
        ProcessHolds worker = process(CLIENT, 1000);
        offered(1000, 1, ON_PORT).settle();
        assertThat(worker.derived.size()).isEqualTo(1000);
        assertThat(acceptor.derived.size()).isZero();
    }

    /** Registered files that stay open: their sockets have names, and take nobody's. */
    @Test
    void roomThatDescriptorsExplainDoesNotContest() throws IOException {
        int[] open = new int[1000];
        for (int i = 0; i < open.length; i++) {
            open[i] = 900_000 + i;
        }
        ProcessHolds classic = process(SERVER, 1000, open);
        ProcessHolds client = process(CLIENT, 1000);
        offered(0, 999).settle();
        assertThat(client.derived.size()).isEqualTo(1000); // with the listener
        hasNone(classic);
    }

    @Test
    void aRingOfTwoProcessesIsOneRing() throws IOException {
        ProcessHolds parent = process(SERVER, 100);
        ProcessHolds child = process(CLIENT, 100);
        for (ProcessHolds one : List.of(parent, child)) {
            one.rings.clear();
            one.readRings(withInode(one.pid, 4711), 8, () -> { });
        }
        offered(0, 99).settle();
        assertThat(parent.derived.size()).isEqualTo(100);
        hasNone(child);
    }

    private ProcFs withInode(int pid, int inode) throws IOException {
        Path fdinfo = folder.resolve("proc/" + pid + "/fdinfo/3");
        Files.writeString(fdinfo, "ino:\t" + inode + "\n" + Files.readString(fdinfo));
        return files;
    }

    /** What is not read may have everything; who listens has what was accepted all the same. */
    @Test
    void unreadRingsLeaveADoubtUntilTheyAreRead() throws IOException {
        ProcessHolds server = process(SERVER, 400, LISTENER);
        ProcessHolds client = process(CLIENT, 300);
        client.rings.clear();
        Elimination elimination = offered(300, 400, ON_PORT);
        elimination.settle();
        assertThat(server.derived.size()).isEqualTo(300);
        assertThat(client.derived.size()).isZero();
        client.readRings(files, 8, () -> { });
        elimination.settle();
        assertThat(server.derived.size()).isEqualTo(300);
        assertThat(server.shared).isEqualTo(100);
        assertThat(client.shared).isEqualTo(300);
    }

    /** Its fdinfo tells the size of the table alone. */
    @Test
    void aRingWhoseLockIsTakenMayHaveAsManyAsItsTable() throws IOException {
        ProcessHolds one = process(SERVER, 300);
        ProcessHolds busy = process(CLIENT, 9000);
        Files.writeString(folder.resolve("proc/" + CLIENT + "/fdinfo/3"),
                "SqMask:\t0x7\nCqMask:\t0xf\nUserFiles:\t9000\n");
        busy.rings.clear();
        busy.readRings(files, 8, () -> { });
        offered(0, 9300).settle();
        assertThat(one.derived.size() + busy.derived.size()).isZero();
        assertThat(busy.shared).isEqualTo(9000);
    }

    @Test
    void anotherNetworkNamespaceClaimsNothing() throws IOException {
        ProcessHolds server = process(SERVER, 101, LISTENER);
        ProcessHolds elsewhere = process(CLIENT, "net:[2]", 500);
        offered(50, 51, ON_PORT).settle();
        assertThat(server.derived.size()).isEqualTo(101);
        hasNone(elsewhere);
    }

    @Test
    void withoutAnybodyNothingIsGiven() {
        offered(5, 5).settle();
        assertThat(all).isEmpty();
    }
}
