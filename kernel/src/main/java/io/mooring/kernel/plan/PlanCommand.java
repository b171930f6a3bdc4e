package io.mooring.kernel.plan;

import io.mooring.probe.report.Json;
import io.mooring.probe.source.ProcFs;
import io.mooring.probe.sys.LibC;
import io.mooring.server.Quantities;
import io.mooring.sys.Limits;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code ./mooring plan}. */
@Command(name = "plan", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Predicts the memory, time and limits of N connections on a machine: this"
                + " one, or one that is described. With no --connections: how many fit, and what"
                + " breaks first.",
        footer = {"", "A Pi 5: mooring plan --connections 1000000 --ram 8GiB --page-size 16384"
                + " --link 1Gbit/s", "",
            "Exit codes: 0: it fits, perhaps after settings that are named; 1: it does not;"
                + " 2: wrong arguments."})
public final class PlanCommand implements Callable<Integer> {

    private static final int PAGE_MIN = 4096;
    private static final int PAGE_MAX = 65_536;
    private static final int MESSAGE_MAX = 64 << 20;
    private static final int CORES_MAX = 1024;
    private static final double RATE_MAX = 1e6;
    private static final double FACTOR_MIN = 0.01;
    private static final double FACTOR_MAX = 100;

    @Spec
    private CommandSpec spec;
    @Option(names = "--connections", paramLabel = "N", converter = Typed.Count.class,
            description = "(default: as many as fit)")
    private Long connections;
    @Option(names = "--ram", paramLabel = "SIZE", converter = Quantities.Memory.class,
            description = "of the machine: 8GiB, 8GB (default: this machine's)")
    private Long ram;
    @Option(names = "--page-size", paramLabel = "BYTES",
            converter = Quantities.Size.class,
            description = "of its kernel: 4096, 16KiB (default: this machine's)")
    private Integer pageSize;
    @Option(names = "--kernel", paramLabel = "VERSION",
            description = "such as 6.12 (default: this machine's; 6.12 for other pages)")
    private String kernel;
    @Option(names = "--link", paramLabel = "RATE", converter = Quantities.LinkRate.class,
            description = "1Gbit/s, 100Mbit/s (default: of the default route's device)")
    private Long link;
    @Option(names = "--cores", paramLabel = "N", converter = Typed.Count.class,
            description = "one reactor each (default: this machine's; 4 for another)")
    private Long cores;
    @Option(names = "--nofile", paramLabel = "N", converter = Typed.Count.class,
            description = "RLIMIT_NOFILE of the server (default: the hard limit here; 524288, a"
                    + " service's, for another)")
    private Long openFiles;
    @Option(names = "--engine", paramLabel = "io_uring|epoll", defaultValue = "io_uring",
            converter = Typed.Engine.class,
            description = "(default: ${DEFAULT-VALUE})")
    private Typed.EngineName engine;
    @Option(names = "--message", paramLabel = "SIZE", defaultValue = "64",
            converter = Quantities.Size.class,
            description = "of one message to all (default: ${DEFAULT-VALUE})")
    private int message;
    @Option(names = "--rate", paramLabel = "N", defaultValue = "0",
            converter = Typed.Decimal.class,
            description = "messages a second to all connections; 0: as they come"
                    + " (default: ${DEFAULT-VALUE})")
    private Double rate;
    @Option(names = "--cpu-factor", paramLabel = "F", defaultValue = "1",
            converter = Typed.Decimal.class,
            description = "times as long as the measured core takes: an assumption of yours; none"
                    + " is measured for a Pi 5's A76 (default: ${DEFAULT-VALUE})")
    private Double cpuFactor;
    @Option(names = "--calibration", paramLabel = "FILE",
            description = "of 'probe calibrate --json FILE' on that machine: the kernel's bytes as"
                    + " measured there, instead of by the sizes of its objects")
    private Path calibration;
    @Option(names = "--json", description = "as JSON")
    private boolean json;

    @Override
    public Integer call() {
        check();
        boolean isEpoll = engine == Typed.EngineName.EPOLL;
        Targets.Told told = new Targets.Told(ram, pageSize, kernelVersion(), link,
                cores == null ? null : cores.intValue(), openFiles);
        Target target = new Targets(new ProcFs(Path.of("/"), LibC.pageBytes()), told,
                Runtime.getRuntime().availableProcessors(), Limits.raiseOpenFiles()).target();
        if (!isEpoll && !target.kernel().isAtLeast(6, 1)) {
            throw wrong("--kernel is " + target.kernel()
                    + ": io_uring needs Linux 6.1 or newer here; or --engine epoll");
        }
        if (calibration != null) {
            target = target.with(Calibrated.read(calibration, isEpoll));
        }
        Plan plan = Plan.of(target, new Ask(connections == null ? 0 : connections,
                isEpoll, message, rate, cpuFactor));
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.write(PlanJson.of(plan)) : PlanText.of(plan));
        out.flush();
        return plan.verdict() == Plan.Verdict.DOES_NOT_FIT ? 1 : 0;
    }

    private KernelVersion kernelVersion() {
        try {
            return kernel == null ? null : KernelVersion.parse(kernel);
        } catch (IllegalArgumentException e) {
            throw wrong("--kernel: " + e.getMessage());
        }
    }

    private void check() {
        range("--connections", connections, 1, Plan.CONNECTIONS_MAX);
        range("--cores", cores, 1, CORES_MAX);
        range("--nofile", openFiles, 1, Long.MAX_VALUE);
        range("--message", (long) message, 0, MESSAGE_MAX);
        if (pageSize != null && (pageSize < PAGE_MIN || pageSize > PAGE_MAX
                || Integer.bitCount(pageSize) != 1)) {
            throw wrong("--page-size is " + pageSize
                    + ": give a power of two from 4096 to 65536, as getconf PAGESIZE tells it");
        }
        if (!(rate >= 0 && rate <= RATE_MAX)) {
            throw wrong("--rate is " + rate + ": give messages a second, 0 to 1000000");
        }
        if (!(cpuFactor >= FACTOR_MIN && cpuFactor <= FACTOR_MAX)) {
            throw wrong("--cpu-factor is " + cpuFactor + ": give 0.01 to 100; 2 is half as fast");
        }
    }

    private void range(String option, Number value, long min, long max) {
        if (value != null && (value.longValue() < min || value.longValue() > max)) {
            throw wrong(option + " is " + value + ": give " + min + (max == Long.MAX_VALUE
                    ? " or more" : " to " + max));
        }
    }

    private ParameterException wrong(String text) {
        return new ParameterException(spec.commandLine(), text);
    }
}
