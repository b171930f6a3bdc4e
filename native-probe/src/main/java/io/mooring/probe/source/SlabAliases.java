package io.mooring.probe.source;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which slab caches are one. The kernel merges caches whose objects are alike; in /sys/kernel/slab
 * each name is then a link to its group, while /proc/slabinfo has one line for all. So a line named
 * {@code eventpoll_epi} may hold {@code tcp_bind_bucket}s.
 */
public final class SlabAliases {

    /** Where nothing is merged, or nobody can tell. */
    public static final SlabAliases NONE = new SlabAliases(Map.of());

    private final Map<String, String> groupOf;
    private final Map<String, Set<String>> namesOf = new HashMap<>();

    private SlabAliases(Map<String, String> groupOf) {
        this.groupOf = groupOf;
        groupOf.forEach((name, group) ->
                namesOf.computeIfAbsent(group, g -> new TreeSet<>()).add(name));
    }

    public static Reading<SlabAliases> read(ProcFs files) {
        Path folder = files.path("sys/kernel/slab");
        Path recorded = folder.resolve("aliases.txt");
        Map<String, String> groups = new TreeMap<>();
        try {
            if (Files.exists(recorded)) {
                return Reading.of(parse(Files.readString(recorded)));
            }
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
                for (Path entry : entries) {
                    if (Files.isSymbolicLink(entry)) {
                        groups.put(entry.getFileName().toString(),
                                Files.readSymbolicLink(entry).getFileName().toString());
                    }
                }
            }
        } catch (IOException e) {
            return ProcFs.missing("sys/kernel/slab", e);
        }
        return Reading.of(new SlabAliases(groups));
    }

    /** Lines such as {@code eventpoll_epi -> :A-0000128}, as {@code ls -l} ends them. */
    public static SlabAliases parse(String text) {
        Map<String, String> groups = new TreeMap<>();
        for (String line : text.split("\n")) {
            int arrow = line.indexOf(" -> ");
            if (arrow > 0) {
                String left = line.substring(0, arrow).strip();
                groups.put(left.substring(left.lastIndexOf(' ') + 1),
                        line.substring(arrow + 4).strip());
            }
        }
        return new SlabAliases(groups);
    }

    /** All names of its group, itself among them; empty: it is with no other. */
    public Set<String> sharing(String name) {
        String group = groupOf.get(name);
        return group == null ? Set.of() : namesOf.get(group);
    }

    public int groups() {
        return namesOf.size();
    }
}
