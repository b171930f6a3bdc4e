package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.epoll.EngineChoice;
import io.mooring.memory.FakeMachine;
import io.mooring.memory.Machine;
import io.mooring.memory.SendPace;
import io.mooring.sys.Limits;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.TypeConversionException;

/** What others may ask of a server's plan. */
class ServerPlanTest {
    private static final long MIB = 1 << 20;

    @TempDir
    private Path directory;

    private ServerPlan plan(ServerPlan.Shape shape, int connections) {
        Machine machine = Machine.read(new FakeMachine(directory).root(), 4096);
        return ServerPlan.of(shape, connections, machine);
    }

    /** The server's own, with the limits of this process, but for the JVM. */
    @Tag("io_uring")
    @Test
    void itIsTheServersOwn() {
        WebSocketServer.Builder builder = WebSocketServer.builder().reactors(2)
            .memoryRoot(new FakeMachine(directory).root()).maxConnections(100_000)
            .engine(EngineChoice.IO_URING);
        MemoryPlan own = builder.plan();
        long files = Limits.raiseOpenFiles();
        ServerPlan plan = plan(new ServerPlan.Shape(false, 2, files), 100_000);
        assertThat(plan.rings()).isEqualTo(own.shards());
        for (String name : List.of("connection slab", "rings", "receive buffers", "spill pools",
            "published frames", "topics", "sockets", "waiting operations")) {
            MemoryPlan.Term mine = own.terms().stream().filter(term -> term.name().equals(name))
                .findFirst().orElseThrow();
            assertThat(plan.terms()).as(name).contains(new ServerPlan.Term(name, mine.isKernel(),
                mine.start(), mine.full(), mine.load(), mine.why()));
        }
    }

    @Test
    void theJvmIsThatOfAServe() {
        ServerPlan plan = plan(new ServerPlan.Shape(true, 2, 20_000), 1_000);
        assertThat(plan.terms()).filteredOn(term -> term.name().equals("JVM")).singleElement()
            .satisfies(jvm -> {
                assertThat(jvm.full()).isEqualTo(77 * MIB);
                assertThat(jvm.load()).as("the heap grown to -Xmx").isEqualTo(317 * MIB);
            });
    }

    @Test
    void descriptors() {
        // 20,000 less 64 and four for each reactor
        assertThat(new ServerPlan.Shape(true, 2, 20_000).connectionsMax()).isEqualTo(19_928);
        assertThat(new ServerPlan.Shape(true, 2, 10).connectionsMax()).isZero();
        // so many rings of 20,000
        assertThat(new ServerPlan.Shape(false, 2, 20_000).connectionsMax())
            .isEqualTo(19_928L * 20_000);
        assertThat(new ServerPlan.Shape(false, 2, Long.MAX_VALUE).connectionsMax())
            .isEqualTo(65_536L << 20);
    }

    @Test
    void thePaceOfAnotherMachine() {
        assertThat(SendPace.growthMaxOf(100 * MIB)).isEqualTo(50 * MIB);
        assertThat(SendPace.growthMaxOf(1_000 * MIB)).isEqualTo(256 * MIB);
        assertThat(SendPace.trickleFrom(100 * MIB)).isEqualTo(75 * MIB);
        assertThat(SendPace.chargedBytes(66, 4096)).isEqualTo(4096);
        assertThat(SendPace.chargedBytes(4000, 4096)).isEqualTo(8192);
        assertThat(SendPace.chargedBytes(66, 16_384)).isEqualTo(16_384);
    }

    @Test
    void memoryAndRatesAsTyped() {
        Quantities.Memory memory = new Quantities.Memory();
        assertThat(memory.convert("8GiB")).isEqualTo(8L << 30).isEqualTo(memory.convert("8192MiB"));
        assertThat(memory.convert("8GB")).isEqualTo(8_000_000_000L);
        assertThatThrownBy(() -> memory.convert("8G")).isInstanceOf(TypeConversionException.class)
            .hasMessage("'8G' is not a size such as 8GiB, 8GB or 8192MiB");
        Quantities.LinkRate rate = new Quantities.LinkRate();
        assertThat(rate.convert("1Gbit/s")).isEqualTo(1_000_000_000L);
        assertThat(rate.convert("100 Mbit/s")).isEqualTo(100_000_000L);
        for (String wrong : new String[] {"1Gbit", "1GB/s", "1G", "/s", "0bit/s", "-1Mbit/s"}) {
            assertThatThrownBy(() -> rate.convert(wrong)).as(wrong)
                .isInstanceOf(TypeConversionException.class)
                .hasMessageContaining("'" + wrong + "'")
                .hasMessageContaining("1Gbit/s or 100Mbit/s");
        }
        assertThatThrownBy(() -> new Quantities.Size().convert("1/s"))
            .isInstanceOf(TypeConversionException.class);
    }
}
