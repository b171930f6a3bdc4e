package io.mooring.probe;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A memory cgroup of version 1 that is charged for accepted sockets too: its counter knows nothing
 * of sockets, which makes it the witness. Removed when closed, once its processes are gone.
 */
final class ChargedGroup implements AutoCloseable {

    private static final Path GROUPS = Path.of("/sys/fs/cgroup/memory");

    private final Path folder;

    private ChargedGroup(Path folder) {
        this.folder = folder;
    }

    /** Skips the test where there are none, or where we may not make one. */
    static ChargedGroup create(String name) throws IOException {
        assumeTrue(Files.isWritable(GROUPS.resolve("memory.limit_in_bytes")),
                "no memory cgroups of version 1, or not root");
        Path folder = GROUPS.resolve("probe-" + name + "-" + ProcessHandle.current().pid());
        Files.createDirectory(folder);
        Files.writeString(folder.resolve("memory.kmem.tcp.limit_in_bytes"), "8000000000");
        return new ChargedGroup(folder);
    }

    /** What starts a command in it: the process is in it before its first socket. */
    List<String> before() {
        return List.of("sh", "-c", "echo $$ > " + folder.resolve("cgroup.procs")
                + "; exec \"$@\"", "sh");
    }

    @Override
    public void close() {
        KernelTest.await("the cgroup is left", () -> folder.toFile().delete());
    }
}
