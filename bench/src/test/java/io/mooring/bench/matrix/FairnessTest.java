package io.mooring.bench.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mooring.bench.BenchException;
import io.mooring.bench.EngineOptions;
import io.mooring.bench.Home;
import io.mooring.bench.NativeTools;
import io.mooring.bench.ServerProcess;
import io.mooring.bench.SwarmOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** Servers with which a comparison would be unfair are refused, and why is said. */
class FairnessTest {

    private static Bench bench(String wrong) {
        assumeTrue(NativeTools.has("gcc"), "gcc is missing: apt-get install gcc libc6-dev");
        assumeTrue(NativeTools.has("taskset"), "taskset is missing: apt-get install util-linux");
        assumeTrue(Runtime.getRuntime().availableProcessors() >= 2, "needs two cores");
        EngineOptions engines = CommandLine.populateCommand(new EngineOptions(), "--peer",
                "peer=" + TestPeer.command(wrong));
        return new Bench(engines, CommandLine.populateCommand(new SwarmOptions()), Home.locate());
    }

    @Test
    void aPeerLikeAllOthersIsTaken() {
        Bench bench = bench("none");
        bench.echoServer("peer", "127.0.0.1", 10, "").close();
        try (ServerProcess server = bench.topicServer("peer", 10)) {
            assertThat(bench.refused()).isEmpty();
            assertThat(bench.checked()).containsOnlyKeys("peer /echo", "peer /topic/check");
            assertThat(bench.checked().values()).allMatch(SocketOptions::noDelay)
                    .allMatch(options -> options.backlog() == 1024);
            server.requireAlive();
        }
    }

    @ParameterizedTest
    @CsvSource({"nagle,TCP_NODELAY is not set", "buffers,SO_RCVBUF is set",
        "backlog,a backlog of 7", "contents,comes with other contents",
        "kind,a frame of 7 B that begins with 0x82", "children,whose CPU would not be counted"})
    void aPeerThatDiffersIsRefusedOnceAndForAll(String wrong, String why) {
        Bench bench = bench(wrong);
        assertThatThrownBy(() -> bench.echoServer("peer", "127.0.0.1", 10, ""))
                .isInstanceOf(BenchException.class).hasMessageContaining("refused")
                .hasMessageContaining(why);
        assertThatThrownBy(() -> bench.topicServer("peer", 10)).hasMessageContaining(why);
        assertThat(bench.refused()).containsKey("peer");
    }

    @Test
    void aTopicWithoutNoDelayIsFoundToo() {
        assertThatThrownBy(() -> bench("nagle").topicServer("peer", 10))
                .hasMessageContaining("TCP_NODELAY is not set");
    }

    @Test
    void whichCoresAProcessMayUse() {
        assertThat(OneProcess.allowed("Name:\tx\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n"))
                .isEqualTo("0-1");
    }
}
