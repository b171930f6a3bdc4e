package io.mooring.kernel.tune;

import io.mooring.kernel.KernelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The machine whose sysctls are looked at and set.
 *
 * @param root "/", or for tests a folder with proc in it
 */
record Host(Path root, long pageBytes) {

    private static final int READ_BYTES = 16 * 1024;
    private static final int KIB = 1024;

    Ram ram() {
        String line = field("proc/meminfo", "MemTotal:").orElseThrow(() -> new KernelException(
            "no MemTotal in /proc/meminfo: is /proc mounted?"));
        return new Ram(Long.parseLong(line.split("\\s+")[0]) * KIB, pageBytes);
    }

    /** With single blanks between its numbers; empty: no such sysctl. */
    Optional<String> read(String key) {
        return text(path(key)).map(text -> String.join(" ", text.strip().split("\\s+")));
    }

    /** In one write(2), as a sysctl wants it. @throws IOException the kernel refuses it */
    void write(String key, String value) throws IOException {
        try (FileChannel file = FileChannel.open(root.resolve(path(key)),
                StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            file.write(ByteBuffer.wrap((value + "\n").getBytes(StandardCharsets.US_ASCII)));
        }
    }

    /** Also by access(2), by which a container's and a namespace's own rules say no. */
    boolean isWritable(String key) {
        return isRoot() && !isReadOnlyMount(key) && Files.isWritable(root.resolve(path(key)));
    }

    /** Whether /proc/sys, or what of it holds the key, is mounted read-only. */
    boolean isReadOnlyMount(String key) {
        String file = "/" + path(key);
        String longest = "";
        boolean readOnly = false;
        for (String line : text("proc/self/mounts").orElse("").split("\n")) {
            String[] mount = line.split(" ");
            if (mount.length > 3 && mount[1].length() >= longest.length()
                    && (file + "/").startsWith(mount[1].endsWith("/") ? mount[1]
                        : mount[1] + "/")) {
                longest = mount[1];
                readOnly = Arrays.asList(mount[3].split(",")).contains("ro");
            }
        }
        return readOnly;
    }

    /** By the effective user. */
    boolean isRoot() {
        return field("proc/self/status", "Uid:").map(ids -> ids.split("\\s+")[1].equals("0"))
            .orElse(true);
    }

    /** Changes with each start of the machine; "" where it is not told. */
    String boot() {
        return read("kernel.random.boot_id").orElse("");
    }

    /** As {@code net:[4026531840]}; "" where it is not told. */
    String network() {
        try {
            return Files.readSymbolicLink(root.resolve("proc/self/ns/net")).toString();
        } catch (IOException | UnsupportedOperationException e) {
            return "";
        }
    }

    /** By a setting that no other has: process 1, with which to compare, is not for everybody. */
    boolean isInitialNetwork() {
        return Files.exists(root.resolve(path("net.core.netdev_max_backlog")));
    }

    /**
     * Soft and hard limit of this process in the units of limits.conf(5): files or KiB;
     * {@link Long#MAX_VALUE}: unlimited; empty where they are not told.
     */
    List<Long> limit(String item) {
        boolean memory = item.equals("memlock");
        Optional<String> line =
            field("proc/self/limits", memory ? "Max locked memory" : "Max open files");
        return line.map(text -> Arrays.stream(text.split("\\s+")).limit(2)
            .map(word -> word.equals("unlimited") ? Long.MAX_VALUE
                : Long.parseLong(word) / (memory ? KIB : 1)).toList()).orElse(List.of());
    }

    private static String path(String key) {
        return "proc/sys/" + key.replace('.', '/');
    }

    private Optional<String> field(String path, String name) {
        return text(path).flatMap(text -> text.lines().filter(line -> line.startsWith(name))
            .findFirst()).map(line -> line.substring(name.length()).strip());
    }

    /** By one large read: a file of /proc/sys has nothing more to say at the second. */
    private Optional<String> text(String path) {
        try (InputStream in = Files.newInputStream(root.resolve(path))) {
            byte[] bytes = new byte[READ_BYTES];
            int size = 0;
            int got;
            while (size < bytes.length && (got = in.read(bytes, size, bytes.length - size)) > 0) {
                size += got;
            }
            return Optional.of(new String(bytes, 0, size, StandardCharsets.US_ASCII));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
