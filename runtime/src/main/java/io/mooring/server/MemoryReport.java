package io.mooring.server;

import io.mooring.memory.Account;
import io.mooring.memory.Cause;
import io.mooring.memory.ProcessMemory;
import io.mooring.memory.Verdict;
import io.mooring.reactor.Holdings;
import io.mooring.reactor.Holdings.Holder;
import io.mooring.sys.MemoryUse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * {@code GET /memory}: who holds what, beside what was planned and what admission goes by. A pure
 * function of what was found; docs/DESIGN.md, "GET /memory", has the schema.
 */
final class MemoryReport {
    /** Another number for what a reader of this one would misread; more fields are no other. */
    static final String SCHEMA = "mooring.memory/1";

    /**
     * What was found.
     *
     * @param reactors who holds what, by reactor; null for one that was too busy to say
     * @param frames the memory of published frames, which is common to all reactors
     * @param names that of the topics' names, as well
     * @param jvm by {@link JvmMemory}, told what is resident and not held by those above
     * @param stackBytes address space of one thread's stack
     * @param accounts what admission goes by
     * @param stops how often accepting was stopped
     * @param pressureBytes of TCP, from which on new connections are refused
     * @param limitFile of the control group; null without a limit
     */
    record Facts(long pid, long pageBytes, int open, int openMax, ProcessMemory process,
        List<Holdings> reactors, MemoryUse frames, MemoryUse names, JvmMemory jvm, long stackBytes,
        List<Account> accounts, Verdict verdict, long stops, long pressureBytes, Path limitFile) {
    }

    private record Holding(String name, MemoryUse use, String why) {
    }

    private final MemoryPlan plan;
    private final Facts facts;
    private final Holdings sum;

    private MemoryReport(MemoryPlan plan, Facts facts) {
        this.plan = plan;
        this.facts = facts;
        this.sum = sum(facts.reactors);
    }

    static String json(MemoryPlan plan, Facts facts) {
        return JsonText.of(new MemoryReport(plan, facts).object()) + "\n";
    }

    static Holdings sum(List<Holdings> reactors) {
        Holdings sum = Holdings.NONE;
        for (Holdings each : reactors) {
            sum = each == null ? sum : sum.plus(each);
        }
        return sum;
    }

    /** Bytes that all of those hold off the heap: what of the process is not the JVM's. */
    static long touchedBytes(List<Holdings> reactors, MemoryUse frames, MemoryUse names) {
        long touched = frames.touched() + names.touched();
        for (Holder holder : Holder.values()) {
            touched += sum(reactors).of(holder).touched();
        }
        return touched;
    }

    private Map<String, Object> object() {
        List<Holding> ours = ours();
        List<Holding> jvm = jvm();
        List<Object> holders = new ArrayList<>();
        ours.forEach(each -> holders.add(object(each, "mooring")));
        jvm.forEach(each -> holders.add(object(each, "jvm")));
        MemoryUse all = total(ours).plus(total(jvm));
        return JsonText.object("schema", SCHEMA, "pid", facts.pid, "engine", plan.engine().name(),
            "engine_why", plan.engine().toString(), "page_bytes", facts.pageBytes,
            "connections", JsonText.object("open", facts.open, "max", facts.openMax),
            "reactors", facts.reactors.size(), "reactors_answered",
            facts.reactors.stream().filter(each -> each != null).count(), "rings", plan.shards(),
            "process", process(), "holders", holders, "sum", figures(all),
            "per_connection", perConnection(), "admission", admission(),
            "plan", PlanPrinter.object(plan));
    }

    private Map<String, Object> process() {
        ProcessMemory process = facts.process;
        return JsonText.object("resident_bytes", known(process.residentBytes()),
            "proportional_bytes", known(process.proportionalBytes()),
            "peak_resident_bytes", known(process.peakBytes()),
            "file_bytes", known(process.fileBytes()),
            "mapped_bytes", known(process.mappedBytes()), "threads", known(process.threads()));
    }

    private static Long known(long value) {
        return value == ProcessMemory.UNKNOWN ? null : value;
    }

    private List<Holding> ours() {
        List<Holding> ours = new ArrayList<>();
        ours.add(new Holding("connection slab", sum.of(Holder.SLAB),
            "64 B a connection; pages are touched as connections come, and go back when most have "
                + "gone"));
        if (plan.engine().usesDescriptors()) {
            ours.add(new Holding("file tables", sum.of(Holder.FILE_TABLES),
                "16 B a slot that was ever used: its descriptor, what epoll said"));
        }
        ours.add(new Holding("rings", sum.of(Holder.RINGS),
            "submission and completion queues; there from the start"));
        ours.add(new Holding("receive buffers", sum.of(Holder.RECEIVE_BUFFERS),
            "touched by traffic, given back two seconds after it ends; in use: being read"));
        ours.add(new Holding("spill pools", sum.of(Holder.SPILL_POOLS),
            "partial messages and unsent output; peers that do not read fill it"));
        ours.add(new Holding("published frames", facts.frames,
            "messages of topics on their way (--frame-memory)"));
        ours.add(new Holding("topics", sum.of(Holder.TOPICS).plus(facts.names),
            "who has joined what, and names"));
        return ours;
    }

