package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** POST by clients that others wrote: the JDK's, which offers HTTP/2 in each request, and curl. */
@Tag("e2e")
class HttpPostClientsTest {
    private static final int BODY_MAX = 3_000_000;

    private static ExecutorService threads;
    private static WebSocketServer server;
    private static HttpClient client;

    @TempDir
    private Path directory;

    @BeforeAll
    static void start() {
        threads = Executors.newFixedThreadPool(2);
        server = TestServer.start(TestServer.builder().maxMessage(BODY_MAX)
            .post("/late/*", PostHandlers.late(threads))
            .allowOrigin("https://friend.org"));
        client = HttpClient.newBuilder().connectTimeout(Await.DEADLINE).build();
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            client.close();
            TestServer.awaitQuiet(server);
            server.close();
        }
        threads.shutdownNow();
    }

    private static HttpRequest.Builder request() {
        return HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + server.port() + "/late/a?b")).timeout(Await.DEADLINE);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 10, 10_000, BODY_MAX})
    void theJdksClient(int length) throws IOException, InterruptedException {
        byte[] body = Wire.bytes(length);
        for (boolean expects : new boolean[] {false, length > 0}) {
            HttpResponse<byte[]> answer = client.send(request().header("X-Test", "jdk")
                .expectContinue(expects).POST(HttpRequest.BodyPublishers.ofByteArray(body)).build(),
                HttpResponse.BodyHandlers.ofByteArray());
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue("X-Told")).hasValue("POST /late/a b jdk");
            assertThat(answer.body()).isEqualTo(body);
        }
    }

    /** A body whose length it does not know beforehand goes out in chunks. */
    @Test
    void theJdksClientIsToldThatChunksAreNotRead() throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(request().POST(
            HttpRequest.BodyPublishers.fromPublisher(
                HttpRequest.BodyPublishers.ofString("hello"))).build(),
            HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(411);
        assertThat(answer.body()).contains("Content-Length");
    }

    @Test
    void manyAtOnceEachGetItsOwn() {
        List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            answers.add(client.sendAsync(request()
                .POST(HttpRequest.BodyPublishers.ofByteArray(Wire.bytes(i * 50))).build(),
                HttpResponse.BodyHandlers.ofByteArray()));
        }
        for (int i = 0; i < answers.size(); i++) {
            assertThat(answers.get(i).join().body()).isEqualTo(Wire.bytes(i * 50));
        }
    }

    // ---- curl

    /** From 1 MiB on (and before 8.0 from 1 KiB on) curl expects 100 Continue. */
    @ParameterizedTest
    @ValueSource(ints = {0, 10, 2_000, BODY_MAX})
    void curl(int length) throws IOException {
        byte[] body = Wire.bytes(length);
        Path sent = Files.write(directory.resolve("sent"), body);
        Path got = directory.resolve("got");
        String said = runCurl("--data-binary", "@" + sent, "-H", "X-Test: curl", "-o", "" + got,
            "-w", "%{http_code} %header{x-told}");
        assertThat(said).isEqualTo("200 POST /late/a b curl");
        assertThat(Files.readAllBytes(got)).isEqualTo(body);
    }

    @Test
    void curlIsRefused() throws IOException {
        Path tooBig = Files.write(directory.resolve("sent"), Wire.bytes(BODY_MAX + 1));
        assertThat(runCurl("--data-binary", "@" + tooBig, "-w", "%{http_code}"))
            .endsWith("413").contains(BODY_MAX + " bytes at most");
        assertThat(runCurl("-d", "x", "-H", "Transfer-Encoding: chunked", "-w", "%{http_code}"))
            .endsWith("411").contains("Content-Length");
        assertThat(runCurl("-d", "x", "-H", "Origin: http://evil.com", "-w", "%{http_code}"))
            .endsWith("403");
    }

    /** Once an origin is allowed its pages may read the answer, and ask beforehand. */
    @Test
    void anAllowedOrigin() throws IOException {
        assertThat(runCurl("-d", "x", "-H", "Origin: https://friend.org", "-i"))
            .contains("200 OK", "Access-Control-Allow-Origin: https://friend.org\r\n",
                "Vary: Origin\r\n");
        assertThat(runCurl("-d", "x", "-H", "Origin: http://127.0.0.1:" + server.port(), "-i"))
            .contains("200 OK").doesNotContain("Access-Control");
        assertThat(runCurl("-X", "OPTIONS", "-H", "Origin: https://friend.org",
            "-H", "Access-Control-Request-Method: POST", "-i")).contains("204 No Content",
            "Access-Control-Allow-Origin: https://friend.org\r\n",
            "Access-Control-Allow-Methods: POST\r\n");
        assertThat(runCurl("-X", "OPTIONS", "-H", "Origin: https://evil.com",
            "-H", "Access-Control-Request-Method: POST", "-i")).contains("405")
            .doesNotContain("Access-Control");
    }

    private static String runCurl(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "--max-time", "30",
            "http://127.0.0.1:" + server.port() + "/late/a?b"));
        command.addAll(List.of(arguments));
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            Assumptions.abort("there is no curl: " + e.getMessage());
            throw e;
        }
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            assertThat(process.waitFor(Await.DEADLINE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        assertThat(process.exitValue()).as(said).isZero();
        return said;
    }
}
