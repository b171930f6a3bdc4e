package io.mooring.kernel.tune;

import io.mooring.kernel.KernelException;
import io.mooring.kernel.tune.TuneState.PersistedFile;
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
import java.util.stream.Collectors;

/**
 * The files by which a machine has its settings again after a restart, and what was at their
 * places before.
 */
final class Persisted {

    static final String SYSCTLS = "etc/sysctl.d/90-mooring.conf";
    static final String LIMITS = "etc/security/limits.d/90-mooring.conf";
    private static final String PAM = "etc/security";

    private Persisted() {
    }

    /** What is to be written, by path; the limits only where one is too low and PAM is there. */
    static Map<String, String> wanted(Host host, TuneState state, Profile profile) {
        Map<String, String> files = new LinkedHashMap<>();
        String sysctls = sysctls(host, state, profile);
        if (!sysctls.isEmpty()) {
            files.put(SYSCTLS, sysctls);
        }
        PersistedFile known = state.files().get(LIMITS);
        boolean low = Profiles.limits().stream().anyMatch(limit -> isLow(host, limit));
        if (low && Files.isDirectory(host.root().resolve(PAM)) || known != null) {
            files.put(LIMITS, limits(host, known == null ? "" : known.ours().getLast()));
        }
        return files;
    }

    /**
     * What tune has set and what still is so. With a dash, where the profile has one: a module may
     * be loaded later than the file.
     */
    private static String sysctls(Host host, TuneState state, Profile profile) {
        Set<String> optional = profile.settings().stream().filter(Setting::optional)
            .map(Setting::key).collect(Collectors.toSet());
        StringBuilder lines = new StringBuilder();
        state.values().forEach((key, value) -> {
            if (host.read(key).equals(Optional.of(value.last()))) {
                lines.append(optional.contains(key) ? "-" : "").append(key).append(" = ")
                    .append(value.last()).append('\n');
            }
        });
        return lines.isEmpty() ? "" : ("# Written by ./mooring tune --profile "
            + profile.name() + " --apply --persist; ./mooring tune --revert removes it.\n") + lines;
    }

    /** A limit that is higher already is not lowered; {@code before} is what raised it before. */
    private static String limits(Host host, String before) {
        Set<String> had = before.lines().collect(Collectors.toSet());
        Set<String> raised = Profiles.limits().stream().filter(limit -> isLow(host, limit))
            .map(limit -> limit.key() + " " + limit.value()).collect(Collectors.toSet());
        return Profiles.limitsText().lines().filter(line -> line.isBlank() || line.startsWith("#")
            || had.contains(line) || raised.contains(line.strip().replaceAll(" +", " ")))
            .collect(Collectors.joining("\n", "", "\n"));
    }

    static boolean isLow(Host host, LimitsFile.Limit limit) {
        List<Long> softAndHard = host.limit(limit.item());
        return softAndHard.size() == 2 && (softAndHard.get(1) < limit.value()
            || limit.type().equals("-") && softAndHard.get(0) < limit.value());
    }

    /** @throws KernelException somebody else's file is at one's place, and {@code force} is not */
    static TuneState claim(Host host, TuneState state, Map<String, String> wanted,
            boolean force) {
        Map<String, PersistedFile> files = new LinkedHashMap<>(state.files());
        wanted.forEach((path, text) -> {
            Optional<String> current = requireOurs(host, state, path, force);
            PersistedFile known = files.get(path);
            List<String> ours = new ArrayList<>(known == null ? List.of() : known.ours());
            ours.remove(text);
            ours.add(text);
            files.put(path, new PersistedFile(known == null ? current.orElse(null)
                : known.before(), List.copyOf(ours)));
        });
        return new TuneState(state.profile(), state.boot(), state.network(), state.values(),
            files);
    }

    /**
     * What is there now.
     *
     * @throws KernelException it is somebody else's, and {@code force} is not
     */
    private static Optional<String> requireOurs(Host host, TuneState state, String path,
            boolean force) {
        Optional<String> current = read(host, path);
        PersistedFile known = state.files().get(path);
        boolean foreign = current.isPresent() && (known == null
            || !known.ours().contains(current.get()) && !current.get().equals(known.before()));
        if (foreign && !force) {
            throw new KernelException("/" + path + (known == null
                ? " is there already, and not by tune" : " was changed since tune wrote it")
                + ": look at it and move it away, or give --force");
        }
        return current;
    }

    /** Before anything is changed. @throws KernelException as {@link #claim} */
    static void requireOurs(Host host, TuneState state, Profile profile, boolean force) {
        if (!state.values().isEmpty()) {
            requireOurs(host, state, SYSCTLS, force);
        }
        if (wanted(host, state, profile).containsKey(LIMITS)) {
            requireOurs(host, state, LIMITS, force);
        }
    }

    /** Empty: no such file. */
    static Optional<String> read(Host host, String path) {
        try {
            return Optional.of(Files.readString(host.root().resolve(path)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new KernelException("cannot read /" + path + ": " + e.getMessage());
        }
    }

    /** {@code before} null: no file is to be there. */
    static void restore(Host host, String path, String before) throws IOException {
        Path file = host.root().resolve(path);
        if (before == null) {
            DurableFile.delete(file);
        } else {
            DurableFile.write(file, before);
        }
    }
}