    private List<Holding> jvm() {
        List<Holding> jvm = new ArrayList<>();
        for (JvmMemory.Part part : facts.jvm.parts()) {
            boolean isHeap = part.name().equals(JvmMemory.HEAP);
            jvm.add(new Holding(part.name(), new MemoryUse(part.mapped(), part.now(),
                isHeap ? part.now() - facts.jvm.heapFreeBytes() : part.now()), part.why()));
        }
        long threads = Math.max(0, facts.process.threads());
        jvm.add(new Holding("JVM: threads", new MemoryUse(threads * facts.stackBytes, 0, 0),
            String.format(Locale.ROOT, "%d stacks of %,d KiB; what they have touched is in the "
                + "rest", threads, facts.stackBytes >> 10)));
        return jvm;
    }

    private static MemoryUse total(List<Holding> holdings) {
        return holdings.stream().map(Holding::use).reduce(MemoryUse.NONE, MemoryUse::plus);
    }

    private static Map<String, Object> object(Holding holding, String of) {
        Map<String, Object> object = JsonText.object("name", holding.name, "of", of);
        object.putAll(figures(holding.use));
        object.put("why", holding.why);
        return object;
    }

    private static Map<String, Object> figures(MemoryUse use) {
        return JsonText.object("mapped_bytes", use.mapped(), "touched_bytes", use.touched(),
            "used_bytes", use.used());
    }

    /** The process's part is counted, the kernel's is the plan's model times the connections. */
    private Map<String, Object> perConnection() {
        long used = sum.of(Holder.SLAB).used() - sum.accepting() * Holdings.SLOT_BYTES
            + sum.of(Holder.FILE_TABLES).used() + sum.of(Holder.SPILL_POOLS).used()
            + sum.of(Holder.TOPICS).used() + facts.names.used();
        List<Object> terms = new ArrayList<>();
        for (MemoryPlan.Term term : plan.terms()) {
            if (term.isKernel() && term.full() > term.start()) {
                terms.add(JsonText.object("name", term.name(),
                    "bytes_each", plan.perConnection(term.full() - term.start()),
                    "busy_bytes_each", plan.perConnection(term.load() - term.start()),
                    "why", term.why()));
            }
        }
        long each = plan.perConnection(plan.sum(true, MemoryPlan.Term::full)
            - plan.sum(true, MemoryPlan.Term::start));
        return JsonText.object(
            "user", JsonText.object("derived", false, "used_bytes", used,
                "used_bytes_each", facts.open == 0 ? null : (double) used / facts.open),
            "kernel", JsonText.object("derived", true, "bytes_each", each,
                "bytes", each * facts.open, "terms", terms,
                "witness", "sudo ./mooring probe --pid " + facts.pid));
    }

    // ---- admission

    private Map<String, Object> admission() {
        List<Object> accounts = new ArrayList<>();
        for (Account account : facts.accounts) {
            accounts.add(account(account));
        }
        return JsonText.object("verdict", lower(facts.verdict.level()),
            "cause", facts.verdict.cause() == null ? null : name(facts.verdict.cause()),
            "text", facts.verdict.text(), "accept_stops", facts.stops, "accounts", accounts);
    }

    private Map<String, Object> account(Account account) {
        boolean isTcp = account.cause() == Cause.TCP_MEMORY;
        return JsonText.object("name", name(account.cause()),
            "limit_bytes", limit(account.limit()),
            "pressure_bytes", isTcp ? limit(facts.pressureBytes) : null,
            "used_bytes", account.limit() == Account.UNLIMITED && !isTcp ? null : account.used(),
            "left_bytes", limit(account.left()), "reserve_bytes", account.reserve(),
            "verdict", lower(account.level()), "counts", counts(account.cause()),
            "change", change(account.cause()));
    }

    private static Long limit(long bytes) {
        return bytes == Account.UNLIMITED ? null : bytes;
    }

    private static String name(Cause cause) {
        return switch (cause) {
            case MEMORY -> "machine";
            case CGROUP -> "cgroup";
            case TCP_MEMORY -> "tcp_mem";
        };
    }

    private static String counts(Cause cause) {
        return switch (cause) {
            case MEMORY -> "all processes and the kernel: what is not MemAvailable, and the inodes "
                + "and dentries of open sockets";
            case CGROUP -> "our control group, or the tightest above it, less file pages";
            case TCP_MEMORY -> "all TCP sockets of the machine, a whole page for each with a byte "
                + "queued";
        };
    }

    private String change(Cause cause) {
        return switch (cause) {
            case MEMORY -> "free or add memory, lower --memory-reserve or --max-connections";
            case CGROUP -> facts.limitFile == null ? "no limit is set"
                : "raise " + facts.limitFile + " (systemd: MemoryMax=, docker: --memory)";
            case TCP_MEMORY -> "raise net.ipv4.tcp_mem (sysctl, in pages of " + facts.pageBytes
                + " B), or have peers read faster";
        };
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
