package io.mooring.server;

import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** A {@link MemoryPlan} for people, and as JSON. */
final class PlanPrinter {
    private static final String ROW = "  %-20s %12s %12s %12s %12s  %s%n";

    private PlanPrinter() {
    }

    static String table(MemoryPlan plan) {
        StringBuilder out = new StringBuilder(8 * 1024);
        line(out, "memory plan: up to %,d connections, %d reactors, %d rings; KiB%n%n",
            plan.connections(), plan.reactors(), plan.shards());
        line(out, ROW, "", "mapped", "at start", "all silent", "most, busy", "");
        side(out, plan, false, "this process");
        side(out, plan, true, "the kernel for it");
        total(out, "sum", plan.sum(MemoryPlan.Term::mapped), plan.sum(MemoryPlan.Term::start),
            plan.sum(MemoryPlan.Term::full), plan.sum(MemoryPlan.Term::load), String.format(
                Locale.ROOT, "%,d B per silent connection", plan.perConnectionBytes()));
        line(out, "%n");
        for (PlanChecks.Check check : plan.checks()) {
            line(out, "  %-8s %-17s %s%n", check.state().name().toLowerCase(Locale.ROOT),
                check.name(), check.text());
        }
        return out.toString();
    }

    private static void side(StringBuilder out, MemoryPlan plan, boolean isKernel, String name) {
        for (MemoryPlan.Term term : plan.terms()) {
            if (term.isKernel() == isKernel) {
                total(out, term.name(), term.mapped(), term.start(), term.full(), term.load(),
                    term.why());
            }
        }
        total(out, name, plan.sum(isKernel, MemoryPlan.Term::mapped),
            plan.sum(isKernel, MemoryPlan.Term::start), plan.sum(isKernel, MemoryPlan.Term::full),
            plan.sum(isKernel, MemoryPlan.Term::load), "");
        line(out, "%n");
    }

    private static void total(StringBuilder out, String name, long mapped, long start, long full,
        long load, String why) {
        line(out, ROW, name, kib(mapped), kib(start), kib(full), kib(load), why);
    }

    private static String kib(long bytes) {
        return bytes == 0 ? "-" : String.format(Locale.ROOT, "%,d", Math.ceilDiv(bytes, 1024));
    }

    private static void line(StringBuilder out, String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values).stripTrailing())
            .append(format.endsWith("%n%n") ? "\n\n" : "\n");
    }

    static String json(MemoryPlan plan) {
        StringBuilder out = new StringBuilder(8 * 1024);
        out.append("{\"connections\": ").append(plan.connections())
            .append(", \"reactors\": ").append(plan.reactors())
            .append(", \"rings\": ").append(plan.shards())
            .append(", \"per_connection_bytes\": ").append(plan.perConnectionBytes())
            .append(",\n \"terms\": [");
        List<MemoryPlan.Term> terms = plan.terms();
        for (int i = 0; i < terms.size(); i++) {
            MemoryPlan.Term term = terms.get(i);
            out.append(i == 0 ? "\n  {" : ",\n  {").append("\"name\": ").append(quote(term.name()))
                .append(", \"kernel\": ").append(term.isKernel()).append(", ");
            figures(out, term.mapped(), term.start(), term.full(), term.load());
            out.append(", \"why\": ").append(quote(term.why())).append('}');
        }
        out.append("],\n \"process\": {");
        sums(out, plan, false);
        out.append("},\n \"kernel\": {");
        sums(out, plan, true);
        out.append("},\n \"checks\": [");
        for (int i = 0; i < plan.checks().size(); i++) {
            PlanChecks.Check check = plan.checks().get(i);
            String state = check.state().name().toLowerCase(Locale.ROOT);
            out.append(i == 0 ? "\n  {" : ",\n  {").append("\"name\": ").append(quote(check.name()))
                .append(", \"state\": ").append(quote(state)).append(", \"text\": ")
                .append(quote(check.text())).append('}');
        }
        return out.append("]}\n").toString();
    }

    private static void sums(StringBuilder out, MemoryPlan plan, boolean isKernel) {
        ToLongFunction<ToLongFunction<MemoryPlan.Term>> sum =
            column -> plan.sum(isKernel, column);
        figures(out, sum.applyAsLong(MemoryPlan.Term::mapped),
            sum.applyAsLong(MemoryPlan.Term::start), sum.applyAsLong(MemoryPlan.Term::full),
            sum.applyAsLong(MemoryPlan.Term::load));
    }

    private static void figures(StringBuilder out, long mapped, long start, long full, long load) {
        out.append("\"mapped_bytes\": ").append(mapped).append(", \"start_bytes\": ").append(start)
            .append(", \"full_bytes\": ").append(full).append(", \"load_bytes\": ").append(load);
    }

    /** Our own words and a path: no control characters but those that a path may bring. */
    private static String quote(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c < ' ' || c == '"' || c == '\\') {
                out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
