package io.mooring.kernel.tune;

import io.mooring.kernel.KernelException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The profiles that come with Mooring: the files of kernel/sysctl.d, which lie in the jar. */
final class Profiles {

    static final List<String> NAMES = List.of("million", "100k", "load");
    static final String LIMITS = "limits.d/90-mooring.conf";

    private Profiles() {
    }

    /**
     * @param name one of {@link #NAMES}, or a file, which has a '/' in its name
     * @throws IllegalArgumentException there is none of that name; the message lists them
     * @throws KernelException what is wrong with the file
     */
    static Profile load(String name) {
        if (name.contains("/")) {
            return ProfileParser.parse(name, file(Path.of(name)));
        }
        if (!NAMES.contains(name)) {
            throw new IllegalArgumentException("no profile '" + name + "': there are "
                    + String.join(", ", NAMES) + "; a file of your own needs a '/' in its name (./"
                    + name + ")");
        }
        String path = "sysctl.d/90-mooring-" + name + ".conf";
        return ProfileParser.parse(path, resource(path));
    }

    static String limitsText() {
        return resource(LIMITS);
    }

    static List<LimitsFile.Limit> limits() {
        return LimitsFile.parse(LIMITS, limitsText());
    }

    private static String file(Path path) {
        try {
            return Files.readString(path);
        } catch (IOException e) {
            throw new KernelException("cannot read the profile " + path + ": " + e);
        }
    }

    private static String resource(String path) {
        try (InputStream in = Profiles.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new IllegalStateException(path + " is missing in the jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
