package io.mooring.server;

import io.mooring.memory.Machine;
import io.mooring.sys.SetupException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** The plan against the machine's limits, one line each with what changes it. */
final class PlanChecks {
    /** Descriptors that a JVM and a listener have open, with some to spare. */
    private static final long DESCRIPTORS_OWN = 64;
    /** As many as a connection's number tells apart. */
    private static final int SHARDS_MAX = 1 << 16;
    private static final int OPEN_FILES_MIN = 1024;
    private static final int CONNECTIONS_PER_FILE = 64;

    /** NOTE: true, but said at a start only to who asked for a number of connections. */
    enum State { OK, NOTE, WARNING, ERROR }

    /** @param text one line */
    record Check(String name, State state, String text) {
    }

    private final List<Check> checks = new ArrayList<>();
    private final MemoryPlan plan;
    private final Machine machine;
    private final long told;

    private PlanChecks(MemoryPlan plan, Machine machine, long told) {
        this.plan = plan;
        this.machine = machine;
        this.told = told;
    }

    static List<Check> of(MemoryPlan plan, Machine machine, long told, long files) {
        PlanChecks checks = new PlanChecks(plan, machine, told);
        checks.descriptors(files); // first: with too few the plan has more rings than will ever be
        checks.memory();
        checks.cgroup();
        checks.tcp();
        checks.files();
        if (plan.engine().usesDescriptors()) {
            checks.watches();
        }
        checks.mappings();
        checks.overcommit();
        return checks.checks;
    }

    /**
     * At a start: says what should be known.
     *
     * @throws SetupException if the machine will not give what the server needs
     */
    static void heed(MemoryPlan plan, boolean withNotes, Consumer<String> onNotice) {
        for (Check check : plan.checks()) {
            String text = check.name() + ": " + check.text();
            switch (check.state()) {
                case OK -> { }
                case NOTE -> {
                    if (withNotes) {
                        onNotice.accept("note: " + text);
                    }
                }
                case WARNING -> onNotice.accept("warning: " + text);
                case ERROR -> throw new SetupException(text + " (--plan shows all)");
            }
        }
    }

    private void memory() {
        fits("memory", machine.availableBytes(), MemoryPlan.reserve(machine.totalBytes(), told),
            "of memory available", "add memory, or lower --max-connections");
    }

    private void cgroup() {
        if (machine.cgroupLimitBytes() == Machine.UNLIMITED) {
            ok("cgroup", "no limit");
            return;
        }
        fits("cgroup", machine.cgroupHeadroomBytes(),
            MemoryPlan.reserve(machine.cgroupLimitBytes(), told), "left in the control group",
            "raise " + machine.cgroupLimitFile()
                + " (systemd: MemoryMax=, docker: --memory), or lower --max-connections");
    }

    private void fits(String name, long have, long reserve, String where, String fix) {
        long left = plan.left(have, reserve);
        String figures = mebibytes(have) + " " + where + ", " + mebibytes(reserve)
            + " of it in reserve";
        long fit = left / plan.perConnectionBytes();
        if (left <= 0) {
            error(name, figures + "; " + mebibytes(plan.toStart()) + " are needed to start: " + fix
                + (told >= 0 ? ", or lower --memory-reserve" : ""));
        } else if (fit < plan.connections()) {
            warn(name, String.format(Locale.ROOT, "memory for about %,d of %,d connections (%s); "
                + "beyond that new ones are refused (503): %s", fit, plan.connections(), figures,
                fix));
        } else {
            ok(name, String.format(Locale.ROOT, "%s; enough for about %,d connections", figures,
                fit));
        }
    }

    private void tcp() {
        if (machine.tcpPressureBytes() == Machine.UNLIMITED) {
            ok("tcp_mem", "no limit");
            return;
        }
        long behind = machine.tcpPressureBytes() / machine.pageBytes();
        if (behind < machine.tcpPagesFor(plan.connections())) {
            note("tcp_mem", String.format(Locale.ROOT, "%,d receivers that are behind by one small "
                + "message use up TCP's memory (each is charged a page of %,d B), and new "
                + "connections are refused if that lasts: sysctl -w net.ipv4.tcp_mem='%s'",
                behind, machine.pageBytes(), machine.tcpMemFor(plan.connections())));
        } else {
            ok("tcp_mem", String.format(Locale.ROOT, "%,d receivers may be behind by a page of "
                + "%,d B", behind, machine.pageBytes()));
        }
    }

    /** Descriptors that are no connection's, at most. */
    static long ownDescriptors(int reactors) {
        return DESCRIPTORS_OWN + 4L * reactors; // epoll and eventfd, and some refused on their way
    }

