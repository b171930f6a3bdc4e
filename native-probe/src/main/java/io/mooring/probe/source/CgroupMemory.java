package io.mooring.probe.source;

import java.nio.file.Files;
import java.util.List;

/**
 * What the memory cgroup of a process has charged, in bytes.
 *
 * @param version     1 or 2
 * @param path        within the hierarchy
 * @param usage       all that is charged
 * @param limit       {@link Long#MAX_VALUE}: none
 * @param kernel      of it: kernel memory (slabs, page tables, stacks)
 * @param sockets     of it: buffers of sockets, as the kernel accounts them
 * @param chargesTcp  tcp_socks of accepted connections are charged too (version 1: only where
 *                    memory.kmem.tcp.limit_in_bytes is set)
 * @param processes   in it; of more than one its counters say nothing about a single one
 */
public record CgroupMemory(int version, String path, long usage, long limit, long kernel,
        long sockets, boolean chargesTcp, int processes) {

    /** Version 1 writes "no limit" as the largest multiple of a page in a long. */
    private static final long V1_NO_LIMIT = 1L << 62;
    private static final List<String> MOUNTS = List.of("sys/fs/cgroup", "sys/fs/cgroup/unified");

    public static Reading<CgroupMemory> read(ProcFs files, int pid) {
        Reading<String> groups = files.read("proc/" + pid + "/cgroup");
        if (!groups.isThere()) {
            return Reading.missing(groups.why(), groups.remedy());
        }
        String v2 = null;
        for (String line : groups.value().split("\n")) {
            String[] fields = line.split(":", 3);
            if (fields.length == 3 && List.of(fields[1].split(",")).contains("memory")) {
                return one(files, fields[2]);
            }
            if (fields.length == 3 && fields[0].equals("0")) {
                v2 = fields[2];
            }
        }
        if (v2 != null) {
            for (String mount : MOUNTS) {
                if (Files.exists(files.path(mount + v2 + "/memory.current"))) {
                    return two(files, mount + v2 + "/", v2);
                }
            }
        }
        return off(files);
    }

    private static Reading<CgroupMemory> off(ProcFs files) {
        if (files.read("proc/cmdline").orElse("").contains("cgroup_disable=memory")) {
            return Reading.missing("memory cgroups are switched off (cgroup_disable=memory, as"
                    + " Raspberry Pi OS has it)", "add cgroup_enable=memory to"
                    + " /boot/firmware/cmdline.txt and restart");
        }
        return Reading.missing("the process is in no memory cgroup of its own",
                "start it in one, for instance by systemd-run");
    }

    private static Reading<CgroupMemory> one(ProcFs files, String path) {
        String folder = "sys/fs/cgroup/memory" + path + "/";
        Reading<String> usage = files.read(folder + "memory.usage_in_bytes");
        if (!usage.isThere()) {
            return Reading.missing(usage.why(), "mount cgroups at /sys/fs/cgroup/memory");
        }
        return usage.map(text -> new CgroupMemory(1, path, Long.parseLong(text.strip()),
                limit(number(files, folder + "memory.limit_in_bytes")),
                number(files, folder + "memory.kmem.usage_in_bytes"),
                number(files, folder + "memory.kmem.tcp.usage_in_bytes"),
                number(files, folder + "memory.kmem.tcp.limit_in_bytes") < V1_NO_LIMIT
                        && Files.exists(files.path(folder + "memory.kmem.tcp.limit_in_bytes")),
                processes(files, folder)));
    }

    private static Reading<CgroupMemory> two(ProcFs files, String folder, String path) {
        String stat = files.read(folder + "memory.stat").orElse("");
        return files.read(folder + "memory.current").map(text -> new CgroupMemory(2, path,
                Long.parseLong(text.strip()), limitOfTwo(files, folder), of(stat, "kernel "),
                of(stat, "sock "), true, processes(files, folder)));
    }

    private static int processes(ProcFs files, String folder) {
        return (int) files.read(folder + "cgroup.procs").orElse("").lines().count();
    }

    private static long limitOfTwo(ProcFs files, String folder) {
        String text = files.read(folder + "memory.max").orElse("max").strip();
        return text.equals("max") ? Long.MAX_VALUE : Long.parseLong(text);
    }

    private static long of(String stat, String key) {
        for (String line : stat.split("\n")) {
            if (line.startsWith(key)) {
                return Long.parseLong(line.substring(key.length()).strip());
            }
        }
        return 0;
    }

    private static long number(ProcFs files, String path) {
        return files.read(path).map(text -> Long.parseLong(text.strip())).orElse(0L);
    }

    private static long limit(long bytes) {
        return bytes >= V1_NO_LIMIT || bytes == 0 ? Long.MAX_VALUE : bytes;
    }

    /** A cgroup other than the root: objects made for it are accounted for, eight bytes each. */
    public boolean accounts() {
        return !path.equals("/");
    }
}
