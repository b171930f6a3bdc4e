package io.mooring.swarm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.api.Connections;
import io.mooring.epoll.EngineChoice;
import io.mooring.ring.IoUring;
import io.mooring.server.Await;
import io.mooring.server.WebSocketServer;
import io.mooring.sys.KernelFeatures;
import io.mooring.sys.SetupException;
import java.time.Duration;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SwarmEndTest {
    private static KernelFeatures features() {
        try {
            return KernelFeatures.probe();
        } catch (SetupException e) {
            return Assumptions.abort(e.getMessage());
        }
    }

    /** All threads are waited for, the failed and the others, and no failure is kept back. */
    @Test
    void closeWaitsForAllAndThrowsWhatTheFirstThrew() {
        features();
        Swarm swarm = Swarm.open(SwarmConfig.of(Target.parse("ws://127.0.0.1:1/"), Scenario.IDLE,
            64).withThreads(3));
        assertThatThrownBy(() -> swarm.onEach(worker -> {
            if (worker.index != 1) {
                throw new ArithmeticException("of " + worker.index);
            }
        })).isInstanceOf(IllegalStateException.class).hasMessageContaining("has failed");
        assertThatThrownBy(swarm::close)
            .hasRootCauseInstanceOf(ArithmeticException.class).hasRootCauseMessage("of 0")
            .satisfies(e -> assertThat(e.getSuppressed()).singleElement()
                .satisfies(second -> assertThat(second).hasRootCauseMessage("of 2")));
    }

    /**
     * Where a kernel closes late (before 6.13) each connection is shut before; whoever ends it, and
     * once more with the slots that were freed.
     */
    @Tag("io_uring") // epoll closes at once
    @Test
    void whereAKernelClosesLateItShutsFirst() {
        KernelFeatures here = features();
        KernelFeatures old = new KernelFeatures("6.12", here.setupFlags(), here.noSqArray(),
            here.registeredRing());
        try (WebSocketServer server = WebSocketServer.builder().path("/echo", Connections::send)
                .start();
                Swarm swarm = Swarm.open(SwarmConfig.of(
                    Target.parse("ws://127.0.0.1:" + server.port() + "/echo"), Scenario.IDLE, 64)
                    .withThreads(2).withSlotsPerShard(50), new IoUring(old))) {
            for (int round = 1; round <= 2; round++) {
                swarm.grow(180);
                Await.until(() -> "all are open: " + swarm.status(), swarm::isGrown);
                Swarm.Run closing = swarm.closeAll();
                Await.until(() -> "all are closed: " + swarm.status(), closing::isDone);
                swarm.invariants();
                assertThat(swarm.status().closed()).isEqualTo(180L * round);
            }
            assertThat(swarm.status().lost()).isZero();
            swarm.grow(180);
            Await.until(() -> "all are open: " + swarm.status(), swarm::isGrown);
            server.stop(Duration.ofSeconds(20));
            Await.until(() -> "the server closed them: " + swarm.status(),
                () -> swarm.status().connected() == 0);
            swarm.closeAll();
            swarm.invariants();
        }
    }

    /** bind is of no use without the option, and came later. */
    @Test
    void whoeverCanBindCanSetOptions() {
        SocketOps ops = SocketOps.probe(EngineChoice.byDefault().open());
        assertThat(ops.options() || !ops.bind()).as("%s", ops).isTrue();
        assertThat(SocketOps.probe(EngineChoice.byDefault().open())).isEqualTo(ops);
    }
}
