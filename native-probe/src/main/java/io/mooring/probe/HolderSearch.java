package io.mooring.probe;

import io.mooring.probe.model.Holders;
import io.mooring.probe.model.Report.Scope;
import io.mooring.probe.model.Report.Source;
import io.mooring.probe.netlink.NetlinkException;
import io.mooring.probe.netlink.SockDiag;
import io.mooring.probe.source.Elimination;
import io.mooring.probe.source.IntSet;
import io.mooring.probe.source.ProcFs;
import io.mooring.probe.source.ProcessHolds;
import io.mooring.probe.source.Reading;
import io.mooring.probe.sys.LibC;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Finds the processes that hold sockets, by their descriptors and their rings. What a ring does not
 * name is found by {@link Elimination}.
 */
final class HolderSearch {

    /** Sockets that are closed lie in a ring too, and in no list. */
    private static final double ELIMINATED_MIN = 0.95;

    private final ProcFs files;
    private final Scope scope;
    private final int ringsMax;
    private final Progress progress;
    private final List<Source> sources;
    private final AtomicInteger ringsRead = new AtomicInteger();
    private int denied;
    private int seen;

    /** Those that hold sockets of the scope. */
    final List<ProcessHolds> found = new ArrayList<>();

    HolderSearch(Probe probe, Scope scope, List<Source> sources) {
        this.files = probe.files();
        this.scope = scope;
        this.ringsMax = probe.ringsMax();
        this.progress = probe.progress();
        this.sources = sources;
    }

    /** The process that was asked for. */
    void readProcess() {
        Reading<ProcessHolds> read = ProcessHolds.list(files, scope.number());
        if (read.isThere()) {
            readRings(read.value());
            read.value().readEpolls(files, null);
            found.add(read.value());
        } else if (!files.path("proc/" + scope.number()).toFile().exists()) {
            throw new ProbeException("there is no process " + scope.number());
        } else {
            denied++;
        }
        seen++;
    }

    /**
     * Completes what {@link #readProcess} found if its rings do not name all they have: then other
     * processes' descriptors and rings matter too, and the kernel's list is read once more.
     */
    void eliminateOthers(SockDiag diag, List<Elimination.Listener> listeners)
            throws NetlinkException {
        if (found.isEmpty() || found.getFirst().nameless() == 0) {
            return;
        }
        ProcessHolds asked = found.getFirst();
        List<ProcessHolds> all = new ArrayList<>(found);
        int unseen = listProcesses(all);
        for (ProcessHolds one : all.subList(1, all.size())) {
            if (one.hasRings() && one.network.equals(asked.network)) {
                readRings(one);
            }
        }
        eliminate(diag, listeners, all, unseen > 0);
        long missing = asked.nameless() - asked.derived.size();
        String detail = String.format(Locale.ROOT, "%d of %d by elimination: before Linux 6.14 a"
                + " ring does not name its sockets", asked.derived.size(), asked.nameless());
        if (asked.derived.size() >= ELIMINATED_MIN * asked.nameless()) {
            sources.add(new Source("sockets in rings", true, detail, "", ""));
        } else {
            sources.add(new Source("sockets in rings", false, detail, missing + " are not in this"
                    + " report: others' rings may have them, or another network namespace has",
                    "--port PORT counts those of a port; nsenter -t " + scope.number()
                    + " -n those of its namespace"));
        }
    }

    /** All that hold any socket. */
    void readAll(SockDiag diag, List<Elimination.Listener> listeners, boolean byName)
            throws NetlinkException {
        List<ProcessHolds> all = new ArrayList<>();
        denied = listProcesses(all);
        seen = all.size() + denied;
        for (ProcessHolds one : all) {
            if (one.descriptors.size() > 0 || one.hasRings()) {
                readRings(one);
                one.readEpolls(files, null);
                found.add(one);
            }
        }
        if (byName && all.stream().anyMatch(one -> one.nameless() > 0)) {
            eliminate(diag, listeners, all, denied > 0);
        }
    }

    /**
     * Those that hold sockets of a port. Rings are long to read, so those go first whose process
     * listens there or has some of the sockets, and once each socket has a holder the rest is left
     * alone.
     *
     * @param foreign those of them that other users opened
     */
    void readThoseOf(IntSet inodes, IntSet foreign, List<Elimination.Listener> listeners) {
        List<ProcessHolds> all = new ArrayList<>();
        denied = listProcesses(all);
        seen = all.size() + denied;
        IntSet claimed = new IntSet();
        Set<ProcessHolds> with = new HashSet<>();
        for (ProcessHolds one : all) {
            if (claimed.addBoth(one.descriptors, inodes) > 0) {
                with.add(one);
            }
        }
        all.sort(Comparator.comparing((ProcessHolds one) -> listeners.stream()
                .noneMatch(listener -> one.owns(listener.inode())))
                .thenComparing(one -> !with.contains(one)));
        long nameless = 0;
        for (ProcessHolds one : all) {
            if (one.hasRings() && claimed.size() + nameless < inodes.size()) {
                readRings(one);
                nameless += one.nameless();
                if (claimed.addBoth(one.direct, inodes) > 0) {
                    with.add(one);
                }
            }
        }
        Elimination elimination = new Elimination(files, all, listeners);
        inodes.forEach(inode -> {
            if (denied == 0 || !foreign.contains(inode)) {
                elimination.offer(scope.number(), inode);
            }
        });
        elimination.settle();
        for (ProcessHolds one : all) {
            if (with.contains(one) || one.derived.size() > 0 || one.shared > 0) {
                one.readEpolls(files, inodes);
                found.add(one);
            }
        }
    }

    /** @param ownOnly other users' processes cannot be looked into: their sockets seem nobody's */
    private void eliminate(SockDiag diag, List<Elimination.Listener> listeners,
            List<ProcessHolds> all, boolean ownOnly) throws NetlinkException {
        Elimination elimination = new Elimination(files, all, listeners);
        int own = LibC.geteuid();
        diag.tcp(SockDiag.STATES_ALL, 0, socket -> {
            if (!ownOnly || socket.uid == own) {
                elimination.offer(socket.localPort, socket.inode);
            }
        });
        elimination.settle();
    }

    /**
     * Lists the descriptors of all processes that are not in {@code all} yet.
     *
     * @return how many are not for this user to look into
     */
    private int listProcesses(List<ProcessHolds> all) {
        int refused = 0;
        Set<Integer> known = new HashSet<>();
        all.forEach(one -> known.add(one.pid));
        for (int pid : files.processes()) {
            if (known.add(pid)) {
                Reading<ProcessHolds> read = ProcessHolds.list(files, pid);
                if (read.isThere()) {
                    all.add(read.value());
                } else {
                    refused += read.remedy().isEmpty() ? 0 : 1;
                }
            }
        }
        return refused;
    }

    private void readRings(ProcessHolds one) {
        one.readRings(files, ringsMax, () -> progress.at(String.format(Locale.ROOT,
                "%,d rings, of process %d", ringsRead.incrementAndGet(), one.pid)));
    }

    /** Of the process that was asked for. */
    boolean isHeld(int inode) {
        return !found.isEmpty() && found.getFirst().owns(inode);
    }

    /** As {@link #isHeld}, and by elimination. */
    boolean isDerived(int inode) {
        return !found.isEmpty() && found.getFirst().derived.contains(inode);
    }

    /** Its number; 0: nobody known. */
    int holderOf(int inode) {
        return found.stream().filter(one -> one.owns(inode)).map(one -> one.pid).findFirst()
                .orElse(0);
    }

    void tell(Holders holders) {
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
}
