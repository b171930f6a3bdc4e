package io.mooring.kernel.tune;

import io.mooring.kernel.KernelException;
import io.mooring.probe.report.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What tune has changed and what was there before: enough to put all of it back, whenever it was
 * interrupted. It is on the disk before the first change is made.
 *
 * @param boot the start of the machine in which the values were written; they end with it
 * @param network the network namespace in which
 * @param values in the order in which they were written, by key
 * @param files what {@code --persist} has written, by path
 */
record TuneState(String profile, String boot, String network, Map<String, Value> values,
        Map<String, PersistedFile> files) {

    private static final String VERSION = "1";
    private static final Pattern KEY = Pattern.compile("[a-z0-9_-]+(\\.[a-zA-Z0-9_-]+)+");
    private static final Set<String> FILES = Set.of(Persisted.SYSCTLS, Persisted.LIMITS);

    /**
     * @param original before the first change
     * @param ours everything that we may have written, the last one last: after a crash any of them
     *     may be there
     */
    record Value(String original, List<String> ours) {

        boolean isOurs(String current) {
            return ours.contains(current) || original.equals(current);
        }

        String last() {
            return ours.getLast();
        }

        Value with(String target) {
            List<String> more = new ArrayList<>(ours);
            more.remove(target);
            more.add(target);
            return new Value(original, List.copyOf(more));
        }
    }

    /**
     * @param before what was there; null: no such file
     * @param ours as the values' {@code ours}
     */
    record PersistedFile(String before, List<String> ours) {
    }

    static TuneState none(Host host) {
        return new TuneState("", host.boot(), host.network(), Map.of(), Map.of());
    }

    boolean isEmpty() {
        return values.isEmpty() && files.isEmpty();
    }

    /** Values end with the machine's stop, unless a file brings them back at its start. */
    boolean isOver(Host host) {
        return files.isEmpty() && !boot.equals(host.boot());
    }

    /** Empty without a state. @throws KernelException it cannot be read, or is damaged */
    static Optional<TuneState> load(Path file) {
        String text;
        try {
            text = Files.readString(file);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new KernelException("cannot read " + file + " (" + e.getMessage()
                    + "): run as root (sudo)");
        }
        try {
            return Optional.of(parse(text));
        } catch (IllegalArgumentException | ClassCastException | NullPointerException e) {
            throw new KernelException(file + " is not a state of tune's (" + e.getMessage()
                    + "): what was there before cannot be told from it. Look at it, then move it "
                    + "away");
        }
    }

    void save(Path file) throws IOException {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("version", VERSION);
        root.put("profile", profile);
        root.put("boot", boot);
        root.put("network", network);
        Map<String, Object> all = new LinkedHashMap<>();
        values.forEach((key, value) -> {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("original", value.original());
            one.put("ours", value.ours());
            all.put(key, one);
        });
        root.put("values", all);
        Map<String, Object> written = new LinkedHashMap<>();
        files.forEach((path, persisted) -> {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("before", persisted.before());
            one.put("ours", persisted.ours());
            written.put(path, one);
        });
        root.put("files", written);
        DurableFile.write(file, Json.write(root));
    }

    private static TuneState parse(String text) {
        Map<?, ?> root = (Map<?, ?>) Json.parse(text);
        if (!VERSION.equals(root.get("version"))) {
            throw new IllegalArgumentException("version " + root.get("version"));
        }
        Map<String, Value> values = new LinkedHashMap<>();
        ((Map<?, ?>) root.get("values")).forEach((key, one) -> values.put((String) key,
            new Value(string(one, "original"), strings(one))));
        Map<String, PersistedFile> files = new LinkedHashMap<>();
        ((Map<?, ?>) root.get("files")).forEach((path, one) -> files.put((String) path,
            new PersistedFile((String) ((Map<?, ?>) one).get("before"), strings(one))));
        requireOurs(values.keySet(), files.keySet());
        return new TuneState(string(root, "profile"), string(root, "boot"),
            string(root, "network"), values, files);
    }

    /** Root writes by this file: only sysctls, and only the two files of tune's. */
    private static void requireOurs(Set<String> keys, Set<String> paths) {
        for (String key : keys) {
            if (!KEY.matcher(key).matches()) {
                throw new IllegalArgumentException("no sysctl: '" + key + "'");
            }
        }
        for (String path : paths) {
            if (!FILES.contains(path)) {
                throw new IllegalArgumentException("no file of tune's: '" + path + "'");
            }
        }
    }

    private static String string(Object map, String key) {
        Object value = ((Map<?, ?>) map).get(key);
        if (value == null) {
            throw new IllegalArgumentException("no '" + key + "'");
        }
        return (String) value;
    }

    private static List<String> strings(Object map) {
        List<String> strings = ((List<?>) ((Map<?, ?>) map).get("ours")).stream()
            .map(String.class::cast).toList();
        if (strings.isEmpty()) {
            throw new IllegalArgumentException("an empty 'ours'");
        }
        return strings;
    }
}
