package io.mooring.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Where and how a process runs: the tools that are put before its command line. Each becomes the
 * next one by exec, so the process that is started is the program's own.
 */
public interface Place {

    /** The words before the program's. */
    List<String> before();

    /** Starts the program of {@code builder} there. */
    default Process start(ProcessBuilder builder) throws IOException {
        List<String> command = new ArrayList<>(before());
        command.addAll(builder.command());
        return builder.command(command).start();
    }

    /** In this place, and within it in {@code inner}. */
    default Place then(Place inner) {
        List<String> both = new ArrayList<>(before());
        both.addAll(inner.before());
        return () -> both;
    }

    /**
     * Apart from the terminal, so that Ctrl-C reaches us alone and we end the process in our own
     * order; and where util-linux offers it, not outliving us whatever ends us.
     */
    static Place apart() {
        List<String> tools = new ArrayList<>();
        if (NativeTools.has("setsid")) {
            tools.add("setsid");
        }
        if (NativeTools.has("setpriv")) {
            tools.addAll(List.of("setpriv", "--pdeathsig", "KILL"));
        }
        return () -> tools;
    }
}
