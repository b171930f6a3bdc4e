package io.mooring.kernel.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.data.Percentage.withPercentage;

import io.mooring.kernel.plan.Line.Side;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The arithmetic, against figures worked out by hand. */
class PlanTest {

    private static final int MILLION = 1_000_000;

    @TempDir
    private Path directory;
    private Machines machines;

    @BeforeEach
    void machine() {
        machines = new Machines(directory, 4096);
    }

    private static Ask ask(long connections) {
        return new Ask(connections, false, 64, 0, 1);
    }

    private static Break named(Plan plan, String name) {
        return plan.breaks().stream().filter(one -> one.name().equals(name)).findFirst()
                .orElseThrow(() -> new AssertionError(name + " in " + plan.breaks()));
    }

    private static Line line(Memory memory, String name) {
        return memory.lines().stream().filter(one -> one.name().equals(name)).findFirst()
                .orElseThrow(() -> new AssertionError(name));
    }

    // ---- memory

    /**
     * On the recorded Pi: 2 pages for 13 sockets, one for 19 inodes, 85 files, 85 dentries, 256
     * labels, 64 requests; 8 bytes in the ring's table. docs/BENCHMARKS.md, measured with 100,000
     * connections there: 4,092.9 B.
     */
    @Test
    void aMillionOnAPi() {
        Plan plan = Plan.of(machines.pi(), ask(MILLION));
        double page = 16_384;
        double kernel = 2 * page / 13 + page / 19 + 2 * page / 85 + page / 256 + page / 64 + 8;
        assertThat(plan.memory().kernelEach()).isCloseTo(kernel, within(0.01))
                .isCloseTo(4_092.9, withPercentage(0.2));
        assertThat(plan.memory().each() - plan.memory().kernelEach()).isCloseTo(64, within(0.2));
        // 8 GiB in pages of 16 KiB: 524,288 x 64 B
        double taken = 524_288 * 64 + 122e6 + 350 * 1_048_576.0;
        assertThat(plan.memory().sum(Side.SYSTEM, Line::silent))
                .isEqualTo(taken + 128 * 1_048_576.0);
        assertThat(plan.memory().fits()).isTrue();
        assertThat(plan.verdict()).isEqualTo(Plan.Verdict.AFTER_SETTINGS);
        assertThat(named(plan, "fs.file-max").text()).contains("fs.file-max=1250000");
    }

    @Test
    void linesAddUp() {
        Memory memory = Plan.of(machines.here(), ask(100_000)).memory();
        double silent = 0;
        double most = 0;
        for (Side side : Side.values()) {
            silent += memory.sum(side, Line::silent);
            most += memory.sum(side, Line::most);
        }
        assertThat(memory.silent()).isCloseTo(silent, within(1.0));
        assertThat(memory.most()).isCloseTo(most, within(1.0));
        assertThat(memory.needed())
                .isCloseTo(silent + memory.broadcast() + memory.reserve(), within(1.0));
        assertThat(memory.lines()).allSatisfy(one -> {
            assertThat(one.silent()).as("%s", one).isLessThanOrEqualTo(one.most());
            assertThat(one.source()).as("%s", one).isNotBlank();
        });
        // 3 % of 16 GiB
        assertThat(memory.reserve()).isCloseTo(0.03 * 16 * Machines.GIB, within(100.0));
    }

    /** A node of 32 B for each direct descriptor since 6.13; with epoll 128 + 64 + 16. */
    @Test
    void whatWaitingTakes() {
        Memory ring = Plan.of(machines.here(), ask(100_000)).memory();
        assertThat(line(ring, "node of a direct descriptor").each()).isEqualTo(32);
        assertThat(line(ring, "armed POLL_ADD").each()).isEqualTo(256);
        assertThat(line(ring, "armed POLL_ADD").most() / 100_000).as("all by RECV")
                .isCloseTo(860, withPercentage(1));
        Memory epoll = Plan.of(machines.here(), new Ask(100_000, true, 64, 0, 1)).memory();
        double waiting = line(epoll, "epoll item").each()
                + line(epoll, "epoll's place in the wait queue").each()
                + line(epoll, "epoll's list of a file").each();
        assertThat(waiting).isEqualTo(208);
        assertThat(line(epoll, "file tables").each()).isCloseTo(16, within(0.2));
    }

