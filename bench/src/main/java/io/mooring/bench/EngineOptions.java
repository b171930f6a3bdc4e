package io.mooring.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The engines that there are, and how their processes are started. One reactor, loop or thread
 * each, for figures are per core; every JVM gets the same collector, every socket is IPv4.
 */
public final class EngineOptions {

    /** Mooring's own server. */
    public static final String MOORING = "mooring";
    /** The same with {@code --arming}: mooring-cold, mooring-hot, mooring-adaptive. */
    private static final Set<String> ARMINGS = Set.of("cold", "hot", "adaptive");
    /** The same with {@code --engine}: mooring-io_uring, mooring-epoll. */
    private static final Set<String> KERNEL_SIDES = Set.of("io_uring", "epoll");
    /** {@link NettyMain}: netty-nio, netty-epoll, netty-io_uring. */
    private static final String NETTY = "netty-";
    /** Netty 4.2's native epoll transport. */
    public static final String NETTY_EPOLL = NETTY + "epoll";
    /** Netty 4.1 with its incubator's transport: the module bench/netty-incubator. */
    public static final String NETTY_INCUBATOR = NETTY + "io_uring-incubator";
    /** On the engine that the limit on open files binds, as it binds all peers. */
    public static final String MOORING_EPOLL = MOORING + "-epoll";
    /** uring_echo.c; where broadcasts are asked for, uring_broadcast.c. */
    public static final String C_LOOP = "c-loop";
    /** epoll_echo.c; where broadcasts are asked for, send_loop.c. */
    public static final String C_EPOLL = "c-epoll";
    /** send_loop.c: broadcasts by a plain send() for each socket. */
    public static final String SEND_LOOP = "send-loop";
    /** uring_broadcast.c: the same on io_uring, the mark to come close to. */
    public static final String URING_LOOP = "uring-loop";
    /** bare_accept.c: accepts and arms nothing; the floor of {@code idle}. */
    public static final String BARE = "bare";

    /** What {@code --engines all} stands for. */
    public static final List<String> ALL = List.of(MOORING + "-io_uring", MOORING_EPOLL,
            NETTY + "nio", NETTY_EPOLL, NETTY + "io_uring", NETTY_INCUBATOR, C_LOOP, C_EPOLL);

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(names = "--mooring-jvm", paramLabel = "FLAGS", defaultValue =
            "${sys:mooring.serve.jvm:--XX:+UseSerialGC"
            + " --add-exports=java.base/jdk.internal.misc=ALL-UNNAMED"
            + " --enable-native-access=ALL-UNNAMED}",
            description = "JVM flags of mooring; by default its launcher's for serve")
    private String mooringJvm;

    /** By default no ping falls into a measurement: the peers send none either. */
    @Option(names = "--mooring-args", paramLabel = "ARGS", defaultValue = "--idle-timeout 3600s",
            description = "more arguments of 'mooring serve', as --max-message 1MiB for sizes above"
                    + " its default; ${DEFAULT-VALUE}")
    private String mooringArgs;

    @Option(names = "--netty-jvm", paramLabel = "FLAGS",
            defaultValue = "-XX:+UseSerialGC --enable-native-access=ALL-UNNAMED"
            + " --sun-misc-unsafe-memory-access=allow -Djava.net.preferIPv4Stack=true",
            description = "JVM flags of the Netty servers")
    private String nettyJvm;

    @Option(names = "--peer", paramLabel = "NAME=COMMAND", converter = Peer.Converter.class,
            description = "one more engine, to be named in --engines: a server with /echo and"
                    + " /topic/NAME; in COMMAND {host}, {port} and {connections} are filled in,"
                    + " words are split at blanks, no shell reads them")
    private List<Peer> peers = List.of();

    @Mixin
    private CoreOptions cores;

    /** Where processes run. */
    public CoreOptions cores() {
        return cores;
    }

    /**
     * The engine called {@code name} that sends back what it gets. {@code jvmFlags} come after the
     * user's, of peers: mooring is measured as its launcher starts it.
     */
    public Engine engine(String name, Home home, NativeTools tools, String jvmFlags) {
        return switch (name) {
            case C_LOOP -> inC(name, tools.program("uring_echo").toString());
            case C_EPOLL -> inC(name, tools.program("epoll_echo").toString());
            case BARE -> inC(name, tools.program("bare_accept").toString());
            default -> server(name, home, jvmFlags, C_LOOP, C_EPOLL);
        };
    }

    /** The engine called {@code name} that sends what it gets to all others of {@code /topic}. */
    public Engine broadcastEngine(String name, Home home, NativeTools tools) {
        return switch (name) {
            case SEND_LOOP, C_EPOLL -> inC(name, tools.program("send_loop").toString());
            case URING_LOOP, C_LOOP -> inC(name, tools.program("uring_broadcast").toString());
            default -> server(name, home, "", C_LOOP, C_EPOLL, SEND_LOOP, URING_LOOP);
        };
    }

