package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import io.mooring.epoll.Epoll;
import io.mooring.memory.Account;
import io.mooring.memory.Cause;
import io.mooring.memory.FakeMachine;
import io.mooring.memory.Level;
import io.mooring.memory.Machine;
import io.mooring.memory.ProcessMemory;
import io.mooring.memory.Reserve;
import io.mooring.memory.Verdict;
import io.mooring.reactor.Arming;
import io.mooring.reactor.Holdings;
import io.mooring.reactor.Holdings.Holder;
import io.mooring.reactor.ReactorConfig;
import io.mooring.ring.Engine;
import io.mooring.ring.IoUring;
import io.mooring.sys.KernelFeatures;
import io.mooring.sys.MemoryUse;
import io.mooring.ws.OriginPolicy;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What /memory says of given facts. */
class MemoryReportTest {
    private static final IoUring IO_URING =
        new IoUring(new KernelFeatures("6.18", 0, true, true));
    private static final long MIB = 1 << 20;
    private static final int OPEN = 1_000;
    private static final int ACCEPTING = 8;

    @TempDir
    private Path directory;

    private Object report(Engine engine, MemoryReport.Facts facts) {
        ReactorConfig config = new ReactorConfig(10_000, 20_000, 512, 4096, 512, 4096,
            64 * MIB, 65_536, 8_192, 10_000, 120_000, 5_000, Arming.ADAPTIVE, 30_000,
            OriginPolicy.SAME_HOST);
        MemoryPlan plan = new MemoryPlan(config, engine, 2, 19_000, 64 * MIB, false, Reserve.AUTO,
            20_000, Machine.read(new FakeMachine(directory).root(), 4096),
            JvmMemory.whole(80 * MIB));
        return Json.parse(MemoryReport.json(plan, facts));
    }

    /** A reactor whose holders have 1, 2, 3 ... times these. */
    private static Holdings reactor(long mapped, long touched, long used) {
        return new Holdings(Arrays.stream(Holder.values()).collect(Collectors.toMap(
            holder -> holder, holder -> new MemoryUse(mapped, touched, used)
                .plus(new MemoryUse(holder.ordinal(), holder.ordinal(), holder.ordinal())))),
            ACCEPTING);
    }

    private static MemoryReport.Facts facts(Path limitFile, Holdings... reactors) {
        boolean limited = limitFile != null;
        JvmMemory jvm = new JvmMemory(List.of(
            new JvmMemory.Part(JvmMemory.HEAP, 256 * MIB, 16 * MIB, 256 * MIB, "a heap"),
            new JvmMemory.Part("JVM: the rest", 50 * MIB, 50 * MIB, 50 * MIB, "\"so\" on\\")),
            10 * MIB);
        return new MemoryReport.Facts(4711, 16_384, OPEN, 19_000,
            new ProcessMemory(90 * MIB, ProcessMemory.UNKNOWN, 95 * MIB, 20 * MIB, 3_000 * MIB,
                20), Arrays.asList(reactors), new MemoryUse(64 * MIB, MIB, 1_000),
            new MemoryUse(3 * MIB, 8_192, 700), jvm, MIB, List.of(
                new Account(Cause.MEMORY, 8_000 * MIB, 7_900 * MIB, 100 * MIB, 240 * MIB,
                    Level.REFUSE),
                limited ? new Account(Cause.CGROUP, 512 * MIB, 100 * MIB, 412 * MIB, 64 * MIB,
                    Level.ADMIT)
                    : new Account(Cause.CGROUP, Account.UNLIMITED, 0, Account.UNLIMITED, 0,
                        Level.ADMIT),
                new Account(Cause.TCP_MEMORY, 400 * MIB, 50 * MIB, 250 * MIB, 0, Level.ADMIT)),
            new Verdict(Level.REFUSE, Cause.MEMORY, "refusing"), 3, 300 * MIB, limitFile);
    }

    @Test
    void namesEveryHolderOfTheProcess() {
        Object json = report(IO_URING, facts(null, reactor(100, 50, 20), reactor(1_000, 500, 200)));
        assertThat(Json.at(json, "schema")).isEqualTo("mooring.memory/1");
        assertThat(Json.number(json, "pid")).isEqualTo(4711);
        assertThat(Json.number(json, "page_bytes")).isEqualTo(16_384);
        assertThat(Json.objects(json, "holders")).extracting(each -> each.get("name"))
            .containsExactly("connection slab", "rings", "receive buffers", "spill pools",
                "published frames", "topics", "JVM: heap", "JVM: the rest", "JVM: threads");
        assertThat(Json.number(json, "holders.0.mapped_bytes")).isEqualTo(1_100);
        assertThat(Json.number(json, "holders.0.touched_bytes")).isEqualTo(550);
        assertThat(Json.number(json, "holders.0.used_bytes")).isEqualTo(220);
        assertThat(Json.number(json, "holders.5.touched_bytes")).as("topics and their names")
            .isEqualTo(550 + 2 * Holder.TOPICS.ordinal() + 8_192);
        assertThat(Json.number(json, "holders.6.used_bytes")).as("of the heap")
            .isEqualTo(6 * MIB);
        assertThat(Json.number(json, "holders.8.mapped_bytes")).as("stacks").isEqualTo(20 * MIB);
        assertThat(Json.at(json, "holders.7.why")).isEqualTo("\"so\" on\\");
        assertThat(Json.at(json, "process.proportional_bytes")).isNull();
        assertThat(Json.number(json, "process.file_bytes")).isEqualTo(20 * MIB);
        for (String column : List.of("mapped_bytes", "touched_bytes", "used_bytes")) {
            assertThat(Json.number(json, "sum." + column)).as(column).isEqualTo(
                Json.objects(json, "holders").stream().mapToLong(each -> (Long) each.get(column))
                    .sum());
        }
    }

