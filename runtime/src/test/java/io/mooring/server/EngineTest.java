package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mooring.epoll.EngineChoice;
import io.mooring.ring.Engine;
import io.mooring.ring.IoUring;
import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.Seccomp;
import io.mooring.sys.SetupException;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which engine runs, what is said of it, and what becomes of a server without io_uring. */
@Tag("once") // chooses the engines itself
@Timeout(120)
class EngineTest {
    private static final int EPERM = 1;

    /** EPERM, as Docker answers; ENOSYS, as other sandboxes and old kernels do. */
    @ParameterizedTest
    @CsvSource({"1, auto", "38, auto", "1, epoll"})
    void runsOnEpollBehindASeccompFilter(int errno, String engine) {
        try (ServerProcess server = ServerProcess.startBy(SeccompMain.class, "" + errno, "serve",
                "--port", "0", "--reactors", "2", "--max-connections", "100", "--engine",
                engine)) {
            Assumptions.assumeTrue(server.process().isAlive()
                || server.awaitExit() != SeccompMain.NO_SECCOMP,
                "this kernel takes no seccomp filter");
            try (RawClient echo = RawClient.open(server.port(), "/echo")) {
                echo.send(Wire.text("hello")).expect(Frame.text("hello"));
                echo.closeNormally();
            }
            String first = server.out().getFirst();
            assertThat(first).startsWith("epoll on Linux ");
            if (engine.equals("auto")) {
                assertThat(first).contains("io_uring", "seccomp", "io_uring_setup");
            } else {
                assertThat(first).contains("as --engine epoll says");
            }
            try (RawClient http = RawClient.connect(server.port())) {
                HttpAnswer answer =
                    http.send(Frame.utf8("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")).answer();
                assertThat(OpenMetrics.parse(answer.text()))
                    .containsKey("mooring_engine{name=\"epoll\"}");
            }
        }
    }

    @Test
    void ioUringIsChosenWhereItWorks() {
        TestServer.requireIoUring();
        assertThat(EngineChoice.AUTO.open()).isEqualTo(EngineChoice.IO_URING.open())
            .isInstanceOf(IoUring.class);
        assertThat(EngineChoice.EPOLL.open().name()).isEqualTo("epoll");
    }

    /** Rings can be set up, and not be entered: a no-op tells. */
    @Test
    void aRingThatCannotBeEnteredIsNone() throws Exception {
        TestServer.requireIoUring();
        SetupException refused = Seccomp.refusing(Abi.SYS_IO_URING_ENTER, EPERM,
            () -> catchThrowableOfType(SetupException.class, EngineChoice.IO_URING::open));
        assertThat(refused.getMessage()).contains("io_uring_enter", "seccomp");
        Engine engine =
            Seccomp.refusing(Abi.SYS_IO_URING_ENTER, EPERM, EngineChoice.AUTO::open);
        assertThat(engine.name()).isEqualTo("epoll");
        assertThat(engine.toString()).contains(refused.getMessage());
    }

    /** A sandbox older than epoll_pwait2 (5.11) refuses it: then times are whole milliseconds. */
    @Test
    void anOldSandboxHasMilliseconds() throws Exception {
        int result = Seccomp.refusing(Abi.SYS_EPOLL_PWAIT2, Errno.ENOSYS, () -> {
            try (var ring = EngineChoice.EPOLL.open().open(4, 4)) {
                return ring.submitAndWait(1, 1_500_000);
            }
        });
        assertThat(result).isIn(0, -Errno.EINTR);
    }

    // ---- descriptors

    @Test
    void saysThatConnectionsTakeDescriptors() {
        try (ServerProcess server = ServerProcess.startAfter("ulimit -n 200", "serve", "--port",
                "0", "--engine", "epoll", "--max-connections", "1000")) {
            assertThat(server.awaitExit()).as("%s", server).isEqualTo(1);
            assertThat(server.out()).isEmpty();
            assertThat(server.err()).singleElement().asString().contains("RLIMIT_NOFILE is 200",
                "1,000 connections", "ulimit -n", "LimitNOFILE=", "io_uring, which has no such");
        }
        try (ServerProcess swarm = ServerProcess.startAfter("ulimit -n 200", "swarm",
                "ws://127.0.0.1:1/", "--engine", "epoll", "--connections", "1000")) {
            assertThat(swarm.awaitExit()).as("%s", swarm).isEqualTo(1);
            assertThat(swarm.err()).last().asString().contains("ulimit -n", "io_uring");
        }
    }

    /** Who asks for no number gets what there is, and is told. */
    @Test
    void servesAsManyAsThereAreDescriptorsFor() {
        try (ServerProcess server = ServerProcess.startAfter("ulimit -n 200", "serve", "--port",
                "0", "--engine", "epoll", "--reactors", "1")) {
            server.port();
            assertThat(server.out().get(1)).contains("up to 132 connections");
            assertThat(server.process().err()).anySatisfy(line -> assertThat(line)
                .contains("up to 132 connections, not 100,000", "RLIMIT_NOFILE is 200"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--engine epoll", "--engine io_uring"})
    void thePlanNamesTheEngine(String options) {
        boolean epoll = options.endsWith("epoll");
        if (!epoll) {
            TestServer.requireIoUring();
        }
        try (ServerProcess plan = ServerProcess.start(
                ("serve --plan --max-connections 1000 " + options).split(" "))) {
            assertThat(plan.awaitExit()).as("%s", plan).isZero();
            String out = String.join("\n", plan.out());
            assertThat(out).contains("engine: " + options.substring(9) + " on Linux");
            assertThat(out.contains("16 B a slot")).isEqualTo(epoll);
            assertThat(out.contains("128 epitem")).isEqualTo(epoll);
            assertThat(out.contains("epoll watches")).isEqualTo(epoll);
            assertThat(out.contains("one-shot POLL_ADD")).isEqualTo(!epoll);
        }
    }

    // ---- what epoll has not

    @Test
    void sendsWithoutACopyNeedIoUring() {
        try (ServerProcess server = ServerProcess.start("serve", "--port", "0", "--engine",
                "epoll", "--max-connections", "100", "--zero-copy-from", "16KiB")) {
            assertThat(server.awaitExit()).as("%s", server).isEqualTo(1);
            assertThat(server.err()).singleElement().asString()
                .contains("--zero-copy-from needs io_uring", "--engine io_uring");
        }
        try (ServerProcess server = ServerProcess.startBy(SeccompMain.class, "1", "serve",
                "--port", "0", "--reactors", "1", "--max-connections", "100", "--engine", "auto",
                "--zero-copy-from", "16KiB")) {
            Assumptions.assumeTrue(server.process().isAlive()
                || server.awaitExit() != SeccompMain.NO_SECCOMP,
                "this kernel takes no seccomp filter");
            server.port();
            assertThat(server.process().err()).anySatisfy(line ->
                assertThat(line).contains("all frames are copied"));
        }
    }
}
