package io.mooring.server;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A {@link MemoryPlan} for people, and as JSON. */
final class PlanPrinter {
    private static final String ROW = "  %-20s %12s %12s %12s %12s  %s%n";

    private PlanPrinter() {
    }

    static String table(MemoryPlan plan) {
        StringBuilder out = new StringBuilder(8 * 1024);
        line(out, "memory plan: up to %,d connections, %d reactors, %d rings; KiB%n",
            plan.connections(), plan.reactors(), plan.shards());
        line(out, "engine: %s%n%n", plan.engine());
        line(out, ROW, "", "mapped", "at start", "all silent", "most, busy", "");
        side(out, plan, false, "this process");
        side(out, plan, true, "the kernel for it");
        total(out, "sum", plan.sum(MemoryPlan.Term::mapped), plan.sum(MemoryPlan.Term::start),
            plan.sum(MemoryPlan.Term::full), plan.sum(MemoryPlan.Term::load), String.format(
                Locale.ROOT, "%,d B per silent connection", plan.perConnectionBytes()));
        line(out, "%n");
        for (PlanChecks.Check check : plan.checks()) {
            line(out, "  %-8s %-17s %s%n", state(check), check.name(), check.text());
        }
        line(out, "%n  The reserve covers new connections; what this process touches beyond "
            + "\"all silent\" once they talk (%,d KiB at most) is not in it.%n",
            plan.sum(false, MemoryPlan.Term::load) - plan.sum(false, MemoryPlan.Term::full)
                >> 10);
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
        return JsonText.of(object(plan)) + "\n";
    }

    static Map<String, Object> object(MemoryPlan plan) {
        List<Map<String, Object>> terms = new ArrayList<>();
        for (MemoryPlan.Term term : plan.terms()) {
            Map<String, Object> object =
                JsonText.object("name", term.name(), "kernel", term.isKernel());
            object.putAll(
                figures(term.mapped(), term.start(), term.full(), term.load()));
            object.put("why", term.why());
            terms.add(object);
        }
        List<Map<String, Object>> checks = new ArrayList<>();
        for (PlanChecks.Check check : plan.checks()) {
            checks.add(JsonText.object("name", check.name(), "state", state(check), "text",
                check.text()));
        }
        return JsonText.object("engine", plan.engine().name(),
            "engine_why", plan.engine().toString(), "connections", plan.connections(),
            "reactors", plan.reactors(), "rings", plan.shards(),
            "per_connection_bytes", plan.perConnectionBytes(), "terms", terms,
            "process", sums(plan, false), "kernel", sums(plan, true), "checks", checks);
    }

    private static Map<String, Object> sums(MemoryPlan plan, boolean isKernel) {
        return figures(plan.sum(isKernel, MemoryPlan.Term::mapped),
            plan.sum(isKernel, MemoryPlan.Term::start), plan.sum(isKernel, MemoryPlan.Term::full),
            plan.sum(isKernel, MemoryPlan.Term::load));
    }

    private static Map<String, Object> figures(long mapped, long start, long full, long load) {
        return JsonText.object("mapped_bytes", mapped, "start_bytes", start, "full_bytes", full,
            "load_bytes", load);
    }

    private static String state(PlanChecks.Check check) {
        return check.state().name().toLowerCase(Locale.ROOT);
    }
}
