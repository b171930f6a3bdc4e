package io.mooring.kernel.plan;

import io.mooring.memory.Machine;
import io.mooring.probe.source.CgroupMemory;
import io.mooring.probe.source.ProcFs;
import io.mooring.probe.source.Reading;
import io.mooring.probe.source.TcpLimits;
import java.util.Locale;

/** This machine, or another that is described by some figures; the rest is this one's or usual. */
final class Targets {

    static final long MIB = 1L << 20;
    /** struct page, for each page of memory, on 64 bit. */
    private static final long STRUCT_PAGE_BYTES = 64;
    /**
     * 8 GiB less MemTotal less its struct pages: 122 MB on the emulated Pi 5 (6.12.117, MemTotal
     * 8,236,256 KiB).
     */
    private static final long KERNEL_IMAGE_BYTES = 122_000_000;
    private static final long SYSTEM_BYTES = 350 * MIB;
    private static final int CORES_ELSEWHERE = 4;
    private static final long SERVICE_FILES = 524_288;
    /** tcp_init_mem: pressure at a sixteenth of the memory, in pages. */
    private static final int TCP_PRESSURE_PART = 16;
    private static final long SEND_BUFFER_MAX = 4 * MIB;
    /** files_maxfiles_init: a tenth of the memory in KiB, less what is not free at boot. */
    private static final long FILES_PER_KIB_PART = 10;
    private static final double FILES_AT_BOOT = 0.99;
    /** Of the memory a 25th, for items of 192 B: eventpoll_init. */
    private static final long WATCHES_PART = 25;
    private static final long WATCH_BYTES = 192;
    private static final long MAPPINGS_MAX = 65_530;

    /** As told on the command line; null: not told. */
    record Told(Long ram, Integer pageBytes, KernelVersion kernel, Long link, Integer cores,
            Long openFiles) {

        static final Told NOTHING = new Told(null, null, null, null, null, null);
    }

    private final ProcFs files;
    private final Told told;
    private final Machine machine;
    private final KernelVersion kernelHere;
    private final int coresHere;
    private final long openFilesHere;

    /**
     * @param files     of this machine
     * @param coresHere of it
     * @param openFilesHere RLIMIT_NOFILE as a server would have it here
     */
    Targets(ProcFs files, Told told, int coresHere, long openFilesHere) {
        this.files = files;
        this.told = told;
        this.machine = Machine.read(files.root(), files.pageBytes());
        this.kernelHere = KernelVersion.parse(
                files.read("proc/sys/kernel/osrelease").orElse("6.1").strip());
        this.coresHere = coresHere;
        this.openFilesHere = openFilesHere;
    }

    Target target() {
        boolean here = isAlike(told.ram, machine.totalBytes())
                && (told.pageBytes == null || told.pageBytes == files.pageBytes())
                && (told.kernel == null || told.kernel.equals(kernelHere));
        return here ? here() : elsewhere();
    }

    /** What is sold as 8 GiB has a little less for its system to see. */
    private static boolean isAlike(Long ram, long total) {
        return ram == null || ram == total;
    }

    private Target here() {
        boolean grouped = machine.cgroupHeadroomBytes() < machine.availableBytes();
        long ram = grouped ? machine.cgroupLimitBytes() : machine.totalBytes();
        long left = grouped ? machine.cgroupHeadroomBytes() : machine.availableBytes();
        long pressure = machine.tcpPressureBytes();
        long filesFree = machine.filesExempt() || machine.filesMax() == Machine.UNLIMITED
                ? Known.NO_LIMIT : Math.max(0, machine.filesMax() - machine.filesOpen());
        int cores = told.cores == null ? coresHere : told.cores;
        Reading<CgroupMemory> group = CgroupMemory.read(files,
                (int) ProcessHandle.current().pid());
        return new Target(true,
                Known.measured(ram, grouped ? machine.cgroupLimitFile() + "" : "MemTotal"),
                Known.measured(ram - left, grouped ? "the control group's usage"
                        : "MemTotal less MemAvailable, and what open sockets pin of that"),
                Known.measured(files.pageBytes(), "this machine"), kernelHere,
                Known.measured(0, "this machine"), link(true), cores(cores),
                openFiles(openFilesHere, Basis.MEASURED, "hard RLIMIT_NOFILE of this shell"),
                Known.measured(pressure, "net.ipv4.tcp_mem[1]"), sendBufferHere(),
                Known.measured(filesFree, machine.filesExempt() ? "not for CAP_SYS_ADMIN"
                        : "fs.file-max less those open"),
                accounts(group), accounts(group) && group.value().chargesTcp(),
                KernelSizes.here(files, coresHere), machine);
    }

