package io.mooring.kernel.plan;

import io.mooring.kernel.plan.Break.Kind;
import io.mooring.probe.model.Units;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A plan for people: the answer first, in seven lines; then where each figure is from. */
final class PlanText {

    private static final int NAME_COLUMNS = 33;
    private static final String TERM = "  %-" + NAME_COLUMNS + "s %9s %9s %9s  %-8s  %s";

    private final StringBuilder out = new StringBuilder(8 * 1024);
    private final Plan plan;

    private PlanText(Plan plan) {
        this.plan = plan;
    }

    static String of(Plan plan) {
        PlanText text = new PlanText(plan);
        text.answer();
        text.memory();
        text.breaks();
        text.message();
        text.machine();
        return text.out.toString();
    }

    private void answer() {
        Target target = plan.target();
        Memory memory = plan.memory();
        boolean asked = plan.ask().connections() != 0;
        line("%s: %s%,d connections on %s, %s (%s, Linux %s, pages of %d KiB, %d cores)",
                plan.verdict().text, asked ? "" : "up to ", plan.connections(),
                target.isHere() ? "this machine" : "a machine as described",
                Units.bytes(memory.ram()), plan.ask().engine(), target.kernel(),
                target.page() / 1024, target.reactors());
        line("");
        item("memory", "%s of %s with the reserve; a connection takes %,.0f B: %,.0f B kernel"
                + " (\u00b1 %.0f %%), %,.0f B user", Units.bytes(memory.needed()),
                Units.bytes(memory.ram()), memory.each(), memory.kernelEach(),
                100 * target.sizes().errorShare(), memory.each() - memory.kernelEach());
        item("fits", "%s", plan.largest() == 0 ? "not one connection" : String.format(Locale.ROOT,
                "up to %,d connections%s%s", plan.largest(), plan.isPastSettings(plan.largest())
                        ? ", once limits are set" : "", tooSmall()));
        item("breaks", "%s", first());
        item("message", "%s to all: %s", bytes(plan.wire().messageBytes()), completion());
        TcpNeed tcp = plan.tcp();
        item("tcp_mem", "silent 0; that message %s (%s pages); 1 %% deaf up to %s (%s pages);"
                + " pressure at %s", Units.bytes(tcp.paced()),
                Plan.count(tcp.paced() / target.page()), Units.bytes(tcp.deafBytes()),
                Plan.count(tcp.deafBytes() / target.page()), Units.bytes(tcp.pressure()));
        item("CPU", "%s", cpu());
    }

    /** What stands against those that were asked for. */
    private String tooSmall() {
        List<String> names = plan.breaks().stream().filter(one -> one.kind() == Kind.HARD
                && one.isPast(plan.connections())).map(Break::name).toList();
        return names.isEmpty() ? "" : "; too small for more: " + String.join(", ", names);
    }

    private String first() {
        List<String> order = new ArrayList<>();
        for (Break one : plan.breaks()) {
            if (one.kind() == Kind.HARD || one.kind() == Kind.SETTING) {
                order.add(String.format(Locale.ROOT, "%s at %,d%s", one.name(), one.at(),
                        one.kind() == Kind.SETTING ? " (a setting)" : ""));
            }
        }
        return (order.size() > 1 ? "first " : "") + String.join(", then ", order);
    }

    private String completion() {
        double wire = plan.wireSeconds();
        String cpu = seconds(plan.cpuSeconds()) + " by the CPU";
        return wire == 0 ? cpu + " at the soonest; the link's rate is not known (--link)"
                : String.format(Locale.ROOT, "%s at the soonest: %s by the wire, %s",
                        seconds(plan.broadcastSeconds()), seconds(wire), cpu);
    }

    private String cpu() {
        String silent = String.format(Locale.ROOT, "silent %.1f %% of one core; such a message to"
                + " all at most %s times a second", 100 * plan.cpu().idleCores(plan.connections()),
                rate(1 / plan.broadcastSeconds()));
        double rate = plan.ask().rate();
        if (rate == 0) {
            return silent;
        }
        String asked = String.format(Locale.ROOT, "; %s a second as asked: %.1f of %d cores",
                Plan.decimal(rate), plan.cpu().cores(plan.connections(), rate),
                plan.target().reactors());
        return silent + asked + (plan.wireSeconds() == 0 ? "" : String.format(Locale.ROOT,
                ", %.0f %% of the link", 100 * rate * plan.wireSeconds()));
    }

