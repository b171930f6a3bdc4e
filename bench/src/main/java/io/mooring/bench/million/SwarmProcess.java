package io.mooring.bench.million;

import io.mooring.bench.BenchException;
import io.mooring.bench.OutputLog;
import io.mooring.bench.Place;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The clients: {@code mooring swarm URL --control}, told what to do line by line. Whatever it is
 * told, it must say something within {@code silenceMsMax}, or it counts as hung.
 */
public final class SwarmProcess implements AutoCloseable {

    private static final int QUIT_MS_MAX = 5_000;
    private static final int GONE_S_MAX = 60;
    private static final int POLL_MS = 200;

    private final Process process;
    private final Writer commands;
    private final BlockingQueue<SwarmEvent> events = new LinkedBlockingQueue<>();
    private final Path log;
    private final Runnable others;
    private final long silenceMsMax;
    private final Thread killer;

    /**
     * Starts it.
     *
     * @param silenceMsMax milliseconds
     * @param others checked while we wait: throws when the server has died
     */
    public SwarmProcess(List<String> command, Place place, Path log, Runnable others,
            long silenceMsMax) {
        this.log = log;
        this.others = others;
        this.silenceMsMax = silenceMsMax;
        try {
            process = place.start(new ProcessBuilder(command).redirectError(log.toFile()));
        } catch (IOException e) {
            throw new BenchException("cannot start the swarm: " + e.getMessage());
        }
        killer = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(killer);
        commands = process.outputWriter(StandardCharsets.UTF_8);
        Thread.ofPlatform().daemon().name("swarm-events").start(this::readEvents);
    }

    private void readEvents() {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                SwarmEvent event = line.isBlank() ? null : SwarmEvent.parse(line);
                if (event != null) {
                    events.add(event);
                }
            }
        } catch (IOException e) {
            // It is gone: the same as its end.
        } catch (IllegalArgumentException e) {
            events.add(new SwarmEvent.Error("its output is not the control protocol's: "
                    + e.getMessage()));
        }
        events.add(new SwarmEvent.Ended());
    }

    /** Opens connections until there are {@code connections}, or as many as it can. */
    public SwarmEvent.Grown grow(int connections, Consumer<SwarmEvent.Progress> progress) {
        say("grow " + connections);
        return await(SwarmEvent.Grown.class, progress, event -> { });
    }

    /** Publishes {@code count} messages to all, one after the other. */
    public List<SwarmEvent.Broadcast> broadcast(int count, int bytes,
            Consumer<SwarmEvent.Broadcast> each) {
        List<SwarmEvent.Broadcast> broadcasts = new ArrayList<>();
        say("broadcast " + count + " " + bytes);
        await(SwarmEvent.Broadcasted.class, progress -> { }, broadcast -> {
            broadcasts.add(broadcast);
            each.accept(broadcast);
        });
        return broadcasts;
    }

    /** How many connections there are, and how many were lost so far. */
    public SwarmEvent.Status status() {
        say("status");
        return await(SwarmEvent.Status.class, progress -> { }, event -> { });
    }

    /** Closes all connections, as a WebSocket's end is agreed upon. */
    public SwarmEvent.Closed closeAll(Consumer<SwarmEvent.Progress> progress) {
        say("close");
        return await(SwarmEvent.Closed.class, progress, event -> { });
    }

    private void say(String command) {
        try {
            commands.write(command + "\n");
            commands.flush();
        } catch (IOException e) {
            throw dead();
        }
    }

    private <E extends SwarmEvent> E await(Class<E> wanted,
            Consumer<SwarmEvent.Progress> progress, Consumer<SwarmEvent.Broadcast> broadcast) {
        long heardAt = System.nanoTime();
        while (true) {
            SwarmEvent event = poll();
            if (event == null) {
                others.run();
                if (System.nanoTime() - heardAt > silenceMsMax * 1_000_000L) {
                    throw new BenchException("the swarm has said nothing for " + silenceMsMax
                            / 1000 + " s, it hangs (its output: " + log + ")");
                }
                continue;
            }
            heardAt = System.nanoTime();
            if (wanted.isInstance(event)) {
                return wanted.cast(event);
            }
            switch (event) {
                case SwarmEvent.Progress p -> progress.accept(p);
                case SwarmEvent.Broadcast b -> broadcast.accept(b);
                case SwarmEvent.Error e -> throw new BenchException("the swarm: " + e.message()
                        + " (its output: " + log + ")");
                case SwarmEvent.Ended e -> throw dead();
                default -> { }
            }
        }
    }

    private SwarmEvent poll() {
        try {
            return events.poll(POLL_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted");
        }
    }

    private BenchException dead() {
        others.run(); // if the server is dead, that is the news
        killAndWait();
        return new BenchException("the swarm ended with exit code " + process.exitValue() + ": "
                + OutputLog.lastLine(log) + " (its output: " + log + ")");
    }

    /** Whether it still runs. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** Its own: see {@link Place}. */
    public long pid() {
        return process.pid();
    }

    /** As {@code kill -9} does; does not wait. */
    public void kill() {
        process.destroyForcibly();
    }

    /** The kernel takes some seconds over a process with a million sockets. */
    private void killAndWait() {
        try {
            process.destroyForcibly().waitFor(GONE_S_MAX, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Asks it to quit, and kills it when it does not within 5 s. */
    @Override
    public void close() {
        try {
            commands.write("quit\n");
            commands.close();
            if (!process.waitFor(QUIT_MS_MAX, TimeUnit.MILLISECONDS)) {
                killAndWait();
            }
        } catch (IOException e) {
            killAndWait();
        } catch (InterruptedException e) {
            killAndWait();
            Thread.currentThread().interrupt();
        }
        try {
            Runtime.getRuntime().removeShutdownHook(killer);
        } catch (IllegalStateException e) {
            // The JVM is going down already; the hook finds a dead process.
        }
    }
}
