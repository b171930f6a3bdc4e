package io.mooring.probe;

import io.mooring.probe.calibrate.CalibrateCommand;
import io.mooring.probe.model.Report;
import io.mooring.probe.model.Report.Scope;
import io.mooring.probe.report.HtmlReport;
import io.mooring.probe.report.Json;
import io.mooring.probe.report.OpenMetrics;
import io.mooring.probe.report.ReportJson;
import io.mooring.probe.report.TerminalReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Kernel memory of sockets: of a process, of a port, or of the whole machine. */
@Command(name = "probe", mixinStandardHelpOptions = true, versionProvider = Version.class,
        subcommands = {DiffCommand.class, CalibrateCommand.class},
        description = "What connections cost this machine in kernel memory, and who holds them.%n"
                + "Without root it reports what it can, and says what it could not see.",
        footer = {"", "Exit codes: 0, 1 when it cannot be done, 2 for wrong arguments.",
            "docs/PROBE.md tells how to read a report."})
final class ProbeCommand implements Callable<Integer> {

    /** One of them. */
    static final class Whose {
        @Option(names = "--pid", paramLabel = "PID", description = "sockets of this process")
        Integer pid;
        @Option(names = "--port", paramLabel = "PORT",
                description = "sockets whose local port this is")
        Integer port;
        @Option(names = "--host-wide", description = "all sockets of this network namespace"
                + " (default)")
        boolean host;
    }

    @Spec
    private CommandSpec spec;
    @ArgGroup(multiplicity = "0..1")
    private Whose whose;
    @Option(names = "--json", paramLabel = "FILE", description = "the report as JSON; -: standard"
            + " output, and nothing else there")
    private String json;
    @Option(names = "--html", paramLabel = "FILE", description = "one page that needs no network")
    private Path html;
    @Option(names = "--metrics", description = "OpenMetrics on standard output, and nothing else")
    private boolean metrics;
    @Option(names = "--watch", paramLabel = "SECONDS", arity = "0..1", fallbackValue = "2",
            description = "again and again, each two seconds or as told; Ctrl-C ends it")
    private Double watch;
    @Option(names = "--times", paramLabel = "N", description = "end --watch after so many reports")
    private long times = Long.MAX_VALUE;
    @Option(names = "--top", paramLabel = "N", description = "so many of the fattest sockets"
            + " (${DEFAULT-VALUE})")
    private int top = 5;
    @Option(names = "--what-if", paramLabel = "N", description = "project N connections too")
    private long whatIf;
    @Option(names = "--rings", paramLabel = "N", description = "read so many rings of each process"
            + " (${DEFAULT-VALUE}); the others are taken to be like them, with --pid left out")
    private int rings = Probe.RINGS_MAX;

    @Override
    public Integer call() throws InterruptedException {
        check();
        CountDownLatch never = new CountDownLatch(1);
        for (long i = 0; i < (watch == null ? 1 : times); i++) {
            if (i > 0 && never.await((long) (watch * 1000), TimeUnit.MILLISECONDS)) {
                break;
            }
            tell(report());
        }
        return 0;
    }

    private Report report() {
        // The launcher knows whether standard error is a terminal.
        if (watch != null || !Boolean.getBoolean("mooring.terminal")) {
            return Probe.here(top, rings, whatIf).take(scope());
        }
        try (LiveLine line = new LiveLine(System.err, LiveLine.QUIET_NANOS)) {
            return Probe.here(top, rings, whatIf, line).take(scope());
        }
    }

    private void check() {
        if (whose != null && (whose.pid != null && whose.pid < 1
                || whose.port != null && (whose.port < 1 || whose.port > 65_535))) {
            throw new ParameterException(spec.commandLine(),
                    "a PID is 1 or more, a port 1 to 65535");
        }
        if (top < 0 || top > 10_000 || rings < 1 || whatIf < 0 || times < 1) {
            throw new ParameterException(spec.commandLine(), "--top takes 0 to 10000, --rings and"
                    + " --times 1 or more, --what-if 0 or more");
        }
        if (watch != null && !(watch >= 0.1 && watch <= 86_400)) {
            throw new ParameterException(spec.commandLine(), "--watch takes 0.1 to 86400 seconds");
        }
        if (metrics && "-".equals(json)) {
            throw new ParameterException(spec.commandLine(),
                    "--metrics and --json - both want standard output");
        }
    }

    private Scope scope() {
        if (whose != null && whose.pid != null) {
            return new Scope(Scope.Kind.PID, whose.pid);
        }
        return whose != null && whose.port != null ? new Scope(Scope.Kind.PORT, whose.port)
                : new Scope(Scope.Kind.HOST, 0);
    }

    private void tell(Report report) {
        if (json != null && !json.equals("-")) {
            write(Path.of(json), Json.write(ReportJson.of(report)));
        }
        if (html != null) {
            write(html, HtmlReport.of(report));
        }
        String text;
        if ("-".equals(json)) {
            // Watched, one report is one line.
            text = watch == null ? Json.write(ReportJson.of(report))
                    : Json.line(ReportJson.of(report));
        } else if (metrics) {
            text = OpenMetrics.of(report);
        } else {
            boolean terminal = System.console() != null && System.console().isTerminal();
            boolean colour = terminal && System.getenv("NO_COLOR") == null;
            text = (watch != null && terminal ? "\033[H\033[2J" : "")
                    + TerminalReport.of(report, colour);
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        System.out.write(bytes, 0, bytes.length);
        System.out.flush();
    }

    static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new ProbeException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }
}