    private void memory() {
        line("");
        line(TERM, "Memory", "B/conn.", "silent", "at most", "figure", "from");
        Memory memory = plan.memory();
        for (Line.Side side : Line.Side.values()) {
            for (Line one : memory.lines()) {
                if (one.side() == side && one.most() > 0) {
                    line(TERM, "  " + one.name(), one.each() == 0 ? "-" : Units.each(one.each()),
                            one.silent() == 0 ? "-" : Units.bytes(one.silent()),
                            Units.bytes(one.most()), one.basis(), one.source());
                }
            }
            line(TERM, side.title, side == Line.Side.SYSTEM ? "-"
                    : Units.each(memory.sum(side, Line::each)),
                    Units.bytes(memory.sum(side, Line::silent)),
                    Units.bytes(memory.sum(side, Line::most)), "", "");
        }
        line(TERM, "together", Units.each(memory.each()), Units.bytes(memory.silent()),
                Units.bytes(memory.most()), "", "most: every bound reached at once; "
                + (memory.most() <= memory.ram() ? "that fits too" : "that does not fit: new"
                + " connections are refused before memory runs out"));
        line(TERM, "a message on its way", "", Units.bytes(memory.broadcast()), "", Basis.DERIVED,
                "");
        line(TERM, "reserve of the admission", "", Units.bytes(memory.reserve()), "",
                Basis.DERIVED, "3 % of the memory, 64 MiB at least (--memory-reserve)");
        line(TERM, "needed", "", Units.bytes(memory.needed()), "", "", "of "
                + Units.bytes(memory.ram()) + ", " + plan.target().ram().basis() + ": "
                + plan.target().ram().source());
    }

    private void breaks() {
        line("");
        line("What breaks, in order");
        for (Break one : plan.breaks()) {
            line("  %,15d  %-13s %-9s  %-8s  %s; %s", one.at(), one.name(), one.kind().text,
                    one.basis(), one.text(), one.source());
        }
    }

    private void message() {
        line("");
        line("A message to all");
        String form = "  %-22s %11s  %-8s  %s";
        line(form, "on the wire", bytes((int) plan.wire().wireBytes()), Basis.DERIVED,
                plan.wire().explained());
        double factor = plan.ask().cpuFactor();
        line(form, "CPU for each delivery", Plan.decimal(plan.cpu().deliveryMicros()) + " us",
                Basis.ASSUMED, (factor == 1 ? "not measured here; as on "
                : Plan.decimal(factor) + " times (--cpu-factor, not measured) that of ")
                + Cpu.MEASURED_ON);
        line(form, "CPU for each echo", Plan.decimal(plan.cpu().echoMicros()) + " us",
                Basis.ASSUMED, "the same");
        TcpNeed tcp = plan.tcp();
        line(form, "tcp_mem for each", bytes((int) tcp.chargedEach()), Basis.DERIVED,
                String.format(Locale.ROOT, "whole pages; unpaced %s, %s pages; paced %s: half of"
                + " what is below pressure, 256 MiB at most", Units.bytes(tcp.unpaced()),
                Plan.count(tcp.unpaced() / plan.target().page()), Units.bytes(tcp.paced())));
        line(form, "1 % deaf", Units.bytes(tcp.deafBytes()), Basis.DERIVED, String.format(
                Locale.ROOT, "%,d with %s unsent each, or three quarters of the pressure mark",
                tcp.deaf(), Units.bytes(plan.target().sendBufferMax().value())));
    }

    private void machine() {
        line("");
        line("The machine");
        Target target = plan.target();
        known("memory", Units.bytes(target.ram().value()), target.ram());
        known("taken by others", Units.bytes(target.taken().value()), target.taken());
        known("page", bytes(target.page()), target.pageBytes());
        known("kernel", "" + target.kernel(), target.kernelFrom());
        known("sizes of its objects", "", new Known(0, target.sizes().basis(),
                target.sizes().source() + "; the sum within "
                + Math.round(100 * target.sizes().errorShare()) + " %"));
        known("memory cgroup", target.accounts() ? "yes" : "no", target.isHere()
                ? Known.measured(0, "this process's: 8 B for each object where there is one")
                : Known.assumed(0, "off, as on Raspberry Pi OS"));
        known("link", target.link().value() == 0 ? "-" : Plan.decimal(
                target.link().value() / 1e6) + " Mbit/s", target.link());
        known("cores", "" + target.reactors(), target.cores());
        known("RLIMIT_NOFILE", Plan.count(target.openFiles().value()), target.openFiles());
        known("tcp_mem, pressure", Units.bytes(target.tcpPressure().value()),
                target.tcpPressure());
        known("send buffer, most", Units.bytes(target.sendBufferMax().value()),
                target.sendBufferMax());
        known("fs.file-max, free", Plan.count(target.filesFree().value()), target.filesFree());
    }

    private void known(String name, String value, Known known) {
        line("  %-22s %11s  %-8s  %s", name, value, known.basis(), known.source());
    }

    private void item(String name, String format, Object... values) {
        line("  %-9s " + format, concat(name, values));
    }

    private static Object[] concat(String name, Object[] values) {
        Object[] all = new Object[values.length + 1];
        all[0] = name;
        System.arraycopy(values, 0, all, 1, values.length);
        return all;
    }

    private void line(String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values).stripTrailing()).append('\n');
    }

    private static String bytes(int bytes) {
        return String.format(Locale.ROOT, "%,d B", bytes);
    }

    private static String seconds(double seconds) {
        return seconds < 1 ? String.format(Locale.ROOT, "%,.0f ms", 1000 * seconds)
                : String.format(Locale.ROOT, "%,.2f s", seconds);
    }

    private static String rate(double perSecond) {
        return perSecond >= 10 ? String.format(Locale.ROOT, "%,.0f", perSecond)
                : Plan.decimal(perSecond);
    }
}
