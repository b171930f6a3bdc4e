package io.mooring.bench.matrix;

import io.mooring.bench.Json;
import io.mooring.bench.Table;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mooring bench diff A B}: what became better or worse, beyond noise. */
@Command(name = "diff", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Compares two JSON reports of 'mooring bench', the older one first. Times"
                + " and rates are compared as ratios to a baseline that both have measured, memory"
                + " as it is.",
            "Exits 1 when something is worse by more than the tolerance and by more than the"
                + " rounds of both differ among themselves."})
public final class DiffCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "A", description = "the older report")
    private Path before;

    @Parameters(index = "1", paramLabel = "B", description = "the newer report")
    private Path after;

    @Option(names = "--tolerance", paramLabel = "PERCENT", defaultValue = "5",
            description = "less is no difference; ${DEFAULT-VALUE}")
    private double tolerancePercent;

    @Option(names = "--all", description = "show also what did not change")
    private boolean all;

    @Option(names = "--json", description = "report in JSON")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (!(tolerancePercent >= 0)) {
            throw usage("--tolerance must be 0 or more");
        }
        Comparison comparison = Comparison.of(read(before), read(after), tolerancePercent);
        System.out.print(json ? Json.write(json(comparison)) : text(comparison));
        return comparison.regressions().isEmpty() ? 0 : 1;
    }

    private Map<String, Object> read(Path file) {
        Map<String, Object> report;
        try {
            report = Json.parseObject(Files.readString(file));
        } catch (IOException e) {
            throw usage("cannot read " + file + ": " + e.getMessage());
        } catch (IllegalArgumentException e) {
            throw usage(file + " is not JSON: " + e.getMessage());
        }
        if (!MatrixJson.SCHEMA.equals(report.get("schema"))) {
            throw usage(file + " is not a report of 'mooring bench' (--json FILE writes one)");
        }
        if (!report.get("version").equals(MatrixJson.VERSION)) {
            throw usage(file + " has version " + report.get("version") + ", this reads "
                    + MatrixJson.VERSION + ": measure it again");
        }
        return report;
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private String text(Comparison comparison) {
        StringBuilder text = new StringBuilder();
        comparison.notes().forEach(note -> text.append("note: ").append(note).append('\n'));
        Table table = new Table("scenario, engine", "figure", "A", "B", "B/A", "");
        boolean any = false;
        for (Comparison.Line line : comparison.lines()) {
            if (all || line.better() || line.worse()) {
                any = true;
                table.row(line.where() + ": " + line.engine(), line.metric().label()
                        + (line.against() == null ? "" : ", x " + line.against()), range(line,
                        line.before()), range(line, line.after()),
                        String.format(Locale.ROOT, "%.2f", line.change()),
                        line.worse() ? "WORSE" : line.better() ? "better" : "");
            }
        }
        text.append(any ? table.toString() : "");
        int worse = comparison.regressions().size();
        return text.append("%d figures compared, %d worse beyond noise%n".formatted(
                comparison.lines().size(), worse)).toString();
    }

    private static String range(Comparison.Line line, Comparison.Range range) {
        if (line.against() != null) {
            return String.format(Locale.ROOT, "%.2f (%.2f..%.2f)", range.median(), range.min(),
                    range.max());
        }
        Metric metric = line.metric();
        return "%s (%s..%s)".formatted(metric.text(range.median()), metric.text(range.min()),
                metric.text(range.max()));
    }

    private static Map<String, Object> json(Comparison comparison) {
        List<Map<String, Object>> lines = comparison.lines().stream().map(line -> {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("where", line.where());
            one.put("engine", line.engine());
            one.put("figure", line.metric().key());
            one.put("against", line.against());
            one.put("before", line.before().median());
            one.put("after", line.after().median());
            one.put("change", line.change());
            one.put("worse", line.worse());
            one.put("better", line.better());
            return one;
        }).toList();
        return Map.of("notes", comparison.notes(), "figures", lines, "worse",
                comparison.regressions().size());
    }
}
