package io.mooring.kernel.plan;

import io.mooring.kernel.plan.Break.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * The answer.
 *
 * @param connections asked about: as told, or the largest number that fits
 * @param largest     that fits, with limits that can be set raised; 0: not one
 * @param breaks      what breaks, the first one first
 */
record Plan(Target target, Ask ask, long connections, long largest, Memory memory, TcpNeed tcp,
        Wire wire, Cpu cpu, List<Break> breaks) {

    /** More than any machine's memory holds; and what a server's numbers hold. */
    static final long CONNECTIONS_MAX = 1 << 28;

    private static final int ROOM_PART = 4;
    private static final int OPEN_FILES_MIN = 1024;
    private static final int CONNECTIONS_PER_FILE = 64;

    enum Verdict {
        FITS("FITS"), AFTER_SETTINGS("FITS, AFTER SETTINGS"), DOES_NOT_FIT("DOES NOT FIT");

        final String text;

        Verdict(String text) {
            this.text = text;
        }
    }

    static Plan of(Target target, Ask ask) {
        Wire wire = new Wire(ask.messageBytes());
        Cpu cpu = new Cpu(ask.isEpoll(), ask.cpuFactor());
        long byMemory = byMemory(target, ask);
        List<Break> breaks = breaks(target, ask, wire, cpu, byMemory);
        long largest = breaks.stream().filter(one -> one.kind() == Kind.HARD)
                .mapToLong(one -> one.at() - 1).min().orElse(CONNECTIONS_MAX);
        long connections = ask.connections() == 0 ? Math.max(1, largest) : ask.connections();
        return new Plan(target, ask, connections, largest,
                Memory.of(target, ask, connections),
                TcpNeed.of(connections, wire.frameBytes(), target), wire, cpu, breaks);
    }

    /** The largest number whose memory fits; each has what one less has, and more. */
    private static long byMemory(Target target, Ask ask) {
        long fits = 0;
        long fitsNot = CONNECTIONS_MAX + 1;
        while (fitsNot - fits > 1) {
            long middle = (fits + fitsNot) / 2;
            if (Memory.of(target, ask, middle).fits()) {
                fits = middle;
            } else {
                fitsNot = middle;
            }
        }
        return fits;
    }

    private static List<Break> breaks(Target target, Ask ask, Wire wire, Cpu cpu, long byMemory) {
        List<Break> all = new ArrayList<>();
        all.add(new Break("memory", byMemory + 1, Kind.HARD, "new connections are refused (503)",
                Basis.DERIVED, "the table above"));
        settings(all, target, ask, ask.connections() == 0 ? byMemory : ask.connections());
        loads(all, target, ask, wire, cpu);
        TcpNeed one = TcpNeed.of(1, wire.frameBytes(), target);
        all.add(new Break("tcp_mem", next(one.behindMax()), Kind.SLOWER, "that many behind by one"
                + " message at once; the server's pace keeps below it, so messages take longer",
                target.tcpPressure().basis(), target.tcpPressure().source()));
        all.removeIf(each -> each.at() > CONNECTIONS_MAX);
        all.sort(Comparator.comparingLong(Break::at));
        return List.copyOf(all);
    }

    /** @param wanted connections for which a command is named */
    private static void settings(List<Break> all, Target target, Ask ask, long wanted) {
        long room = wanted + wanted / ROOM_PART;
        long byFiles = Memory.shape(target, ask).connectionsMax();
        all.add(new Break("RLIMIT_NOFILE", next(byFiles), Kind.SETTING, (ask.isEpoll()
                ? "each connection takes a descriptor: ulimit -n " + room
                : "a ring has room for so many, and there are as many rings: ulimit -n "
                + Math.max(OPEN_FILES_MIN, wanted / CONNECTIONS_PER_FILE)) + ", or LimitNOFILE=",
                target.openFiles().basis(), String.format(Locale.ROOT, "%s (%s)",
                count(target.openFiles().value()), target.openFiles().source())));
        all.add(new Break("fs.file-max", next(target.filesFree().value()), Kind.SETTING,
                "sockets are files: sysctl -w fs.file-max=" + room + " (root is exempt)",
                target.filesFree().basis(), target.filesFree().source()));
        if (ask.isEpoll()) {
            all.add(new Break("epoll watches", next(target.limits().watchesMax()), Kind.SETTING,
                    "sysctl -w fs.epoll.max_user_watches=" + room, target.isHere() ? Basis.MEASURED
                    : Basis.DERIVED, target.isHere() ? "fs.epoll.max_user_watches"
                    : "a 25th of the memory, 192 B each, eventpoll_init"));
        }
    }

    private static void loads(List<Break> all, Target target, Ask ask, Wire wire, Cpu cpu) {
        double rate = ask.rate() == 0 ? 1 : ask.rate();
        Kind kind = ask.rate() == 0 ? Kind.IF : Kind.HARD;
        String what = String.format(Locale.ROOT, "%s message%s a second to all", decimal(rate),
                rate == 1 ? "" : "s");
        if (target.link().value() > 0) {
            double each = wire.seconds(1, target.link().value()) * rate;
            all.add(new Break("link", (long) (1 / each) + 1, kind, what, Basis.DERIVED,
                    wire.wireBytes() + " B on the wire each"));
        }
        all.add(new Break("CPU", cpu.breaksAt(rate, target.reactors()), kind, what,
                Basis.ASSUMED, String.format(Locale.ROOT, "%s us each, %d cores",
                decimal(cpu.deliveryMicros()), target.reactors())));
    }

    private static long next(long most) {
        return most == Known.NO_LIMIT ? most : most + 1;
    }

    static String count(long value) {
        return value == Known.NO_LIMIT ? "no limit" : String.format(Locale.ROOT, "%,d", value);
    }

    /** Two decimals at most, none that are zero. */
    static String decimal(double value) {
        String text = String.format(Locale.ROOT, "%,.2f", value);
        return text.replaceAll("\\.?0+$", "");
    }

    Verdict verdict() {
        if (connections > largest) {
            return Verdict.DOES_NOT_FIT;
        }
        return isPastSettings(connections) ? Verdict.AFTER_SETTINGS : Verdict.FITS;
    }

    /** Whether so many need some limit to be raised. */
    boolean isPastSettings(long number) {
        return breaks.stream().anyMatch(one -> one.kind() == Kind.SETTING && one.isPast(number));
    }

    /** Below this no message to all can be complete. */
    double broadcastSeconds() {
        return Math.max(wireSeconds(), cpuSeconds());
    }

    /** 0: the link is not known. */
    double wireSeconds() {
        return wire.seconds(connections, target.link().value());
    }

    double cpuSeconds() {
        return cpu.seconds(connections, target.reactors());
    }
}
