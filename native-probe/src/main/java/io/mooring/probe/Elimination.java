package io.mooring.probe;

import io.mooring.probe.netlink.SocketRecord;
import io.mooring.probe.source.IntSet;
import io.mooring.probe.source.ProcFs;
import io.mooring.probe.source.ProcessHolds;
import io.mooring.probe.source.RingInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Who holds the sockets that a ring has but does not name. Linux before 6.14 writes {@code TCP} for
 * a direct descriptor, without the inode: how many a process has is known, which ones is not. But
 * a socket that has a file, and that no descriptor names, must be one of those.
 *
 * <p>A group of such sockets goes to one process as a whole, or to none: to the one that alone
 * listens where they were accepted, else to the only one whose rings have room for them. If others
 * may have more than {@link #TOLERANCE} of them, or they are more than there is room for, each
 * process has a share by number and no socket by name.
 */
final class Elimination {

    static final double TOLERANCE = 0.01;
    /** So many may be accepted between the reading of a ring and of the kernel's list. */
    private static final int ACCEPTED_MEANWHILE = 8;

    /**
     * A listening socket.
     *
     * @param address a hash of it; 0: any address
     */
    record Listener(int port, int address, int inode) {

        static Listener of(SocketRecord socket) {
            return new Listener(socket.localPort, addressOf(socket), socket.inode);
        }
    }

    private record Place(int port, int address) {
    }

    /** A process with rings, and how many sockets of whatever is left may be in them. */
    private static final class Claim {
        private final ProcessHolds process;
        private long most;
        /** Some that its rings have may have a descriptor of it as well. */
        private long least;

        private Claim(ProcessHolds process) {
            this.process = process;
        }

        /** @param seen the rings of those before: a ring may be several processes' */
        private void measure(Set<Long> seen) {
            long nameless = 0;
            long hidden = 0;
            for (RingInfo ring : process.rings) {
                if (ring.inode() == 0 || seen.add(ring.inode())) {
                    nameless += ring.nameless();
                    hidden += ring.isWhole() ? 0 : ring.slots();
                }
            }
            most = process.rings.isEmpty() ? Long.MAX_VALUE
                    : Math.round(nameless * process.ringFactor()) + hidden;
            least = Math.max(0, nameless - process.descriptors.size());
            process.derived = new IntSet();
            process.shared = 0;
        }

        private long most(long ofGroup) {
            return Math.min(most, ofGroup);
        }

        private void take(IntSet group) {
            long taken = process.derived.addSome(group, most);
            most -= taken;
            least = Math.max(0, least - taken);
        }
    }

    private final List<Claim> claims = new ArrayList<>();
    private final Map<Place, Set<Claim>> listening = new HashMap<>();
    private final IntSet named = new IntSet();
    /** By who listens where they were accepted. */
    private final Map<Set<Claim>, IntSet> accepted = new HashMap<>();
    private final IntSet others = new IntSet();

    /**
     * @param files     to tell this network namespace, whose sockets will be offered
     * @param all       whatever processes are known, their descriptors listed; their rings may be
     *                  read later, but until then it is not known how much room they have
     * @param listeners of any process
     */
    Elimination(ProcFs files, Collection<ProcessHolds> all, Collection<Listener> listeners) {
        String here = files.network("self");
        for (ProcessHolds one : all) {
            named.addAll(one.descriptors);
            if (one.hasRings() && one.network.equals(here)) {
                claims.add(new Claim(one));
            }
        }
        for (Claim claim : claims) {
            for (Listener listener : listeners) {
                if (claim.process.descriptors.contains(listener.inode())) {
                    listening.computeIfAbsent(new Place(listener.port(), listener.address()),
                            place -> new HashSet<>()).add(claim);
                }
            }
        }
    }

    private static int addressOf(SocketRecord socket) {
        for (byte part : socket.local) {
            if (part != 0) {
                return Arrays.hashCode(socket.local) | 1;
            }
        }
        return 0;
    }

    /** One of the kernel's list; one without an inode has no file, so no holder. */
    void offer(SocketRecord socket) {
        if (socket.inode == 0 || named.contains(socket.inode)) {
            return;
        }
        Set<Claim> there = listening.get(new Place(socket.localPort, addressOf(socket)));
        if (there == null) {
            there = listening.getOrDefault(new Place(socket.localPort, 0), Set.of());
        }
        (there.isEmpty() ? others : accepted.computeIfAbsent(there, who -> new IntSet()))
                .add(socket.inode);
    }

    /** All were offered: each process gets its own. Again after more rings were read. */
    void settle() {
        Set<Long> seen = new HashSet<>();
        claims.forEach(claim -> claim.measure(seen));
        IntSet rest = new IntSet();
        rest.addAll(others);
        accepted.forEach((who, group) -> {
            if (who.size() == 1 && !takesAccepted(who.iterator().next(), group)) {
                rest.addAll(group); // handed on to another process
            }
        });
        accepted.forEach((who, group) -> {
            if (who.size() > 1) {
                settle(who, group, onlyOne(who, group.size()));
            }
        });
        Claim only = onlyOne(claims, rest.size());
        settle(claims, rest, only == null ? needy(rest.size()) : only);
    }

    private static boolean takesAccepted(Claim claim, IntSet group) {
        double slack = Math.max(ACCEPTED_MEANWHILE, TOLERANCE * group.size());
        if (group.size() > claim.most(group.size()) + slack) {
            return false;
        }
        claim.take(group);
        return true;
    }

    private static void settle(Collection<Claim> who, IntSet group, Claim only) {
        if (only != null && group.size() <= only.most(group.size()) * (1 + TOLERANCE)) {
            only.take(group);
            return;
        }
        double room = who.stream().mapToDouble(claim -> claim.most(group.size())).sum();
        for (Claim claim : who) {
            claim.process.shared += room == 0 ? 0 : Math.round(
                    Math.min(room, group.size()) * claim.most(group.size()) / room);
        }
    }

    /** The others have hardly any room; null: there is none like that. */
    private static Claim onlyOne(Collection<Claim> who, long sockets) {
        long room = who.stream().mapToLong(claim -> claim.most(sockets)).sum();
        for (Claim claim : who) {
            if (claim.most(sockets) > 0
                    && room - claim.most(sockets) <= TOLERANCE * sockets) {
                return claim;
            }
        }
        return null;
    }

    /**
     * It must have them, or its rings had more sockets than there are: others' may all have
     * descriptors too.
     */
    private Claim needy(long sockets) {
        for (Claim claim : claims) {
            if (claim.least > 0 && claim.least >= (1 - TOLERANCE) * sockets) {
                return claim;
            }
        }
        return null;
    }
}
