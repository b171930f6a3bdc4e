package io.mooring.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
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
        MemoryWatch watch = open(machine, reserve);
        watch.start();
        return watch;
    }

    /** One that looks when the test does. */
    private MemoryWatch open(FakeMachine machine, long reserve) {
        return open(machine, reserve, verdicts::add);
    }

    private static MemoryWatch open(FakeMachine machine, long reserve,
        Consumer<Verdict> listener) {
        return MemoryWatch.open(machine.root(), FakeMachine.PAGE_BYTES, reserve, listener);
    }

    @Test
    void tellsOfEachAccountByItself() {
        FakeMachine machine = new FakeMachine(directory).cgroup2().availableMib(399)
            .group2("app.slice", 100, String.valueOf(512 * MIB), "max", 0).tcpPages(15_000);
        try (MemoryWatch watch = open(machine, 400 * MIB)) {
            List<Account> accounts = watch.accounts();
            assertThat(accounts).extracting(Account::cause)
                .containsExactly(Cause.MEMORY, Cause.CGROUP, Cause.TCP_MEMORY);
            Account system = accounts.get(0);
            assertThat(system.level()).isEqualTo(Level.REFUSE);
            assertThat(system.limit()).isEqualTo(16_384 * MIB);
            assertThat(system.used() + system.left()).isEqualTo(system.limit());
            assertThat(system.reserve()).isEqualTo(400 * MIB);
            Account group = accounts.get(1);
            assertThat(group.limit()).isEqualTo(512 * MIB);
            assertThat(group.used()).isEqualTo(100 * MIB);
            assertThat(group.left()).isEqualTo(412 * MIB);
            assertThat(group.level()).isEqualTo(Level.ADMIT);
            assertThat(watch.cgroupLimitFile())
                .isEqualTo(directory.resolve("sys/fs/cgroup/app.slice/memory.max"));
            Account tcp = accounts.get(2);
            assertThat(tcp.limit()).isEqualTo(40_000 * FakeMachine.PAGE_BYTES);
            assertThat(tcp.used()).isEqualTo(15_000 * FakeMachine.PAGE_BYTES);
            assertThat(tcp.left()).isEqualTo(5_000 * FakeMachine.PAGE_BYTES);
        }
    }

    @Test
    void withoutAGroupThereIsNoLimit() {
        try (MemoryWatch watch = open(new FakeMachine(directory), Reserve.AUTO)) {
            assertThat(watch.accounts().get(1).limit()).isEqualTo(Account.UNLIMITED);
            assertThat(watch.accounts().get(1).left()).isEqualTo(Account.UNLIMITED);
        }
    }

    /** Who has no such files, as in some containers, is told what there is. */
    @Test
    void theProcessAsTheKernelCountsIt() {
        FakeMachine machine = new FakeMachine(directory)
            .write("proc/self/status", "Name:\tjava\nVmHWM:\t 300 kB\nVmSize:\t 9000 kB\n"
                + "VmRSS:\t 250 kB\nRssFile:\t 100 kB\nThreads:\t7\n");
        assertThat(ProcessMemory.read(machine.root())).isEqualTo(new ProcessMemory(250 << 10,
            ProcessMemory.UNKNOWN, 300 << 10, 100 << 10, 9_000 << 10, 7));
        machine.write("proc/self/smaps_rollup", "5500-7fff ---p 0 00:00 0 [rollup]\n"
            + "Rss:                 260 kB\nPss:                 201 kB\nPss_Dirty:  7 kB\n");
        assertThat(ProcessMemory.read(machine.root())).isEqualTo(new ProcessMemory(260 << 10,
            201 << 10, 300 << 10, 100 << 10, 9_000 << 10, 7));
        assertThat(ProcessMemory.read(directory.resolve("none")).residentBytes())
            .isEqualTo(ProcessMemory.UNKNOWN);
        assertThat(ProcessMemory.read(Path.of("/")).residentBytes()).isPositive();
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
            assertThat(watch.isCgroupLimited()).isTrue();
            machine.group2("app.slice", 340, "max", "max", 0);
            await("the limit is gone", () -> !watch.isCgroupLimited());
        }
    }

    private static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("within 30 s: %s", what).isLessThan(end);
            Thread.yield();
        }
    }

    // ---- peaks of TCP

    @Test
    void tcpIsRefusedOnceItHasLasted() {
        FakeMachine machine = new FakeMachine(directory);
        try (MemoryWatch watch = open(machine, Reserve.AUTO)) {
            machine.tcpPages(20_001);
            for (int i = 1; i < 6; i++) { // each 100 ms after the other: half a second
                assertThat(watch.look()).isEqualTo(100);
                assertThat(watch.verdict().level()).as("look %d", i).isEqualTo(Level.ADMIT);
            }
            watch.look();
            assertThat(watch.verdict().level()).isEqualTo(Level.REFUSE);
            assertThat(verdicts).hasSize(1);
        }
    }

    /** A message to 50,000 peers: five looks past the mark, once a second, for ever. */
    @Test
    void peaksThatPassRefuseNobody() {
        FakeMachine machine = new FakeMachine(directory);
        try (MemoryWatch watch = open(machine, Reserve.AUTO)) {
            for (int broadcast = 0; broadcast < 20; broadcast++) {
                machine.tcpPages(30_001); // one look of them past where it is stopped
                watch.look();
                machine.tcpPages(29_000);
                for (int i = 0; i < 4; i++) {
                    watch.look();
                }
                machine.tcpPages(19_000);
                watch.look();
            }
            assertThat(verdicts).isEmpty();
        }
    }

    @Test
    void nearTheMaximumOfTcpTwoLooksStopIt() {
        FakeMachine machine = new FakeMachine(directory);
        try (MemoryWatch watch = open(machine, Reserve.AUTO)) {
            machine.tcpPages(30_001);
            watch.look();
            assertThat(watch.verdict().level()).isEqualTo(Level.ADMIT);
            watch.look();
            assertThat(watch.verdict().level()).isEqualTo(Level.STOP);
        }
    }

    // ---- what goes wrong

    @Test
    void aListenerThatThrowsIsToldAgain() {
        FakeMachine machine = new FakeMachine(directory);
        List<Verdict> told = new ArrayList<>();
        try (MemoryWatch watch = open(machine, 400 * MIB, verdict -> {
            told.add(verdict);
            if (told.size() == 1) {
                throw new OutOfMemoryError("as if");
            }
        })) {
            machine.availableMib(300);
            assertThat(watch.lookOn()).isEqualTo(1_000);
            assertThat(watch.verdict().level()).isEqualTo(Level.ADMIT);
            watch.lookOn();
            assertThat(told).hasSize(2);
            assertThat(told.getLast().level()).isEqualTo(Level.REFUSE);
            assertThat(watch.verdict()).isSameAs(told.getLast());
            watch.lookOn();
            assertThat(told).hasSize(2);
        }
    }

    @Test
    void anErrorDoesNotEndTheThread() throws InterruptedException {
        FakeMachine machine = new FakeMachine(directory);
        AtomicBoolean thrown = new AtomicBoolean();
        try (MemoryWatch watch = open(machine, 400 * MIB, verdict -> {
            if (!thrown.getAndSet(true)) {
                throw new OutOfMemoryError("as if");
            }
            verdicts.add(verdict);
        })) {
            watch.start();
            machine.availableMib(300);
            assertThat(next().level()).isEqualTo(Level.REFUSE);
        }
    }

    @Test
    void whatIsThrownAtTheFirstLookIsThrownOn() {
        FakeMachine machine = new FakeMachine(directory).availableMib(100);
        IllegalStateException thrown = new IllegalStateException("as if");
        assertThatThrownBy(() -> open(machine, Reserve.AUTO, verdict -> {
            throw thrown;
        })).isSameAs(thrown);
    }

    @Test
    @Timeout(60)
    void theListenerMayCloseIt() throws InterruptedException {
        FakeMachine machine = new FakeMachine(directory);
        BlockingQueue<MemoryWatch> itself = new LinkedBlockingQueue<>();
        CountDownLatch closed = new CountDownLatch(1);
        MemoryWatch watch = open(machine, 400 * MIB, verdict -> {
            itself.peek().close();
            closed.countDown();
        });
        itself.add(watch);
        watch.start();
        machine.availableMib(300);
        assertThat(closed.await(30, TimeUnit.SECONDS)).isTrue();
        watch.close();
    }

    @Test
    @Timeout(60)
    void aListenerThatDoesNotReturnKeepsNobodyFromClosingIt() throws InterruptedException {
        FakeMachine machine = new FakeMachine(directory);
        CountDownLatch called = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        MemoryWatch watch = open(machine, 400 * MIB, verdict -> {
            called.countDown();
            awaitUninterrupted(release);
        });
        watch.start();
        machine.availableMib(300);
        assertThat(called.await(30, TimeUnit.SECONDS)).isTrue();
        watch.close();
        release.countDown();
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    // ---- marks

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
    void aPatientMarkGoesByLooksInARow() {
        Mark mark = new Mark(3, 2);
        mark.reserve(100);
        List<Level> levels = new ArrayList<>();
        for (long headroom : new long[] {99, 99, 100, 99, 99, 99, 49, 60, 49, 49, 80, 200}) {
            levels.add(mark.judge(headroom));
        }
        assertThat(levels).containsExactly(Level.ADMIT, Level.ADMIT, Level.ADMIT, Level.ADMIT,
            Level.ADMIT, Level.REFUSE, Level.REFUSE, Level.REFUSE, Level.REFUSE, Level.STOP,
            Level.REFUSE, Level.ADMIT);
    }

    @Test
    void aReserveOfNothingRefusesNothing() {
        Mark mark = new Mark();
        mark.reserve(0);
        assertThat(mark.judge(0)).isEqualTo(Level.ADMIT);
    }
}
