package io.mooring.kernel.tune;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A folder with the sysctls of a stock Raspberry Pi 5 with 8 GB, as an emulated one gave them. */
final class FixtureMachine {

    static final int PAGE_BYTES = 16 * 1024;
    static final String BOOT = "a-boot";

    final Path root;
    final Host host;
    final Path state;

    FixtureMachine(Path root) {
        this.root = root;
        this.host = new Host(root, PAGE_BYTES);
        this.state = root.resolve("var/lib/mooring-tune/tune.state");
        put("proc/meminfo", "MemTotal:        8236256 kB\nMemFree:         8156784 kB\n");
        put("proc/self/status", "Name:\tjava\nUid:\t0\t0\t0\t0\n");
        put("proc/self/mounts", "proc /proc proc rw,nosuid 0 0\n");
        put("proc/self/limits", "Limit                     Soft Limit   Hard Limit   Units\n"
            + "Max open files            1024                 524288       files     \n"
            + "Max locked memory         8388608              8388608      bytes     \n");
        boot(BOOT);
        network("net:[1]");
        sysctl("fs.file-max", "815411");
        sysctl("fs.nr_open", "1048576");
        sysctl("kernel.io_uring_disabled", "0");
        sysctl("net.core.netdev_max_backlog", "1000");
        sysctl("net.core.somaxconn", "4096");
        sysctl("net.ipv4.ip_local_port_range", "32768\t60999");
        sysctl("net.ipv4.tcp_fin_timeout", "60");
        sysctl("net.ipv4.tcp_max_orphans", "32768");
        sysctl("net.ipv4.tcp_max_syn_backlog", "512");
        sysctl("net.ipv4.tcp_max_tw_buckets", "32768");
        sysctl("net.ipv4.tcp_mem", "24024\t32032\t48048");
        sysctl("net.ipv4.tcp_notsent_lowat", "4294967295");
        sysctl("net.ipv4.tcp_rmem", "16384\t131072\t6291456");
        sysctl("net.ipv4.tcp_tw_reuse", "2");
        sysctl("net.ipv4.tcp_wmem", "16384\t16384\t4194304");
    }

    void boot(String id) {
        sysctl("kernel.random.boot_id", id);
    }

    /** As the links of /proc are: it leads nowhere. */
    void network(String name) {
        link("proc/self/ns/net", Path.of(name));
    }

    void sysctl(String key, String value) {
        put(path(key), value + "\n");
    }

    /** What the kernel says at the place of a sysctl is said by another of its files. */
    void sysctlIs(String key, Path file) {
        link(path(key), file);
    }

    String sysctl(String key) {
        return host.read(key).orElse("absent");
    }

    void remove(String key) {
        try {
            Files.delete(root.resolve(path(key)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void put(String path, String text) {
        try {
            Files.createDirectories(root.resolve(path).getParent());
            Files.writeString(root.resolve(path), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void link(String path, Path target) {
        try {
            Files.createDirectories(root.resolve(path).getParent());
            Files.deleteIfExists(root.resolve(path));
            Files.createSymbolicLink(root.resolve(path), target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean has(String path) {
        return Files.exists(root.resolve(path));
    }

    /** Every value, with single blanks: what {@code sysctl -a} says. */
    Map<String, String> sysctls() {
        Path all = root.resolve("proc/sys");
        Map<String, String> values = new TreeMap<>();
        try (Stream<Path> files = Files.walk(all)) {
            files.filter(Files::isRegularFile).forEach(file -> {
                String key = all.relativize(file).toString().replace('/', '.');
                values.put(key, sysctl(key));
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return values;
    }

    /** Everything below a folder that is no sysctl, as paths. */
    Stream<String> filesBelow(String folder) {
        if (!has(folder)) {
            return Stream.empty();
        }
        try (Stream<Path> files = Files.walk(root.resolve(folder))) {
            return files.filter(Files::isRegularFile).map(file -> root.relativize(file).toString())
                .toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String path(String key) {
        return "proc/sys/" + key.replace('.', '/');
    }
}
