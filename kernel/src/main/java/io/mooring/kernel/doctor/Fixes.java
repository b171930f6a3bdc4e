package io.mooring.kernel.doctor;

import java.nio.file.Files;
import java.util.Set;

/** Commands and lines that change something, as this place needs them: root, service, container. */
final class Fixes {
    /** Of the machine, whatever network namespace a process is in. */
    private static final Set<String> MACHINE_WIDE =
        Set.of("net.ipv4.tcp_mem", "net.ipv4.tcp_max_orphans", "net.netfilter.nf_conntrack_max");

    private final Host host;

    Fixes(Host host) {
        this.host = host;
    }

    /** For whoever is not root. */
    String sudo() {
        return host.isThisOne() && host.isAdmin() ? "" : "sudo ";
    }

    String sysctl(String key, Object value) {
        String text = value.toString();
        String setting = key + "=" + (text.contains(" ") ? "'" + text + "'" : text);
        if (host.container().isEmpty() || isWritable(key)) {
            return sudo() + "sysctl -w " + setting;
        }
        boolean own = key.startsWith("net.") && !MACHINE_WIDE.contains(key);
        return own ? "docker run --sysctl " + setting + " (or as root in here: sysctl -w "
            + setting + ")" : "on the host: sudo sysctl -w " + setting;
    }

    /** In a container /proc/sys is read-only, unless it is hardly one. */
    private boolean isWritable(String key) {
        return host.isThisOne()
            && Files.isWritable(host.root().resolve("proc/sys").resolve(key.replace('.', '/')));
    }

    /** The hard limit of open files. */
    String openFiles(long number) {
        return limit(number, "nofile", "LimitNOFILE", "ulimit -n ");
    }

    /** In bytes. */
    String lockedMemory(long bytes) {
        return limit(bytes, "memlock", "LimitMEMLOCK", "ulimit -l ");
    }

    private String limit(long number, String name, String unitKey, String shell) {
        if (host.service().isPresent()) {
            return unitKey + "=" + number + " in [Service] of " + host.service().get()
                + " (" + sudo() + "systemctl edit " + host.service().get() + ")";
        }
        if (host.container().isPresent()) {
            return "docker run --ulimit " + name + "=" + number + ":" + number
                + " (podman the same)";
        }
        boolean locked = name.equals("memlock"); // which limits.conf and the shell have in KiB
        long shown = locked ? number >> 10 : number;
        return shell + shown + " as root before the start, or for good in "
            + "/etc/security/limits.d/mooring.conf: * - " + name + " " + shown;
    }

    /** For a filter that refuses io_uring. */
    String seccomp() {
        String calls = "io_uring_setup, io_uring_enter and io_uring_register";
        if (host.container().isPresent()) {
            return "docker run --security-opt seccomp=PROFILE.json, a profile that allows " + calls
                + " (podman the same; kubernetes: seccompProfile, type Localhost)";
        }
        if (host.service().isPresent()) {
            return "add @aio to SystemCallFilter= in [Service] of " + host.service().get()
                + ": it holds " + calls;
        }
        return host.isFiltered()
            ? "let the seccomp filter that this process was started with allow " + calls
            : "let the security module allow it (SELinux: class io_uring; see " + sudo()
                + "journalctl -k --grep denied)";
    }
}
