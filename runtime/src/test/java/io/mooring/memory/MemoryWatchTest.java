package io.mooring.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From figures to verdicts. */
class MemoryWatchTest {
    private static final long MIB = 1 << 20;

    @TempDir
    private Path directory;

    private final BlockingQueue<Verdict> verdicts = new LinkedBlockingQueue<>();

    private Verdict next() throws InterruptedException {
        Verdict verdict = verdicts.poll(30, TimeUnit.SECONDS);
        assertThat(verdict).as("a verdict within 30 s").isNotNull();
        return verdict;
    }

    private MemoryWatch start(FakeMachine machine, long reserve) {
        return MemoryWatch.start(machine.root(), FakeMachine.PAGE_BYTES, reserve, verdicts::add);
    }

    @Test
    void memoryRunsShortAndComesBack() throws InterruptedException {
        FakeMachine machine = new FakeMachine(directory);
        // Five sockets pin 5 KB of what is available: 398.995 MiB are left.
        try (MemoryWatch watch = start(machine, 400 * MIB)) {
            assertThat(verdicts).isEmpty();
            assertThat(watch.verdict().level()).isEqualTo(Level.ADMIT);
            machine.availableMib(399);
            Verdict refuse = next();
            assertThat(refuse.level()).isEqualTo(Level.REFUSE);
            assertThat(refuse.cause()).isEqualTo(Cause.MEMORY);
            assertThat(refuse.text())
                .contains("398 MiB", "400 MiB", "--memory-reserve").doesNotContain("\n");
            machine.availableMib(190);
            assertThat(next().level()).isEqualTo(Level.STOP);
            machine.availableMib(310);
            assertThat(next().level()).isEqualTo(Level.REFUSE);
            machine.availableMib(600);
            Verdict admit = next();
            assertThat(admit.level()).isEqualTo(Level.ADMIT);
            assertThat(admit.text()).contains("599 MiB");
            assertThat(watch.systemAvailableBytes()).isBetween(599 * MIB, 600 * MIB);
        }
    }

    @Test
    void theFirstLookIsTakenAtOnce() {
        FakeMachine machine = new FakeMachine(directory).availableMib(100);
        try (MemoryWatch watch = start(machine, Reserve.AUTO)) {
            assertThat(watch.verdict().level()).isEqualTo(Level.STOP);
            assertThat(verdicts).hasSize(1);
            assertThat(watch.systemReserveBytes()).isBetween(490 * MIB, 492 * MIB);
        }
    }

    @Test
    void tcpMemoryBetweenPressureAndMaximum() throws InterruptedException {
        FakeMachine machine = new FakeMachine(directory);
        try (MemoryWatch watch = start(machine, Reserve.AUTO)) {
            machine.tcpPages(20_001);
            Verdict refuse = next();
            assertThat(refuse.level()).isEqualTo(Level.REFUSE);
            assertThat(refuse.cause()).isEqualTo(Cause.TCP_MEMORY);
            assertThat(refuse.text()).contains("net.ipv4.tcp_mem");
            machine.tcpPages(30_001);
            assertThat(next().level()).isEqualTo(Level.STOP);
            machine.tcpPages(24_000);
            assertThat(next().level()).isEqualTo(Level.REFUSE);
            machine.tcpPages(17_900);
            assertThat(next().level()).isEqualTo(Level.ADMIT);
            assertThat(watch.tcpPressureBytes()).isEqualTo(20_000 * FakeMachine.PAGE_BYTES);
        }
    }

    @Test
    void theGroupsLimit() throws InterruptedException {
        FakeMachine machine = new FakeMachine(directory).cgroup2()
            .group2("app.slice", 100, "" + 400 * MIB, "max", 0);
        try (MemoryWatch watch = start(machine, Reserve.AUTO)) {
            machine.group2("app.slice", 340, "" + 400 * MIB, "max", 0);
            Verdict refuse = next();
            assertThat(refuse.level()).isEqualTo(Level.REFUSE);
            assertThat(refuse.cause()).isEqualTo(Cause.CGROUP);
            assertThat(refuse.text()).contains("60 MiB", "400 MiB", "64 MiB", "memory.max");
            machine.group2("app.slice", 340, "" + 800 * MIB, "max", 0); // the limit is raised
            assertThat(next().level()).isEqualTo(Level.ADMIT);
            machine.group2("app.slice", 340, "max", "max", 0);
            assertThat(watch.isCgroupLimited() || watch.cgroupHeadroomBytes() > 0).isTrue();
        }
    }

    /** What was refused at one figure is admitted at a better one only. */
    @Test
    void aMarkDoesNotFlutter() {
        Mark mark = new Mark();
        mark.reserve(100);
        List<Level> levels = new ArrayList<>();
        for (long headroom : new long[] {100, 99, 101, 124, 125, 124, 49, 74, 75, 99, 1_000, -5}) {
            levels.add(mark.judge(headroom));
        }
        assertThat(levels).containsExactly(Level.ADMIT, Level.REFUSE, Level.REFUSE, Level.REFUSE,
            Level.ADMIT, Level.ADMIT, Level.STOP, Level.STOP, Level.REFUSE, Level.REFUSE,
            Level.ADMIT, Level.STOP);
    }

    @Test
    void aReserveOfNothingRefusesNothing() {
        Mark mark = new Mark();
        mark.reserve(0);
        assertThat(mark.judge(0)).isEqualTo(Level.ADMIT);
    }
}
