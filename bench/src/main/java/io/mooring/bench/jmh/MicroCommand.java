package io.mooring.bench.jmh;

import io.mooring.bench.BenchException;
import io.mooring.bench.Machine;
import io.mooring.bench.Report;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * The microbenchmarks: time and heap allocation per operation. Those of the data path promise to
 * allocate nothing, and a promise that is broken is a failure.
 */
@Command(name = "micro", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Codec, masks, UTF-8, queue entries, topics, slots: ns and heap bytes (JMH).")
public final class MicroCommand implements Callable<Integer> {

    /** As every JVM of this project is started; a fork would also get the launcher's others. */
    private static final String[] JVM_FLAGS = {"-XX:+UseSerialGC",
        "-XX:+UseCompactObjectHeaders", "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED"};
    private static final int WARMUPS = 3;
    private static final int QUICK_MILLISECONDS = 100;

    @Spec
    private CommandSpec spec;

    @Parameters(arity = "0..1", paramLabel = "PATTERN", defaultValue = "",
            description = "only these, of CLASS.METHOD: a regular expression, found anywhere in it")
    private String pattern;

    @Option(names = "--quick", description = "--time 100: for an impression")
    private boolean quick;

    @Option(names = "--iterations", defaultValue = "5", paramLabel = "N",
            description = "measured; ${DEFAULT-VALUE}, after three that are not")
    private int iterations;

    @Option(names = "--time", defaultValue = "1000", paramLabel = "MS",
            description = "of each iteration; ${DEFAULT-VALUE}")
    private int milliseconds;

    @Option(names = "--no-fork", description = "all in this JVM, one after the other: less exact")
    private boolean noFork;

    @Option(names = "--list", description = "say which there are, and end")
    private boolean list;

    @Option(names = "--verbose", description = "JMH's own output too")
    private boolean verbose;

    @Option(names = "--json", paramLabel = "FILE", description = "write all figures there too")
    private Path json;

    private final List<Micro> results = new ArrayList<>();

    @Override
    public Integer call() {
        if (iterations < 1 || milliseconds < 1) {
            throw usage("--iterations and --time must be 1 or more");
        }
        List<BenchmarkListEntry> chosen = chosen();
        if (list) {
            chosen.forEach(entry -> System.out.println(Micro.shortName(entry.getUsername())));
            return 0;
        }
        System.out.println(Machine.line());
        System.out.println(Micro.heads());
        for (BenchmarkListEntry entry : chosen) {
            run(entry);
        }
        new Report("micro")
                .put("milliseconds", quick ? QUICK_MILLISECONDS : milliseconds)
                .put("iterations", iterations).put("forked", !noFork)
                .put("results", results.stream().map(Micro::json).toList()).write(json);
        List<String> broken = results.stream().filter(Micro::isPromiseBroken)
                .map(micro -> (micro.name() + " " + micro.parameters()).strip()).toList();
        if (!broken.isEmpty()) {
            throw new BenchException("allocates, and must not: " + String.join(", ", broken));
        }
        return 0;
    }

    private List<BenchmarkListEntry> chosen() {
        Pattern wanted;
        try {
            wanted = Pattern.compile(pattern);
        } catch (PatternSyntaxException e) {
            throw usage("'" + pattern + "' is no regular expression: " + e.getDescription());
        }
        List<BenchmarkListEntry> chosen = BenchmarkList.defaultList()
                .getAll(OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT),
                        List.of()).stream()
                .filter(entry -> wanted.matcher(Micro.shortName(entry.getUsername())).find())
                .toList();
        if (chosen.isEmpty()) {
            throw usage("no benchmark has '" + pattern + "' in its name; --list says which"
                    + " there are");
        }
        return chosen;
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /** With all its parameters. */
    private void run(BenchmarkListEntry entry) {
        try {
            for (RunResult result : new Runner(options(entry)).run()) {
                results.add(Micro.of(result));
                System.out.println(results.getLast().line());
            }
        } catch (RunnerException e) {
            throw new BenchException(Micro.shortName(entry.getUsername()) + " failed: "
                    + e.getMessage() + (verbose ? "" : " (--verbose tells more)"));
        }
    }

    private Options options(BenchmarkListEntry entry) {
        TimeValue time = TimeValue.milliseconds(quick ? QUICK_MILLISECONDS : milliseconds);
        return new OptionsBuilder()
                .include("^" + Pattern.quote(entry.getUsername()) + "$")
                .forks(noFork ? 0 : 1)
                .jvmArgs(JVM_FLAGS)
                .warmupIterations(WARMUPS).warmupTime(time)
                .measurementIterations(iterations).measurementTime(time)
                .addProfiler(GCProfiler.class)
                .shouldFailOnError(true)
                .verbosity(verbose ? VerboseMode.NORMAL : VerboseMode.SILENT)
                .build();
    }
}