    private static boolean accounts(Reading<CgroupMemory> group) {
        return group.isThere() && group.value().accounts();
    }

    private Known sendBufferHere() {
        Reading<TcpLimits> limits = TcpLimits.read(files);
        return limits.isThere() && limits.value().writeMax() > 0
                ? Known.measured(limits.value().writeMax(), "net.ipv4.tcp_wmem[2]")
                : Known.assumed(SEND_BUFFER_MAX, "tcp_wmem[2] as it usually is");
    }

    private Target elsewhere() {
        Known page = told.pageBytes == null
                ? Known.measured(files.pageBytes(), "this machine's, for want of --page-size")
                : Known.given(told.pageBytes, "--page-size");
        Known ram = told.ram == null
                ? Known.measured(machine.totalBytes(), "this machine's, for want of --ram")
                : Known.given(told.ram, "--ram");
        KernelVersion kernel = told.kernel != null ? told.kernel
                : told.pageBytes != null && told.pageBytes != files.pageBytes()
                ? new KernelVersion(6, 12) : kernelHere;
        Known kernelFrom = told.kernel != null ? Known.given(0, "--kernel")
                : kernel.equals(kernelHere) ? Known.measured(0, "this machine's")
                : Known.assumed(0, "Raspberry Pi OS's");
        long own = ram.value() / page.value() * STRUCT_PAGE_BYTES + KERNEL_IMAGE_BYTES;
        long total = Math.max(MIB, ram.value() - own);
        long pressure = total / TCP_PRESSURE_PART / page.value() * page.value();
        long filesMax = (long) (total / 1024 / FILES_PER_KIB_PART * FILES_AT_BOOT);
        Known openFiles = openFiles(SERVICE_FILES, Basis.ASSUMED,
                "hard limit of a systemd service");
        int cores = told.cores == null ? CORES_ELSEWHERE : told.cores;
        Machine limits = new Machine(page.value(), total, total, Machine.UNLIMITED,
                Machine.UNLIMITED, null, 0, pressure, MAPPINGS_MAX, filesMax, 0, false, false,
                Machine.UNLIMITED, 0, total / WATCHES_PART / WATCH_BYTES);
        return new Target(false, ram,
                Known.assumed(own + SYSTEM_BYTES, String.format(Locale.ROOT,
                        "%,d MB of struct page (64 B a page), 122 MB kernel and firmware (emulated"
                        + " Pi 5), 350 MiB a system without a desktop (not measured)",
                        (own - KERNEL_IMAGE_BYTES) / 1_000_000)),
                page, kernel, kernelFrom, link(false), cores(cores), openFiles,
                Known.derived(pressure, "a sixteenth of the memory, tcp_init_mem"),
                Known.assumed(SEND_BUFFER_MAX, "tcp_wmem[2] as it usually is"),
                Known.derived(filesMax, "a tenth of the memory in KiB, files_maxfiles_init"),
                false, false, sizes((int) page.value(), kernel, cores), limits);
    }

    private KernelSizes sizes(int pageBytes, KernelVersion kernel, int cores) {
        return pageBytes == files.pageBytes() && kernel.equals(kernelHere)
                ? KernelSizes.here(files, coresHere)
                : KernelSizes.elsewhere(pageBytes, kernel, cores);
    }

    private Known cores(int cores) {
        return told.cores != null ? Known.given(cores, "--cores")
                : cores == coresHere ? Known.measured(cores, "this machine's")
                : Known.assumed(cores, "a Pi 5's");
    }

    private Known openFiles(long otherwise, Basis basis, String source) {
        return told.openFiles != null ? Known.given(told.openFiles, "--nofile")
                : new Known(otherwise, basis, source);
    }

    private Known link(boolean here) {
        if (told.link != null) {
            return Known.given(told.link, "--link");
        }
        return here ? LinkSpeed.ofDefaultRoute(files)
                : Known.assumed(0, "not known: give --link");
    }
}
