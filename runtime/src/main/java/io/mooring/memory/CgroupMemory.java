package io.mooring.memory;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What our memory control group can still be charged, and every group above it that we can see: the
 * tightest counts, and it may be full of somebody else's memory. Version 1 and 2.
 *
 * <p>File pages are taken as reclaimable, reclaimable slabs are not: the inodes and dentries of
 * sockets are among them. In version 2 memory.high counts like memory.max: past it nobody is
 * killed, but everybody is made to wait.
 */
final class CgroupMemory implements AutoCloseable {
    /** File pages that stay: the code that runs is among them. As the kernel does, half at most. */
    private static final long KEPT_FILE_BYTES = 32L << 20;
    /** What version 1 shows for "none" is the largest multiple of a page. */
    private static final long UNLIMITED_FROM = 1L << 60;
    private static final byte[] HIERARCHICAL = ProcFile.bytes("hierarchical_memory_limit ");

    private final List<Level> levels;
    private Level tightest;
    private long headroom = ProcFile.UNLIMITED;

    /** @param root "/"; for tests a directory with proc and sys in it */
    CgroupMemory(Path root) {
        this.levels = find(root);
    }

    /**
     * Reads every level.
     *
     * @param enough with so much free without reclaiming anything, what could be reclaimed is not
     *     asked for; that file costs more than all others
     */
    void read(long enough) {
        long least = ProcFile.UNLIMITED;
        Level holder = null;
        for (Level level : levels) {
            level.read(enough);
            if (level.headroom < least) {
                least = level.headroom;
                holder = level;
            }
        }
        headroom = least;
        tightest = holder;
    }

    /** Bytes until the tightest limit; UNLIMITED without any, negative past it. */
    long headroomBytes() {
        return headroom;
    }

    boolean isLimited() {
        return tightest != null;
    }

    /** Of the tightest group. */
    long limitBytes() {
        return tightest == null ? ProcFile.UNLIMITED : tightest.limit;
    }

    /** The file to write to for more. */
    Path limitFile() {
        return tightest == null ? null : tightest.limitFile;
    }

    boolean isVersion2() {
        return !levels.isEmpty() && levels.getFirst().v2;
    }

    /** How many groups are watched. */
    int levels() {
        return levels.size();
    }

    @Override
    public void close() {
        levels.forEach(Level::close);
    }

    // ---- where we are

    private static List<Level> find(Path root) {
        String groups = text(root.resolve("proc/self/cgroup"));
        String mounts = text(root.resolve("proc/self/mountinfo"));
        Place v1 = place(root, mounts, groupOf(groups, "memory"), "cgroup", "memory");
        if (v1 != null) {
            return levels(v1, false);
        }
        Place v2 = place(root, mounts, groupOf(groups, ""), "cgroup2", "");
        return v2 == null ? List.of() : levels(v2, true);
    }

    private static String text(Path path) {
        try (ProcFile file = ProcFile.open(path)) {
            return file.read() ? file.string() : "";
        }
    }

    /** Our group as /proc/self/cgroup has it; the controller of version 2 has no name there. */
    private static String groupOf(String groups, String controller) {
        for (String line : groups.split("\n")) {
            String[] parts = line.split(":", 3);
            if (parts.length == 3 && List.of(parts[1].split(",")).contains(controller)) {
                return parts[2];
            }
        }
        return null;
    }

    /** Where the hierarchy is seen, and our own group below it. */
    private record Place(Path mount, Path own) {
    }

    private static Place place(Path root, String mounts, String group, String type, String option) {
        if (group == null) {
            return null;
        }
        for (String line : mounts.split("\n")) {
            String[] halves = line.split(" - ", 2);
            String[] mount = halves[0].split(" ");
            String[] kind = halves.length == 2 ? halves[1].split(" ") : new String[0];
            if (mount.length < 5 || kind.length < 3 || !kind[0].equals(type)
                || !option.isEmpty() && !List.of(kind[2].split(",")).contains(option)) {
                continue;
            }
            Path at = root.resolve(unescape(mount[4]).substring(1));
            return new Place(at, below(at, unescape(mount[3]), group));
        }
        return null;
    }

