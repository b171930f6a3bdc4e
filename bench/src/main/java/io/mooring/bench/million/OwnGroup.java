package io.mooring.bench.million;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The memory cgroup that this process runs in, of version 1 or 2, with those above it. */
final class OwnGroup {

    private static final Path ROOT_V1 = Path.of("/sys/fs/cgroup/memory");
    private static final Path ROOT_V2 = Path.of("/sys/fs/cgroup");

    private OwnGroup() {
    }

    /** What the tightest of them leaves, in bytes; {@code Long.MAX_VALUE} without a limit. */
    static long leftBytes() {
        try {
            List<String> lines = Files.readAllLines(Path.of("/proc/self/cgroup"));
            for (String line : lines) {
                String[] fields = line.split(":", 3);
                if (fields[1].equals("memory")) {
                    return left(ROOT_V1, fields[2], "memory.limit_in_bytes",
                            "memory.usage_in_bytes");
                }
                if (fields[0].equals("0") && Files.exists(
                        ROOT_V2.resolve("cgroup.controllers"))) {
                    return left(ROOT_V2, fields[2], "memory.max", "memory.current");
                }
            }
        } catch (IOException e) {
            // No cgroups, no limit.
        }
        return Long.MAX_VALUE;
    }

    private static long left(Path root, String path, String limitFile, String usageFile) {
        long left = Long.MAX_VALUE;
        Path group = root.resolve(path.substring(1));
        while (group.startsWith(root)) {
            long limit = number(group.resolve(limitFile));
            // Version 1 says "no limit" by a number near 2^63.
            if (limit < Long.MAX_VALUE / 2) {
                left = Math.min(left, Math.max(0, limit - number(group.resolve(usageFile))));
            }
            group = group.getParent();
        }
        return left;
    }

    private static long number(Path file) {
        try {
            return Long.parseLong(Files.readString(file).strip());
        } catch (IOException | NumberFormatException e) {
            return Long.MAX_VALUE; // "max", or a container that hides what is above it
        }
    }
}
