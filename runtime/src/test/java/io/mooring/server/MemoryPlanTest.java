package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.epoll.EngineChoice;
import io.mooring.epoll.Epoll;
import io.mooring.memory.FakeMachine;
import io.mooring.memory.Machine;
import io.mooring.memory.Reserve;
import io.mooring.reactor.Arming;
import io.mooring.reactor.ReactorConfig;
import io.mooring.ring.IoUring;
import io.mooring.sys.KernelFeatures;
import io.mooring.sys.SetupException;
import io.mooring.topic.TopicNames;
import io.mooring.topic.Topics;
import io.mooring.ws.OriginPolicy;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said before a server starts: does it add up, and does it come true? */
class MemoryPlanTest {
    private static final IoUring IO_URING =
        new IoUring(new KernelFeatures("6.18", 0, true, true));
    private static final long MIB = 1 << 20;
    private static final int MILLION = 1_000_000;
    private static final Percentage TOLERANCE = Percentage.withPercentage(15);

    @TempDir
    private Path directory;

    private static MemoryPlan plan(Path root, long pageBytes, int connections, long told) {
        return plan(root, pageBytes, connections, told, 20_000);
    }

    private static MemoryPlan plan(Path root, long pageBytes, int connections, long told,
        int files) {
        ReactorConfig config = new ReactorConfig(connections / 2 + 96, files, 512, 4096, 512, 4096,
            64 * MIB, 65_536, 8_192, 10_000, 120_000, 5_000, Arming.ADAPTIVE, 30_000,
            OriginPolicy.SAME_HOST);
        return new MemoryPlan(config, IO_URING, 2, connections, 64 * MIB, false, told, files,
            Machine.read(root, pageBytes), JvmMemory.whole(80 * MIB));
    }

    private static PlanChecks.Check check(MemoryPlan plan, String name) {
        return plan.checks().stream().filter(one -> one.name().equals(name)).findFirst()
            .orElseThrow();
    }

    private static void expect(MemoryPlan plan, String name, PlanChecks.State state,
        String... parts) {
        PlanChecks.Check check = check(plan, name);
        assertThat(check.state()).as("%s", check).isEqualTo(state);
        assertThat(check.text()).contains(parts).doesNotContain("\n");
    }

    // ---- the sum

    @Test
    void theTermsAddUp() {
        MemoryPlan plan = plan(new FakeMachine(directory).root(), 4096, MILLION, Reserve.AUTO);
        assertThat(plan.shards()).isEqualTo(52);
        List<ToLongFunction<MemoryPlan.Term>> columns = List.of(MemoryPlan.Term::mapped,
            MemoryPlan.Term::start, MemoryPlan.Term::full, MemoryPlan.Term::load);
        for (ToLongFunction<MemoryPlan.Term> column : columns) {
            assertThat(plan.sum(column)).isEqualTo(plan.sum(false, column) + plan.sum(true, column))
                .isEqualTo(plan.terms().stream().mapToLong(column).sum());
        }
        assertThat(plan.terms()).allSatisfy(term -> {
            assertThat(term.start()).as("%s", term).isLessThanOrEqualTo(term.full());
            assertThat(term.full()).as("%s", term).isLessThanOrEqualTo(term.load());
        });
        // 64 of slab, 3,834 of socket, 32 + 256 for waiting; the table's 8 are there from the start
        assertThat(plan.perConnectionBytes()).isEqualTo(64 + 3_834 + 32 + 256);
    }

    /** With epoll: a slot and its file's, the socket, a descriptor, what epoll keeps of it. */
    @Test
    void onEpoll() {
        ReactorConfig config = new ReactorConfig(500_096, 1 << 20, 512, 4096, 512, 4096, 64 * MIB,
            65_536, 8_192, 10_000, 120_000, 5_000, Arming.HOT, 30_000, OriginPolicy.SAME_HOST);
        MemoryPlan plan = new MemoryPlan(config, new Epoll("asked for"), 2, MILLION, 64 * MIB,
            false, Reserve.AUTO, 20_000, Machine.read(new FakeMachine(directory).root(), 4096),
            JvmMemory.whole(80 * MIB));
        assertThat(plan.perConnectionBytes()).isEqualTo(64 + 16 + 3_834 + 8 + 208);
        expect(plan, "open files", PlanChecks.State.ERROR, "1,000,000 connections",
            "RLIMIT_NOFILE is 20,000 for the whole process", "ulimit -n 1000072", "io_uring");
    }

