package io.mooring.kernel.doctor;

import io.mooring.epoll.EngineChoice;
import io.mooring.server.Needs;
import io.mooring.sys.Errno;
import java.util.List;

/** Is it a kernel for this? */
final class KernelChecks {
    static final String DISABLED = "proc/sys/kernel/io_uring_disabled";

    private static final String HUGE = "sys/kernel/mm/transparent_hugepage/enabled";
    private static final int LARGE_PAGE = 65_536;
    /** Mappings of a ring that may be as large as a huge page: slots, receive buffers. */
    private static final int LARGE_MAPPINGS = 2;
    private static final int HUGE_SHARE = 32;

    private final Host host;
    private final Wanted wanted;
    private final Trial trial;
    private final Needs needs;
    private final Fixes fixes;

    KernelChecks(Host host, Wanted wanted, Trial trial, Needs needs) {
        this.host = host;
        this.wanted = wanted;
        this.trial = trial;
        this.needs = needs;
        this.fixes = new Fixes(host);
    }

    List<Result> all() {
        return List.of(version(), ioUring(), pageSize(), hugePages());
    }

    private Result version() {
        String upgrade = "a kernel of %s or newer: " + fixes.sudo() + "apt full-upgrade, then "
            + fixes.sudo() + "reboot";
        Subject subject = new Subject("kernel", host.release().isEmpty() ? "not recorded"
            : "Linux " + host.release(), "6.1 for io_uring", "deferred task work is of 6.1; before "
            + "6.13 a closed slot keeps its socket until older requests of its ring have ended, "
            + "which the server shortens (an eighth of the sockets at most stay so)");
        if (host.release().isEmpty()) {
            return subject.unknown("record proc/sys/kernel/osrelease too");
        }
        if (!host.isAtLeast(6, 1) && trial.refusal() != null) {
            return subject.warn("no io_uring: the server runs on epoll", upgrade.formatted("6.1"));
        }
        if (wanted.zeroCopy() && !host.isAtLeast(6, 13)) {
            return subject.warn("with --zero-copy-from a receiver that does not read keeps closed "
                + "sockets of its whole ring alive: memory that does not come back while it is "
                + "there", upgrade.formatted("6.13") + "; or leave --zero-copy-from away unless "
                + "all receivers are trusted to read");
        }
        return subject.pass();
    }

    private Result ioUring() {
        String needed = wanted.engine() == EngineChoice.EPOLL ? "" : "a ring with every operation "
            + "that the server uses";
        String why = "with it a connection takes no descriptor and the least kernel memory";
        if (wanted.engine() == EngineChoice.EPOLL) {
            return new Subject("io_uring", "not asked for (--engine epoll)", needed, why).pass();
        }
        if (trial.refusal() == null) {
            String read = trial.isTried() ? "tried, works: " + trial.engine()
                : "not tried: these files are another machine's, and nothing in them forbids it";
            return new Subject("io_uring", read, needed, why).pass();
        }
        Subject subject = new Subject("io_uring", "refused: " + trial.refusal(), needed, why);
        return wanted.engine() == EngineChoice.IO_URING
            ? subject.fail("serve --engine io_uring does not start", ioUringFix(), 0)
            : subject.warn("the server runs on epoll: each connection takes a descriptor",
                ioUringFix());
    }

    private String ioUringFix() {
        String enable = fixes.sysctl("kernel.io_uring_disabled", 0);
        return switch (trial.errno()) {
            case Errno.EPERM, Errno.EACCES -> switch (host.text(DISABLED)) {
                case "2" -> enable;
                case "1" -> host.isAdmin() ? fixes.seccomp()
                    : enable + ", or join the group whose number is kernel.io_uring_group";
                default -> fixes.seccomp();
            };
            case Errno.ENOSYS -> host.isFiltered() || host.container().isPresent()
                ? fixes.seccomp() : "a kernel of 6.1 or newer with CONFIG_IO_URING=y";
            case Errno.EINVAL -> "a kernel of 6.1 or newer: " + fixes.sudo() + "apt full-upgrade";
            case Errno.ENOMEM -> fixes.lockedMemory(needs.frameBytes());
            case Errno.EMFILE -> fixes.openFiles(1_024);
            default -> "as it says";
        };
    }

    private Result pageSize() {
        int page = host.pageBytes();
        Subject subject = new Subject("page size", Figures.count(page) + " B", "",
            "TCP is charged a whole page for a socket with one byte unread");
        return page < LARGE_PAGE ? subject.pass()
            : subject.warn("receivers that are behind use up tcp_mem " + page / 4_096 + " times as "
                + "fast as with pages of 4 KiB; Mooring is tested with 4 and 16 KiB",
                "boot a kernel with pages of 4 or 16 KiB");
    }

    private Result hugePages() {
        String mode = host.text(HUGE);
        long waste = (LARGE_MAPPINGS * (long) needs.rings() + LARGE_MAPPINGS)
            * host.hugePageBytes();
        Subject subject = new Subject("transparent huge pages",
            mode.isEmpty() ? "none in this kernel" : mode, "",
            "with [always] memory becomes resident in steps of "
                + Figures.bytes(host.hugePageBytes()) + ", not by the connection");
        if (!mode.contains("[always]") || waste < host.machine().totalBytes() / HUGE_SHARE) {
            return subject.pass();
        }
        return subject.warn("up to " + Figures.bytes(waste) + " resident that no connection uses",
            "echo madvise | " + fixes.sudo() + "tee /" + HUGE);
    }
}