    private void descriptors(long files) {
        if (plan.engine().usesDescriptors()) {
            connectionsAsDescriptors(files);
            return;
        }
        long needed = plan.shards() + DESCRIPTORS_OWN;
        if (needed > files || plan.shards() > SHARDS_MAX) {
            error("open files", "RLIMIT_NOFILE is " + files + ", too small for "
                + plan.connections() + " connections: raise it to "
                + Math.max(OPEN_FILES_MIN, plan.connections() / CONNECTIONS_PER_FILE)
                + " or more (ulimit -n, or LimitNOFILE= in the systemd unit), or lower "
                + "--max-connections");
        } else {
            ok("open files", String.format(Locale.ROOT,
                "%s open files: %,d rings%s; about %,d descriptors of our own",
                files == Long.MAX_VALUE ? "unlimited" : String.format(Locale.ROOT, "%,d", files),
                plan.shards(), plan.shards() == plan.reactors() ? ", one per reactor" : "",
                needed));
        }
    }

    /** With epoll RLIMIT_NOFILE is for all reactors together. */
    private void connectionsAsDescriptors(long files) {
        long needed = plan.connections() + ownDescriptors(plan.reactors());
        String limit = files == Long.MAX_VALUE ? "unlimited"
            : String.format(Locale.ROOT, "%,d", files);
        if (needed > files) {
            error("open files", String.format(Locale.ROOT, "with epoll each connection takes a "
                + "descriptor: %,d connections need %,d, and RLIMIT_NOFILE is %s for the whole "
                + "process: raise it (ulimit -n %d, or LimitNOFILE= in the systemd unit), lower "
                + "--max-connections, or use io_uring, which has no such limit (epoll, because: "
                + "%s)", plan.connections(), needed, limit, needed, plan.engine()));
        } else if (plan.shards() > plan.reactors()) {
            error("open files", String.format(Locale.ROOT, "with epoll a reactor holds %,d "
                + "connections at most: raise --reactors, or lower --max-connections",
                plan.engine().slotsMax(files)));
        } else {
            ok("open files", String.format(Locale.ROOT, "%s open files for the whole process; "
                + "%,d connections take one each, and about %,d are our own", limit,
                plan.connections(), ownDescriptors(plan.reactors())));
        }
    }

    /** Each socket that epoll watches counts, over all processes of a user. */
    private void watches() {
        long needed = plan.connections() + plan.reactors() * 2L;
        if (machine.watchesMax() < needed) {
            warn("epoll watches", String.format(Locale.ROOT, "%,d may be watched by one user, %,d "
                + "are needed; connections beyond that are cut: "
                + "sysctl -w fs.epoll.max_user_watches=%d", machine.watchesMax(), needed,
                needed * 5 / 4));
        } else {
            ok("epoll watches", machine.watchesMax() == Machine.UNLIMITED ? "no limit"
                : String.format(Locale.ROOT, "%,d of %,d", needed, machine.watchesMax()));
        }
    }

    /** A direct descriptor takes no number, but its socket is a struct file like any other. */
    private void files() {
        long free = machine.filesMax() - machine.filesOpen();
        if (machine.filesExempt()) {
            ok("fs.file-max", "does not bind CAP_SYS_ADMIN, which we have");
        } else if (free < plan.connections()) {
            warn("fs.file-max", String.format(Locale.ROOT, "%,d more files may be open on this "
                + "machine, sockets included; beyond that accepts fail: sysctl -w fs.file-max=%d",
                free, machine.filesOpen() + plan.connections() * 5 / 4));
        } else {
            ok("fs.file-max", machine.filesMax() == Machine.UNLIMITED ? "no limit"
                : String.format(Locale.ROOT, "%,d more files may be open", free));
        }
    }

    private void mappings() {
        if (plan.mappings() > machine.mappingsMax()) {
            error("vm.max_map_count", String.format(Locale.ROOT,
                "%,d mappings may become necessary, %,d are allowed: sysctl -w vm.max_map_count=%d",
                plan.mappings(), machine.mappingsMax(), 2 * plan.mappings()));
        } else {
            ok("vm.max_map_count", String.format(Locale.ROOT, "%,d of %s", plan.mappings(),
                machine.mappingsMax() == Machine.UNLIMITED ? "any number"
                    : String.format(Locale.ROOT, "%,d", machine.mappingsMax())));
        }
    }

    private void overcommit() {
        long mapped = plan.mappedBytes();
        if (!machine.overcommitNever()) {
            ok("vm.overcommit", "what is mapped and not touched does not count");
        } else if (mapped > machine.commitBytes()) {
            error("vm.overcommit", mebibytes(mapped) + " are to be mapped, "
                + mebibytes(machine.commitBytes()) + " may be (vm.overcommit_memory is 2): "
                + "sysctl -w vm.overcommit_memory=0, or lower --max-connections");
        } else {
            ok("vm.overcommit", mebibytes(mapped) + " of the " + mebibytes(machine.commitBytes())
                + " that may be mapped (vm.overcommit_memory is 2)");
        }
    }

    private void ok(String name, String text) {
        checks.add(new Check(name, State.OK, text));
    }

    private void note(String name, String text) {
        checks.add(new Check(name, State.NOTE, text));
    }

    private void warn(String name, String text) {
        checks.add(new Check(name, State.WARNING, text));
    }

    private void error(String name, String text) {
        checks.add(new Check(name, State.ERROR, text));
    }

    private static String mebibytes(long bytes) {
        return String.format(Locale.ROOT, "%,d MiB", bytes >> 20);
    }
}