    /** Whoever holds something is planned, by the same name: so the two can be laid side by side.*/
    @Test
    void holdersArePlannedByTheSameNames() {
        for (Engine engine : List.of(IO_URING, new Epoll("asked for"))) {
            Object json = report(engine, facts(null, reactor(1, 1, 1)));
            List<Object> planned = Json.objects(json, "plan.terms").stream()
                .filter(term -> term.get("kernel").equals(false)).map(term -> term.get("name"))
                .toList();
            List<Object> holders = Json.objects(json, "holders").stream()
                .filter(each -> each.get("of").equals("mooring")).map(each -> each.get("name"))
                .toList();
            assertThat(planned).as("%s", engine.name()).containsAll(holders);
            assertThat(holders.contains("file tables")).isEqualTo(engine.usesDescriptors());
        }
    }

    @Test
    void aConnectionsPartIsCountedInTheProcessAndDerivedInTheKernel() {
        Object json = report(IO_URING, facts(null, reactor(0, 0, 64 * (OPEN + ACCEPTING))));
        long used = 64 * OPEN // the slab, less the slots of accepts
            + 3 * 64L * (OPEN + ACCEPTING) // file tables, spill memory, topics
            + Holder.FILE_TABLES.ordinal() + Holder.SPILL_POOLS.ordinal() + Holder.TOPICS.ordinal()
            + 700; // topics' names
        assertThat(Json.at(json, "per_connection.user.derived")).isEqualTo(false);
        assertThat(Json.number(json, "per_connection.user.used_bytes")).isEqualTo(used);
        assertThat(Json.at(json, "per_connection.user.used_bytes_each"))
            .isEqualTo((double) used / OPEN);
        assertThat(Json.at(json, "per_connection.kernel.derived")).isEqualTo(true);
        long each = 3_834 + 32 + 256;
        assertThat(Json.number(json, "per_connection.kernel.bytes_each")).isEqualTo(each);
        assertThat(Json.number(json, "per_connection.kernel.bytes")).isEqualTo(each * OPEN);
        assertThat(Json.objects(json, "per_connection.kernel.terms")).extracting(
            term -> term.get("name"), term -> term.get("bytes_each"),
            term -> term.get("busy_bytes_each")).containsExactly(
                tuple("sockets", 3_834L, 3_834L),
                tuple("direct descriptors", 32L, 32L),
                tuple("waiting operations", 256L, 862L));
        assertThat(Json.at(json, "per_connection.kernel.witness"))
            .isEqualTo("sudo ./mooring probe --pid 4711");
    }

    @Test
    void saysWhatAdmissionGoesBy() {
        Path file = Path.of("/sys/fs/cgroup/mooring.service/memory.max");
        Object json = report(IO_URING, facts(file, reactor(0, 0, 0)));
        assertThat(Json.at(json, "admission.verdict")).isEqualTo("refuse");
        assertThat(Json.at(json, "admission.cause")).isEqualTo("machine");
        assertThat(Json.number(json, "admission.accept_stops")).isEqualTo(3);
        List<Map<String, Object>> accounts = Json.objects(json, "admission.accounts");
        assertThat(accounts).extracting(each -> each.get("name"))
            .containsExactly("machine", "cgroup", "tcp_mem");
        assertThat(accounts).extracting(each -> each.get("verdict"))
            .containsExactly("refuse", "admit", "admit");
        assertThat(Json.number(json, "admission.accounts.0.reserve_bytes")).isEqualTo(240 * MIB);
        assertThat(Json.at(json, "admission.accounts.0.pressure_bytes")).isNull();
        assertThat((String) Json.at(json, "admission.accounts.1.change")).contains(file.toString());
        assertThat(Json.number(json, "admission.accounts.2.pressure_bytes")).isEqualTo(300 * MIB);
        assertThat((String) Json.at(json, "admission.accounts.2.change"))
            .contains("net.ipv4.tcp_mem", "pages of 16384 B");
    }

    @Test
    void noLimitIsNull() {
        Object json = report(IO_URING, facts(null, reactor(0, 0, 0)));
        assertThat(Json.at(json, "admission.accounts.1.limit_bytes")).isNull();
        assertThat(Json.at(json, "admission.accounts.1.left_bytes")).isNull();
    }

    /** A reactor stuck in a handler does not keep the others' figures from being told. */
    @Test
    void oneThatDoesNotAnswerIsSaidToBeMissing() {
        Object json = report(IO_URING, facts(null, null, reactor(100, 50, 20)));
        assertThat(Json.number(json, "reactors")).isEqualTo(2);
        assertThat(Json.number(json, "reactors_answered")).isEqualTo(1);
        assertThat(Json.number(json, "holders.0.mapped_bytes")).isEqualTo(100);
    }
}
