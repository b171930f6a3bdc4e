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
import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/**
 * Finds the sockets of a scope and who holds them. Of a process: first its descriptors, then the
 * kernel's list, of which those count whose inode the process has. Of a port: first the list,
 * chosen by the kernel, then which processes have those inodes. Of the machine: everything.
 *
 * <p>A socket that nobody has accepted yet, or an orphan, has no inode: it belongs to a process by
 * the port that the process listens on. A direct descriptor that the kernel does not name is found
 * by {@link Elimination}.
 */
final class Collector {

    private static final int TELL_SOCKETS = 1 << 14;

    private final ProcFs files;
    private final Scope scope;
    private final Progress progress;
    private final List<Source> sources;

    final SocketTotals totals;
    final List<ProcessInfo> processes = new ArrayList<>();
    final List<TopSockets.Fat> top = new ArrayList<>();
    Holders holders = Holders.NONE;
    boolean interrupted;
    private final HolderSearch search;
    /** Those on the port that was asked about, or all. */
    private final List<Elimination.Listener> listeners = new ArrayList<>();
    private int told;

    Collector(Probe probe, Scope scope, List<Source> sources) {
        this.files = probe.files();
        this.scope = scope;
        this.progress = probe.progress();
        this.sources = sources;
        this.search = new HolderSearch(probe, scope, sources);
        this.totals = new SocketTotals(probe.topMost());
    }

    void collect() {
        IntSet inodes = scope.kind() == Scope.Kind.PORT ? new IntSet() : null;
        if (scope.kind() == Scope.Kind.PID) {
            search.readProcess();
        }
        try (SockDiag diag = SockDiag.open()) {
            listen(diag);
            if (scope.kind() == Scope.Kind.PID) {
                search.eliminateOthers(diag, listeners);
            }
            dump(diag, inodes);
            if (scope.kind() == Scope.Kind.PORT) {
                search.readThoseOf(diag, inodes, listeners);
            } else if (scope.kind() == Scope.Kind.HOST) {
                search.readAll(diag, listeners, !totals.top.found().isEmpty());
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

    private int port() {
        return scope.kind() == Scope.Kind.PORT ? scope.number() : 0;
    }

    private void listen(SockDiag diag) throws NetlinkException {
        diag.tcp(1 << SocketRecord.LISTEN, port(), socket -> {
            totals.listening(socket.localPort);
            listeners.add(Elimination.Listener.of(socket));
        });
    }

    private void dump(SockDiag diag, IntSet inodes) throws NetlinkException {
        // Whoever listens owns the port's connections that nobody has accepted.
        BitSet ours = new BitSet(1 << 16);
        for (Elimination.Listener listener : listeners) {
            if (search.isHeld(listener.inode())) {
                ours.set(listener.port());
            }
        }
        diag.tcp(SockDiag.STATES_ALL, port(), socket -> {
            if (++told % TELL_SOCKETS == 0) {
                progress.at(String.format(Locale.ROOT, "%,d sockets", told));
            }
            if (scope.kind() != Scope.Kind.PID || search.isHeld(socket.inode)
                    || socket.inode == 0 && ours.get(socket.localPort)) {
                totals.add(socket);
                totals.byElimination += search.isDerived(socket.inode) ? 1 : 0;
                if (inodes != null) {
                    inodes.add(socket.inode);
                }
            }
        });
        if (port() == 0) {
            unix(diag);
        }
    }

    private void unix(SockDiag diag) throws NetlinkException {
        try {
            diag.unix(socket -> {
                if (scope.kind() == Scope.Kind.HOST || search.isHeld(socket.inode)) {
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

    private void sumUp(IntSet inodes) {
        List<Double> direct = new ArrayList<>();
        List<Long> descriptors = new ArrayList<>();
        List<Long> entries = new ArrayList<>();
        for (ProcessHolds one : search.found) {
            Reading<ProcessInfo> info = ProcessInfo.read(files, one.pid);
            direct.add(inodes == null ? 1 : directShare(one, inodes));
            totals.heldByElimination += inodes == null ? 0 : one.derived.size() + one.shared;
            long withDescriptor = inodes == null ? one.descriptors.size()
                    : one.descriptors.inBoth(inodes);
            descriptors.add(withDescriptor);
            entries.add(info.isThere() ? info.value().descriptors() : withDescriptor);
            if (info.isThere()) {
                processes.add(info.value());
            }
        }
        holders = Holders.of(search.found, direct, descriptors, entries, search.isUnreadAlike());
        if (scope.kind() == Scope.Kind.PID && processes.isEmpty()) {
            Reading<ProcessInfo> info = ProcessInfo.read(files, scope.number());
            if (info.isThere()) {
                processes.add(info.value());
            }
        }
        processes.sort((a, b) -> Long.compare(b.rss(), a.rss()));
        search.tell(holders);
    }

    /** What part of its direct descriptors is among those; elimination covers unread rings too. */
    private static double directShare(ProcessHolds one, IntSet inodes) {
        return one.directCount() == 0 ? 0 : (one.direct.inBoth(inodes)
                + (one.derived.size() + one.shared) / one.ringFactor()) / one.directCount();
    }

    /** The fattest, asked for once more with all that TCP knows of them. */
    private void details(SockDiag diag) throws NetlinkException {
        for (TopSockets.Candidate one : totals.top.found()) {
            int before = top.size();
            int holder = search.holderOf(one.fat().inode());
            diag.exactly(one.key(), now -> top.add(one.fat().with(now, holder)));
            if (top.size() == before) {
                top.add(one.fat().with(one.key(), holder));
            }
        }
    }
}
