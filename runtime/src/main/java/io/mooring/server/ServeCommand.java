package io.mooring.server;

import io.mooring.epoll.EngineChoice;
import io.mooring.memory.Reserve;
import io.mooring.reactor.Arming;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code mooring serve}: runs until SIGINT or SIGTERM, then drains; a second signal ends it at
 * once.
 */
@Command(name = "serve", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Serves WebSockets: /echo, /topic/NAME; and GET /, /healthz, "
        + "/metrics, /memory.")
final class ServeCommand implements Callable<Integer> {
    private static final int SIGNAL_EXIT = 128;

    @Spec
    private CommandSpec spec;

    @Option(names = "--host", paramLabel = "ADDRESS", defaultValue = "127.0.0.1",
        description = "Address to bind; 0.0.0.0 or :: for all (default: ${DEFAULT-VALUE})")
    private String host;

    @Option(names = "--port", paramLabel = "N", defaultValue = "9001",
        description = "TCP port; 0 takes a free one (default: ${DEFAULT-VALUE})")
    private int port;

    @Option(names = "--engine", paramLabel = "auto|io_uring|epoll",
        defaultValue = "${sys:mooring.engine:-auto}",
        description = "What waits for the sockets; auto: io_uring, or epoll where that is missing "
            + "or blocked, saying why (default: ${DEFAULT-VALUE})")
    private EngineChoice engine;

    @Option(names = "--reactors", paramLabel = "N",
        description = "Threads (default: one per core)")
    private Integer reactors;

    @Option(names = "--max-connections", paramLabel = "N", defaultValue = "100000",
        description = "Connections at once; one more is answered 503 (default: ${DEFAULT-VALUE})")
    private int maxConnections;

    @Option(names = "--max-connections-per-address", paramLabel = "N", defaultValue = "0",
        description = "Of one peer address; one more is answered 429; 0: no bound "
            + "(default: ${DEFAULT-VALUE})")
    private int maxConnectionsPerAddress;

    @Option(names = "--max-message", paramLabel = "SIZE", defaultValue = "64KiB",
        converter = Quantities.Size.class,
        description = "Of one message; a longer one closes with 1009 (default: ${DEFAULT-VALUE})")
    private int maxMessage;

    @Option(names = "--handshake-timeout", paramLabel = "TIME", defaultValue = "10s",
        converter = Quantities.Time.class,
        description = "From connecting to the end of the request (default: ${DEFAULT-VALUE})")
    private Duration handshakeTimeout;

    @Option(names = "--idle-timeout", paramLabel = "TIME", defaultValue = "120s",
        converter = Quantities.Time.class,
        description = "Nothing heard for half of it: a ping; for all of it: closed; 0: never "
            + "(default: ${DEFAULT-VALUE})")
    private Duration idleTimeout;

    @Option(names = "--allow-origin", paramLabel = "ORIGIN|*",
        description = "Pages of this origin may POST and open WebSockets; may be repeated "
            + "(default: only pages from this host and port POST, any open WebSockets)")
    private List<String> allowOrigin = List.of();

    @Option(names = "--drain-timeout", paramLabel = "TIME", defaultValue = "10s",
        converter = Quantities.Time.class,
        description = "At SIGTERM: how long peers have to close (default: ${DEFAULT-VALUE})")
    private Duration drainTimeout;

    @Option(names = "--arming", paramLabel = "cold|hot|adaptive", defaultValue = "adaptive",
        description = "How connections wait: one-shot poll (least memory), multishot receive "
            + "(least work), or by their traffic; with epoll a receive costs no memory, and "
            + "adaptive means hot (default: ${DEFAULT-VALUE})")
    private Arming arming;

    @Option(names = "--memory-reserve", paramLabel = "SIZE", defaultValue = "auto",
        converter = Quantities.SizeOrAuto.class,
        description = "Of the machine's memory and the control group's, left alone: past it new "
            + "connections are answered 503 (default: auto: 64 MiB or 3 %% of the limit)")
    private long memoryReserve;

    @Option(names = "--frame-memory", paramLabel = "SIZE", defaultValue = "auto",
        converter = Quantities.SizeOrAuto.class,
        description = "For published messages on their way, all topics together; publishers wait "
            + "beyond half of it (default: auto: 64 MiB, or eight of the largest messages)")
    private long frameMemory;

    @Option(names = "--slow-receivers", paramLabel = "[NAME=]POLICY[:FRAMES[:SIZE]]",
        converter = SlowReceiverOption.Converter.class,
        description = "For a topic's receivers that are behind: drop-newest, drop-oldest, latest "
            + "or close, with so much waiting at most (default: drop-newest:1024:128KiB); for some "
            + "topics with a name, or the start of names and an asterisk; may be repeated")
    private List<SlowReceiverOption> slowReceivers = List.of();

    @Option(names = "--broadcast-memory", paramLabel = "SIZE", defaultValue = "auto",
        converter = Quantities.SizeOrAuto.class,
        description = "By which TCP's memory may grow while published frames wait there for "
            + "receivers (default: auto: half of what tcp_mem allows before pressure, at most "
            + "256 MiB)")
    private long broadcastMemory;

