package io.mooring.kernel.doctor;

import static io.mooring.kernel.doctor.Figures.bytes;
import static io.mooring.kernel.doctor.Figures.count;

import io.mooring.probe.source.Reading;
import java.util.List;
import java.util.OptionalLong;

/** Where we are: processors, container, service, and what of the machine we may see. */
final class PlaceChecks {
    private static final String GOVERNOR = "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";
    /** The JVM's own threads, compilers and collector among them. */
    private static final int THREADS_OF_JVM = 40;

    private final Host host;
    private final Fixes fixes;

    PlaceChecks(Host host) {
        this.host = host;
        this.fixes = new Fixes(host);
    }

    List<Result> all() {
        return List.of(processors(), container(), service(), privileges());
    }

    private Result processors() {
        String governor = host.text(GOVERNOR);
        Subject subject = new Subject("processors", host.processors() + (governor.isEmpty()
            ? ", no frequency scaling to see" : ", governor " + governor), "",
            "one reactor each; each core keeps its own frequency");
        return !governor.equals("powersave") ? subject.pass()
            : subject.warn("they stay at the lowest frequency, whatever comes", "echo ondemand | "
                + fixes.sudo() + "tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor");
    }

    private Result container() {
        return new Subject("container", host.container().orElse("none to see"), "",
            "in one fs.*, vm.* and net.ipv4.tcp_mem are the host's, and a seccomp profile may "
                + "forbid io_uring").pass();
    }

    /** Tasks are threads; a unit has 15 % of the machine's by default. */
    private Result service() {
        if (host.service().isEmpty()) {
            return new Subject("systemd", "not in a service", "",
                "a unit has limits of its own: run doctor by its ExecStartPre= to check those")
                .pass();
        }
        String group = host.text("proc/self/cgroup").lines()
            .filter(line -> line.startsWith("0::/") || line.matches("\\d+:pids:.*"))
            .map(line -> line.split(":", 3)[2]).findFirst().orElse("");
        OptionalLong max = host.number("sys/fs/cgroup" + group + "/pids.max");
        if (max.isEmpty()) {
            max = host.number("sys/fs/cgroup/pids" + group + "/pids.max");
        }
        long need = THREADS_OF_JVM + host.processors();
        Subject subject = new Subject("systemd", "in " + host.service().get() + ", "
            + (max.isEmpty() ? "no bound on tasks" : count(max.getAsLong()) + " tasks"),
            count(need) + " tasks", "its limits are what the other checks read");
        return max.isEmpty() || max.getAsLong() >= need ? subject.pass()
            : subject.warn("threads of the JVM cannot start", "TasksMax=" + 2 * need
                + " in [Service] of " + host.service().get());
    }

    private Result privileges() {
        Reading<String> slabs = host.reading("proc/slabinfo");
        Subject subject = new Subject("privileges", slabs.isThere() ? "all files may be read"
            : slabs.why(), "", "what sockets pin of MemAvailable is read from /proc/slabinfo, or "
            + "else estimated, at " + bytes(1_056_000_000) + " a million");
        boolean denied = !slabs.isThere() && !slabs.remedy().isEmpty();
        return denied ? subject.unknown("sudo ./mooring doctor reads it; the estimate is good to a "
            + "few per cent") : subject.pass();
    }
}
