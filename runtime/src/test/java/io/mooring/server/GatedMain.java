package io.mooring.server;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * {@link Main}, once a line comes on stdin: the JVM is up by then, so that what a test changes for
 * the whole machine is changed for an instant only.
 */
final class GatedMain {
    static final String READY = "ready";

    private GatedMain() {
    }

    public static void main(String[] arguments) throws IOException {
        System.out.println(READY);
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
        Main.main(arguments);
    }
}
