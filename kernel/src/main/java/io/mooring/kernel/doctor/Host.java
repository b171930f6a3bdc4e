package io.mooring.kernel.doctor;

import io.mooring.kernel.KernelException;
import io.mooring.memory.Machine;
import io.mooring.probe.source.ProcFs;
import io.mooring.probe.source.Reading;
import io.mooring.sys.KernelFeatures;
import io.mooring.sys.OffHeap;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A machine as its files tell it: this one, or a folder with the {@code proc} and {@code sys} of
 * another. Beside those, {@code pagesize.txt} may hold its page size.
 */
final class Host {
    private static final int CAP_SYS_ADMIN = 21;
    private static final int CAP_IPC_LOCK = 14;
    private static final long UNLIMITED = Machine.UNLIMITED;
    /** Of a page size P its table of P / 8 entries covers a huge page. */
    private static final int ENTRY_BYTES = 8;
    /** PROC_CGROUP_INIT_INO: the machine's own has this number on every kernel. */
    private static final String FIRST_GROUPS = "cgroup:[4026531835]";
    private static final BigInteger LONG_MAX = BigInteger.valueOf(Long.MAX_VALUE);

    private final ProcFs files;
    private final boolean isThisOne;
    private final Machine machine;

    private Host(ProcFs files, boolean isThisOne) {
        this.files = files;
        this.isThisOne = isThisOne;
        this.machine = Machine.read(files.root(), files.pageBytes());
    }

    /** @throws KernelException if its page size cannot be told */
    static Host at(Path root) {
        boolean own = isThisOne(root);
        ProcFs files = new ProcFs(root, OffHeap.PAGE_BYTES);
        return new Host(own ? files : new ProcFs(root, recordedPage(files)), own);
    }

    private static boolean isThisOne(Path root) {
        try {
            return root.toRealPath().equals(Path.of("/"));
        } catch (IOException e) {
            return false;
        }
    }

    private static int recordedPage(ProcFs files) {
        String told = files.read("pagesize.txt").orElse("").strip();
        if (told.matches("\\d{4,6}")) {
            return Integer.parseInt(told);
        }
        long huge = hugePage(files);
        for (int page = 4_096; page <= 65_536; page *= 2) {
            if ((long) page * page / ENTRY_BYTES == huge) {
                return page;
            }
        }
        throw new KernelException("the page size of " + files.root() + " is not known: write it "
            + "to " + files.path("pagesize.txt") + ", as getconf PAGESIZE says it there");
    }

    // ---- files

    /** A file's text without the blanks around it; empty: it is not there, or not for us. */
    String text(String path) {
        return files.read(path).orElse("").replace("\0", "").strip();
    }

    boolean has(String path) {
        return Files.exists(files.path(path));
    }

    /** Why a file says nothing; null: it does. */
    Reading<String> reading(String path) {
        return files.read(path);
    }

    /** The first number of a file. */
    OptionalLong number(String path) {
        long[] all = numbers(path);
        return all.length == 0 ? OptionalLong.empty() : OptionalLong.of(all[0]);
    }

    /** All numbers of a file; what fits no long is the largest that does. */
    long[] numbers(String path) {
        String text = text(path);
        if (!text.matches("\\d+(\\s+\\d+)*")) {
            return new long[0];
        }
        String[] words = text.split("\\s+");
        long[] numbers = new long[words.length];
        for (int i = 0; i < words.length; i++) {
            numbers[i] = new BigInteger(words[i]).min(LONG_MAX).longValue();
        }
        return numbers;
    }

    /** In a file of lines such as {@code Seccomp:	2}, what follows the key. */
    Optional<String> value(String path, String key) {
        return text(path).lines().filter(line -> line.startsWith(key))
            .map(line -> line.substring(key.length()).strip()).findFirst();
    }

    // ---- the machine

    boolean isThisOne() {
        return isThisOne;
    }

    Path root() {
        return files.root();
    }

    Machine machine() {
        return machine;
    }

    int pageBytes() {
        return files.pageBytes();
    }

    /** 0: unknown. */
    long hugePageBytes() {
        return hugePage(files);
    }

