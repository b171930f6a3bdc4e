package io.mooring.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An engine running in a process of its own; its output goes to a log file. */
public final class ServerProcess implements AutoCloseable {

    private static final int READY_MS_MAX = 60_000;
    private static final int STOP_MS_MAX = 10_000;
    private static final int POLL_MS = 50;

    private final Engine engine;
    private final Process process;
    private final int port;
    private final Path log;
    private final Thread killer;

    private ServerProcess(Engine engine, Process process, int port, Path log) {
        this.engine = engine;
        this.process = process;
        this.port = port;
        this.log = log;
        this.killer = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(killer);
    }

    /** Starts {@code engine} and returns once it takes connections. */
    public static ServerProcess start(Engine engine, String host, int connectionsMax, Place place,
            Home home) {
        Path log = home.target("logs").resolve(engine.name() + ".log");
        try {
            int port = freePort();
            List<String> line = engine.command()
                    .line(new Engine.Endpoint(host, port, connectionsMax));
            Process process = place.start(new ProcessBuilder(line).redirectErrorStream(true)
                    .redirectOutput(log.toFile()));
            ServerProcess server = new ServerProcess(engine, process, port, log);
            server.awaitReady();
            return server;
        } catch (IOException e) {
            throw new BenchException("cannot start " + engine.name() + ": " + e.getMessage());
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }

    private void awaitReady() {
        for (int waitedMs = 0; waitedMs < READY_MS_MAX; waitedMs += POLL_MS) {
            requireAlive();
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress("127.0.0.1", port), POLL_MS);
                return;
            } catch (IOException e) {
                Sleep.millis(POLL_MS);
            }
        }
        close();
        throw new BenchException(engine.name() + " takes no connections after "
                + READY_MS_MAX / 1000 + " s; its output: " + log);
    }

    /** A server that died spoils all that would be measured after it. */
    public void requireAlive() {
        if (!process.isAlive()) {
            close();
            throw new BenchException(engine.name() + " ended with exit code " + process.exitValue()
                    + ": " + OutputLog.lastLine(log) + " (output: " + log + ")");
        }
    }

    /** The name of its engine. */
    public String name() {
        return engine.name();
    }

    /** The server's own: see {@link Place}. */
    public long pid() {
        return process.pid();
    }

    /** Where it listens. */
    public int port() {
        return port;
    }

    /** Where its output goes. */
    public Path log() {
        return log;
    }

    /** As {@code kill -9} does; does not wait. */
    public void kill() {
        process.destroyForcibly();
    }

    /** Asks it to stop, and kills it when it does not within 10 s. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_MS_MAX, TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        try {
            Runtime.getRuntime().removeShutdownHook(killer);
        } catch (IllegalStateException e) {
            // The JVM is going down already; the hook finds a dead process.
        }
    }
}