    @Test
    void largerPagesTakeMore() {
        Path root = new FakeMachine(directory).root();
        MemoryPlan small = plan(root, 4096, MILLION, Reserve.AUTO);
        MemoryPlan large = plan(root, 16_384, MILLION, Reserve.AUTO);
        assertThat(large.sum(MemoryPlan.Term::mapped))
            .isGreaterThan(small.sum(MemoryPlan.Term::mapped));
        assertThat(large.perConnectionBytes()).isEqualTo(small.perConnectionBytes());
    }

    /** What the plan says topics may take at most is what their structures are bounded to. */
    @Test
    void topicsAreBounded() {
        MemoryPlan plan = plan(new FakeMachine(directory).root(), 4096, MILLION, Reserve.AUTO);
        MemoryPlan.Term term = plan.terms().stream().filter(one -> one.name().equals("topics"))
            .findFirst().orElseThrow();
        assertThat(term.full()).as("none is there of itself").isZero();
        ReactorConfig config = new ReactorConfig(MILLION / 2 + 96, 20_000, 512, 4096, 512, 4096,
            64 * MIB, 65_536, 8_192, 10_000, 120_000, 5_000, Arming.ADAPTIVE, 30_000,
            OriginPolicy.SAME_HOST);
        try (TopicNames names = new TopicNames(config.topicsMax(2), config.topicNameBytesMax(2),
                () -> false);
                Topics topics = new Topics(names, 26, 20_000, 1, config.topicBytesMax(),
                    () -> false)) {
            assertThat((double) term.load())
                .isCloseTo(names.bytesMax() + 2 * topics.bytesMax(), Percentage.withPercentage(1));
        }
    }

    // ---- against the machine

    @Test
    void aMillionOnAPi() throws URISyntaxException {
        Path pi = Path.of(getClass().getResource("/memory/pi5-16k/base").toURI());
        MemoryPlan plan = plan(pi, 16_384, MILLION, Reserve.AUTO);
        expect(plan, "memory", PlanChecks.State.OK, "enough for about 1,9");
        expect(plan, "tcp_mem", PlanChecks.State.NOTE, "32,032 receivers", "16,384 B",
            "net.ipv4.tcp_mem='135390 180520 225650'");
        expect(plan, "fs.file-max", PlanChecks.State.WARNING, "815,315 more", "fs.file-max=125");
        expect(plan, "cgroup", PlanChecks.State.OK, "no limit");
        expect(plan, "open files", PlanChecks.State.OK, "52 rings");
        assertThat(plan.hasErrors()).isFalse();
    }

    @Test
    void memoryForSomeOfThem() {
        FakeMachine machine = new FakeMachine(directory).availableMib(2_400);
        MemoryPlan plan = plan(machine.root(), 4096, MILLION, 600 * MIB);
        expect(plan, "memory", PlanChecks.State.WARNING, "memory for about 4",
            "of 1,000,000 connections", "2,399 MiB", "600 MiB", "refused (503)",
            "--max-connections");
        assertThat(plan.hasErrors()).isFalse();
    }

    @Test
    void noMemoryAtAll() {
        FakeMachine machine = new FakeMachine(directory).availableMib(610);
        MemoryPlan plan = plan(machine.root(), 4096, MILLION, 600 * MIB);
        expect(plan, "memory", PlanChecks.State.ERROR, "--memory-reserve");
        assertThatThrownBy(() -> WebSocketServer.builder().memoryRoot(machine.root())
                .memoryReserve(20_000 * MIB).start())
            .isInstanceOf(SetupException.class).hasMessageContaining("memory: ")
            .hasMessageContaining("--memory-reserve").hasMessageNotContaining("\n");
    }

    @Test
    void theGroupsLimit() {
        FakeMachine machine = new FakeMachine(directory).cgroup2()
            .group2("app.slice", 100, "" + 1_000 * MIB, "max", 0);
        MemoryPlan plan = plan(machine.root(), 4096, MILLION, Reserve.AUTO);
        expect(plan, "cgroup", PlanChecks.State.WARNING, "memory for about 18", "900 MiB",
            "memory.max", "MemoryMax=");
        expect(plan, "memory", PlanChecks.State.OK, "enough");
    }

