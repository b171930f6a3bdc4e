package io.mooring.probe.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Files of a machine with pages of 16 KiB, and of one with pages of 4 KiB and merged slabs. */
class RecordedFilesTest {

    @Test
    void slabsArePackedByTheMachinesOwnPages() {
        SlabCaches pi = SlabCaches.read(Fixtures.pi("held5000-epoll")).value();
        SlabCaches.Cache tcp = pi.byName().get("TCP");
        assertThat(tcp.active()).isEqualTo(10_023);
        assertThat(tcp.objectBytes()).isEqualTo(2432);
        assertThat(tcp.packedBytes()).isCloseTo(2 * 16_384 / 13.0, within(0.01));
        assertThat(SlabCaches.read(Fixtures.x86()).value().byName().get("TCP").packedBytes())
                .isCloseTo(8 * 4096 / 13.0, within(0.01));
    }

    @Test
    void mergedCachesAreFoundUnderTheNameOfAnother() {
        SlabCaches caches = SlabCaches.read(Fixtures.x86()).value();
        SlabAliases aliases = SlabAliases.read(Fixtures.x86()).value();
        assertThat(aliases.sharing("tcp_bind_bucket"))
                .contains("eventpoll_epi", "tcp_bind2_bucket");
        assertThat(caches.byName()).doesNotContainKeys("tcp_bind_bucket", "eventpoll_pwq");
        assertThat(caches.find("tcp_bind_bucket", aliases).name()).isEqualTo("eventpoll_epi");
        assertThat(caches.find("eventpoll_pwq", aliases).objectBytes()).isEqualTo(64);
        assertThat(caches.find("no_such_cache", aliases)).isNull();
        assertThat(caches.find("tcp_bind_bucket", SlabAliases.NONE)).isNull();
    }

    @Test
    void aMachineThatMergesNothingHasNoAliases() {
        assertThat(SlabAliases.read(Fixtures.pi("base")).value().groups()).isZero();
    }

    @Test
    void tcpMemIsPagesOfTheMachine() {
        TcpLimits limits = TcpLimits.read(Fixtures.pi("base")).value();
        assertThat(limits.memMax()).isEqualTo(48_048L * 16_384);
        assertThat(limits.memPressure()).isEqualTo(32_032L * 16_384);
        assertThat(limits.writeDefault()).isEqualTo(16_384);
        assertThat(limits.readMax()).isEqualTo(6_291_456);
        assertThat(limits.orphansMax()).isEqualTo(32_768);
    }

    @Test
    void sockstatTellsAWholePageForEachUnreadSocket() {
        SockStat stat = SockStat.read(Fixtures.pi("held5000-epoll-34B-unread")).value();
        assertThat(stat.inUse()).isEqualTo(10_001);
        assertThat(stat.allocated()).isEqualTo(10_001);
        assertThat(stat.bufferPages()).isEqualTo(4992);
        assertThat(stat.sockets()).isEqualTo(10_001);
        assertThat(stat.timeWait()).isZero();
    }

    @Test
    void memoryCountsTheFreePagesThatCpusKeep() {
        MemInfo memory = MemInfo.read(Fixtures.pi("base")).value();
        assertThat(memory.get("MemTotal")).isEqualTo(8_236_256L * 1024);
        assertThat(memory.get("PcpFree")).isPositive().isLessThan(64 << 20);
        assertThat(memory.kernelBytes()).isEqualTo(memory.get("MemTotal") - memory.get("MemFree")
                - memory.get("PcpFree") - memory.get("Buffers") - memory.get("Cached")
                - memory.get("SwapCached") - memory.get("AnonPages"));
    }

    @Test
    void whatIsNotThereSaysWhy() {
        ProcFs nothing = new ProcFs(Path.of("/nonexistent"), 4096);
        Reading<SlabCaches> slabs = SlabCaches.read(nothing);
        assertThat(slabs.isThere()).isFalse();
        assertThat(slabs.why()).contains("/proc/slabinfo is not there");
        assertThat(CgroupMemory.read(nothing, 1).isThere()).isFalse();
        assertThat(ProcessInfo.read(nothing, 1).why()).contains("no process 1");
    }

    @Test
    void textThatIsNotUnderstoodIsMissingAndNoCrash() {
        assertThat(Reading.of("Slab: 1 kB\n").map(MemInfo::parse).why()).contains("no MemTotal");
        assertThatThrownBy(() -> SlabCaches.parse("TCP 1 2\n", 4096))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(Reading.of("1 x 3").map(ProcFs::numbers).why()).contains("not understood");
    }

    @Test
    void aPiWithoutMemoryCgroupsIsToldHowToGetThem(@org.junit.jupiter.api.io.TempDir Path folder)
            throws java.io.IOException {
        java.nio.file.Files.createDirectories(folder.resolve("proc/5"));
        java.nio.file.Files.writeString(folder.resolve("proc/5/cgroup"), "0::/user.slice\n");
        java.nio.file.Files.writeString(folder.resolve("proc/cmdline"),
                Fixtures.pi("base").read("proc/cmdline").value());
        Reading<CgroupMemory> cgroup = CgroupMemory.read(new ProcFs(folder, 16_384), 5);
        assertThat(cgroup.why()).contains("cgroup_disable=memory");
        assertThat(cgroup.remedy()).contains("cgroup_enable=memory");
    }

