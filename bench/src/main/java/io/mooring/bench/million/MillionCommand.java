package io.mooring.bench.million;

import io.mooring.bench.BenchException;
import io.mooring.bench.Engine;
import io.mooring.bench.Home;
import io.mooring.bench.Machine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code mooring million}: its options, and what happens before and after {@link MillionRun}. */
@Command(name = "mooring million", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"A server and a swarm of clients as two processes on this machine: ramps,"
                + " holds, broadcasts, closes; reports what each connection costs and whether all"
                + " memory came back.",
            "Exits 0 if no connection was lost and every broadcast was complete, else 1."})
public final class MillionCommand implements Callable<Integer> {

    private static final int SILENCE_MS = 90_000;
    private static final int SETTLE_MS = 1_500;
    private static final int BACK_MS_MIN = 8_000;
    private static final int BACK_MS_MAX = 20_000;
    private static final List<Integer> STEP_PERCENTS = List.of(10, 25, 50, 75, 100);

    @Spec
    private CommandSpec spec;

    @Option(names = "--connections", paramLabel = "N",
            description = "how many; by default 1,000,000, or what fits this machine")
    private Integer connections;

    @Option(names = "--hold", paramLabel = "SECONDS", defaultValue = "5",
            description = "how long the server's idle CPU is measured; ${DEFAULT-VALUE}")
    private int hold;

    @Option(names = "--broadcasts", paramLabel = "N", defaultValue = "3",
            description = "messages to all; ${DEFAULT-VALUE}")
    private int broadcasts;

    @Option(names = "--size", paramLabel = "BYTES", defaultValue = "64",
            description = "of a broadcast message, 16 or more; ${DEFAULT-VALUE}")
    private int size;

    @Option(names = "--kill",
            description = "end the swarm with kill -9 instead of closing; then a new one comes")
    private boolean kill;

    @Option(names = "--server-memory", paramLabel = "SIZE", converter = Size.class,
            defaultValue = "0",
            description = "as root: the server alone in a memory cgroup of that size (512MiB,"
                    + " 2GiB); refusals are then an expected outcome")
    private long serverMemory;

    @Option(names = "--reactors", paramLabel = "N", description = "of the server")
    private Integer reactors;

    @Option(names = "--swarm-threads", paramLabel = "N", description = "of the swarm")
    private Integer swarmThreads;

    @Option(names = "--ramp", paramLabel = "R", description = "connections a second at most")
    private Integer ramp;

    @Option(names = "--report", paramLabel = "FILE",
            description = "the HTML report; by default bench/target/million.html")
    private Path report;

    @Option(names = "--json", paramLabel = "FILE", description = "write all figures there too")
    private Path json;

    @Option(names = "--server-jvm", paramLabel = "FLAGS", defaultValue =
            "${sys:mooring.serve.jvm:--XX:+UseSerialGC"
            + " --add-exports=java.base/jdk.internal.misc=ALL-UNNAMED"
            + " --enable-native-access=ALL-UNNAMED}",
            description = "JVM flags of the server; by default its launcher's")
    private String serverJvm;

    @Option(names = "--swarm-jvm", paramLabel = "FLAGS", defaultValue =
            "${sys:mooring.swarm.jvm:--XX:+UseSerialGC"
            + " --add-exports=java.base/jdk.internal.misc=ALL-UNNAMED"
            + " --enable-native-access=ALL-UNNAMED}",
            description = "JVM flags of the swarm; by default its launcher's")
    private String swarmJvm;

    @Option(names = "--server-args", paramLabel = "ARGS", defaultValue = "",
            description = "more arguments of 'mooring serve'")
    private String serverArgs;

    /** For trying this out without a real one: whatever speaks the control protocol. */
    @Option(names = "--swarm-command", hidden = true, defaultValue = "")
    private String swarmCommand;

    /** A number of bytes with a unit of 1,024. */
    static final class Size implements ITypeConverter<Long> {
        private static final Pattern FORM = Pattern.compile(
                "(\\d{1,9}(?:\\.\\d{1,3})?)\\s*([KMG]?)(iB|B)?");

        @Override
        public Long convert(String value) {
            Matcher matcher = FORM.matcher(value.strip());
            if (!matcher.matches()) {
                throw new TypeConversionException("'" + value
                        + "' is not a size such as 512MiB or 4.5GiB");
            }
            int shift = switch (matcher.group(2)) {
                case "K" -> 10;
                case "M" -> 20;
                case "G" -> 30;
                default -> 0;
            };
            return Math.round(Double.parseDouble(matcher.group(1)) * (1L << shift));
        }
    }

