package io.mooring.probe.source;

import static org.assertj.core.api.Assertions.assertThat;

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
    private static final Elimination.Listener ON_PORT = new Elimination.Listener(PORT, LISTENER);

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

    /** The server's ends have inodes from 1000 on, the clients' from 5000 on. */
    private Elimination offered(int ends, Elimination.Listener... listeners) {
        Elimination elimination = new Elimination(files, all, List.of(listeners));
        for (int i = 0; i < ends; i++) {
            elimination.offer(PORT, 1000 + i);
            elimination.offer(30_000 + i, 5000 + i);
        }
        elimination.offer(PORT, LISTENER);
        elimination.offer(PORT, 0);
        return elimination;
    }

    @Test
    void acceptedSocketsAreOfWhoListensAndTheOthersOfWhoHasRoom() throws IOException {
        ProcessHolds server = process(SERVER, 300, LISTENER);
        ProcessHolds client = process(CLIENT, 300);
        assertThat(offered(300, ON_PORT).settle()).isZero();
        assertThat(server.derived.size()).isEqualTo(300);
        assertThat(client.derived.size()).isEqualTo(300);
        for (int i = 0; i < 300; i++) {
            assertThat(server.owns(1000 + i)).isTrue();
            assertThat(client.owns(5000 + i)).isTrue();
        }
        assertThat(server.directCount()).isEqualTo(300);
        assertThat(server.shared + client.shared).isZero();
    }

    @Test
    void whatADescriptorNamesIsNotOffered() throws IOException {
        ProcessHolds server = process(SERVER, 2, LISTENER, 1000, 5000, 5001);
        assertThat(offered(2, ON_PORT).settle()).isZero();
        assertThat(server.derived.size()).isEqualTo(1);
        assertThat(server.derived.contains(1001)).isTrue();
    }

    /** A listener may itself be a direct descriptor: then it is found as others are. */
    @Test
    void aListenerInARingIsOneOfThem() throws IOException {
        ProcessHolds server = process(SERVER, 601);
        assertThat(offered(300, ON_PORT).settle()).isZero();
        assertThat(server.derived.contains(LISTENER)).isTrue();
        assertThat(server.derived.size()).isEqualTo(601);
    }

    @Test
    void whatMayBeOfTwoIsGivenToNeitherButShared() throws IOException {
        ProcessHolds one = process(SERVER, 300);
        ProcessHolds other = process(CLIENT, 100);
        assertThat(offered(200).settle()).isEqualTo(400);
        assertThat(one.derived.size() + other.derived.size()).isZero();
        // 401 with the listener, of which there is room for 400.
        assertThat(one.shared).isEqualTo(300);
        assertThat(other.shared).isEqualTo(100);
    }

    /** Both listen, as with SO_REUSEPORT. */
    @Test
    void aPortOfTwoIsNobodysAlone() throws IOException {
        ProcessHolds one = process(SERVER, 100, LISTENER);
        ProcessHolds other = process(CLIENT, 100, 78);
        assertThat(offered(100, ON_PORT, new Elimination.Listener(PORT, 78)).settle())
                .isEqualTo(200);
        assertThat(one.shared).isEqualTo(100);
        assertThat(other.shared).isEqualTo(100);
    }

    /** Connections that came while the rings were read. */
    @Test
    void aFewThatMayBeAnothersDoNotHinder() throws IOException {
        ProcessHolds server = process(SERVER, 302, LISTENER);
        ProcessHolds client = process(CLIENT, 300);
        assertThat(offered(300, ON_PORT).settle()).isZero();
        assertThat(server.derived.size()).isEqualTo(300);
        assertThat(client.derived.size()).isEqualTo(300);
    }

    @Test
    void noneIsGivenMoreThanItsRingsHave() throws IOException {
        ProcessHolds server = process(SERVER, 100, LISTENER);
        assertThat(offered(300, ON_PORT).settle()).isZero();
        assertThat(server.derived.size()).isEqualTo(100);
    }

    @Test
    void anotherNetworkNamespaceClaimsNothing() throws IOException {
        ProcessHolds server = process(SERVER, 100, LISTENER);
        ProcessHolds elsewhere = process(CLIENT, "net:[2]", 500);
        assertThat(offered(50, ON_PORT).settle()).isZero();
        assertThat(server.derived.size()).isEqualTo(100);
        assertThat(elsewhere.derived.size()).isZero();
        assertThat(elsewhere.shared).isZero();
    }

    @Test
    void withoutAnybodyNothingIsGiven() {
        assertThat(offered(5).settle()).isZero();
    }
}
