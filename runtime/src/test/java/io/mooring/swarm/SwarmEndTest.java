package io.mooring.swarm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.sys.KernelFeatures;
import io.mooring.sys.SetupException;
import org.junit.jupiter.api.Assumptions;
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

    /** bind is of no use without the option, and came later. */
    @Test
    void whoeverCanBindCanSetOptions() {
        SocketOps ops = SocketOps.probe(features());
        assertThat(ops.options() || !ops.bind()).as("%s", ops).isTrue();
        assertThat(SocketOps.probe(features())).isEqualTo(ops);
    }
}