    @Test
    void tooFewDescriptors() {
        Path root = new FakeMachine(directory).root();
        String fix = "1000000 connections: raise it to 15625 or more (ulimit -n, or LimitNOFILE= ";
        MemoryPlan plan = plan(root, 4096, MILLION, Reserve.AUTO, 80);
        expect(plan, "open files", PlanChecks.State.ERROR, "RLIMIT_NOFILE is 80", fix);
        assertThat(plan.checks().getFirst().name()).as("what a start says").isEqualTo("open files");
        // One more is one ring less.
        expect(plan(root, 4096, MILLION, Reserve.AUTO, 1_033), "open files",
            PlanChecks.State.ERROR, "RLIMIT_NOFILE is 1033", fix);
        expect(plan(root, 4096, MILLION, Reserve.AUTO, 1_034), "open files",
            PlanChecks.State.OK, "1,034 open files: 968 rings");
    }

    @Test
    void moreRingsThanAConnectionsNumberTellsApart() {
        expect(plan(new FakeMachine(directory).root(), 4096, 80_000_000, Reserve.AUTO, 1_024),
            "open files", PlanChecks.State.ERROR, "80000000 connections: raise it to 1250000");
    }

    /** It is so on every Pi, and of no interest there to who just wants a server. */
    @Tag("io_uring") // with epoll the default is what RLIMIT_NOFILE gives, and says so
    @Test
    @Tag("e2e")
    void receiversThatMayBeBehindAreANote() {
        FakeMachine machine = new FakeMachine(directory);
        List<String> notices = new CopyOnWriteArrayList<>();
        WebSocketServer.Builder builder = WebSocketServer.builder().reactors(1)
            .memoryRoot(machine.root()).onNotice(notices::add);
        try (WebSocketServer server = TestServer.start(builder)) {
            assertThat(notices).isEmpty();
        }
        try (WebSocketServer server = TestServer.start(builder.maxConnections(100_001))) {
            assertThat(notices).singleElement().asString()
                .startsWith("note: tcp_mem: 20,000 receivers");
        }
        expect(builder.plan(), "tcp_mem", PlanChecks.State.NOTE, "20,000 receivers");
    }

    @Test
    void limitsOfOtherKinds() {
        FakeMachine machine = new FakeMachine(directory)
            .write("proc/sys/vm/max_map_count", "1000\n")
            .write("proc/sys/vm/overcommit_memory", "2\n")
            .write("proc/sys/fs/file-max", "5000\n")
            .write("proc/sys/fs/file-nr", "1000\t0\t5000\n")
            .write("proc/self/status", "Name:\tjava\nCapEff:\t0000000000000000\n");
        MemoryPlan plan = plan(machine.root(), 4096, MILLION, Reserve.AUTO);
        expect(plan, "vm.max_map_count", PlanChecks.State.ERROR, "sysctl -w vm.max_map_count=");
        expect(plan, "vm.overcommit", PlanChecks.State.OK, "7,168 MiB");
        expect(plan, "fs.file-max", PlanChecks.State.WARNING, "4,000 more");
        machine.write("proc/self/status", "CapEff:\t000001fffeffffff\n")
            .write("proc/meminfo", "MemTotal: 9000000 kB\nMemAvailable: 8000000 kB\n"
                + "CommitLimit: 600000 kB\nCommitted_AS: 500000 kB\n");
        plan = plan(machine.root(), 4096, MILLION, Reserve.AUTO);
        expect(plan, "fs.file-max", PlanChecks.State.OK, "CAP_SYS_ADMIN");
        expect(plan, "vm.overcommit", PlanChecks.State.ERROR, "97 MiB", "overcommit_memory=0");
    }