    /** Refuses the command line where {@code holds} is false. */
    public void require(boolean holds, String message) {
        if (!holds) {
            throw usage(message);
        }
    }

    /** What stops the command line, with exit code 2. */
    public ParameterException usage(String message) {
        return new ParameterException(command.commandLine(), message);
    }

    /**
     * One that answers to both paths. {@code loops}: what else there is for the question asked, for
     * who names none.
     */
    private Engine server(String name, Home home, String jvmFlags, String... loops) {
        List<Peer> named = peers.stream().filter(peer -> peer.name().equals(name)).toList();
        if (named.size() > 1) {
            throw usage("--peer " + name + "=... is given twice");
        }
        if (!named.isEmpty()) {
            return named.getFirst().engine();
        }
        if (name.equals(NETTY_INCUBATOR)) {
            return netty(name, jvmFlags, "-jar", home.incubatorJar());
        }
        for (NettyMain.Kind kind : NettyMain.Kind.values()) {
            if (name.equals(NETTY + kind)) {
                return netty(name, jvmFlags, "-cp", System.getProperty("java.class.path"),
                        NettyMain.class.getName(), "--transport", kind);
            }
        }
        return mooring(name, home, loops);
    }

    private Engine mooring(String name, Home home, String... loops) {
        String how = name.startsWith(MOORING + "-") ? name.substring(MOORING.length() + 1) : "";
        if (ARMINGS.contains(how)) {
            return mooringWith(name, home, "--arming " + how);
        }
        if (KERNEL_SIDES.contains(how)) {
            return mooringWith(name, home, "--engine " + how);
        }
        if (name.equals(MOORING)) {
            return mooringWith(name, home, "");
        }
        Stream<String> others = Stream.of(Stream.of(loops), peers.stream().map(Peer::name))
                .flatMap(names -> names);
        throw usage("no engine '" + name + "'; there are: "
                + Stream.concat(servers(), others).collect(Collectors.joining(", "))
                + " (and others by --peer)");
    }

    /** What answers to both paths. */
    private static Stream<String> servers() {
        return Stream.of(
                Stream.of(MOORING),
                Stream.concat(ARMINGS.stream(), KERNEL_SIDES.stream()).sorted()
                        .map(how -> MOORING + "-" + how),
                Stream.of(NettyMain.Kind.values()).map(kind -> NETTY + kind),
                Stream.of(NETTY_INCUBATOR)).flatMap(names -> names);
    }

    /** Whether a {@code --peer} of that name would be taken for another. */
    static boolean isBuiltIn(String name) {
        return name.startsWith(MOORING) || name.startsWith(NETTY)
                || Set.of(C_LOOP, C_EPOLL, SEND_LOOP, URING_LOOP, BARE).contains(name);
    }

    /** Whether it holds more connections than one process may have descriptors. */
    public static boolean isUnbounded(String name) {
        return name.startsWith(MOORING) && !name.equals(MOORING_EPOLL);
    }

    /** The names that {@code --peer} gives. */
    public List<String> peers() {
        return peers.stream().map(Peer::name).toList();
    }

    private Engine netty(String name, String jvmFlags, Object... program) {
        return new Engine(name, endpoint -> line(
                java(nettyJvm, jvmFlags), List.of(program),
                "--host", endpoint.host(), "--port", endpoint.port(), "--threads", 1,
                "--connections", endpoint.connectionsMax()));
    }

    private Engine mooringWith(String name, Home home, String more) {
        String jar = home.runtimeJar().toString();
        return new Engine(name, endpoint -> line(
                java(mooringJvm, ""), "-jar", jar,
                "serve", "--host", endpoint.host(), "--port", endpoint.port(), "--reactors", 1,
                "--max-connections", endpoint.connectionsMax(), words(mooringArgs), words(more)));
    }

    private static Engine inC(String name, String program) {
        return new Engine(name, endpoint ->
                line(program, "-h", endpoint.host(), "-p", endpoint.port()));
    }

    /** The command of a JVM with {@code flags} and then {@code more}. */
    static List<String> java(String flags, String more) {
        return line(Home.jdkTool("java"), words(flags), words(more));
    }

    private static List<String> words(String text) {
        return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));
    }

    /** Strings, numbers and lists of them as one list of words. */
    private static List<String> line(Object... parts) {
        List<String> line = new ArrayList<>();
        for (Object part : parts) {
            if (part instanceof List<?> list) {
                list.forEach(word -> line.add(word.toString()));
            } else {
                line.add(part.toString());
            }
        }
        return line;
    }
}