    @Option(names = "--broadcast-rate", paramLabel = "SIZE", defaultValue = "0",
        converter = Quantities.Size.class,
        description = "Of published frames a second, 90 bytes of headers each counted; 100MB fits "
            + "1 Gbit/s; 0: no bound (default: ${DEFAULT-VALUE})")
    private int broadcastRate;

    @Option(names = "--zero-copy-from", paramLabel = "SIZE", defaultValue = "0",
        converter = Quantities.Size.class,
        description = "Published frames of so many bytes or more are sent without a copy (16KiB is "
            + "worth a try); all of --frame-memory is then resident, and locked: ulimit -l; 0: "
            + "none (default: ${DEFAULT-VALUE})")
    private int zeroCopyFrom;

    @Option(names = "--plan",
        description = "Only say what memory this would take and whether the machine gives it")
    private boolean plan;

    @Option(names = "--json", description = "With --plan: as JSON")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException {
        if (json && !plan) {
            throw new ParameterException(spec.commandLine(), "--json goes with --plan");
        }
        return plan ? printPlan() : serve();
    }

    private int printPlan() {
        MemoryPlan worked = configured(cause -> { }, WebSocketServer.Builder::plan);
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? PlanPrinter.json(worked) : PlanPrinter.table(worked));
        out.flush();
        return worked.hasErrors() ? 1 : 0;
    }

    private int serve() throws InterruptedException {
        CountDownLatch stop = new CountDownLatch(1);
        handleSignals(stop);
        PrintWriter out = spec.commandLine().getOut();
        AtomicBoolean failed = new AtomicBoolean();
        try (WebSocketServer server = configured(cause -> {
            failed.set(true);
            stop.countDown();
        }, WebSocketServer.Builder::start)) {
            out.println(server.engine());
            out.println(String.format(Locale.ROOT,
                "listening on ws://%s:%d (%s, up to %,d connections); Ctrl-C stops",
                host.contains(":") ? "[" + host + "]" : host, server.port(), threads(),
                server.connectionsMax()));
            out.flush();
            stop.await();
            out.println(String.format(Locale.ROOT,
                "stopping: closing %,d connections, %d s at most; a second signal ends it at once",
                server.connections(), drainTimeout.toSeconds()));
            out.flush();
            boolean clean = server.stop(drainTimeout);
            out.println(clean ? "stopped"
                : "stopped; some peers did not close in time and were cut");
            out.flush();
            return failed.get() ? 1 : 0;
        }
    }

    private <T> T configured(Consumer<Throwable> onFailure,
        Function<WebSocketServer.Builder, T> use) {
        try {
            WebSocketServer.Builder builder = WebSocketServer.builder().host(host).port(port)
                .maxConnections(maxConnections).maxConnectionsPerAddress(maxConnectionsPerAddress)
                .maxMessage(maxMessage).handshakeTimeout(handshakeTimeout).idleTimeout(idleTimeout)
                .arming(arming).engine(engine).withMetrics().onFailure(onFailure)
                .notifyServiceManager()
                .path("/echo", new EchoHandler())
                .path(TopicHandler.PREFIX + "*", new TopicHandler())
                .post(TopicHandler.PREFIX + "*", new TopicPostHandler());
            builder.onNotice(this::notice);
            allowOrigin.forEach(builder::allowOrigin);
            if (memoryReserve != Reserve.AUTO) {
                builder.memoryReserve(memoryReserve);
            }
            if (frameMemory != Reserve.AUTO) {
                builder.frameMemory(frameMemory);
            }
            builder.broadcastRate(broadcastRate).zeroCopyFrom(zeroCopyFrom);
            if (broadcastMemory != Reserve.AUTO) {
                builder.broadcastMemory(broadcastMemory);
            }
            for (SlowReceiverOption option : slowReceivers) {
                if (option.pattern() == null) {
                    builder.slowReceivers(option.slow());
                } else {
                    builder.slowReceivers(option.pattern(), option.slow());
                }
            }
            if (reactors != null) {
                builder.reactors(reactors);
            }
            return use.apply(builder);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), inOptionsWords(e.getMessage()));
        }
    }

    /** The builder speaks of its settings ("maxConnections is 0: ..."), the user of options. */
    private static String inOptionsWords(String message) {
        int end = message.indexOf(' ');
        String option = message.substring(0, end)
            .replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
        return "--" + option + message.substring(end);
    }

    /** Any thread: what the operator should know, on stderr. */
    private void notice(String line) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("mooring: " + line);
        err.flush();
    }

    private String threads() {
        int count = reactors == null ? Runtime.getRuntime().availableProcessors() : reactors;
        return count == 1 ? "1 reactor" : count + " reactors";
    }

    private static void handleSignals(CountDownLatch stop) {
        AtomicBoolean stopping = new AtomicBoolean();
        for (String name : new String[] {"INT", "TERM"}) {
            Signals.handle(name, number -> {
                if (stopping.getAndSet(true)) {
                    Runtime.getRuntime().halt(SIGNAL_EXIT + number);
                }
                stop.countDown();
            });
        }
    }
}