    @Override
    public Integer call() {
        Locale.setDefault(Locale.ROOT);
        // The request for metrics keeps its connection from before the ramp to after the end.
        System.setProperty("jdk.httpclient.keepalive.timeout", "600");
        require(connections == null || connections >= 1, "--connections must be 1 or more");
        require(hold >= 0 && broadcasts >= 0, "a number is negative");
        require(size >= 16, "--size must be 16 or more: a stamp is in it");
        require(serverMemory == 0 || serverMemory >= 160L << 20,
                "--server-memory must be 160MiB or more: a JVM must fit");
        Home home = Home.locate();
        MachineFacts facts = MachineFacts.now();
        if (serverMemory > 0 && !facts.root()) {
            throw new BenchException("--server-memory needs root: it makes a memory cgroup");
        }
        Preflight preflight = Preflight.of(asked(), serverMemory, facts);
        System.err.println(Machine.line());
        System.err.println(preflight.line());
        preflight.notes().forEach(System.err::println);
        if (!preflight.isEnough()) {
            throw new BenchException(String.format(
                    "this machine is too small for %,d connections: %,d would fit"
                    + " (--connections %d)", preflight.connections(), preflight.fits(),
                    preflight.fits()));
        }
        Options options = new Options(hold, broadcasts, size, serverMemory, kill, SETTLE_MS,
                Math.min(BACK_MS_MAX, BACK_MS_MIN + preflight.connections() / 100), SILENCE_MS,
                STEP_PERCENTS);
        return run(home, options, preflight);
    }

    /** With a bound on the server's memory a quarter more than it is likely to take. */
    private Integer asked() {
        if (connections != null || serverMemory == 0) {
            return connections;
        }
        return (int) Math.min(Preflight.CONNECTIONS_DEFAULT,
                Preflight.admitted(serverMemory) * 5L / 4 / 1000 * 1000);
    }

    private void require(boolean holds, String message) {
        if (!holds) {
            throw new ParameterException(spec.commandLine(), message);
        }
    }

    private int run(Home home, Options options, Preflight preflight) {
        String jar = home.runtimeJar().toString();
        MillionRun run = new MillionRun(options, preflight, server(home, jar),
                port -> swarm(jar, port), home, Progress.onStandardError());
        Interrupt interrupt = new Interrupt(run);
        Runtime.getRuntime().addShutdownHook(interrupt);
        run.run();
        try {
            Runtime.getRuntime().removeShutdownHook(interrupt);
        } catch (IllegalStateException e) {
            // A signal has come: the hook prints, and the JVM ends with the signal's code.
            return 1;
        }
        Outcome outcome = run.outcome();
        System.out.print(new Summary(outcome).text());
        Map<String, Object> machine = Machine.describe();
        Path file = report != null ? report
                : home.target(".").resolve("million.html").normalize();
        new HtmlReport(outcome, run.timeline(), machine, commandLine()).write(file);
        System.out.println("report: " + file.toAbsolutePath());
        new OutcomeJson(outcome, run.timeline()).write(json);
        outcome.failures.forEach(failure -> System.err.println("mooring million: " + failure));
        return outcome.isGood() ? 0 : 1;
    }

    private String commandLine() {
        return "./mooring million " + String.join(" ",
                spec.commandLine().getParseResult().originalArgs());
    }

    private Engine server(Home home, String jar) {
        return new Engine("million-server", endpoint -> {
            List<String> line = java(serverJvm, jar);
            line.add(1, "-Xlog:gc:file=" + MillionRun.gcLog(home) + "::filecount=0");
            line.addAll(List.of("serve", "--host", endpoint.host(), "--port",
                    "" + endpoint.port(), "--max-connections", "" + endpoint.connectionsMax(),
                    "--idle-timeout", "0"));
            add(line, "--reactors", reactors);
            line.addAll(words(serverArgs));
            return line;
        });
    }

    private List<String> swarm(String jar, int port) {
        List<String> line = new ArrayList<>(words(swarmCommand));
        if (line.isEmpty()) {
            line.addAll(java(swarmJvm, jar));
            line.add("swarm");
        }
        line.addAll(List.of("ws://127.0.0.1:" + port + "/topic/million", "--control"));
        add(line, "--threads", swarmThreads);
        add(line, "--ramp", ramp);
        return line;
    }

    private static List<String> java(String jvm, String jar) {
        List<String> line = new ArrayList<>(List.of(Home.jdkTool("java")));
        line.addAll(words(jvm));
        line.addAll(List.of("-jar", jar));
        return line;
    }

    private static void add(List<String> line, String option, Integer value) {
        if (value != null) {
            line.addAll(List.of(option, value.toString()));
        }
    }

    private static List<String> words(String text) {
        return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));
    }
}
