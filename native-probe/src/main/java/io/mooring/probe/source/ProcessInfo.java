package io.mooring.probe.source;

/**
 * One process's own memory and limits, in bytes.
 *
 * @param command       its name as the kernel has it, 15 characters
 * @param rss, anon, file, shared resident, and of that: its own, of files, shared memory
 * @param pss           its share of what it shares; 0: cannot tell
 * @param pageTables    what the kernel keeps to map it
 * @param descriptors   entries of its table of descriptors (FDSize)
 * @param filesSoft     RLIMIT_NOFILE, soft; {@link Long#MAX_VALUE}: none
 * @param filesHard     RLIMIT_NOFILE, hard
 * @param isJvm         a Java virtual machine
 * @param javaHeap      of {@code anon}, the Java heap; 0: none, or cannot tell
 */
public record ProcessInfo(int pid, String command, long rss, long anon, long file, long shared,
        long pss, long pageTables, long descriptors, long threads, long filesSoft, long filesHard,
        boolean isJvm, long javaHeap) {

    private static final long HEAP_END = 32L << 30;

    public static Reading<ProcessInfo> read(ProcFs files, int pid) {
        String folder = "proc/" + pid + "/";
        Reading<String> status = files.read(folder + "status");
        if (!status.isThere()) {
            return Reading.missing(files.path(folder).toFile().exists() ? status.why()
                    : "there is no process " + pid, status.remedy());
        }
        String rollup = files.read(folder + "smaps_rollup").orElse("");
        String limits = files.read(folder + "limits").orElse("");
        boolean jvm = files.read(folder + "maps").orElse("").contains("/libjvm.so");
        long heap = jvm ? javaHeap(files.read(folder + "smaps").orElse("")) : 0;
        return status.map(text -> parse(pid, text, rollup, limits, jvm, heap));
    }

    /**
     * With compressed pointers, which is the default up to 32 GB, the heap lies below 32 GB, and of
     * what has no name and no file nothing else does.
     */
    static long javaHeap(String smaps) {
        long heap = 0;
        boolean inside = false;
        for (String line : smaps.split("\n")) {
            int dash = line.indexOf('-');
            if (dash > 0 && line.charAt(0) != 'R' && line.substring(0, dash).matches("[0-9a-f]+")) {
                String[] words = line.split("\\s+");
                inside = words.length == 5 && words[4].equals("0")
                        && Long.parseUnsignedLong(words[0].substring(0, dash), 16) < HEAP_END;
            } else if (inside && line.startsWith("Rss:")) {
                heap += kilobytes(line, "Rss:");
            }
        }
        return heap;
    }

    static ProcessInfo parse(int pid, String status, String rollup, String limits, boolean jvm,
            long javaHeap) {
        String[] nofile = limit(limits);
        return new ProcessInfo(pid, word(status, "Name:"), kilobytes(status, "VmRSS:"),
                kilobytes(status, "RssAnon:"), kilobytes(status, "RssFile:"),
                kilobytes(status, "RssShmem:"), kilobytes(rollup, "Pss:"),
                kilobytes(status, "VmPTE:"), number(word(status, "FDSize:")),
                number(word(status, "Threads:")), bound(nofile[0]), bound(nofile[1]), jvm,
                javaHeap);
    }

    private static String[] limit(String limits) {
        String rest = word(limits, "Max open files");
        String[] words = rest.isEmpty() ? new String[0] : rest.split("\\s+");
        return words.length >= 2 ? words : new String[] {"0", "0"};
    }

    private static long bound(String word) {
        return word.equals("unlimited") ? Long.MAX_VALUE : number(word);
    }

    private static long kilobytes(String text, String key) {
        return number(word(text, key).replace(" kB", "")) * 1024;
    }

    private static long number(String word) {
        return word.isEmpty() ? 0 : Long.parseLong(word.strip());
    }

    /** The rest of the line that begins with {@code key}. */
    private static String word(String text, String key) {
        for (String line : text.split("\n")) {
            if (line.startsWith(key)) {
                return line.substring(key.length()).strip();
            }
        }
        return "";
    }
}
