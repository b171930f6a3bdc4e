package io.mooring.memory;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the kernel's files say, by files recorded on an emulated Pi 5 and by hand-made ones. */
class SourcesTest {
    private static final long MIB = 1 << 20;
    private static final long PI_PAGE_BYTES = 16_384;

    @TempDir
    private Path directory;

    private static Path fixture(String state) {
        try {
            return Path.of(SourcesTest.class.getResource("/memory/pi5-16k/" + state).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    // ---- the machine

    @Test
    void socketsPinWhatCountsAsReclaimable() {
        try (SystemMemory base = new SystemMemory(fixture("base"), PI_PAGE_BYTES);
                SystemMemory held = new SystemMemory(fixture("held5000-epoll"), PI_PAGE_BYTES)) {
            assertThat(base.read()).isTrue();
            assertThat(held.read()).isTrue();
            assertThat(held.totalBytes()).isEqualTo(8_236_256L << 10);
            assertThat(held.pinnedPerSocket()).isEqualTo(863 + 193);
            assertThat(base.availableBytes()).isEqualTo((8_121_360L << 10) - (863 + 193));
            assertThat(held.availableBytes())
                .isEqualTo((8_077_440L << 10) - 10_001 * (863 + 193));
        }
    }

    @Test
    void withoutSlabinfoTheMeasuredSizesHold() {
        FakeMachine machine = new FakeMachine(directory).availableMib(3_000).sockets(1_000_000);
        try (SystemMemory memory = new SystemMemory(machine.root(), 4096)) {
            assertThat(memory.read()).isTrue();
            assertThat(memory.availableBytes())
                .isEqualTo(3_000 * MIB - 1_000_000 * SystemMemory.PINNED_BYTES);
            machine.sockets(10_000_000); // more than SReclaimable holds: it is not all theirs
            assertThat(memory.read()).isTrue();
            assertThat(memory.availableBytes()).isEqualTo(3_000 * MIB - 1_500 * MIB);
        }
    }

    @Test
    void whatCannotBeReadForbidsNothing() {
        try (SystemMemory memory = new SystemMemory(directory, 4096);
                TcpMemory tcp = new TcpMemory(directory, 4096);
                CgroupMemory cgroup = new CgroupMemory(directory)) {
            assertThat(memory.read()).isFalse();
            assertThat(memory.availableBytes()).isEqualTo(ProcFile.UNLIMITED);
            assertThat(tcp.read()).isFalse();
            assertThat(tcp.pressureBytes()).isEqualTo(ProcFile.UNLIMITED);
            cgroup.read(MIB);
            assertThat(cgroup.isLimited()).isFalse();
            assertThat(cgroup.headroomBytes()).isEqualTo(ProcFile.UNLIMITED);
        }
    }

    /** A file that is being rewritten is empty for a moment. */
    @Test
    void whatWasKnownStaysWhileAFileIsEmpty() {
        FakeMachine machine = new FakeMachine(directory).tcpPages(77);
        try (SystemMemory memory = new SystemMemory(machine.root(), 4096);
                TcpMemory tcp = new TcpMemory(machine.root(), 4096)) {
            assertThat(memory.read() && tcp.read()).isTrue();
            machine.write("proc/meminfo", "").write("proc/net/sockstat", "");
            assertThat(memory.read() || tcp.read()).isFalse();
            assertThat(memory.availableBytes()).isPositive();
            assertThat(tcp.usedBytes()).isEqualTo(77 * 4096);
        }
    }

    // ---- TCP

    @Test
    void tcpMemoryIsInPagesOfTheMachine() {
        try (TcpMemory tcp = new TcpMemory(fixture("held5000-epoll-34B-unread"), PI_PAGE_BYTES)) {
            assertThat(tcp.read()).isTrue();
            assertThat(tcp.usedBytes()).isEqualTo(4_992 * PI_PAGE_BYTES);
            assertThat(tcp.pressureBytes()).isEqualTo(32_032 * PI_PAGE_BYTES);
            assertThat(tcp.maximumBytes()).isEqualTo(48_048 * PI_PAGE_BYTES);
        }
    }

    @Test
    void tcpMemoryWithoutALimit() {
        FakeMachine machine = new FakeMachine(directory).write("proc/sys/net/ipv4/tcp_mem",
            "9223372036854775807 9223372036854775807 99999999999999999999\n");
        try (TcpMemory tcp = new TcpMemory(machine.root(), 4096)) {
            assertThat(tcp.read()).isTrue();
            assertThat(tcp.pressureBytes()).isEqualTo(ProcFile.UNLIMITED);
            assertThat(tcp.maximumBytes()).isEqualTo(ProcFile.UNLIMITED);
        }
    }

    // ---- control groups

    @Test
    void ofNestedGroupsTheTightestCounts() {
        FakeMachine machine = new FakeMachine(directory).cgroup2()
            .group2("app.slice", 900, "" + 1_000 * MIB, "max", 0)
            .group2("app.slice/mooring.service", 100, "" + 800 * MIB, "max", 0);
        try (CgroupMemory cgroup = new CgroupMemory(machine.root())) {
            cgroup.read(ProcFile.UNLIMITED);
            assertThat(cgroup.levels()).isEqualTo(2);
            assertThat(cgroup.isVersion2()).isTrue();
            assertThat(cgroup.headroomBytes()).isEqualTo(100 * MIB);
            assertThat(cgroup.limitBytes()).isEqualTo(1_000 * MIB);
            assertThat(cgroup.limitFile())
                .isEqualTo(machine.root().resolve("sys/fs/cgroup/app.slice/memory.max"));

            machine.group2("app.slice/mooring.service", 100, "" + 150 * MIB, "max", 0);
            cgroup.read(ProcFile.UNLIMITED);
            assertThat(cgroup.headroomBytes()).isEqualTo(50 * MIB);
        }
    }

    @Test
    void maxIsNoLimitAndHighIsOne() {
        FakeMachine machine = new FakeMachine(directory).cgroup2();
        try (CgroupMemory cgroup = new CgroupMemory(machine.root())) {
            cgroup.read(ProcFile.UNLIMITED);
            assertThat(cgroup.isLimited()).isFalse();
            machine.group2("app.slice", 30, "max", "" + 200 * MIB, 0);
            cgroup.read(ProcFile.UNLIMITED);
            assertThat(cgroup.headroomBytes()).isEqualTo(170 * MIB);
            machine.group2("app.slice", 230, "max", "" + 200 * MIB, 0);
            cgroup.read(ProcFile.UNLIMITED);
            assertThat(cgroup.headroomBytes()).isEqualTo(-30 * MIB);
        }
    }

    /** File pages go when they must; slabs do not, for the sockets' inodes are in them. */
    @Test
    void filePagesCanBeReclaimed() {
        FakeMachine machine = new FakeMachine(directory).cgroup2()
            .group2("app.slice/mooring.service", 900, "" + 1_000 * MIB, "max", 300);
        try (CgroupMemory cgroup = new CgroupMemory(machine.root())) {
            cgroup.read(ProcFile.UNLIMITED);
            assertThat(cgroup.headroomBytes()).isEqualTo((100 + 300 - 32) * MIB);
            cgroup.read(50 * MIB); // enough is free: not asked
            assertThat(cgroup.headroomBytes()).isEqualTo(100 * MIB);
        }
    }

    @Test
    void versionOne() {
        FakeMachine machine = new FakeMachine(directory).cgroup1("/a/b", "/")
            .group1("", 5_000, -1, 0, -1)
            .group1("a", 300, 1_000, 0, 1_000)
            .group1("a/b", 200, 400, 20, 400);
        try (CgroupMemory cgroup = new CgroupMemory(machine.root())) {
            cgroup.read(ProcFile.UNLIMITED);
            assertThat(cgroup.levels()).isEqualTo(3);
            assertThat(cgroup.isVersion2()).isFalse();
            assertThat(cgroup.headroomBytes()).isEqualTo(210 * MIB);
            machine.group1("a", 950, 1_000, 0, 1_000);
            cgroup.read(ProcFile.UNLIMITED);
            assertThat(cgroup.headroomBytes()).isEqualTo(50 * MIB);
            assertThat(cgroup.limitFile()).asString().endsWith("a/memory.limit_in_bytes");
        }
    }

    /** A container sees its own group alone; the limit of those above is told in it. */
    @Test
    void versionOneWithALimitThatIsOutOfSight() {
        FakeMachine machine = new FakeMachine(directory).cgroup1("/docker/abc", "/docker/abc")
            .group1("", 200, -1, 0, 500);
        try (CgroupMemory cgroup = new CgroupMemory(machine.root())) {
            cgroup.read(ProcFile.UNLIMITED);
            assertThat(cgroup.levels()).isEqualTo(1);
            assertThat(cgroup.limitBytes()).isEqualTo(500 * MIB);
            assertThat(cgroup.headroomBytes()).isEqualTo(300 * MIB);
        }
    }

    /** Names by which a group outside of what is mounted is called. */
    @Test
    void aGroupThatIsNotBelowTheMountIsTheMountItself() {
        FakeMachine machine = new FakeMachine(directory).cgroup2()
            .write("proc/self/cgroup", "0::/../../elsewhere\n");
        machine.group2("", 10, "" + 100 * MIB, "max", 0);
        try (CgroupMemory cgroup = new CgroupMemory(machine.root())) {
            cgroup.read(ProcFile.UNLIMITED);
            assertThat(cgroup.headroomBytes()).isEqualTo(90 * MIB);
        }
    }

    // ---- this machine

    @Test
    void readsThisMachine() {
        Machine machine = Machine.read(Path.of("/"), 4096);
        assertThat(machine.totalBytes()).isGreaterThan(100 * MIB);
        assertThat(machine.availableBytes()).isBetween(1L, machine.totalBytes());
        assertThat(machine.mappingsMax()).isGreaterThan(1_000);
        assertThat(machine.filesMax()).isGreaterThan(1_000);
        assertThat(machine.tcpPressureBytes()).isPositive();
        assertThat(machine.residentBytes()).isGreaterThan(10 * MIB);
    }

    /** It is done for as long as the server runs, several times a second. */
    @Test
    void lookingLeavesNoGarbage() {
        FakeMachine machine = new FakeMachine(directory).cgroup2()
            .group2("app.slice/mooring.service", 900, "" + 1_000 * MIB, "max", 300);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (SystemMemory memory = new SystemMemory(machine.root(), 4096);
                TcpMemory tcp = new TcpMemory(machine.root(), 4096);
                CgroupMemory cgroup = new CgroupMemory(machine.root())) {
            long before = 0;
            for (int i = 0; i < 1_100; i++) {
                if (i == 100) {
                    before = threads.getCurrentThreadAllocatedBytes();
                }
                memory.read();
                tcp.read();
                cgroup.read(ProcFile.UNLIMITED);
            }
            long bytes = threads.getCurrentThreadAllocatedBytes() - before;
            assertThat(bytes / 1_000).as("bytes per look").isLessThan(100);
        }
    }

    @Test
    void theReserveSuitsTheLimit() {
        assertThat(Reserve.of(8_192 * MIB, Reserve.AUTO))
            .isCloseTo(245 * MIB, Offset.offset(MIB));
        assertThat(Reserve.of(1_024 * MIB, Reserve.AUTO)).isEqualTo(64 * MIB);
        assertThat(Reserve.of(100 * MIB, Reserve.AUTO)).isEqualTo(25 * MIB);
        assertThat(Reserve.of(100 * MIB, 7)).isEqualTo(7);
    }
}
