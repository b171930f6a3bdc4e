package io.mooring.probe.model;

import java.util.ArrayList;
import java.util.List;

/**
 * What so many connections would take, and whether this machine gives it.
 *
 * @param idleBytes      kernel memory of idle connections
 * @param userBytes      the process's share; 0: too few connections to tell
 * @param broadcastBytes more, while a small frame to each is not acknowledged
 * @param slowBytes      more, if one in a hundred does not read and its send buffer is full
 * @param broadcastTcpBytes charged to tcp_mem by the broadcast: a page each at least
 * @param breaks         limits that do not hold, in words
 */
public record Projection(long connections, double idleBytes, double userBytes,
        double broadcastBytes, double slowBytes, double broadcastTcpBytes, Verdict verdict,
        List<String> breaks) {

    public enum Verdict {
        FITS("fits"), TIGHT("fits idle, not every load"), DOES_NOT_FIT("does not fit");

        public final String text;

        Verdict(String text) {
            this.text = text;
        }
    }

    /** Below so many connections a process's memory says nothing about one of them. */
    public static final long USER_CONNECTIONS_MIN = 10_000;
    private static final double SLOW_SHARE = 0.01;

    /**
     * What is known of the machine and of one connection, in bytes.
     *
     * @param ramBytes       that connections may take: what is free now and what they have already
     * @param tcpMemBytes    tcp_mem's maximum; {@link Long#MAX_VALUE}: none, or cannot tell
     * @param filesSoft      RLIMIT_NOFILE of the process, {@link Long#MAX_VALUE}: none
     * @param usesDescriptors connections have descriptors, so that limit holds for their number
     */
    public record Basis(double idleEach, double userEach, double frameEach, int pageBytes,
            double ramBytes, long tcpMemBytes, long sendBufferMax, long filesSoft,
            boolean usesDescriptors) {
    }

    public static Projection of(long connections, Basis basis) {
        double idle = connections * basis.idleEach;
        double user = connections * basis.userEach;
        double broadcast = connections * basis.frameEach;
        double slow = connections * SLOW_SHARE * basis.sendBufferMax;
        double pages = (double) connections * basis.pageBytes;
        List<String> breaks = new ArrayList<>();
        Verdict verdict = Verdict.FITS;
        if (idle + user + broadcast > basis.ramBytes) {
            breaks.add("memory: a broadcast does not fit");
            verdict = Verdict.TIGHT;
        }
        if (pages > basis.tcpMemBytes) {
            breaks.add("tcp_mem: unpaced broadcast");
            verdict = Verdict.TIGHT;
        }
        if (slow > basis.tcpMemBytes || idle + user + slow > basis.ramBytes) {
            breaks.add("1 % slow readers with full send buffers");
            verdict = Verdict.TIGHT;
        }
        if (basis.usesDescriptors && connections > basis.filesSoft) {
            breaks.add(0, "RLIMIT_NOFILE");
            verdict = Verdict.DOES_NOT_FIT;
        }
        if (idle + user > basis.ramBytes) {
            breaks.add(0, "memory");
            verdict = Verdict.DOES_NOT_FIT;
        }
        return new Projection(connections, idle, user, broadcast, slow, pages, verdict,
                List.copyOf(breaks));
    }
}