    private static long hugePage(ProcFs files) {
        return files.read("proc/meminfo").orElse("").lines()
            .filter(line -> line.startsWith("Hugepagesize:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
            .findFirst().orElse(0);
    }

    /** "6.12.117+deb13-arm64-16k"; empty: not recorded. */
    String release() {
        return text("proc/sys/kernel/osrelease");
    }

    boolean isAtLeast(int major, int minor) {
        return KernelFeatures.isAtLeast(release(), major, minor);
    }

    /** Processors that a JVM has: one reactor each. */
    int processors() {
        if (isThisOne) {
            return Runtime.getRuntime().availableProcessors();
        }
        return Math.max(1, (int) text("proc/cpuinfo").lines()
            .filter(line -> line.startsWith("processor")).count());
    }

    /** "Raspberry Pi 5 Model B Rev 1.0"; empty where no device tree says it. */
    String model() {
        String model = text("proc/device-tree/model");
        return model.isEmpty() ? text("sys/firmware/devicetree/base/model") : model;
    }

    // ---- this process

    /**
     * The hard RLIMIT of {@code /proc/self/limits}, whose line starts so; the server raises the
     * soft one of open files to it.
     */
    OptionalLong hardLimit(String name) {
        return value("proc/self/limits", name).map(rest -> rest.split("\\s+"))
            .filter(words -> words.length >= 2)
            .map(words -> words[1].equals("unlimited") ? UNLIMITED : Long.parseLong(words[1]))
            .map(OptionalLong::of).orElse(OptionalLong.empty());
    }

    boolean isAdmin() {
        return machine.filesExempt();
    }

    boolean mayLock() {
        return hasCapability(CAP_IPC_LOCK);
    }

    private boolean hasCapability(int number) {
        return value("proc/self/status", "CapEff:")
            .map(mask -> (Long.parseUnsignedLong(mask, 16) >> number & 1) == 1).orElse(false);
    }

    /** Whether sudo started us: the server itself will hardly be root. */
    boolean isSudo() {
        return isThisOne && isAdmin() && System.getenv("SUDO_USER") != null;
    }

    /** Whether a seccomp filter is on us. */
    boolean isFiltered() {
        return value("proc/self/status", "Seccomp:").map(mode -> mode.equals("2")).orElse(false);
    }

    /** The unit that we are in: "mooring.service". */
    Optional<String> service() {
        return text("proc/self/cgroup").lines()
            .flatMap(line -> Arrays.stream(line.split("/")))
            .filter(name -> name.endsWith(".service") && !name.startsWith("user@"))
            .reduce((first, second) -> second);
    }

    private boolean hasOwnGroups() {
        try {
            String link = Files.readSymbolicLink(files.path("proc/self/ns/cgroup")).toString();
            return !link.equals(FIRST_GROUPS);
        } catch (IOException e) {
            return false; // not recorded, or a kernel without
        }
    }

    /** What sort of container we are in, and by which signs. */
    Optional<String> container() {
        String groups = "a namespace of control groups of its own (/proc/self/ns/cgroup)";
        return sign().map(sign -> hasOwnGroups() ? sign + ", " + groups : sign)
            .or(() -> hasOwnGroups() ? Optional.of(groups) : Optional.empty());
    }

    private Optional<String> sign() {
        if (has("run/.containerenv")) {
            return Optional.of("podman (/run/.containerenv)");
        }
        if (has("var/run/secrets/kubernetes.io")) {
            return Optional.of("kubernetes (/var/run/secrets/kubernetes.io)");
        }
        if (has(".dockerenv")) {
            return Optional.of("docker (/.dockerenv)");
        }
        if (has("run/systemd/container")) {
            return Optional.of(text("run/systemd/container") + " (/run/systemd/container)");
        }
        return text("proc/self/cgroup").lines()
            .filter(line -> line.matches(".*/(docker|kubepods|lxc|machine\\.slice/libpod)\\b.*"))
            .map(line -> "a container (control group " + line.substring(line.indexOf('/')) + ")")
            .findFirst();
    }
}
