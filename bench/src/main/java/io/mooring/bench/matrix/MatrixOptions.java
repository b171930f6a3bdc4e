package io.mooring.bench.matrix;

import io.mooring.bench.BenchException;
import io.mooring.bench.EngineOptions;
import io.mooring.bench.Home;
import io.mooring.bench.Machine;
import io.mooring.bench.RunOptions;
import io.mooring.bench.SwarmOptions;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Who is measured, how often and against whom, and where the reports go; and the run itself. */
final class MatrixOptions {

    private static final String ALL = "all";
    private static final int ROUNDS = 5;
    private static final double NANOS_PER_SECOND = 1e9;

    @Option(names = "--engines", split = ",", paramLabel = "NAME", defaultValue = ALL,
            description = "who is measured; all: those of this build and every --peer;"
                    + " ${DEFAULT-VALUE}")
    private List<String> names;

    @Option(names = "--baseline", split = ",", paramLabel = "NAME",
            defaultValue = EngineOptions.NETTY_EPOLL + "," + EngineOptions.C_LOOP,
            description = "whom the others are compared with, where measured; ${DEFAULT-VALUE}")
    private List<String> baselines;

    @Option(names = "--quick",
            description = "fewer connections, seconds and rounds: to see that all works, not for"
                    + " figures to quote")
    private boolean quick;

    @Option(names = "--report", paramLabel = "FILE",
            description = "the HTML page; by default bench/target/bench.html")
    private Path report;

    @Option(names = "--hgrm", paramLabel = "FOLDER",
            description = "percentile files for HdrHistogram's plotter; by default"
                    + " bench/target/hgrm")
    private Path hgrm;

    @Mixin
    private RunOptions runOptions;

    @Mixin
    private EngineOptions engineOptions;

    @Mixin
    private SwarmOptions swarmOptions;

    boolean quick() {
        return quick;
    }

    /** Refuses the command line where {@code refusal} is not null. */
    void require(String refusal) {
        engineOptions.require(refusal == null, refusal);
    }

    /** Measures and reports. Exits 0 when every engine has a round that counts everywhere. */
    int run(List<Scenario> scenarios, String command) {
        Locale.setDefault(Locale.ROOT);
        engineOptions.require(runOptions.rounds(ROUNDS) >= 1, "--rounds must be 1 or more");
        scenarios.forEach(scenario -> require(scenario.refusal()));
        Home home = Home.locate();
        Bench bench = new Bench(engineOptions, swarmOptions, home);
        List<String> engines = engines();
        engines.forEach(bench::requireKnown);
        List<String> against = baselines.stream().filter(engines::contains).toList();
        engineOptions.cores().requirePlaces();
        System.out.println(Machine.line());
        System.out.printf("%s: %s%n%n", String.join(", ", scenarios.stream()
                .map(Scenario::name).toList()), String.join(", ", engines));
        OffsetDateTime started = OffsetDateTime.now().truncatedTo(ChronoUnit.SECONDS);
        long start = System.nanoTime();
        Matrix matrix = new Matrix(bench, engines, against, System.out::println);
        List<Result> results = new ArrayList<>();
        for (Scenario scenario : scenarios) {
            results.add(matrix.run(scenario, runOptions.rounds(quick ? 1 : ROUNDS)));
        }
        return report(new Run(command, started, (System.nanoTime() - start) / NANOS_PER_SECOND,
                quick, engines, against, bench, Machine.describe(), results), home);
    }

    private List<String> engines() {
        Set<String> engines = new LinkedHashSet<>();
        for (String name : names) {
            engines.addAll(name.equals(ALL) ? EngineOptions.ALL : List.of(name));
        }
        engines.addAll(engineOptions.peers());
        return List.copyOf(engines);
    }

    private int report(Run run, Home home) {
        run.results().forEach(result -> System.out.print(new MatrixTable(result).text()));
        if (run.results().stream().anyMatch(result ->
                result.rows().stream().anyMatch(Row::isNoisy))) {
            System.out.println("\nNOISY: others used the cores too, so light servers look heavier"
                    + " than they are; for figures to quote, use a quiet machine.");
        }
        Path target = home.target(".").normalize();
        Path json = runOptions.json() != null ? runOptions.json() : target.resolve("bench.json");
        Path page = report != null ? report : target.resolve("bench.html");
        Path folder = hgrm != null ? hgrm : target.resolve("hgrm");
        new MatrixJson(run).write(json);
        run.results().forEach(result -> Percentiles.write(folder, result));
        new MatrixPage(run).write(page);
        System.out.printf("%n%.0f s; report: %s%njson: %s%npercentiles: %s%n", run.seconds(),
                page.toAbsolutePath(), json.toAbsolutePath(), folder.toAbsolutePath());
        if (!run.unmeasured().isEmpty()) {
            throw new BenchException("no round that counts for " + String.join("; ",
                    run.unmeasured()) + " (the reasons are above)");
        }
        return 0;
    }
}
