package io.mooring.bench;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * A command of {@code bench}, run here, with what it said of its failure: where a machine of
 * others runs the tests, the failed assertion's message is all that is seen of it.
 */
record MainRun(int exit, String said) {

    /** Runs it to its end. */
    static MainRun of(String... args) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream before = System.err;
        int exit;
        try (PrintStream catching = new PrintStream(said, true, StandardCharsets.UTF_8)) {
            System.setErr(catching);
            exit = Main.run(args);
        } finally {
            System.setErr(before);
        }
        String text = said.toString(StandardCharsets.UTF_8);
        before.print(text);
        return new MainRun(exit, text.strip());
    }

    /** On one line. */
    @Override
    public String toString() {
        return "exit code " + exit + ", said: " + said.replaceAll("\\s*\\R\\s*", " | ");
    }
}
