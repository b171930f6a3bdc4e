package io.mooring.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Figures from {@code /proc} (see proc(5)). */
public final class Proc {

    /** USER_HZ, the unit of times in /proc: 100 on x86-64, arm64 and all we run on. */
    public static final int TICKS_PER_SECOND = 100;

    /** The CPU time, in ticks of 10 ms, of a process with all its threads or of one thread. */
    public record Cpu(long id, String name, long userTicks, long systemTicks) {

        /** Seconds of CPU, user and system. */
        public double seconds() {
            return (userTicks + systemTicks) / (double) TICKS_PER_SECOND;
        }
    }

    /** User memory in KiB: resident, and resident with shared pages counted by share. */
    public record Memory(long rssKib, long pssKib) {
    }

    private Proc() {
    }

    /** A line of /proc/PID/stat; the name may hold blanks and parentheses. */
    public static Cpu parseStat(String line) {
        int open = line.indexOf('(');
        int close = line.lastIndexOf(')');
        if (open < 0 || close < open) {
            throw new IllegalArgumentException("not a line of /proc/PID/stat: " + line);
        }
        // After the name: state is field 3, utime 14 and stime 15.
        String[] fields = line.substring(close + 1).strip().split(" ");
        return new Cpu(Long.parseLong(line.substring(0, open).strip()),
                line.substring(open + 1, close),
                Long.parseLong(fields[11]), Long.parseLong(fields[12]));
    }

    /** The CPU time of a whole process, its ended threads included. */
    public static Cpu cpu(long pid) {
        return parseStat(read("/proc/" + pid + "/stat"));
    }

    /** The CPU time of each living thread of a process. */
    public static List<Cpu> threads(long pid) {
        List<Cpu> threads = new ArrayList<>();
        Path folder = Path.of("/proc/" + pid + "/task");
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(folder)) {
            for (Path task : tasks) {
                addThread(threads, task);
            }
        } catch (IOException e) {
            throw new BenchException("cannot read " + folder + ": " + e.getMessage());
        }
        return threads;
    }

    /** A thread that ended while we looked has no figure to add (ENOENT or ESRCH). */
    private static void addThread(List<Cpu> threads, Path task) {
        try {
            threads.add(parseStat(Files.readString(task.resolve("stat"))));
        } catch (IOException e) {
            assert !Files.exists(task.resolve("stat")) : e;
        }
    }

    /**
     * Seconds of CPU that all of the machine has spent at work since it booted, the hypervisor's
     * share (steal) included: user, nice, system, irq, softirq, steal of the first line.
     */
    public static double busySeconds(String procStat) {
        String[] fields = procStat.lines().findFirst().orElse("").strip().split(" +");
        if (fields.length < 9 || !fields[0].equals("cpu")) {
            throw new IllegalArgumentException("not /proc/stat: " + fields[0]);
        }
        long ticks = 0;
        for (int field : new int[] {1, 2, 3, 6, 7, 8}) {
            ticks += Long.parseLong(fields[field]);
        }
        return ticks / (double) TICKS_PER_SECOND;
    }

    /** {@link #busySeconds(String)} of now. */
    public static double busySeconds() {
        return busySeconds(read("/proc/stat"));
    }

    /** Our hard RLIMIT_NOFILE, which those that we start inherit. */
    public static long filesMax() {
        return parseFilesMax(read("/proc/self/limits"));
    }

    /** The hard limit of the line {@code Max open files 1024 524288 files}. */
    public static long parseFilesMax(String limits) {
        String line = limits.lines().filter(l -> l.startsWith("Max open files")).findFirst()
                .orElse("Max open files 1024 1024 files");
        String hard = line.substring("Max open files".length()).strip().split("\\s+")[1];
        return hard.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(hard);
    }

    /** VmRSS of status and Pss of smaps_rollup. */
    public static Memory memory(long pid) {
        return new Memory(kib(read("/proc/" + pid + "/status"), "VmRSS"),
                kib(read("/proc/" + pid + "/smaps_rollup"), "Pss"));
    }

    /** The figure of a line {@code Name:   123 kB}, in KiB; 0 where there is none. */
    public static long kib(String text, String name) {
        return text.lines().filter(line -> line.startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).replace("kB", "").strip())
                .mapToLong(Long::parseLong).findFirst().orElse(0);
    }

    /** The kernel's page size in bytes: 4,096 on most machines, 16,384 on a Pi 5. */
    public static int pageBytes() {
        return Math.toIntExact(1024 * kib(read("/proc/self/smaps"), "KernelPageSize"));
    }

    /** A file of /proc as text. */
    public static String read(String path) {
        try (InputStream file = Files.newInputStream(Path.of(path))) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new BenchException("cannot read " + path + ": " + e.getMessage()
                    + " (is the process gone, or must this run as root?)");
        }
    }
}
