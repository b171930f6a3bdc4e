package io.mooring.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    /** The engine that the kernel's limits on descriptors bind, as they bind all peers. */
    public static final String MOORING_EPOLL = MOORING + "-epoll";
    /** What follows the name, and the arguments of {@code serve} that it stands for. */
    private static final Map<String, String> MOORING_KINDS = Map.of("-io_uring", "",
            "-epoll", "--engine epoll", "-cold", "--arming cold", "-hot", "--arming hot",
            "-adaptive", "--arming adaptive");
    /** {@link NettyEchoServer}, {@link NettyBroadcastServer}. */
    public static final String NETTY_EPOLL = "netty-epoll";
    /** uring_echo.c. */
    public static final String C_LOOP = "c-loop";
    /** send_loop.c: broadcasts by a plain send() for each socket. */
    public static final String SEND_LOOP = "send-loop";
    /** uring_broadcast.c: the same on io_uring, the mark to come close to. */
    public static final String URING_LOOP = "uring-loop";
    /** What {@code --engines all} stands for. */
    public static final List<String> ALL = List.of(MOORING + "-io_uring", NETTY_EPOLL, C_LOOP);
    /** bare_accept.c: accepts and arms nothing; the floor of {@code idle}. */
    public static final String BARE = "bare";

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
            + " -Djava.net.preferIPv4Stack=true",
            description = "JVM flags of the Netty servers")
    private String nettyJvm;

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
            case NETTY_EPOLL -> netty(name, NettyEchoServer.class, jvmFlags);
            case C_LOOP -> inC(name, tools.program("uring_echo").toString());
            case BARE -> inC(name, tools.program("bare_accept").toString());
            default -> mooring(name, home, NETTY_EPOLL, C_LOOP);
        };
    }

    /** The engine called {@code name} that sends what it gets to all others of {@code /topic}. */
    public Engine broadcastEngine(String name, Home home, NativeTools tools) {
        return switch (name) {
            case NETTY_EPOLL -> netty(name, NettyBroadcastServer.class, "");
            case SEND_LOOP -> inC(name, tools.program("send_loop").toString());
            case C_LOOP, URING_LOOP -> inC(name, tools.program("uring_broadcast").toString());
            default -> mooring(name, home, NETTY_EPOLL, C_LOOP, SEND_LOOP, URING_LOOP);
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

    /** {@code others}: what else there is, for who names none. */
    private Engine mooring(String name, Home home, String... others) {
        if (name.equals(MOORING)) {
            return mooringWith(name, home, "");
        }
        String kind = isMooring(name) ? MOORING_KINDS.get(name.substring(MOORING.length())) : null;
        if (kind != null) {
            return mooringWith(name, home, kind);
        }
        throw usage("no engine '" + name + "'; there are: " + MOORING + ", "
                + String.join(", ", MOORING_KINDS.keySet().stream().sorted()
                .map(suffix -> MOORING + suffix).toList()) + ", " + String.join(", ", others)
                + ", and any other by --peer NAME=COMMAND");
    }

    private static boolean isMooring(String name) {
        return name.startsWith(MOORING);
    }

    /** Whether it holds more connections than one process may have descriptors. */
    public static boolean isUnbounded(String name) {
        return isMooring(name) && !name.equals(MOORING_EPOLL);
    }

    private Engine netty(String name, Class<?> server, String jvmFlags) {
        return new Engine(name, endpoint -> line(
                java(nettyJvm, jvmFlags),
                "-cp", System.getProperty("java.class.path"), server.getName(),
                "--host", endpoint.host(), "--port", endpoint.port(), "--threads", 1));
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
    public static List<String> java(String flags, String more) {
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
