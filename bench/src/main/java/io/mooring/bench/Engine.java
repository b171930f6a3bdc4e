package io.mooring.bench;

import java.util.List;

/**
 * A server that can be measured: its name in tables and the command that starts it in the
 * foreground.
 */
public record Engine(String name, Command command) {

    /** Where it shall listen and how many connections it must take. */
    public record Endpoint(String host, int port, int connectionsMax) {
    }

    /** Makes the command line for an endpoint. */
    @FunctionalInterface
    public interface Command {

        /** The program and its arguments. */
        List<String> line(Endpoint endpoint);
    }
}
