package io.mooring.probe.model;

import io.mooring.probe.source.ProcessHolds;
import io.mooring.probe.source.RingInfo;
import java.util.List;

/**
 * What the processes that hold the sockets keep beside them, added up.
 *
 * @param withDescriptor sockets that have a descriptor
 * @param direct         sockets in rings' tables
 * @param pollAdd, recv, read, accept requests that wait in rings for sockets of interest
 * @param tableEntries   of the processes' descriptor tables
 * @param ringsUnread    rings not read or never free to be read
 */
public record Holders(long withDescriptor, long direct, long epollSockets, long pollAdd, long recv,
        long read, long accept, long tableEntries, long ringSlots, long ringFiles, long rings,
        long ringEntryBytes, long ringsUnread, long fdinfoBytes) {

    public static final Holders NONE =
            new Holders(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    private static final int SUBMISSION_BYTES = 64;
    private static final int COMPLETION_BYTES = 16;

    /**
     * Adds them up. Requests in rings name no socket: of a process whose rings hold others too, a
     * proportional share is taken.
     *
     * @param directShare      for each process: the part of its rings' sockets that was asked about
     * @param descriptorsOfInterest for each process: sockets with descriptors that were asked about
     * @param tableEntries     for each process: entries of its descriptor table
     * @param unreadAlike      rings that were not read count as if they were like the others
     */
    public static Holders of(List<ProcessHolds> all, List<Double> directShare,
            List<Long> descriptorsOfInterest, List<Long> tableEntries, boolean unreadAlike) {
        Holders sum = NONE;
        for (int i = 0; i < all.size(); i++) {
            sum = sum.plus(of(all.get(i), directShare.get(i), descriptorsOfInterest.get(i),
                    tableEntries.get(i), unreadAlike));
        }
        return sum;
    }

    private static Holders of(ProcessHolds one, double direct, long descriptors, long entries,
            boolean unreadAlike) {
        double more = unreadAlike ? one.ringFactor() : 1;
        double share = more * direct;
        long reads = one.polls(RingInfo.OP_READ) + one.polls(RingInfo.OP_READ_MULTISHOT);
        long ringBytes = one.rings.stream().mapToLong(ring -> ring.submissions()
                * (SUBMISSION_BYTES + Integer.BYTES) + ring.completions() * COMPLETION_BYTES).sum();
        return new Holders(descriptors, Math.round(share * one.directCount()), one.epollSockets,
                Math.round(share * one.polls(RingInfo.OP_POLL_ADD)),
                Math.round(share * one.polls(RingInfo.OP_RECV)), Math.round(share * reads),
                Math.round(share * one.polls(RingInfo.OP_ACCEPT)), entries,
                Math.round(more * one.ringSlots()), Math.round(more * one.ringFiles()),
                one.rings.size() + one.ringsUnread, Math.round(more * ringBytes),
                one.ringsUnread + one.ringsBusy(),
                one.rings.stream().mapToLong(RingInfo::textBytes).sum());
    }

    private Holders plus(Holders o) {
        return new Holders(withDescriptor + o.withDescriptor, direct + o.direct,
                epollSockets + o.epollSockets, pollAdd + o.pollAdd, recv + o.recv, read + o.read,
                accept + o.accept, tableEntries + o.tableEntries, ringSlots + o.ringSlots,
                ringFiles + o.ringFiles, rings + o.rings, ringEntryBytes + o.ringEntryBytes,
                ringsUnread + o.ringsUnread, fdinfoBytes + o.fdinfoBytes);
    }

    /** Requests that wait in rings. */
    public long requests() {
        return pollAdd + recv + read + accept;
    }
}
