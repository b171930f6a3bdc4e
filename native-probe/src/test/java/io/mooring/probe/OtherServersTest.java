package io.mooring.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mooring.probe.model.Report;
import io.mooring.probe.model.Report.Scope;
import io.mooring.probe.report.Json;
import io.mooring.probe.report.ReportDiff;
import io.mooring.probe.report.ReportJson;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Servers that everybody has, as their packages are: what they took, the probe explains. */
class OtherServersTest {

    private static final int CONNECTIONS = 2_000;
    private static final int WARM = 100;

    /** Answers {@code hello} and keeps the connection; one process, in the foreground. */
    enum Server {
        NGINX("nginx", "nginx-light") {
            @Override
            String configuration(int port, Path folder) {
                StringBuilder paths = new StringBuilder();
                for (String kind : List.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) {
                    paths.append(kind).append("_temp_path ").append(folder).append("/t; ");
                }
                return """
                        daemon off; master_process off; pid %s/pid;
                        events { worker_connections 4096; }
                        http {
                          access_log off; keepalive_timeout 600s; %s
                          server {
                            listen 127.0.0.1:%d;
                            location / { return 200 "hello"; }
                          }
                        }
                        """.formatted(folder, paths, port);
            }

            @Override
            List<String> arguments(Path configuration) {
                return List.of("-e", "stderr", "-c", configuration.toString());
            }
        },
        HAPROXY("haproxy", "haproxy") {
            @Override
            String configuration(int port, Path folder) {
                return """
                        global
                          maxconn 4096
                        defaults
                          mode http
                          timeout connect 60s
                          timeout server 60s
                          timeout client 600s
                          timeout http-request 60s
                          timeout http-keep-alive 600s
                        frontend all
                          bind 127.0.0.1:%d
                          http-request return status 200 content-type text/plain string hello
                        """.formatted(port);
            }

            @Override
            List<String> arguments(Path configuration) {
                return List.of("-db", "-f", configuration.toString());
            }
        };

        final String program;
        final String debianPackage;

        Server(String program, String debianPackage) {
            this.program = program;
            this.debianPackage = debianPackage;
        }

        abstract String configuration(int port, Path folder);

        abstract List<String> arguments(Path configuration);

        Path found() {
            Path found = Stream.of("/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin")
                    .map(folder -> Path.of(folder, program)).filter(Files::isExecutable)
                    .findFirst().orElse(null);
            assumeTrue(found != null, "no " + program + " (package " + debianPackage + ")");
            return found;
        }
    }

    @TempDir
    private Path folder;

    /** They take no port of the kernel's choice: it is chosen before, and free again. */
    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }

    private static boolean answers(int port) {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatItTookIsExplained(Server server) throws Exception {
        Path program = server.found();
        assumeTrue(Peer.python().isPresent(), "no python3");
        int port = freePort();
        Path configuration = folder.resolve("configuration");
        Files.writeString(configuration, server.configuration(port, folder));
        try (ChargedGroup group = ChargedGroup.create(server.program)) {
            List<String> command = new ArrayList<>(group.before());
            command.add(program.toString());
            command.addAll(server.arguments(configuration));
            Path log = folder.resolve("log");
            Process process = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(log.toFile()).start();
            try {
                KernelTest.await(server + " listens", () ->
                        !process.isAlive() || answers(port));
                assertThat(process.isAlive()).as(() -> text(log)).isTrue();
                measured((int) process.pid(), port);
            } finally {
                process.destroy();
                process.waitFor();
            }
        }
    }

    private static String text(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static void measured(int pid, int port) throws Exception {
        Probe probe = Probe.here(0, 16, 0);
        Scope scope = new Scope(Scope.Kind.PID, pid);
        try (Peer warm = Peer.start(List.of(), "client.py", port + "", WARM + "", "http")) {
            assertThat(warm.line()).isEqualTo("open");
        }
        KernelTest.await("the first are gone", () -> probe.take(scope).connections() == 0);
        Object before = json(probe.take(scope));
        try (Peer client = Peer.start(List.of(), "client.py", port + "", CONNECTIONS + "",
                "http")) {
            assertThat(client.line()).isEqualTo("open");
            Report report = probe.take(scope);
            assertThat(report.connections()).isEqualTo(CONNECTIONS);
            assertThat(report.holders().epollSockets()).isGreaterThanOrEqualTo(CONNECTIONS);
            assertThat(report.cgroup().processes()).isEqualTo(1);
            ReportDiff diff = new ReportDiff(before, json(report));
            assertThat(diff.witnesses()).singleElement().satisfies(witness ->
                    assertThat(witness.share()).as("%s", witness).isBetween(0.95, 1.05));
        }
    }

    private static Object json(Report report) {
        return Json.parse(Json.write(ReportJson.of(report)));
    }
}
