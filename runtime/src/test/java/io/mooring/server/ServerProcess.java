package io.mooring.server;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code mooring serve} in a process of its own. */
final class ServerProcess implements AutoCloseable {
    private static final Pattern LISTENING =
        Pattern.compile("listening on ws://(\\S+):(\\d+) .*");

    private final JavaProcess process;

    private ServerProcess(JavaProcess process) {
        this.process = process;
    }

    /** Starts {@code mooring} with these arguments; it need not come to serving. */
    static ServerProcess start(String... arguments) {
        return new ServerProcess(JavaProcess.start(Main.class.getName(), arguments));
    }

    /** The same by another main class, which calls Main in the end. */
    static ServerProcess startBy(Class<?> mainClass, String... arguments) {
        return new ServerProcess(JavaProcess.start(mainClass.getName(), arguments));
    }

    /** The same through {@code sh -c}: {@code before} runs first, "ulimit -n 80". */
    static ServerProcess startAfter(String before, String... arguments) {
        List<String> command = new ArrayList<>(List.of("sh", "-c", before + "; exec \"$@\"", "sh"));
        command.addAll(
            JavaProcess.command(JavaProcess.classPath(), Main.class.getName(), arguments));
        return new ServerProcess(JavaProcess.start(command));
    }

    /** {@code serve} on a free port with two reactors and these options, listening. */
    static ServerProcess serve(String... options) {
        List<String> arguments =
            new ArrayList<>(List.of("serve", "--port", "0", "--reactors", "2"));
        arguments.addAll(List.of(options));
        ServerProcess server = start(arguments.toArray(String[]::new));
        try {
            server.port();
            return server;
        } catch (AssertionError e) {
            server.close();
            throw e;
        }
    }

    /** The port, once the server says it. */
    int port() {
        Matcher line = LISTENING.matcher(
            process.awaitLine("\"listening on\"", each -> LISTENING.matcher(each).matches()));
        if (!line.matches()) {
            throw new AssertionError(line);
        }
        return Integer.parseInt(line.group(2));
    }

    void signal(String name) {
        process.signal(name);
    }

    int awaitExit() {
        return process.awaitExit();
    }

    void awaitLine(String start) {
        process.awaitLine("\"" + start + "\"", line -> line.startsWith(start));
    }

    JavaProcess process() {
        return process;
    }

    List<String> out() {
        return process.out();
    }

    /**
     * What it wrote to stderr, without what the JVM says by itself, and what it warns of at start:
     * that depends on the machine.
     */
    List<String> err() {
        return process.err().stream().filter(line -> !line.startsWith("Picked up ")
            && !line.startsWith("mooring: warning: ")).toList();
    }

    @Override
    public String toString() {
        return process.toString();
    }

    @Override
    public void close() {
        process.close();
    }
}
