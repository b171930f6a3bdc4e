package io.mooring.bench.zerocopy;

import io.mooring.bench.BenchException;
import io.mooring.bench.Core;
import io.mooring.bench.Home;
import io.mooring.bench.Machine;
import io.mooring.bench.NativeTools;
import io.mooring.bench.Place;
import io.mooring.bench.Report;
import io.mooring.bench.Stats;
import io.mooring.bench.Table;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * From which frame size on is zero-copy cheaper for a broadcast? Over a veth pair between two
 * network namespaces, or to a sink on another machine.
 */
@Command(name = "zerocopy", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Sender CPU per delivery, SEND against SEND_ZC from registered memory, over"
            + " a veth pair between two network namespaces (as root).",
            "Over a real network: --sink on one machine, --to HOST:PORT on the other."})
public final class ZerocopyCommand implements Callable<Integer> {
    private static final int PORT = 9_100;
    private static final String MAIN = "io.mooring.bench.Main";

    @Spec
    private CommandSpec spec;

    @Option(names = "--receivers", defaultValue = "128", paramLabel = "N",
            description = "Sockets that get each frame (default: ${DEFAULT-VALUE})")
    private int receivers;

    @Option(names = "--sizes", split = ",", paramLabel = "BYTES", defaultValue =
            "64,256,1024,2048,4096,8192,16384,32768,65536,131072,262144",
            description = "Of a frame (default: ${DEFAULT-VALUE})")
    private List<Integer> sizes;

    @Option(names = "--rounds", defaultValue = "5",
            description = "Turns of each mode for each size (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(names = "--turn-ms", defaultValue = "400", paramLabel = "MS",
            description = "Of one turn (default: ${DEFAULT-VALUE})")
    private int turnMs;

    @Option(names = "--queued-bytes", defaultValue = "65536", paramLabel = "BYTES",
            description = "Frame with which memory is measured; 0: not (default: ${DEFAULT-VALUE})")
    private int queuedBytes;

    @Option(names = "--to", paramLabel = "HOST:PORT",
            description = "A sink that runs, instead of namespaces; sends from here")
    private String to;

    @Option(names = "--sink", description = "Be the sink: takes frames at --listen until Ctrl-C")
    private boolean isSink;

    @Option(names = "--listen", paramLabel = "HOST:PORT", defaultValue = "0.0.0.0:9100",
            description = "Of the sink; the two ports after it as well (default: ${DEFAULT-VALUE})")
    private String listen;

    @Option(names = "--json", paramLabel = "FILE", description = "Write all figures there too")
    private Path json;

    @Override
    public Integer call() {
        require(receivers >= 1 && receivers <= 4_096, "--receivers must be 1 to 4096");
        require(rounds >= 1 && turnMs >= 1, "--rounds and --turn-ms must be 1 or more");
        require(sizes.stream().allMatch(size -> size >= 8 && size <= 1 << 20)
                && queuedBytes <= 1 << 20, "a frame must have 8 to 1048576 bytes");
        require(!isSink || to == null, "--sink or --to, not both");
        if (isSink) {
            return sink();
        }
        return to != null ? measure(endpoint(to)) : inNamespaces();
    }

    // ---- the two ends

    private int sink() {
        InetSocketAddress at = endpoint(listen);
        try (Sink sink = new Sink(at.getHostString(), at.getPort())) {
            System.out.println("taking frames at " + at.getHostString() + ":" + sink.port());
            sink.run();
            return 0;
        } catch (IOException e) {
            throw new BenchException("cannot take frames at " + listen + ": " + e.getMessage());
        }
    }

    private int measure(InetSocketAddress sink) {
        if (sink.isUnresolved()) {
            throw new BenchException("no host " + sink.getHostString());
        }
        System.out.println(Machine.line());
        Measure measure = new Measure(sink, receivers, rounds, turnMs);
        List<Measure.Row> rows = measure.cpu(sizes);
        List<Measure.Queued> queued =
                queuedBytes > 0 ? measure.queued(queuedBytes) : List.of();
        System.out.print(text(rows, queued));
        new Report("zerocopy").put("receivers", receivers).put("rounds", rounds)
                .put("turn_ms", turnMs).put("sizes", rows.stream().map(Measure::json).toList())
                .put("queued", queued.stream().map(Measure::json).toList()).write(json);
        return 0;
    }

