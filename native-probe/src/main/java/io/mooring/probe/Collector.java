package io.mooring.probe;

import io.mooring.probe.model.Holders;
import io.mooring.probe.model.Report.Scope;
import io.mooring.probe.model.Report.Source;
import io.mooring.probe.model.SocketTotals;
import io.mooring.probe.model.TopSockets;
import io.mooring.probe.netlink.NetlinkException;
import io.mooring.probe.netlink.SockDiag;
import io.mooring.probe.netlink.SocketRecord;
import io.mooring.probe.source.IntSet;
import io.mooring.probe.source.ProcFs;
import io.mooring.probe.source.ProcessHolds;
import io.mooring.probe.source.ProcessInfo;
import io.mooring.probe.source.Reading;
import io.mooring.probe.sys.Errno;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Finds the sockets of a scope and who holds them. Of a process: first its descriptors, then the
 * kernel's list, of which those count whose inode the process has. Of a port: first the list,
 * chosen by the kernel, then which processes have those inodes. Of the machine: everything.
 *
 * <p>A socket that nobody has accepted yet, or an orphan, has no inode: it belongs to a process by
 * the port that the process listens on.
 */
final class Collector {

    private static final int TELL_SOCKETS = 1 << 14;

    private final ProcFs files;
    private final Scope scope;
    private final int ringsMax;
    private final Progress progress;
    private final List<Source> sources;

    final SocketTotals totals;
    final List<ProcessInfo> processes = new ArrayList<>();
    final List<TopSockets.Fat> top = new ArrayList<>();
    Holders holders = Holders.NONE;
    boolean interrupted;
    private final List<ProcessHolds> holds = new ArrayList<>();
    /** The inodes of those that listen on the port that was asked about. */
    private final IntSet listeners = new IntSet();
    private final AtomicInteger ringsRead = new AtomicInteger();
    private int denied;
    private int seen;
    private int told;

    Collector(Probe probe, Scope scope, List<Source> sources) {
        this.files = probe.files();
        this.scope = scope;
        this.ringsMax = probe.ringsMax();
        this.progress = probe.progress();
        this.sources = sources;
        this.totals = new SocketTotals(probe.topMost());
    }

    void collect() {
        IntSet inodes = scope.kind() == Scope.Kind.PORT ? new IntSet() : null;
        if (scope.kind() == Scope.Kind.PID) {
            readProcess();
        }
        try (SockDiag diag = SockDiag.open()) {
            dump(diag, inodes);
            if (scope.kind() != Scope.Kind.PID) {
                readHolders(inodes);
            }
            details(diag);
            interrupted = diag.takeInterrupted();
            sources.add(new Source("sockets", true, "sock_diag: " + totals.sockets()
                    + " TCP, " + totals.unix + " unix", "", ""));
        } catch (NetlinkException e) {
            sources.add(new Source("sockets", false, "", "sock_diag: " + e.getMessage(),
                    e.errno() == Errno.ENOENT ? "modprobe tcp_diag inet_diag"
                            : "allow AF_NETLINK in the sandbox (RestrictAddressFamilies=)"));
        }
        sumUp(inodes);
    }

    private void readProcess() {
        Reading<ProcessHolds> read = ProcessHolds.list(files, scope.number());
        if (read.isThere()) {
            readRings(read.value());
            read.value().readEpolls(files, null);
            holds.add(read.value());
        } else if (!files.path("proc/" + scope.number()).toFile().exists()) {
            throw new ProbeException("there is no process " + scope.number());
        } else {
            denied++;
        }
        seen++;
    }

    private void dump(SockDiag diag, IntSet inodes) throws NetlinkException {
        int port = scope.kind() == Scope.Kind.PORT ? scope.number() : 0;
        boolean[] ours = new boolean[65_536];
        diag.tcp(1 << SocketRecord.LISTEN, port, socket -> {
            // Whoever listens owns the port's connections that nobody has accepted.
            totals.listening(socket.localPort);
            ours[socket.localPort] |= isHeld(socket);
            listeners.add(socket.inode);
        });
        diag.tcp(SockDiag.STATES_ALL, port, socket -> {
            if (++told % TELL_SOCKETS == 0) {
                progress.at(String.format(Locale.ROOT, "%,d sockets", told));
            }
            if (scope.kind() != Scope.Kind.PID || isHeld(socket)
                    || socket.inode == 0 && ours[socket.localPort]) {
                totals.add(socket);
                if (inodes != null) {
                    inodes.add(socket.inode);
                }
            }
        });
        if (port == 0) {
            unix(diag);
        }
    }

    private void unix(SockDiag diag) throws NetlinkException {
        try {
            diag.unix(socket -> {
                if (scope.kind() == Scope.Kind.HOST || isHeld(socket)) {
                    totals.add(socket);
                }
            });
        } catch (NetlinkException e) {
            if (e.errno() == 0) {
                throw e;
            }
            sources.add(new Source("unix sockets", false, "", e.getMessage(),
                    "modprobe unix_diag"));
        }
    }

