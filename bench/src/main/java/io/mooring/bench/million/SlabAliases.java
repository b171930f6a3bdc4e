package io.mooring.bench.million;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/**
 * Slab caches that the kernel has merged because their objects have one size and kind:
 * /proc/slabinfo names each group by whichever came first (eventpoll_epi for tcp_bind2_bucket on
 * 6.18), /sys/kernel/slab has a link per name.
 */
final class SlabAliases {

    private static final Path FOLDER = Path.of("/sys/kernel/slab");

    private SlabAliases() {
    }

    /** All names of the group that {@code cache} is in, its own among them; empty: cannot tell. */
    static Set<String> of(String cache) {
        return of(FOLDER, cache);
    }

    static Set<String> of(Path folder, String cache) {
        Set<String> names = new TreeSet<>();
        try (DirectoryStream<Path> links = Files.newDirectoryStream(folder)) {
            Path group = Files.readSymbolicLink(folder.resolve(cache));
            for (Path link : links) {
                if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).equals(group)) {
                    names.add(link.getFileName().toString());
                }
            }
        } catch (IOException e) {
            // Not merged with anything, or no such folder here.
        }
        return names;
    }
}
