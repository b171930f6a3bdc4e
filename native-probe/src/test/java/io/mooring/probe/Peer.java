package io.mooring.probe;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A server or client of others: a Python script of the test resources. Ends with its input. */
final class Peer implements AutoCloseable {

    private final Process process;
    private final BufferedReader out;

    private Peer(Process process) {
        this.process = process;
        this.out = process.inputReader();
    }

    static Optional<Path> python() {
        return Stream.of("/usr/bin/python3", "/usr/local/bin/python3").map(Path::of)
                .filter(path -> path.toFile().canExecute()).findFirst()
                .or(() -> Stream.of(System.getenv("PATH").split(":"))
                        .map(folder -> Path.of(folder, "python3"))
                        .filter(path -> path.toFile().canExecute()).findFirst());
    }

    static Peer start(List<String> before, String script, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(before);
        command.add(python().orElseThrow().toString());
        command.add(Path.of(Peer.class.getResource(script).toURI()).toString());
        command.addAll(List.of(arguments));
        return new Peer(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD).start());
    }

    int pid() {
        return (int) process.pid();
    }

    /** Its next line; blocks until there is one. */
    String line() throws IOException {
        String line = out.readLine();
        if (line == null) {
            throw new IOException("the script has ended");
        }
        return line;
    }

    /** Reads until it has said that it holds so many. */
    void holds(int count) throws IOException {
        int held = 0;
        while (held < count) {
            held = Integer.parseInt(line());
        }
    }

    @Override
    public void close() throws Exception {
        process.outputWriter().close();
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}