    @Test
    void moreConnectionsNeverCostLess() {
        List<Target> targets = List.of(machines.here(), machines.pi(), machines.target(
                new Targets.Told(Machines.GIB, 65_536, null, null, 8, 1024L)));
        for (Target target : targets) {
            for (boolean isEpoll : new boolean[] {false, true}) {
                Ask ask = new Ask(0, isEpoll, 64, 0, 1);
                Memory before = Memory.of(target, ask, 1);
                for (long n : numbers()) {
                    Memory now = Memory.of(target, ask, n);
                    assertThat(now.silent()).as("%d, %s", n, target)
                            .isGreaterThanOrEqualTo(before.silent());
                    assertThat(now.needed()).as("%d, %s", n, target)
                            .isGreaterThanOrEqualTo(before.needed());
                    before = now;
                }
            }
        }
    }

    /** One more, where a reactor needs one more ring, and about everywhere. */
    private static List<Long> numbers() {
        List<Long> numbers = new ArrayList<>();
        for (long n = 2; n < 20_000_000; n += 1 + n / 7) {
            numbers.add(n);
            numbers.add(n + 1);
        }
        for (long rings = 1; rings <= 4; rings++) {
            for (long n = rings * 39_600; n <= rings * 40_000; n += 50) {
                numbers.add(n);
            }
        }
        numbers.sort(null);
        return numbers;
    }

    @Test
    void theLargestFitsAndOneMoreDoesNot() {
        for (long ram : new long[] {Machines.GIB, 2 * Machines.GIB, 8 * Machines.GIB}) {
            for (int page : new int[] {4096, 16_384, 65_536}) {
                Target target = machines.target(
                        new Targets.Told(ram, page, null, null, null, null));
                Plan plan = Plan.of(target, ask(0));
                assertThat(plan.connections()).isEqualTo(plan.largest()).isGreaterThan(10_000);
                assertThat(plan.verdict()).isNotEqualTo(Plan.Verdict.DOES_NOT_FIT);
                assertThat(Memory.of(target, ask(0), plan.largest()).fits()).isTrue();
                assertThat(Memory.of(target, ask(0), plan.largest() + 1).fits()).isFalse();
                assertThat(Plan.of(target, ask(plan.largest() + 1)).verdict())
                        .isEqualTo(Plan.Verdict.DOES_NOT_FIT);
                assertThat(named(plan, "memory").at()).isEqualTo(plan.largest() + 1);
            }
        }
    }

    @Test
    void aMachineTooSmallForOne() {
        Plan plan = Plan.of(machines.target(new Targets.Told(64L << 20, 4096, null, null, null,
                null)), ask(0));
        assertThat(plan.largest()).isZero();
        assertThat(plan.verdict()).isEqualTo(Plan.Verdict.DOES_NOT_FIT);
        assertThat(PlanText.of(plan)).startsWith("DOES NOT FIT").contains("not one connection");
    }

    // ---- tcp_mem

