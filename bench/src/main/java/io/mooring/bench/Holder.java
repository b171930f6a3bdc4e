package io.mooring.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The client of idle runs, idle_hold.c: opens connections on command and holds them in silence. */
public final class Holder implements AutoCloseable {

    private final Process process;
    private final Writer commands;
    private final BufferedReader answers;

    /** With {@code path}: WebSockets, handshake and all; with null: bare TCP connections. */
    public Holder(Path program, Core core, int port, String path) {
        List<String> command = new ArrayList<>(List.of(program.toString(), "-p",
                String.valueOf(port)));
        if (path != null) {
            command.addAll(List.of("-u", path));
        }
        try {
            process = core.start(new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT));
        } catch (IOException e) {
            throw new BenchException("cannot start the holder: " + e.getMessage());
        }
        commands = process.outputWriter(StandardCharsets.UTF_8);
        answers = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Returns when {@code connections} are open. */
    public void grow(int connections) {
        say("grow " + connections, "open " + connections);
    }

    /** Resets all connections, so that none is left in TIME_WAIT. */
    public void reset() {
        say("close", "open 0");
    }

    private void say(String command, String expected) {
        try {
            commands.write(command + "\n");
            commands.flush();
            String answer = answers.readLine();
            if (!expected.equals(answer)) {
                throw new BenchException("the holder failed at '" + command + "': "
                        + (answer == null ? "its message is above" : answer));
            }
        } catch (IOException e) {
            throw new BenchException("the holder is gone at '" + command
                    + "'; its message is above");
        }
    }

    /** As {@code kill -9} does; returns when the process is gone. */
    public void kill() {
        try {
            process.destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted");
        }
    }

    /** Its connections are closed by the kernel, if any are left. */
    @Override
    public void close() {
        kill();
    }
}
