package io.mooring.memory;

import java.lang.System.Logger;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * A thread that looks at the memory and says what is to be done with new connections: often while
 * little is left, once a second while much is. The first look is taken when it is opened, the
 * others from {@link #start} on.
 */
public final class MemoryWatch implements AutoCloseable {
    private static final Logger LOG = System.getLogger("io.mooring");
    /**
     * What may be used up in a second, at worst: 30,000 connections of 4 KB here, as much by their
     * clients if those are on this machine too. A look is taken before half the way is gone.
     */
    private static final long BYTES_PER_SECOND = 256L << 20;
    private static final long MS_MIN = 50;
    private static final long MS_MAX = 1_000;
    /** While refusing: how soon it is noticed that there is memory again. */
    private static final long MS_REFUSING = 100;
    /**
     * For TCP it is refused after half a second of such looks past the pressure mark, and stopped
     * at the second look past the middle between that and the maximum. After a message to 50,000
     * peers a page is queued for each for 100 to 300 ms: past the mark of a machine with large
     * pages, and no reason to refuse anybody. That the kernel soon drops segments is one.
     */
    private static final int TCP_REFUSE_LOOKS = 6;
    private static final int TCP_STOP_LOOKS = 2;
    private static final long MS_JOIN = 1_000;
    /** A verdict gets better no sooner than this after it has got worse: two log lines a second. */
    private static final long WORSE_NANOS = 1_000_000_000L;

    private final SystemMemory system;
    private final CgroupMemory cgroup;
    private final TcpMemory tcp;
    private final ProcFile statm;
    private final long pageBytes;
    private final Mark systemMark = new Mark();
    private final Mark cgroupMark = new Mark();
    private final Mark tcpMark = new Mark(TCP_REFUSE_LOOKS, TCP_STOP_LOOKS);
    private final long told;
    private final Consumer<Verdict> listener;
    private final Thread thread;
    private long worseNanos;

    private volatile Verdict verdict = new Verdict(Level.ADMIT, null, "");
    private volatile long systemAvailable;
    private volatile long systemTotal;
    private volatile long tcpUsed;
    private volatile long tcpPressure;
    private volatile long tcpMaximum;
    private volatile long cgroupHeadroom;
    private volatile long cgroupLimit;
    private volatile Path cgroupLimitFile;
    private volatile long resident;
    private volatile Level systemLevel = Level.ADMIT;
    private volatile Level cgroupLevel = Level.ADMIT;
    private volatile Level tcpLevel = Level.ADMIT;
    private volatile boolean closed;

    /**
     * Looks once.
     *
     * @param root "/"; for tests a directory with proc and sys in it
     * @param reserveBytes to be left of the machine's memory and the group's; or Reserve.AUTO
     * @param listener told when the verdict is another one, on the watch's own thread; the first
     *     time on the caller's, if it is not to admit. Told again if it throws
     */
    public static MemoryWatch open(Path root, long pageBytes, long reserveBytes,
        Consumer<Verdict> listener) {
        MemoryWatch watch = new MemoryWatch(root, pageBytes, reserveBytes, listener);
        try {
            watch.look();
        } catch (RuntimeException | Error e) {
            watch.closeFiles();
            throw e;
        }
        return watch;
    }

    private MemoryWatch(Path root, long pageBytes, long reserveBytes, Consumer<Verdict> listener) {
        this.system = new SystemMemory(root, pageBytes);
        this.cgroup = new CgroupMemory(root);
        this.tcp = new TcpMemory(root, pageBytes);
        this.statm = ProcFile.open(root.resolve("proc/self/statm"));
        this.pageBytes = pageBytes;
        this.told = reserveBytes;
        this.listener = listener;
        this.thread = new Thread(this::run, "mooring-memory");
        thread.setDaemon(true);
    }

    /** Begins to look on. */
    public void start() {
        thread.start();
    }

    private void run() {
        try {
            long ms = MS_MIN;
            while (!closed) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(ms));
                if (!closed) {
                    ms = lookOn();
                }
            }
        } finally {
            closeFiles(); // by nobody else, who might do it during a look
        }
    }

    /**
     * Neither a defect nor a heap that is full for a moment may leave the last verdict in force for
     * ever: whatever is thrown, it looks again.
     */
    long lookOn() {
        try {
            return look();
        } catch (Throwable e) {
            report(e);
            return MS_MAX;
        }
    }

    private static void report(Throwable failure) {
        try {
            LOG.log(Logger.Level.ERROR, "memory could not be looked at; trying again", failure);
        } catch (Throwable e) {
            // Not even that much memory.
        }
    }

    /** Looks once; returns the milliseconds until the next time. */
    long look() {
        system.read();
        tcp.read();
        long systemReserve = Reserve.of(system.totalBytes(), told);
        systemMark.reserve(systemReserve);
        tcpMark.between(tcp.pressureBytes(), tcp.maximumBytes());
        cgroup.read(2 * systemReserve + BYTES_PER_SECOND * 2);
        cgroupMark.reserve(Reserve.of(cgroup.limitBytes(), told));
        publish();

        long tcpHeadroom = tcp.pressureBytes() - tcp.usedBytes();
        Level bySystem = systemMark.judge(system.availableBytes());
        Level byCgroup = cgroupMark.judge(cgroup.headroomBytes());
        Level byTcp = tcpMark.judge(tcpHeadroom);
        systemLevel = bySystem;
        cgroupLevel = byCgroup;
        tcpLevel = byTcp;
        Level level = worst(bySystem, worst(byCgroup, byTcp));
        Cause cause = level == Level.ADMIT ? null : level == bySystem ? Cause.MEMORY
            : level == byCgroup ? Cause.CGROUP : Cause.TCP_MEMORY;
        boolean worse = level.compareTo(verdict.level()) > 0;
        if (worse) {
            worseNanos = System.nanoTime();
        }
        if ((level != verdict.level() || cause != verdict.cause())
            && (worse || System.nanoTime() - worseNanos >= WORSE_NANOS)) {
            Verdict next = new Verdict(level, cause, text(level, cause));
            listener.accept(next);
            verdict = next; // not before: a listener that threw has to be told again
        }
        if (verdict.level() != Level.ADMIT) {
            return MS_REFUSING;
        }
        long ms = Math.min(msFor(systemMark.distance(system.availableBytes())),
            msFor(cgroupMark.distance(cgroup.headroomBytes())));
        return Math.min(ms,
            tcpMark.isPatient() ? MS_REFUSING : msFor(tcpMark.distance(tcpHeadroom)));
    }

    /** How soon to look again, with so many bytes to the mark. */
    private static long msFor(long distance) {
        return Math.clamp(distance / (2 * BYTES_PER_SECOND / 1_000), MS_MIN, MS_MAX);
    }

    private static Level worst(Level one, Level other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private void publish() {
        systemAvailable = system.availableBytes();
        systemTotal = system.totalBytes();
        tcpUsed = tcp.usedBytes();
        tcpPressure = tcp.pressureBytes();
        tcpMaximum = tcp.maximumBytes();
        cgroupHeadroom = Math.max(0, cgroup.headroomBytes());
        cgroupLimit = cgroup.limitBytes();
        cgroupLimitFile = cgroup.limitFile();
        resident = statm.read() ? Math.max(0, statm.number(1)) * pageBytes : 0;
    }

    private String text(Level level, Cause cause) {
        if (cause == null) {
            return "admitting connections again: " + mebibytes(system.availableBytes())
                + " of memory available" + (cgroup.isLimited()
                    ? ", " + mebibytes(cgroup.headroomBytes()) + " left in the cgroup" : "");
        }
        return (level == Level.STOP ? "taking no connections, they wait: "
            : "refusing connections (503): ") + switch (cause) {
                case MEMORY -> mebibytes(system.availableBytes()) + " of memory available, of "
                    + "which " + mebibytes(Reserve.of(system.totalBytes(), told))
                    + " are the reserve; free some, or lower --memory-reserve";
                case CGROUP -> mebibytes(cgroup.headroomBytes()) + " left of the cgroup's "
                    + mebibytes(cgroup.limitBytes()) + ", of which "
                    + mebibytes(Reserve.of(cgroup.limitBytes(), told))
                    + " are the reserve; raise " + cgroup.limitFile()
                    + " (systemd: MemoryMax=, docker: --memory), or lower --memory-reserve";
                case TCP_MEMORY -> mebibytes(tcp.usedBytes()) + " queued in TCP, the pressure mark "
                    + "is " + mebibytes(tcp.pressureBytes())
                    + "; raise it (sysctl net.ipv4.tcp_mem, in pages), or have peers read faster";
            };
    }

    private static String mebibytes(long bytes) {
        return String.format(Locale.ROOT, "%,d MiB", bytes >> 20);
    }

    // ---- any thread

    public Verdict verdict() {
        return verdict;
    }

    /** The three at the last look: the machine's, the control group's, TCP's. */
    public List<Account> accounts() {
        long limit = cgroupLimit;
        long maximum = tcpMaximum;
        return List.of(
            new Account(Cause.MEMORY, systemTotal, systemTotal - systemAvailable, systemAvailable,
                systemReserveBytes(), systemLevel),
            limit == Account.UNLIMITED
                ? new Account(Cause.CGROUP, limit, 0, limit, 0, cgroupLevel)
                : new Account(Cause.CGROUP, limit, limit - cgroupHeadroom, cgroupHeadroom,
                    cgroupReserveBytes(), cgroupLevel),
            new Account(Cause.TCP_MEMORY, maximum, tcpUsed, maximum == Account.UNLIMITED
                ? maximum : Math.max(0, tcpPressure - tcpUsed), 0, tcpLevel));
    }

    /** Of this process, at the last look; the kernel counts it with some pages of error here. */
    public long residentBytes() {
        return resident;
    }

    /** Where the group's limit is written to; null without one. */
    public Path cgroupLimitFile() {
        return cgroupLimitFile;
    }

    /** Bytes that the machine could still hand out, what open sockets pin taken off. */
    public long systemAvailableBytes() {
        return systemAvailable;
    }

    public long systemTotalBytes() {
        return systemTotal;
    }

    public long systemReserveBytes() {
        return Reserve.of(systemTotal, told);
    }

    /** Whether any control group of ours has a limit; what follows is of the tightest. */
    public boolean isCgroupLimited() {
        return cgroupLimit != ProcFile.UNLIMITED;
    }

    public long cgroupHeadroomBytes() {
        return cgroupHeadroom;
    }

    public long cgroupLimitBytes() {
        return cgroupLimit;
    }

    public long cgroupReserveBytes() {
        return Reserve.of(cgroupLimit, told);
    }

    /** Charged by all TCP sockets, whole pages each. */
    public long tcpBytes() {
        return tcpUsed;
    }

    public boolean isTcpLimited() {
        return tcpMaximum != ProcFile.UNLIMITED;
    }

    /** Past this, if it lasts, new connections are refused. */
    public long tcpPressureBytes() {
        return tcpPressure;
    }

    public long tcpMaximumBytes() {
        return tcpMaximum;
    }

    /**
     * Ends it. Waits until the listener has returned, but not for ever, and not at all if it is the
     * listener that calls this.
     */
    @Override
    public void close() {
        closed = true;
        if (thread.getState() == Thread.State.NEW) {
            closeFiles();
            return;
        }
        LockSupport.unpark(thread);
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            thread.join(MS_JOIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void closeFiles() {
        system.close();
        cgroup.close();
        tcp.close();
        statm.close();
    }
}