    /** One region: mapped whole, touched by use alone; two of the largest messages must fit. */
    @Tag("io_uring") // epoll registers none
    @Test
    void frameMemory() {
        WebSocketServer.Builder builder = WebSocketServer.builder()
            .memoryRoot(new FakeMachine(directory).root());
        assertThat(published(builder).mapped()).isEqualTo(64 * MIB);
        assertThat(published(builder.maxMessage(16 << 20)).load()).isEqualTo(128 * MIB);
        builder.frameMemory(33 * MIB);
        MemoryPlan.Term term = published(builder);
        assertThat(term.mapped()).isEqualTo(33 * MIB).isEqualTo(term.load());
        assertThat(term.full()).isLessThanOrEqualTo(65_536);
        MemoryPlan.Term pinned = published(builder.zeroCopyFrom(16_384));
        assertThat(pinned.start()).as("registered at start").isEqualTo(33 * MIB)
            .isEqualTo(pinned.full()).isEqualTo(pinned.load());
        builder.frameMemory(33 * MIB - 1);
        assertThatThrownBy(builder::plan).isInstanceOf(IllegalArgumentException.class)
            .hasMessage("frameMemory is 34603007: choose 34603008 or more bytes, room for two of "
                + "the largest messages");
    }

    private static MemoryPlan.Term published(WebSocketServer.Builder builder) {
        return builder.plan().terms().stream()
            .filter(term -> term.name().equals("published frames")).findFirst().orElseThrow();
    }

    // ---- as typed

    @Test
    @Tag("e2e")
    void theProcessTakesWhatWasPlanned() throws IOException {
        TestServer.requireIoUring();
        String flags = "export JAVA_TOOL_OPTIONS='-Xms32m -Xmn8m -XX:+AlwaysPreTouch'";
        String connections =
            EngineChoice.byDefault() == EngineChoice.EPOLL ? "10000" : "200000";
        String json;
        try (ServerProcess planned = ServerProcess.startAfter(flags, "serve", "--plan", "--json",
                "--reactors", "2", "--max-connections", connections)) {
            assertThat(planned.awaitExit()).as("%s", planned).isZero();
            json = String.join("\n", planned.out());
        }
        Matcher process = Pattern.compile(
            "\"process\":\\{\"mapped_bytes\":(\\d+),\"start_bytes\":(\\d+)").matcher(json);
        assertThat(process.find()).as(json).isTrue();
        long start = Long.parseLong(process.group(2));
        try (ServerProcess server = ServerProcess.startAfter(flags, "serve", "--port", "0",
                "--reactors", "2", "--max-connections", connections)) {
            server.port();
            long resident = Files.readAllLines(
                    Path.of("/proc/" + server.process().pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                .findFirst().orElseThrow();
            System.out.printf("planned %,d KiB at start, resident %,d KiB%n", start >> 10,
                resident >> 10);
            assertThat(resident).isCloseTo(start, TOLERANCE);
        }
    }

    @Test
    @Tag("e2e")
    void printsATableAndExitsByIt() {
        try (ServerProcess plan = ServerProcess.start("serve", "--plan")) {
            assertThat(plan.awaitExit()).as("%s", plan).isZero();
            assertThat(String.join("\n", plan.out())).contains("memory plan", "connection slab",
                "rings", "receive buffers", "spill pools", "JVM: heap", "sockets", "sum",
                "fs.file-max", "vm.max_map_count").doesNotContain("\n ERROR");
        }
        try (ServerProcess plan = ServerProcess.start("serve", "--plan", "--memory-reserve",
                "900000GiB")) {
            assertThat(plan.awaitExit()).as("%s", plan).isEqualTo(1);
            assertThat(String.join("\n", plan.out())).contains("error", "lower --memory-reserve");
        }
        try (ServerProcess plan = ServerProcess.startAfter("ulimit -n 80", "serve", "--plan",
                "--max-connections", "1000000")) {
            assertThat(plan.awaitExit()).as("%s", plan).isEqualTo(1);
            assertThat(plan.err()).isEmpty();
            assertThat(plan.out()).filteredOn(line -> line.startsWith("  error    open files"))
                .singleElement().asString().contains("RLIMIT_NOFILE is 80", "LimitNOFILE=");
        }
        try (ServerProcess plan = ServerProcess.start("serve", "--frame-memory", "1MiB")) {
            assertThat(plan.awaitExit()).as("%s", plan).isEqualTo(2);
            assertThat(plan.err()).anyMatch(
                line -> line.contains("--frame-memory is 1048576: choose 1179648 or more"));
        }
        try (ServerProcess plan = ServerProcess.start("serve", "--json")) {
            assertThat(plan.awaitExit()).as("%s", plan).isEqualTo(2);
        }
    }
}
