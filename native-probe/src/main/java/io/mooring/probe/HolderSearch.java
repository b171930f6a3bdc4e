package io.mooring.probe;

import io.mooring.probe.model.Holders;
import io.mooring.probe.model.Report.Scope;
import io.mooring.probe.model.Report.Source;
import io.mooring.probe.netlink.NetlinkException;
import io.mooring.probe.netlink.SockDiag;
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
    private static final String IN_RINGS = "sockets in rings";

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
     * processes' descriptors matter too, and the kernel's list is read once more. Others' rings,
     * which stop their owners while they are read, only where that leaves a doubt.
     */
    void eliminateOthers(SockDiag diag, List<Elimination.Listener> listeners)
            throws NetlinkException {
        if (found.isEmpty() || found.getFirst().nameless() == 0) {
            return;
        }
        ProcessHolds asked = found.getFirst();
        if (!asked.network.equals(files.network("self"))) {
            sources.add(new Source(IN_RINGS, false, "", "its sockets are of another network"
                    + " namespace", "nsenter -t " + asked.pid + " -n ./mooring probe ..."));
            return;
        }
        List<ProcessHolds> all = new ArrayList<>(found);
        int unseen = listProcesses(all);
        Elimination elimination = offered(diag, listeners, all, 0, unseen);
        elimination.settle();
        long wanted = Math.round(asked.nameless() * asked.ringFactor());
        if (isDoubtful(asked.derived.size(), wanted)) {
            readRingsHere(all);
            elimination.settle();
        }
        long size = asked.derived.size();
        // Those that have a descriptor as well are in the report by that.
        boolean isWhole = !isDoubtful(size, wanted - asked.descriptors.size());
        tellElimination(size + " of " + wanted + " by elimination", isWhole ? "" : wanted - size
                + " are not in this report: others may have them, or they have a descriptor as"
                + " well", "--port PORT counts those of a port");
    }

    /** All that hold any socket. */
    void readAll(SockDiag diag, List<Elimination.Listener> listeners, boolean byName)
            throws NetlinkException {
        List<ProcessHolds> all = everybody();
        for (ProcessHolds one : all) {
            if (one.descriptors.size() > 0 || one.hasRings()) {
                readRings(one);
                one.readEpolls(files, null);
                found.add(one);
            }
        }
        if (byName && all.stream().anyMatch(one -> one.nameless() > 0)) {
            offered(diag, listeners, all, 0, denied).settle();
            tellElimination(derived(all) + " have a holder by elimination", "", "");
        }
    }

    /**
     * Those that hold sockets of a port. Rings are long to read, so those go first whose process
     * listens there or has some of the sockets, and once each socket has a holder the rest is left
     * alone.
     */
    void readThoseOf(SockDiag diag, IntSet inodes, List<Elimination.Listener> listeners)
            throws NetlinkException {
        List<ProcessHolds> all = everybody();
        IntSet claimed = new IntSet();
        Set<ProcessHolds> with = new HashSet<>();
        for (ProcessHolds one : all) {
            if (claimed.addBoth(one.descriptors, inodes) > 0) {
                with.add(one);
            }
        }
        all.sort(Comparator.comparing((ProcessHolds one) -> !listens(one, listeners))
                .thenComparing(one -> !with.contains(one)));
        boolean named = true;
        for (ProcessHolds one : all) {
            if (one.hasRings() && claimed.size() < inodes.size()
                    && (named || listens(one, listeners))) {
                readRings(one);
                named &= one.nameless() == 0;
                if (claimed.addBoth(one.direct, inodes) > 0) {
                    with.add(one);
                }
            }
        }
        if (!named) {
            eliminate(diag, listeners, all, inodes.size() - claimed.size());
        }
        for (ProcessHolds one : all) {
            if (with.contains(one) || one.derived.size() > 0 || one.shared > 0) {
                one.readEpolls(files, inodes);
                found.add(one);
            }
        }
    }

    private static boolean listens(ProcessHolds one, List<Elimination.Listener> listeners) {
        return listeners.stream().anyMatch(listener -> one.owns(listener.inode()));
    }

    /** @param wanted sockets of the port that nothing names */
    private void eliminate(SockDiag diag, List<Elimination.Listener> listeners,
            List<ProcessHolds> all, long wanted) throws NetlinkException {
        Elimination elimination = offered(diag, listeners, all, scope.number(), denied);
        elimination.settle();
        if (isDoubtful(derived(all), wanted)) {
            readRingsHere(all);
            elimination.settle();
        }
        long size = derived(all);
        long shared = all.stream().mapToLong(one -> one.shared).sum();
        tellElimination(size + " of " + wanted + " by elimination", !isDoubtful(size, wanted) ? ""
                : "of " + (wanted - size) + " it is not known who holds them" + (shared == 0 ? ""
                : "; each who may has a share"), "");
    }

    private static long derived(List<ProcessHolds> all) {
        return all.stream().mapToLong(one -> one.derived.size()).sum();
    }

    private static boolean isDoubtful(long derived, long wanted) {
        return derived < ELIMINATED_MIN * wanted;
    }

    /** @param why something is missing; empty: nothing is */
    private void tellElimination(String found, String why, String remedy) {
        String detail = found + ": before Linux 6.14 a ring does not name its sockets";
        String advice = LibC.geteuid() == 0 ? remedy : "run as root (sudo)";
        sources.add(why.isEmpty() ? new Source(IN_RINGS, true, detail, "", "")
                : new Source(IN_RINGS, false, detail, why, advice));
    }

    /**
     * @param port   0: any
     * @param unseen processes that cannot be looked into: what other users have seems nobody's
     */
    private Elimination offered(SockDiag diag, List<Elimination.Listener> listeners,
            List<ProcessHolds> all, int port, int unseen) throws NetlinkException {
        Elimination elimination = new Elimination(files, all, listeners);
        int own = LibC.geteuid();
        // /proc may hide other users' processes instead of refusing them.
        boolean ownOnly = unseen > 0 || own != 0;
        diag.tcp(SockDiag.STATES_ALL, port, socket -> {
            if (!ownOnly || socket.uid == own) {
                elimination.offer(socket);
            }
        });
        return elimination;
    }

    /** All that were not read yet and can have sockets of this network namespace. */
    private void readRingsHere(List<ProcessHolds> all) {
        String here = files.network("self");
        for (ProcessHolds one : all) {
            if (one.hasRings() && one.rings.isEmpty() && one.network.equals(here)) {
                readRings(one);
            }
        }
    }

    private List<ProcessHolds> everybody() {
        List<ProcessHolds> all = new ArrayList<>();
        denied = listProcesses(all);
        seen = all.size() + denied;
        return all;
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

    /** What was not read of the process that was asked for is not in the report. */
    boolean isUnreadAlike() {
        return scope.kind() != Scope.Kind.PID || derived(found) > 0;
    }

    void tell(Holders holders) {
        String detail = seen - denied + " of " + seen + " processes; " + holders.rings()
                + " rings, fdinfo of " + holders.fdinfoBytes() / 1000 + " kB";
        if (denied > 0) {
            sources.add(new Source("descriptors and rings", false, detail, denied + " processes"
                    + " are other users': their sockets have no owner here", "run as root (sudo)"));
        } else if (holders.ringsUnread() > 0) {
            String why = "rings left out or busy: " + holders.ringsUnread()
                    + (isUnreadAlike() ? "; they are taken to be like the others"
                    : "; their sockets and requests are not in this report");
            sources.add(new Source("descriptors and rings", false, detail, why, "--rings "
                    + (holders.rings() + 1) + ", or again when it is less busy"));
        } else {
            sources.add(new Source("descriptors and rings", true, detail, "", ""));
        }
    }
}
