package io.mooring.kernel.service;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a server that was started prints, as far as it was read. */
final class ServerOutput {
    private static final Pattern LISTENING = Pattern.compile("listening on ws://\\S+:(\\d+) .*");

    private final BufferedReader out;
    private final StringBuilder text = new StringBuilder();

    ServerOutput(BufferedReader out) {
        this.out = out;
    }

    /** Reads up to the line that names the port; -1: it ended without. */
    int awaitPort() throws IOException {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            text.append(line).append('\n');
            Matcher listening = LISTENING.matcher(line);
            if (listening.matches()) {
                return Integer.parseInt(listening.group(1));
            }
        }
        return -1;
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