    private String text(List<Measure.Row> rows, List<Measure.Queued> queued) {
        Table table = new Table("frame, B", "SEND, us", "SEND_ZC, us", "ratio", "min to max",
                "held, us", "copied", "short");
        for (Measure.Row row : rows) {
            Stats ratio = row.ratio();
            table.row("%,d".formatted(row.bytes()),
                    "%.2f".formatted(row.cpu(Mode.SEND).median()),
                    "%.2f".formatted(row.cpu(Mode.ZEROCOPY).median()),
                    "%.2f".formatted(ratio.median()),
                    "%.2f to %.2f".formatted(ratio.min(), ratio.max()),
                    "%,.0f".formatted(row.heldMicros()), "%.0f %%".formatted(row.copiedPercent()),
                    row.shorts());
        }
        StringBuilder text = new StringBuilder("\nsender's CPU for each delivery to "
                + receivers + " receivers, medians of " + rounds + " rounds\n").append(table);
        if (!queued.isEmpty()) {
            Table memory = new Table("for each receiver that does not read", "queued, B",
                    "tcp_mem, B", "memory, B", "slab, B");
            for (Measure.Queued one : queued) {
                memory.row(one.mode() == Mode.SEND ? "SEND" : "SEND_ZC",
                        "%,d".formatted(one.bytes()), "%,d".formatted(one.tcp()),
                        "%,d".formatted(one.memory()), "%,d".formatted(one.slab()));
            }
            text.append('\n').append(memory);
        }
        return text.toString();
    }

    // ---- both, as two processes

    private int inNamespaces() {
        NativeTools.requirePinning();
        try (Namespaces namespaces = new Namespaces()) {
            Process sink = start(namespaces.sink().then(new Core(1, false)),
                    ProcessBuilder.Redirect.PIPE, "--sink", "--listen",
                    Namespaces.SINK_ADDRESS + ":" + PORT);
            try {
                awaitReady(sink);
                Process sender = start(namespaces.sender().then(new Core(0, false)),
                        ProcessBuilder.Redirect.INHERIT, arguments());
                try {
                    return sender.waitFor();
                } finally {
                    sender.destroyForcibly();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BenchException("interrupted");
            } finally {
                sink.destroyForcibly();
            }
        }
    }

    private String[] arguments() {
        List<String> line = new ArrayList<>(List.of("--to", Namespaces.SINK_ADDRESS + ":" + PORT,
                "--receivers", "" + receivers, "--rounds", "" + rounds, "--turn-ms", "" + turnMs,
                "--queued-bytes", "" + queuedBytes, "--sizes",
                String.join(",", sizes.stream().map(String::valueOf).toList())));
        if (json != null) {
            line.addAll(List.of("--json", json.toString()));
        }
        return line.toArray(String[]::new);
    }

    private static Process start(Place place, ProcessBuilder.Redirect output, String... arguments) {
        List<String> line = new ArrayList<>(List.of(Home.jdkTool("java"), "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED", "-Xmx128m", "-cp",
                System.getProperty("java.class.path"), MAIN, "zerocopy"));
        line.addAll(List.of(arguments));
        try {
            Process process = Place.apart().then(place).start(new ProcessBuilder(line)
                    .redirectError(ProcessBuilder.Redirect.INHERIT).redirectOutput(output));
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
            return process;
        } catch (IOException e) {
            throw new BenchException("cannot start a process: " + e.getMessage());
        }
    }

    private static void awaitReady(Process sink) {
        BufferedReader said = sink.inputReader(StandardCharsets.UTF_8);
        try {
            if (said.readLine() == null) {
                throw new BenchException("the sink did not start; its message is above");
            }
        } catch (IOException e) {
            throw new BenchException("the sink did not start: " + e.getMessage());
        }
    }

    private InetSocketAddress endpoint(String text) {
        int colon = text.lastIndexOf(':');
        try {
            return new InetSocketAddress(text.substring(0, Math.max(colon, 0)),
                    Integer.parseInt(text.substring(colon + 1)));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "'" + text + "' is not HOST:PORT");
        }
    }

    private void require(boolean holds, String message) {
        if (!holds) {
            throw new ParameterException(spec.commandLine(), message);
        }
    }
}
