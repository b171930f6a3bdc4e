package io.mooring.server;

import io.mooring.memory.MemoryWatch;
import io.mooring.memory.ProcessMemory;
import io.mooring.reactor.Holdings;
import io.mooring.reactor.ReactorGroup;
import io.mooring.sys.MemoryUse;
import io.mooring.sys.OffHeap;
import java.nio.file.Path;
import java.util.List;

/**
 * Finds out what {@link MemoryReport} tells: from those who hold it, and from the kernel. Takes
 * milliseconds and waits for the reactors, so it is not for their threads.
 */
final class MemoryFacts {
    /** A reactor that does not come to its mailbox for so long is stuck in a handler. */
    private static final long PATIENCE_NANOS = 500_000_000L;

    private MemoryFacts() {
    }

    /** @param root "/"; for tests a directory with proc in it */
    static MemoryReport.Facts find(ReactorGroup group, MemoryWatch watch, Path root) {
        List<Holdings> reactors = group.measure(PATIENCE_NANOS);
        MemoryUse frames = group.frames().memory();
        MemoryUse names = group.topicNameMemory();
        ProcessMemory process = ProcessMemory.read(root);
        long ours = MemoryReport.touchedBytes(reactors, frames, names);
        JvmMemory jvm = JvmMemory.detailed(Math.max(0, process.residentBytes() - ours));
        return new MemoryReport.Facts(ProcessHandle.current().pid(), OffHeap.PAGE_BYTES,
            group.admission().open(), group.admission().connectionsMax(), process, reactors,
            frames, names, jvm, JvmMemory.stackBytes(), watch.accounts(), watch.verdict(),
            group.admission().stops(), watch.tcpPressureBytes(), watch.cgroupLimitFile());
    }
}
