package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.mooring.swarm.Scenario;
import io.mooring.swarm.Swarm;
import io.mooring.swarm.SwarmConfig;
import io.mooring.swarm.Target;
import java.lang.management.ManagementFactory;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The load generator's thread allocates nothing per message once it is warm. */
@Tag("e2e")
@Timeout(120)
class SwarmAllocationTest {
    private static final long BYTES_MAX = 64 * 1024;
    private static final int ROUNDS_MAX = 8;
    private static final ThreadMXBean THREADS =
        (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @ParameterizedTest
    @CsvSource({"ECHO, 0", "ECHO, 20000", "BROADCAST, 0"})
    void messagesAllocateNothing(Scenario scenario, int rate) {
        boolean echo = scenario == Scenario.ECHO;
        try (WebSocketServer server = TestServer.start(TestServer.builder());
                Swarm swarm = Swarm.open(SwarmConfig.of(Target.parse("ws://127.0.0.1:"
                    + server.port() + (echo ? "/echo" : "/topic/a")), scenario, 64))) {
            int connections = echo ? 8 : 200;
            swarm.grow(connections);
            Await.until("all are open", swarm::isGrown);
            long thread = Thread.getAllStackTraces().keySet().stream()
                .filter(each -> each.getName().equals("swarm-0") && each.isAlive())
                .findFirst().orElseThrow().threadId();
            IntSupplier round = echo ? () -> echo(swarm, rate) : () -> broadcast(swarm);
            // Until the compiler is through code may allocate that will not later.
            long least = Long.MAX_VALUE;
            int messages = 0;
            for (int i = 0; i < ROUNDS_MAX && least >= BYTES_MAX; i++) {
                long before = THREADS.getThreadAllocatedBytes(thread);
                messages = round.getAsInt();
                least = Math.min(least, THREADS.getThreadAllocatedBytes(thread) - before);
            }
            assertThat(messages).isGreaterThan(1_000);
            assertThat(least).as("bytes allocated for %d messages", messages)
                .isLessThan(BYTES_MAX);
        }
    }

    private static int echo(Swarm swarm, int rate) {
        long before = swarm.status().received();
        Swarm.Run run = swarm.echo(rate, 500);
        Await.until("the echoes are back", run::isDone);
        return (int) (swarm.status().received() - before);
    }

    private static int broadcast(Swarm swarm) {
        swarm.openPublisher();
        for (int i = 0; i < 10; i++) {
            swarm.publish(64, false);
            Await.until("all have it", () -> swarm.currentReceivers() == 200);
        }
        return 2_000;
    }
}