    private boolean isHeld(SocketRecord socket) {
        return !holds.isEmpty() && holds.getFirst().owns(socket.inode);
    }

    private void readRings(ProcessHolds one) {
        one.readRings(files, ringsMax, () -> progress.at(String.format(Locale.ROOT,
                "%,d rings, of process %d", ringsRead.incrementAndGet(), one.pid)));
    }

    private void readHolders(IntSet inodes) {
        List<ProcessHolds> all = new ArrayList<>();
        for (int pid : files.processes()) {
            Reading<ProcessHolds> read = ProcessHolds.list(files, pid);
            seen++;
            if (read.isThere()) {
                all.add(read.value());
            } else {
                denied += read.remedy().isEmpty() ? 0 : 1;
            }
        }
        if (inodes == null) {
            readAll(all);
        } else {
            readThoseOf(inodes, all);
        }
    }

    private void readAll(List<ProcessHolds> all) {
        for (ProcessHolds one : all) {
            if (one.descriptors.size() > 0 || one.hasRings()) {
                readRings(one);
                one.readEpolls(files, null);
                holds.add(one);
            }
        }
    }

    /**
     * Rings are long to read, so those go first whose process listens there or has some of the
     * sockets, and once each socket has a holder the rest is left alone.
     */
    private void readThoseOf(IntSet inodes, List<ProcessHolds> all) {
        IntSet claimed = new IntSet();
        Set<ProcessHolds> with = new HashSet<>();
        for (ProcessHolds one : all) {
            if (claimed.addBoth(one.descriptors, inodes) > 0) {
                with.add(one);
            }
        }
        all.sort(Comparator.comparing((ProcessHolds one) ->
                one.descriptors.inBoth(listeners) == 0).thenComparing(one -> !with.contains(one)));
        for (ProcessHolds one : all) {
            if (one.hasRings() && claimed.size() < inodes.size()) {
                readRings(one);
                if (claimed.addBoth(one.direct, inodes) > 0) {
                    with.add(one);
                }
            }
            if (with.contains(one)) {
                one.readEpolls(files, inodes);
                holds.add(one);
            }
        }
    }

    private void sumUp(IntSet inodes) {
        List<Long> direct = new ArrayList<>();
        List<Long> descriptors = new ArrayList<>();
        List<Long> entries = new ArrayList<>();
        for (ProcessHolds one : holds) {
            Reading<ProcessInfo> info = ProcessInfo.read(files, one.pid);
            direct.add((long) (inodes == null ? one.direct.size() : one.direct.inBoth(inodes)));
            long withDescriptor = inodes == null ? one.descriptors.size()
                    : one.descriptors.inBoth(inodes);
            descriptors.add(withDescriptor);
            entries.add(info.isThere() ? info.value().descriptors() : withDescriptor);
            if (info.isThere()) {
                processes.add(info.value());
            }
        }
        // A process's sockets are found by its rings: what is not read is not in the totals either.
        holders = Holders.of(holds, direct, descriptors, entries,
                scope.kind() != Scope.Kind.PID);
        if (scope.kind() == Scope.Kind.PID && processes.isEmpty()) {
            Reading<ProcessInfo> info = ProcessInfo.read(files, scope.number());
            if (info.isThere()) {
                processes.add(info.value());
            }
        }
        processes.sort((a, b) -> Long.compare(b.rss(), a.rss()));
        tellHolders();
    }

    private void tellHolders() {
        String detail = seen - denied + " of " + seen + " processes; " + holders.rings()
                + " rings, fdinfo of " + holders.fdinfoBytes() / 1000 + " kB";
        if (denied > 0) {
            sources.add(new Source("descriptors and rings", false, detail, denied + " processes"
                    + " are other users': their sockets have no owner here", "run as root (sudo)"));
        } else if (holders.ringsUnread() > 0) {
            String why = "rings left out or busy: " + holders.ringsUnread()
                    + (scope.kind() == Scope.Kind.PID
                    ? "; their sockets and requests are not in this report"
                    : "; they are taken to be like the others");
            sources.add(new Source("descriptors and rings", false, detail, why, "--rings "
                    + (holders.rings() + 1) + ", or again when it is less busy"));
        } else {
            sources.add(new Source("descriptors and rings", true, detail, "", ""));
        }
    }

    /** The fattest, asked for once more with all that TCP knows of them. */
    private void details(SockDiag diag) throws NetlinkException {
        for (TopSockets.Candidate one : totals.top.found()) {
            int before = top.size();
            int holder = holds.stream().filter(h -> h.owns(one.fat().inode())).map(h -> h.pid)
                    .findFirst().orElse(0);
            diag.exactly(one.key(), now -> top.add(one.fat().with(now, holder)));
            if (top.size() == before) {
                top.add(one.fat().with(one.key(), holder));
            }
        }
    }
}
