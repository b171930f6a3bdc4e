package io.mooring.bench.matrix;

import io.mooring.bench.BenchException;
import io.mooring.bench.Core;
import io.mooring.bench.Engine;
import io.mooring.bench.EngineOptions;
import io.mooring.bench.Home;
import io.mooring.bench.NativeTools;
import io.mooring.bench.Proc;
import io.mooring.bench.ServerProcess;
import io.mooring.bench.SwarmOptions;
import io.mooring.bench.million.SwarmProcess;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where engines are started and made sure that they may be compared: each as one process on the
 * server's core, with the TCP options of the others, and with the same frames in and out. Whoever
 * does otherwise is refused, in all scenarios, and the reason is said.
 */
public final class Bench {

    /** Descriptors that are not connections: listeners, rings, libraries, who asks. */
    private static final int SPARE_FILES = 500;
    /** Checks, publishers. */
    private static final int SPARE_CONNECTIONS = 100;
    /** Longer than the swarm waits for the last receiver of a broadcast. */
    private static final long SILENCE_MS_MAX = 90_000;

    private final EngineOptions engines;
    private final SwarmOptions swarm;
    private final Home home;
    private final NativeTools tools;
    private final Map<String, SocketOptions> checked = new LinkedHashMap<>();
    private final Map<String, String> refused = new LinkedHashMap<>();
    private final Map<String, String> commands = new LinkedHashMap<>();

    Bench(EngineOptions engines, SwarmOptions swarm, Home home) {
        this.engines = engines;
        this.swarm = swarm;
        this.home = home;
        this.tools = new NativeTools(home);
    }

    /** Throws, before anything is started, for a name that stands for nothing. */
    void requireKnown(String engine) {
        echo(engine, "");
        topic(engine);
    }

    private Engine echo(String engine, String jvmFlags) {
        return engines.engine(engine, home, tools, jvmFlags);
    }

    private Engine topic(String engine) {
        return engines.broadcastEngine(engine, home, tools);
    }

    /**
     * The server that sends back what comes to {@code /echo}, checked.
     *
     * @param host 127.0.0.1, or 0.0.0.0 for a load that comes to many addresses
     * @param jvmFlags more of them, for peers that are JVMs
     */
    public ServerProcess echoServer(String engine, String host, int connections, String jvmFlags) {
        return start(echo(engine, jvmFlags), host, connections, "/echo");
    }

    /** The server that sends what comes to {@code /topic/...} to all the others there, checked. */
    public ServerProcess topicServer(String engine, int connections) {
        return start(topic(engine), "127.0.0.1", connections, "/topic/check");
    }

    /** The one that accepts and does nothing. */
    public ServerProcess bareServer(int connections) {
        return ServerProcess.start(echo(EngineOptions.BARE, ""), "0.0.0.0",
                connections + SPARE_CONNECTIONS, engines.cores().serverCore(), home);
    }

    private ServerProcess start(Engine engine, String host, int connections, String path) {
        String known = refused.get(engine.name());
        if (known != null) {
            throw new BenchException(known);
        }
        int most = connections + SPARE_CONNECTIONS;
        commands.putIfAbsent(engine.name() + " " + path, String.join(" ", engine.command().line(
                new Engine.Endpoint(host, 0, most))));
        ServerProcess server =
                ServerProcess.start(engine, host, most, engines.cores().serverCore(), home);
        try {
            check(server, path);
            return server;
        } catch (BenchException e) {
            server.close();
            throw e;
        }
    }

    private void check(ServerProcess server, String path) {
        String what = server.name() + " " + path;
        try {
            OneProcess.require(server.pid(), engines.cores().serverCore().number());
            if (!checked.containsKey(what)) {
                FrameCheck.require(server.port(), path);
                SocketOptions options = SocketOptions.read(tools.program("tcp_probe"),
                        engines.cores().loadCore(), server.port(), path);
                checked.put(what, options);
                options.require();
            }
        } catch (BenchException e) {
            server.requireAlive();
            String why = "refused: " + e.getMessage();
            refused.put(server.name(), why);
            throw new BenchException(why);
        }
    }

    /** A swarm of clients of {@code path}, none of them connected yet. */
    public SwarmProcess swarm(ServerProcess server, String path) {
        return new SwarmProcess(swarm.command(home, server.port(), path), loadCore(),
                home.target("logs").resolve("swarm-" + server.name() + ".log"),
                server::requireAlive, SILENCE_MS_MAX);
    }

    /** How many of {@code connections} the limit on open files lets {@code engine} hold. */
    public int held(String engine, int connections) {
        return EngineOptions.isUnbounded(engine) ? connections
                : (int) Math.min(connections, Proc.filesMax() - SPARE_FILES);
    }

    /** A program of src/main/c. */
    public Path program(String name) {
        return tools.program(name);
    }

    /** Where the load runs. */
    public Core loadCore() {
        return engines.cores().loadCore();
    }

    /** By engine and path: what was read back from its sockets. */
    Map<String, SocketOptions> checked() {
        return checked;
    }

    /** By engine: why it is not compared. */
    Map<String, String> refused() {
        return refused;
    }

    /** By engine and path: how it was started; port 0 stands for any. */
    Map<String, String> commands() {
        return commands;
    }

    /** Those that {@code --peer} names. */
    List<String> peers() {
        return engines.peers();
    }
}
