package io.mooring.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;

/** {@code --peer}, and the names of engines. */
class PeerOptionTest {

    private static final Engine.Endpoint ENDPOINT = new Engine.Endpoint("127.0.0.2", 81, 500);

    @Command
    private static final class Some {
        @Mixin
        private EngineOptions options;
    }

    private static EngineOptions options(String... arguments) {
        Some some = new Some();
        new CommandLine(some).parseArgs(arguments);
        return some.options;
    }

    private static Engine engine(String name, String... arguments) {
        return options(arguments).engine(name, Home.locate(), null, "-Xms18m");
    }

    @Test
    void itsWordsAreFilledIn() {
        Engine engine = engine("x", "--peer",
                "x=  serve --at={host}:{port}  -n {connections} {port}${port} ");
        assertThat(engine.name()).isEqualTo("x");
        assertThat(engine.command().line(ENDPOINT)).isEqualTo(List.of(
                "serve", "--at=127.0.0.2:81", "-n", "500", "81$81"));
    }

    @Test
    void itServesBothQuestionsAndStandsBesideOthers() {
        EngineOptions options = options("--peer", "x=a {port}", "--peer", "y.1=b=c {port}");
        for (String name : List.of("x", "y.1")) {
            assertThat(options.engine(name, null, null, "").name()).isEqualTo(name);
            assertThat(options.broadcastEngine(name, null, null).name()).isEqualTo(name);
        }
        assertThat(options.engine("y.1", null, null, "").command().line(ENDPOINT))
                .isEqualTo(List.of("b=c", "81"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "serve {port} | NAME=COMMAND",
        "=serve {port} | is no name",
        "a/b=serve {port} | is no name",
        "-x=serve {port} | is no name",
        "x= | has no command",
        "x=serve | say {port}",
        "x=serve {port} {prot} | {prot}; there are {host}, {port} and {connections}",
        "c-epoll=serve {port} | an engine of the bench itself",
        "netty-io_uring-incubator=serve {port} | an engine of the bench itself",
        "mooring=serve {port} | an engine of the bench itself"})
    void wrongOnesAreRefusedWithTheFix(String peer, String reason) {
        assertThatThrownBy(() -> options("--peer", peer))
                .isInstanceOf(ParameterException.class)
                .hasMessageContaining("--peer").hasMessageContaining(reason);
    }

    @ParameterizedTest
    @ValueSource(strings = {"echo-rate", "broadcast", "idle"})
    void aWrongOneExitsWith2(String command) {
        assertThat(Main.run(command, "--peer", "x=serve")).isEqualTo(2);
    }

    @Test
    void oneNameIsOnePeer() {
        EngineOptions twice = options("--peer", "x=a {port}", "--peer", "x=b {port}");
        assertThatThrownBy(() -> twice.engine("x", null, null, ""))
                .isInstanceOf(ParameterException.class).hasMessageContaining("given twice");
    }

    @Test
    void whoNamesNoneIsToldAll() {
        assertThatThrownBy(() -> engine("nety", "--peer", "x=a {port}"))
                .isInstanceOf(ParameterException.class)
                .hasMessageContainingAll("'nety'", "mooring", "mooring-io_uring", "mooring-epoll",
                        "netty-nio", "netty-epoll", "netty-io_uring", "netty-io_uring-incubator",
                        "c-loop", "c-epoll", "x", "--peer");
    }

    @ParameterizedTest
    @CsvSource({"netty-nio, --transport nio", "netty-epoll, --transport epoll",
        "netty-io_uring, --transport io_uring"})
    void nettyIsStartedByItsTransport(String name, String words) {
        List<String> line = engine(name, "--netty-jvm", "-Xlog:gc").command().line(ENDPOINT);
        assertThat(String.join(" ", line)).contains("-Xlog:gc -Xms18m", NettyMain.class.getName(),
                words, "--host 127.0.0.2 --port 81 --threads 1 --connections 500");
    }
}
