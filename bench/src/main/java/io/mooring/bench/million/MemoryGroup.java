package io.mooring.bench.million;

import io.mooring.bench.BenchException;
import io.mooring.bench.Place;
import io.mooring.bench.Sleep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A memory cgroup for the server alone, of version 1 or 2; removed when closed. */
final class MemoryGroup implements Place, AutoCloseable {

    private static final Path ROOT_V1 = Path.of("/sys/fs/cgroup/memory");
    private static final Path ROOT_V2 = Path.of("/sys/fs/cgroup");
    private static final int REMOVE_MS_MAX = 20_000;
    private static final int POLL_MS = 100;

    private final Path folder;
    private final boolean v1;

    private MemoryGroup(Path folder, boolean v1) {
        this.folder = folder;
        this.v1 = v1;
    }

    /** Made with a limit; root only. */
    static MemoryGroup create(long limitBytes) {
        boolean v1 = Files.isDirectory(ROOT_V1);
        if (!v1 && !Files.exists(ROOT_V2.resolve("cgroup.controllers"))) {
            throw new BenchException("--server-memory needs memory cgroups, and none are mounted"
                    + " under /sys/fs/cgroup");
        }
        Path folder = (v1 ? ROOT_V1 : ROOT_V2)
                .resolve("mooring-million-" + ProcessHandle.current().pid());
        try {
            if (!v1) {
                Files.writeString(ROOT_V2.resolve("cgroup.subtree_control"), "+memory");
            }
            Files.createDirectory(folder);
        } catch (IOException e) {
            throw new BenchException("cannot make the memory cgroup " + folder + " (are you root?"
                    + " on a Raspberry Pi: cgroup_enable=memory in cmdline.txt): "
                    + e.getMessage());
        }
        MemoryGroup group = new MemoryGroup(folder, v1);
        try {
            if (v1) {
                Files.writeString(folder.resolve("memory.limit_in_bytes"), "" + limitBytes);
                // Only where this is set, to whatever, are accepted sockets charged (version 2
                // always does).
                Files.writeString(folder.resolve("memory.kmem.tcp.limit_in_bytes"),
                        "" + limitBytes);
            } else {
                Files.writeString(folder.resolve("memory.max"), "" + limitBytes);
            }
            return group;
        } catch (IOException e) {
            group.close();
            throw new BenchException("cannot limit the memory cgroup " + folder + ": "
                    + e.getMessage());
        }
    }

    @Override
    public List<String> before() {
        return List.of("sh", "-c", "echo $$ > \"$0\" && exec \"$@\"",
                folder.resolve("cgroup.procs").toString());
    }

    /** Charged now. */
    long usageBytes() {
        return number(v1 ? "memory.usage_in_bytes" : "memory.current");
    }

    /** Its figures for the report, by name. */
    Map<String, Long> figures() {
        Map<String, Long> figures = new LinkedHashMap<>();
        figures.put("usage_bytes", usageBytes());
        figures.put("peak_bytes", number(v1 ? "memory.max_usage_in_bytes" : "memory.peak"));
        figures.put("limit_bytes", number(v1 ? "memory.limit_in_bytes" : "memory.max"));
        if (v1) {
            figures.put("kernel_bytes", number("memory.kmem.usage_in_bytes"));
            figures.put("socket_buffer_bytes", number("memory.kmem.tcp.usage_in_bytes"));
            figures.put("failcnt", number("memory.failcnt"));
        } else {
            figures.put("kernel_bytes", field("memory.stat", "kernel"));
            figures.put("socket_buffer_bytes", field("memory.stat", "sock"));
            figures.put("failcnt", field("memory.events", "max"));
        }
        figures.put("oom_kills", field(v1 ? "memory.oom_control" : "memory.events", "oom_kill"));
        return figures;
    }

    private long number(String file) {
        try {
            return Long.parseLong(Files.readString(folder.resolve(file)).strip());
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    private long field(String file, String name) {
        try {
            return parseField(Files.readString(folder.resolve(file)), name);
        } catch (IOException e) {
            return 0;
        }
    }

    /** Of lines {@code name value}; 0 where there is none. */
    static long parseField(String text, String name) {
        return text.lines().filter(line -> line.startsWith(name + " "))
                .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1).strip()))
                .findFirst().orElse(0);
    }

    Path folder() {
        return folder;
    }

    /** Waits for its processes to be gone: only an empty group can be removed. */
    @Override
    public void close() {
        for (int waitedMs = 0; waitedMs < REMOVE_MS_MAX; waitedMs += POLL_MS) {
            try {
                Files.deleteIfExists(folder);
                return;
            } catch (IOException e) {
                Sleep.millis(POLL_MS);
            }
        }
        System.err.println("mooring million: could not remove " + folder + ": rmdir it");
    }
}
