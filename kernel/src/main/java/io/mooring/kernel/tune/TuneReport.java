package io.mooring.kernel.tune;

import io.mooring.kernel.tune.Outcome.Result;
import io.mooring.kernel.tune.TunePlan.Status;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What tune would do, or has done, as text. */
final class TuneReport {

    private static final int COLUMNS = 98;
    private static final String INDENT = " ".repeat(10);
    private static final int KIB = 1024;

    private final PrintWriter out;

    TuneReport(PrintWriter out) {
        this.out = out;
    }

    void plan(TunePlan plan, Host host, TuneState state, String profileArgument) {
        head(plan);
        plan.lines().forEach(this::line);
        limits(host);
        out.println();
        out.println(Arrays.stream(Status.values()).filter(one -> !plan.of(one).isEmpty())
            .map(one -> plan.of(one).size() + " " + word(one)).collect(Collectors.joining(", "))
            + ". Nothing was changed.");
        String command = "sudo ./mooring tune ";
        if (!plan.of(Status.CHANGE).isEmpty() || !plan.of(Status.LOCKED).isEmpty()) {
            out.println(command + "--profile " + profileArgument + " --apply     changes it; with "
                + "--persist also for the next start");
        }
        if (!state.isEmpty()) {
            out.println(command + "--revert     puts back what was there before the profile "
                + state.profile());
        }
    }

    private void head(TunePlan plan) {
        out.println("profile " + plan.profile().name() + ": " + plan.profile().title());
        out.printf(Locale.ROOT, "this machine: %,d KiB of memory, pages of %,d B%n%n",
            plan.ram().memoryBytes() / KIB, plan.ram().pageBytes());
    }

    private void line(TunePlan.Line line) {
        Setting setting = line.setting();
        boolean same = line.target().equals(line.current());
        out.printf("%-10s%s%s%n", line.status().name().toLowerCase(Locale.ROOT), setting.key(),
            line.status() == Status.ABSENT ? "" : ": " + line.current()
                + (same ? "" : " -> " + line.target()));
        if (!same) {
            paragraph(setting.does());
            paragraph("Costs: " + setting.costs());
            paragraph("Measured: " + setting.measured());
        }
        paragraph(line.note());
    }

    private void limits(Host host) {
        List<LimitsFile.Limit> low = Profiles.limits().stream()
            .filter(limit -> Persisted.isLow(host, limit)).toList();
        if (low.isEmpty()) {
            return;
        }
        out.println();
        out.println("Limits of this process that are lower than in " + Profiles.LIMITS
            + " (--persist writes that for logins;");
        out.println("a systemd service has LimitNOFILE= and LimitMEMLOCK=):");
        for (LimitsFile.Limit limit : low) {
            List<Long> softAndHard = host.limit(limit.item());
            // Of open files the JVM has raised its own soft limit, which tells of no other.
            out.printf("%-10s%s: %s%s (hard), wanted %s%n", "low", limit.key(),
                limit.type().equals("hard") ? "" : softAndHard.get(0) + " (soft) ",
                softAndHard.get(1), limit.value());
            paragraph(limit.does());
        }
    }

    private static String word(Status status) {
        return switch (status) {
            case CHANGE -> "to change";
            case OK -> "as wanted or better";
            case ABSENT -> "not here";
            case LOCKED -> "not to be written here";
            case FOREIGN -> "changed by somebody else";
        };
    }

    /** @param undone what to say of what was left undone */
    void outcome(Outcome outcome, String changed, String undone) {
        for (Outcome.Line line : outcome.lines()) {
            if (line.result() != Result.UNCHANGED) {
                String values = line.before().isEmpty() ? ""
                    : ": " + line.before() + (line.after().equals(line.before()) ? ""
                        : " -> " + line.after());
                out.printf("%-10s%s%s%n", line.result().name().toLowerCase(Locale.ROOT),
                    line.name(), values);
                paragraph(line.note());
            }
        }
        out.println(Map.of(Result.CHANGED, "changed", Result.RESTORED, "put back",
                Result.UNCHANGED, "were so already", Result.SKIPPED, "not here",
                Result.FOREIGN, "changed by somebody else and left alone",
                Result.FAILED, "failed").entrySet().stream()
            .filter(one -> outcome.count(one.getKey()) > 0)
            .sorted(Map.Entry.comparingByKey())
            .map(one -> outcome.count(one.getKey()) + " " + one.getValue())
            .collect(Collectors.joining(", ")) + ". " + (outcome.isComplete() ? changed : undone));
    }

    private void paragraph(String text) {
        StringBuilder line = new StringBuilder(INDENT);
        for (String word : text.isEmpty() ? new String[0] : text.split(" ")) {
            if (line.length() + word.length() + 1 > COLUMNS) {
                out.println(line);
                line = new StringBuilder(INDENT);
            }
            line.append(line.length() == INDENT.length() ? "" : " ").append(word);
        }
        if (line.length() > INDENT.length()) {
            out.println(line);
        }
    }
}
