package io.mooring.kernel.doctor;

import static io.mooring.kernel.doctor.Figures.connections;
import static io.mooring.kernel.doctor.Figures.count;

import io.mooring.memory.Machine;
import io.mooring.server.Needs;
import java.util.List;
import java.util.OptionalLong;

/** Descriptors, files, mappings, locked memory. */
final class FileChecks {
    static final String OPEN_FILES = "open files";
    /** What systemd gives a service, and a login. */
    static final long OPEN_FILES_USUAL = 524_288;

    private static final int RINGS_MANY = 128;
    /** Rings of one reactor that serve a million: two on a machine with four. */
    private static final long OPEN_FILES_GOOD = 131_072;

    private final Host host;
    private final Wanted wanted;
    private final boolean isEpoll;
    private final Needs needs;
    private final Fixes fixes;

    FileChecks(Host host, Wanted wanted, Trial trial, Needs needs) {
        this.host = host;
        this.wanted = wanted;
        this.isEpoll = trial.engine().usesDescriptors();
        this.needs = needs;
        this.fixes = new Fixes(host);
    }

    List<Result> all() {
        return List.of(openFiles(), openFilesBound(), filesOfMachine(), lockedMemory(), watches());
    }

    private Result openFiles() {
        OptionalLong told = host.hardLimit("Max open files");
        long hard = told.orElse(OPEN_FILES_USUAL);
        String read = "hard limit " + count(hard)
            + (told.isEmpty() ? " (not recorded: what systemd gives)" : "");
        if (isEpoll) {
            long need = wanted.connections() + needs.ownDescriptors();
            Subject subject = new Subject(OPEN_FILES, read, count(need),
                "with epoll each connection takes a descriptor, and the limit is the process's");
            return need <= hard && isStarting() ? subject.pass()
                : subject.fail("serve does not start", fixes.openFiles(need)
                    + "; or let it use io_uring", Math.max(0, hard - needs.ownDescriptors()));
        }
        long rings = needs.rings();
        Subject subject = new Subject(OPEN_FILES, read, count(rings) + " rings",
            "with io_uring a connection takes no descriptor; the limit is the size of a ring's "
                + "table, so it only decides how many rings there are");
        if (!isStarting()) {
            return subject.fail("serve does not start: the rings themselves are too many",
                fixes.openFiles(OPEN_FILES_GOOD), Math.max(0, (hard - 64) * hard));
        }
        return rings <= RINGS_MANY ? subject.pass()
            : subject.warn("each ring has queues and receive buffers of some 1.1 MiB and a place "
                + "in every turn", fixes.openFiles(OPEN_FILES_GOOD));
    }

    private boolean isStarting() {
        return needs.refusals().stream().noneMatch(line -> line.startsWith(OPEN_FILES));
    }

    private Result openFilesBound() {
        OptionalLong bound = host.number("proc/sys/fs/nr_open");
        long need = wanted.connections() + needs.ownDescriptors();
        Subject subject = new Subject("fs.nr_open", bound.isEmpty() ? "not there"
            : count(bound.getAsLong()), isEpoll ? count(need) : "",
            "the most that a limit of open files can be" + (isEpoll ? ""
                : "; with io_uring that limit is none of connections"));
        if (bound.isEmpty() || !isEpoll || bound.getAsLong() >= need) {
            return subject.pass();
        }
        return subject.fail("the limit of open files cannot be raised to what epoll needs",
            fixes.sysctl("fs.nr_open", Long.highestOneBit(need) * 2),
            Math.max(0, bound.getAsLong() - needs.ownDescriptors()));
    }

    private Result filesOfMachine() {
        Machine machine = host.machine();
        long free = machine.filesMax() == Machine.UNLIMITED ? Machine.UNLIMITED
            : Math.max(0, machine.filesMax() - machine.filesOpen());
        Subject subject = new Subject("fs.file-max", free == Machine.UNLIMITED ? "no limit"
            : count(free) + " more files may be open on this machine",
            count(wanted.connections()), "a socket is a file, also one without a descriptor");
        String cost = "accepts fail with ENFILE beyond that";
        String fix = fixes.sysctl("fs.file-max",
            machine.filesOpen() + (long) wanted.connections() * 5 / 4);
        if (free >= wanted.connections()) {
            return subject.pass();
        }
        if (!machine.filesExempt()) {
            return subject.fail(cost, fix, free);
        }
        Subject exempt = new Subject(subject.name(), subject.read()
            + "; does not bind CAP_SYS_ADMIN, which we have", subject.needed(), subject.why());
        return host.isSudo() ? exempt.warn("a server that is not started as root is bound: " + cost,
            fix) : exempt.pass();
    }

    private Result lockedMemory() {
        OptionalLong hard = host.hardLimit("Max locked memory");
        boolean counts = wanted.zeroCopy() && !isEpoll;
        Subject subject = new Subject("locked memory", hard.isEmpty() ? "not recorded"
            : "hard limit " + Figures.bytes(hard.getAsLong()),
            counts ? Figures.bytes(needs.frameBytes()) : "",
            counts ? "--zero-copy-from registers the memory of published frames"
                : "only --zero-copy-from locks memory; rings count to the control group");
        if (!counts || host.mayLock() && !host.isSudo()) {
            return subject.pass();
        }
        if (hard.isEmpty()) {
            return subject.unknown("record proc/self/limits too");
        }
        return hard.getAsLong() >= needs.frameBytes() ? subject.pass()
            : subject.fail("serve --zero-copy-from does not start",
                fixes.lockedMemory(needs.frameBytes()));
    }

    private Result watches() {
        long max = host.machine().watchesMax();
        long need = wanted.connections() + 2L * host.processors();
        Subject subject = new Subject("fs.epoll.max_user_watches", max == Machine.UNLIMITED
            ? "no limit" : count(max) + " over all processes of a user",
            isEpoll ? count(need) : "", isEpoll ? "each socket that epoll watches counts"
                : "io_uring watches no socket by epoll");
        return !isEpoll || max >= need ? subject.pass()
            : subject.fail(connections(need - max) + " are cut",
                fixes.sysctl("fs.epoll.max_user_watches", need * 5 / 4), max);
    }
}
