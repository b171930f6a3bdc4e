package io.mooring.probe.source;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Who holds the sockets that a ring has but does not name. Linux before 6.14 writes {@code TCP} for
 * a direct descriptor, without the inode: how many a process has is known, which ones is not. But
 * a socket that has a file, and that no descriptor and no ring names, must be one of those. It goes
 * to the process that alone listens on its port; else to the only one whose rings have room for it.
 * None is given more than its rings have, and what may be of several is given to none.
 */
public final class Elimination {

    /** Others may have so much of a group before it cannot be told whose it is. */
    private static final double OTHERS_SHARE = 0.01;

    /** A listening socket. */
    public record Listener(int port, int inode) {
    }

    private static final class Claim {
        private final ProcessHolds process;
        /** On ports that this process alone listens on. */
        private final IntSet accepted = new IntSet();
        private long room;

        private Claim(ProcessHolds process) {
            this.process = process;
            this.room = process.nameless();
        }

        private void take(IntSet candidates) {
            room -= process.derived.addSome(candidates, room);
        }
    }

    private final List<Claim> claims = new ArrayList<>();
    private final Map<Integer, Set<Claim>> listening = new HashMap<>();
    private final IntSet named = new IntSet();
    private final IntSet others = new IntSet();

    /**
     * @param files     to tell this network namespace, whose sockets will be offered
     * @param all       whatever processes are known, their descriptors listed; those whose rings
     *                  were read, and do not name all they have, can claim
     * @param listeners of any process
     */
    public Elimination(ProcFs files, List<ProcessHolds> all, List<Listener> listeners) {
        String here = files.network("self");
        for (ProcessHolds one : all) {
            named.addAll(one.descriptors);
            named.addAll(one.direct);
            if (one.nameless() > 0 && one.network.equals(here)) {
                claims.add(new Claim(one));
            }
        }
        for (Claim claim : claims) {
            for (Listener listener : listeners) {
                if (claim.process.owns(listener.inode())) {
                    listening.computeIfAbsent(listener.port(), port -> new HashSet<>()).add(claim);
                }
            }
        }
    }

    /** A socket with {@code localPort}; one without an inode has no file, so no holder. */
    public void offer(int localPort, int inode) {
        if (inode == 0 || named.contains(inode)) {
            return;
        }
        Set<Claim> there = listening.getOrDefault(localPort, Set.of());
        (there.size() == 1 ? there.iterator().next().accepted : others).add(inode);
    }

    /**
     * All were offered: each process gets its own.
     *
     * @return how many may be of several: none gets them, but each a share by number
     */
    public long settle() {
        for (Claim claim : claims) {
            claim.take(claim.accepted);
        }
        long room = claims.stream().mapToLong(claim -> claim.room).sum();
        if (room == 0) {
            return 0;
        }
        Claim roomiest = Collections.max(claims, Comparator.comparingLong(claim -> claim.room));
        if (room - roomiest.room <= OTHERS_SHARE * others.size()) {
            roomiest.take(others);
            return 0;
        }
        long contested = Math.min(room, others.size());
        for (Claim claim : claims) {
            claim.process.shared = Math.round((double) contested * claim.room / room);
        }
        return contested;
    }
}
