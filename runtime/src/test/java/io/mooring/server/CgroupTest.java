package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A server in a memory control group of version 1, loaded to its limit: it refuses, lives on, and
 * admits again.
 */
@Tag("e2e")
class CgroupTest {
    private static final Path GROUPS = Path.of("/sys/fs/cgroup/memory");
    private static final long MIB = 1 << 20;
    private static final long RESERVE_MIB = 48;
    /** For connections: 6,000 of them. */
    private static final long ROOM_MIB = 24;
    private static final int CONNECTIONS_MAX = 12_000;
    private static final int WARM_UP = 500;

    @Test
    void refusesBeforeItIsKilled() throws IOException {
        TestServer.requireIoUring();
        Assumptions.assumeTrue(Files.isWritable(GROUPS.resolve("memory.limit_in_bytes")),
            "no memory control group of version 1 that we may write to");
        Path group = Files.createDirectory(
            GROUPS.resolve("mooring-test-" + ProcessHandle.current().pid()));
        try {
            // Any value: only then are the sockets' slabs charged.
            Files.writeString(group.resolve("memory.kmem.tcp.limit_in_bytes"), "" + 1_024 * MIB);
            run(group);
        } finally {
            Await.until("the group is empty and gone", () -> remove(group));
        }
    }

    private void run(Path group) throws IOException {
        List<RawClient> clients = new ArrayList<>();
        try (ServerProcess server = ServerProcess.startAfter("echo $$ > " + group
                + "/cgroup.procs; export JAVA_TOOL_OPTIONS='-Xms32m -Xmn8m -XX:+AlwaysPreTouch'",
                "serve", "--port", "0", "--reactors", "2", "--max-connections", "15000",
                "--memory-reserve", RESERVE_MIB + "MiB")) {
            for (int i = 0; i < WARM_UP; i++) {
                RawClient client = RawClient.open(server.port(), "/echo");
                client.send(Wire.text("x")).expect(Frame.text("x")).closeNormally();
            }
            long usage = number(group, "memory.usage_in_bytes");
            Files.writeString(group.resolve("memory.limit_in_bytes"),
                "" + (usage + (RESERVE_MIB + ROOM_MIB) * MIB));
            Await.until("the server has noticed", () ->
                metrics(server).contains("mooring_cgroup_memory_limit_bytes"));

            HttpAnswer refusal = fill(server, clients);
            System.out.printf("%,d connections until %s", clients.size(), refusal.text());
            assertThat(refusal.status()).isEqualTo(503);
            assertThat(refusal.text()).contains("control group");
            assertThat(clients.size()).isGreaterThan(1_000);
            storm(server);
            clients.get(0).send(Wire.text("old")).expect(Frame.text("old"));
            clients.getLast().send(Wire.text("new")).expect(Frame.text("new"));
            assertThat(TestServer.metric(metrics(server), "connections_refused_cgroup"))
                .isPositive();
            assertThat(server.err()).anyMatch(line -> line.startsWith(
                "mooring: refusing connections (503): ") && line.contains("limit_in_bytes"));
            assertThat(Files.readString(group.resolve("memory.oom_control")))
                .contains("oom_kill 0");

            clients.forEach(RawClient::close);
            clients.clear();
            Await.until(() -> "it admits again: " + server.err(), () -> isAdmitted(server));
            assertThat(server.process().isAlive()).isTrue();
            assertThat(TestServer.metric(metrics(server), "connections_refused_cgroup"))
                .isPositive();
            server.signal("TERM");
            assertThat(server.awaitExit()).as("%s", server).isZero();
        } finally {
            clients.forEach(RawClient::close);
        }
    }

    /** Connects until one is refused, and returns what it was told. */
    private static HttpAnswer fill(ServerProcess server, List<RawClient> clients) {
        while (clients.size() < CONNECTIONS_MAX) {
            RawClient client = RawClient.connect(server.port()).send(RawClient.request("/echo"));
            HttpAnswer head = client.head();
            if (head.status() != 101) {
                client.close();
                try (RawClient next = RawClient.connect(server.port())) {
                    return next.send(RawClient.request("/echo")).answer();
                }
            }
            clients.add(client);
        }
        throw new AssertionError("none of " + clients.size() + " was refused: " + server);
    }

    /** Peers that ask again and again do it no harm; some may have to wait in the listener. */
    private static void storm(ServerProcess server) {
        for (int round = 0; round < 10; round++) {
            List<RawClient> peers = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                peers.add(RawClient.connect(server.port()));
            }
            peers.forEach(RawClient::close);
        }
    }

    private static boolean isAdmitted(ServerProcess server) {
        try (RawClient client = RawClient.connect(server.port())) {
            return client.send(RawClient.request("/echo")).head().status() == 101;
        }
    }

    private static String metrics(ServerProcess server) {
        try (RawClient http = RawClient.connect(server.port())) {
            return http.send(Frame.utf8("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")).answer()
                .text();
        }
    }

    private static long number(Path group, String file) throws IOException {
        return Long.parseLong(Files.readString(group.resolve(file)).strip());
    }

    private static boolean remove(Path group) {
        try {
            String left = Files.readString(group.resolve("cgroup.procs"));
            if (left.isBlank()) {
                Files.delete(group);
                return true;
            }
            return false;
        } catch (IOException e) {
            if (Files.exists(group)) {
                return false; // busy for a moment longer
            }
            throw new UncheckedIOException(e);
        }
    }
}
