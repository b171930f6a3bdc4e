package io.mooring.server;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * {@link Main} for each line of arguments on stdin, in one JVM; after each, "exit CODE" on stderr.
 */
final class RepeatedMain {
    static final String EXIT = "exit ";

    private RepeatedMain() {
    }

    public static void main(String[] arguments) throws IOException {
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            System.err.println(EXIT + Main.run(line.split(" ")));
        }
    }
}