    @Test
    void bothVersionsOfCgroupsAreRead(@org.junit.jupiter.api.io.TempDir Path folder)
            throws java.io.IOException {
        write(folder, "proc/5/cgroup", "0::/app\n");
        write(folder, "sys/fs/cgroup/app/memory.current", "5000000\n");
        write(folder, "sys/fs/cgroup/app/memory.max", "max\n");
        write(folder, "sys/fs/cgroup/app/memory.stat", "anon 1\nkernel 4096000\nsock 8192\n");
        write(folder, "sys/fs/cgroup/app/cgroup.procs", "5\n6\n");
        CgroupMemory two = CgroupMemory.read(new ProcFs(folder, 4096), 5).value();
        assertThat(two).isEqualTo(new CgroupMemory(2, "/app", 5_000_000, Long.MAX_VALUE, 4_096_000,
                8192, true, 2));
        write(folder, "proc/7/cgroup", "4:memory:/a\n0::/\n");
        write(folder, "sys/fs/cgroup/memory/a/memory.usage_in_bytes", "300\n");
        write(folder, "sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1000\n");
        write(folder, "sys/fs/cgroup/memory/a/memory.kmem.usage_in_bytes", "200\n");
        write(folder, "sys/fs/cgroup/memory/a/memory.kmem.tcp.limit_in_bytes",
                "9223372036854771712\n");
        CgroupMemory one = CgroupMemory.read(new ProcFs(folder, 4096), 7).value();
        assertThat(one).isEqualTo(new CgroupMemory(1, "/a", 300, 1000, 200, 0, false, 0));
    }

    @Test
    void versionTwoBesideVersionOneAndItsLimit(@org.junit.jupiter.api.io.TempDir Path folder)
            throws java.io.IOException {
        write(folder, "proc/5/cgroup", "3:cpu:/\n0::/a.slice/b\n");
        write(folder, "sys/fs/cgroup/unified/a.slice/b/memory.current", "16384\n");
        write(folder, "sys/fs/cgroup/unified/a.slice/b/memory.max", "536870912\n");
        CgroupMemory two = CgroupMemory.read(new ProcFs(folder, 16_384), 5).value();
        assertThat(two).isEqualTo(new CgroupMemory(2, "/a.slice/b", 16_384, 512L << 20, 0, 0,
                true, 0));
        assertThat(two.accounts()).isTrue();
        // The root of version 2 has no account of its own.
        write(folder, "proc/6/cgroup", "0::/\n");
        write(folder, "sys/fs/cgroup/memory.stat", "kernel 1\n");
        assertThat(CgroupMemory.read(new ProcFs(folder, 16_384), 6).why())
                .contains("no memory cgroup of its own");
    }

    @Test
    void aProcessIsReadFromItsFiles() {
        ProcessInfo info = ProcessInfo.parse(7, "Name:\tjava\nFDSize:\t256\nVmRSS:\t  2000 kB\n"
                + "RssAnon:\t  1500 kB\nRssFile:\t 400 kB\nRssShmem:\t 100 kB\nVmPTE:\t 44 kB\n"
                + "Threads:\t12\n", "Rss: 2000 kB\nPss:   1900 kB\nPss_Dirty: 5 kB\n",
                "Limit  Soft Limit  Hard Limit  Units\nMax open files   1024   unlimited  files\n",
                true, 99);
        assertThat(info).isEqualTo(new ProcessInfo(7, "java", 2_048_000, 1_536_000, 409_600,
                102_400, 1_945_600, 45_056, 256, 12, 1024, Long.MAX_VALUE, true, 99));
    }

    @Test
    void theJavaHeapIsWhatLiesLowAndHasNoName() {
        assertThat(ProcessInfo.javaHeap("f0000000-f0600000 rw-p 00000000 00:00 0 \nSize: 9 kB\n"
                + "Rss:   6144 kB\nRef: 1 kB\n00400000-00500000 r-xp 00000000 08:01 77  /bin/x\n"
                + "Rss:   100 kB\n01000000-01100000 rw-p 00000000 00:00 0    [heap]\n"
                + "Rss:   50 kB\n7f0000000000-7f0000100000 rw-p 00000000 00:00 0 \n"
                + "Rss:   1000 kB\n")).isEqualTo(6144 * 1024);
        assertThat(ProcessInfo.javaHeap("")).isZero();
    }

    private static void write(Path folder, String path, String text) throws java.io.IOException {
        java.nio.file.Files.createDirectories(folder.resolve(path).getParent());
        java.nio.file.Files.writeString(folder.resolve(path), text);
    }
}
