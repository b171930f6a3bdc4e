package io.mooring.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The JSON file that every command can write beside its table. */
public final class Report {

    private final Map<String, Object> content = new LinkedHashMap<>();

    /** Of the command {@code command}. */
    public Report(String command) {
        content.put("command", command);
        content.put("machine", Machine.describe());
    }

    /** Adds a figure, or many. */
    public Report put(String key, Object value) {
        content.put(key, value);
        return this;
    }

    /** To {@code file}, unless it is null. */
    public void write(Path file) {
        if (file == null) {
            return;
        }
        try {
            Files.writeString(file, Json.write(content));
        } catch (IOException e) {
            throw new BenchException("cannot write " + file + ": " + e.getMessage());
        }
    }
}
