package io.mooring.kernel.plan;

import io.mooring.probe.source.ProcFs;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A directory with the files of /proc and /sys of a machine that is not there. */
final class Machines {

    static final long GIB = 1L << 30;
    private static final int CORES = 2;

    private final Path root;
    private final int pageBytes;

    /** 16 GiB, half of it available; tcp_mem 10,000 20,000 40,000 pages; slabs as on 6.18. */
    Machines(Path root, int pageBytes) {
        this.root = root;
        this.pageBytes = pageBytes;
        write("proc/meminfo", "MemTotal: 16777216 kB\nMemFree: 100 kB\n"
                + "MemAvailable: 8388608 kB\nSReclaimable: 0 kB\n");
        write("proc/net/sockstat", "sockets: used 10\nTCP: inuse 3 orphan 0 tw 0 alloc 5 mem 0\n");
        write("proc/sys/net/ipv4/tcp_mem", "10000\t20000\t40000\n");
        write("proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456\n");
        write("proc/sys/net/ipv4/tcp_wmem", "4096\t16384\t2097152\n");
        write("proc/sys/kernel/osrelease", "6.18.44-test\n");
        write("proc/sys/fs/file-max", "500000\n");
        write("proc/sys/fs/file-nr", "1000\t0\t500000\n");
        write("proc/slabinfo", resource("slabinfo-6.18-4k.txt"));
    }

    Machines write(String path, String text) {
        try {
            Path file = root.resolve(path);
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String resource(String name) {
        try (InputStream in = KernelSizes.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    ProcFs files() {
        return new ProcFs(root, pageBytes);
    }

    Target target(Targets.Told told) {
        return new Targets(files(), told, CORES, 20_000).target();
    }

    Target here() {
        return target(Targets.Told.NOTHING);
    }

    /** 8 GiB, pages of 16 KiB, a gigabit. */
    Target pi() {
        return target(new Targets.Told(8 * GIB, 16_384, null, 1_000_000_000L, null, null));
    }
}