    /** A page each: 20,000 x 4,096 B is the pressure mark, half of it may be on its way. */
    @Test
    void tcpMemory() {
        TcpNeed tcp = Plan.of(machines.here(), ask(100_000)).tcp();
        assertThat(tcp.chargedEach()).isEqualTo(4096);
        assertThat(tcp.unpaced()).isEqualTo(409_600_000);
        assertThat(tcp.paced()).isEqualTo(40_960_000);
        assertThat(tcp.pacedFrames()).isEqualTo(10_000);
        assertThat(tcp.behindMax()).isEqualTo(20_000);
        assertThat(tcp.deaf()).isEqualTo(1_000);
        assertThat(tcp.deafBytes()).as("three quarters, not 1,000 x 2 MiB").isEqualTo(61_440_000);
        TcpNeed few = Plan.of(machines.here(), ask(1_000)).tcp();
        assertThat(few.paced()).isEqualTo(few.unpaced()).isEqualTo(4_096_000);
        assertThat(few.deafBytes()).isEqualTo(10 * (2L << 20));
        Break slower = named(Plan.of(machines.here(), ask(100_000)), "tcp_mem");
        assertThat(slower.at()).isEqualTo(20_001);
        assertThat(slower.kind()).isEqualTo(Break.Kind.SLOWER);
    }

    // ---- limits and loads

    /** 20,000 less 64 and 4 for each of two reactors. */
    @Test
    void descriptorsAreEpollsLimit() {
        Plan plan = Plan.of(machines.here(), new Ask(50_000, true, 64, 0, 1));
        Break files = named(plan, "RLIMIT_NOFILE");
        assertThat(files.at()).isEqualTo(20_000 - 64 - 8 + 1);
        assertThat(files.text()).contains("ulimit -n 62500");
        assertThat(plan.verdict()).isEqualTo(Plan.Verdict.AFTER_SETTINGS);
        assertThat(Plan.of(machines.here(), new Ask(19_928, true, 64, 0, 1)).verdict())
                .isEqualTo(Plan.Verdict.FITS);
        assertThat(Plan.of(machines.here(), ask(50_000)).verdict()).isEqualTo(Plan.Verdict.FITS);
        // io_uring: a ring has room for 80, and 80 - 64 - 8 descriptors are left for rings
        Plan few = Plan.of(machines.target(new Targets.Told(null, null, null, null, null, 80L)),
                ask(50_000));
        assertThat(named(few, "RLIMIT_NOFILE").at()).isEqualTo(8 * 80 + 1);
    }

    @Test
    void theFirstToBreakComesFirst() {
        List<Break> breaks = Plan.of(machines.pi(), ask(MILLION)).breaks();
        assertThat(breaks).extracting(Break::name).containsExactly("tcp_mem", "CPU", "link",
                "fs.file-max", "memory");
        assertThat(breaks).extracting(Break::at).isSorted();
    }

    /** 156 B at 1 Gbit/s: 1.248 s for a million, so 0.8 a second. 4 cores of 11.5 us: 2.875 s. */
    @Test
    void aRate() {
        Plan plan = Plan.of(machines.pi(), ask(MILLION));
        assertThat(plan.wireSeconds()).isCloseTo(1.248, within(1e-9));
        assertThat(plan.cpuSeconds()).isCloseTo(2.875, within(1e-9));
        assertThat(plan.broadcastSeconds()).isEqualTo(plan.cpuSeconds());
        assertThat(named(plan, "link").at()).isEqualTo(801_283);
        assertThat(named(plan, "link").kind()).isEqualTo(Break.Kind.IF);
        // two a second: 400,641 by the link, 4 / (2 x 11.5 us and 2 ns) by the CPU
        Plan asked = Plan.of(machines.pi(), new Ask(MILLION, false, 64, 2, 1));
        assertThat(asked.verdict()).isEqualTo(Plan.Verdict.DOES_NOT_FIT);
        assertThat(named(asked, "link").at()).isEqualTo(400_642);
        assertThat(asked.largest()).isEqualTo(named(asked, "CPU").at() - 1)
                .isCloseTo(173_898L, withPercentage(0.1));
        assertThat(PlanText.of(asked)).contains("too small for more: CPU, link");
        Plan slower = Plan.of(machines.pi(), new Ask(MILLION, false, 64, 0, 2));
        assertThat(slower.cpuSeconds()).isCloseTo(5.75, within(1e-9));
        assertThat(PlanText.of(slower)).contains("2 times (--cpu-factor, not measured)");
    }
}
