package io.mooring.server;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;

/** What the reactor threads of the one server that runs in this process use up. */
final class ReactorThreads {
    private static final ThreadMXBean THREADS =
        (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final List<Long> ids;

    private ReactorThreads(List<Long> ids) {
        this.ids = ids;
    }

    /** @param count how many there must be */
    static ReactorThreads find(int count) {
        List<Long> ids = Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.isAlive() && thread.getName().matches("mooring-\\d+"))
            .map(Thread::threadId).toList();
        if (ids.size() != count) {
            throw new AssertionError(ids.size() + " reactor threads, not " + count
                + ": has a server of an earlier test not been closed?");
        }
        return new ReactorThreads(ids);
    }

    /** Bytes allocated on the Java heap so far. */
    long allocatedBytes() {
        return ids.stream().mapToLong(THREADS::getThreadAllocatedBytes).sum();
    }

    /** User and system time so far. */
    long cpuNanos() {
        return ids.stream().mapToLong(THREADS::getThreadCpuTime).sum();
    }
}