    /** A container may see only its own part of the hierarchy, mounted at the root of it. */
    private static Path below(Path mount, String mountRoot, String group) {
        String rest = group;
        if (!mountRoot.equals("/")) {
            rest = group.startsWith(mountRoot) ? group.substring(mountRoot.length()) : "";
        }
        Path own = mount.resolve(rest.startsWith("/") ? rest.substring(1) : rest).normalize();
        return own.startsWith(mount) && Files.isDirectory(own) ? own : mount;
    }

    private static String unescape(String path) {
        return path.replace("\\040", " ").replace("\\134", "\\");
    }

    private static List<Level> levels(Place place, boolean v2) {
        List<Level> levels = new ArrayList<>();
        for (Path at = place.own; at.startsWith(place.mount); at = at.getParent()) {
            // The root group of version 2 has no such files.
            if (Files.isReadable(at.resolve(v2 ? "memory.current" : "memory.usage_in_bytes"))) {
                levels.add(new Level(at, v2, levels.isEmpty()));
            }
        }
        return levels;
    }

    /** One control group. */
    private static final class Level implements AutoCloseable {
        private static final byte[][] V1_FILE = {
            ProcFile.bytes("total_inactive_file "), ProcFile.bytes("total_active_file ")};
        private static final byte[][] V2_FILE = {
            ProcFile.bytes("inactive_file "), ProcFile.bytes("active_file ")};

        final boolean v2;
        final Path limitFile;
        private final boolean own;
        private final ProcFile usage;
        private final ProcFile max;
        private final ProcFile high;
        private final ProcFile stat;
        /** Of groups that we cannot see; version 1 tells it in our own. */
        private long hiddenLimit = ProcFile.UNLIMITED;
        private long limit = ProcFile.UNLIMITED;
        private long headroom = ProcFile.UNLIMITED;

        Level(Path at, boolean v2, boolean own) {
            this.v2 = v2;
            this.own = own;
            this.limitFile = at.resolve(v2 ? "memory.max" : "memory.limit_in_bytes");
            this.usage = ProcFile.open(at.resolve(v2 ? "memory.current" : "memory.usage_in_bytes"));
            this.max = ProcFile.open(limitFile);
            this.high = ProcFile.open(at.resolve("memory.high"));
            this.stat = ProcFile.open(at.resolve("memory.stat"));
            if (own && !v2 && stat.read()) {
                readHidden();
            }
        }

        private void readHidden() {
            long value = stat.after(HIERARCHICAL);
            hiddenLimit = value < 0 || value >= UNLIMITED_FROM ? ProcFile.UNLIMITED : value;
        }

        void read(long enough) {
            limit = Math.min(limit(max), v2 ? limit(high) : hiddenLimit);
            if (limit == ProcFile.UNLIMITED) {
                headroom = ProcFile.UNLIMITED;
                return;
            }
            if (!usage.read() || usage.number() < 0) {
                return; // the group is being removed; what was known stays
            }
            long free = limit - usage.number();
            if (free < enough && stat.read()) {
                if (own && !v2) {
                    readHidden();
                }
                byte[][] keys = v2 ? V2_FILE : V1_FILE;
                long file = Math.max(0, stat.after(keys[0])) + Math.max(0, stat.after(keys[1]));
                free += file - Math.min(file / 2, KEPT_FILE_BYTES);
            }
            headroom = free;
        }

        private static long limit(ProcFile file) {
            long value = file.read() ? file.number() : ProcFile.ABSENT;
            return value < 0 || value >= UNLIMITED_FROM ? ProcFile.UNLIMITED : value;
        }

        @Override
        public void close() {
            usage.close();
            max.close();
            high.close();
            stat.close();
        }
    }
}
