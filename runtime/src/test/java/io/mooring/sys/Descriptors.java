package io.mooring.sys;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Which file descriptors and mappings this process has. */
public final class Descriptors {
    /** In links and mappings of every ring. */
    public static final String RING = "[io_uring]";

    private Descriptors() {
    }

    /** Open descriptors whose link contains {@code text}. */
    public static int count(String text) throws IOException {
        int count = 0;
        try (DirectoryStream<Path> links = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path link : links) {
                try {
                    if (Files.readSymbolicLink(link).toString().contains(text)) {
                        count++;
                    }
                } catch (NoSuchFileException e) {
                    continue; // closed in between, like the one of this very listing
                }
            }
        }
        return count;
    }

    /** All open descriptors. */
    public static int count() throws IOException {
        return count("");
    }

    /** Mappings of files whose name contains {@code text}. */
    public static long mappings(String text) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/maps")).stream()
            .filter(line -> line.contains(text)).count();
    }
}
