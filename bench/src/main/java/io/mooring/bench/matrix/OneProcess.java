package io.mooring.bench.matrix;

import io.mooring.bench.BenchException;
import io.mooring.bench.Proc;

/** CPU and memory are read of one process on one core: a server must be just that. */
final class OneProcess {

    private OneProcess() {
    }

    static void require(long pid, int core) {
        long children = ProcessHandle.of(pid).map(handle -> handle.children().count()).orElse(0L);
        if (children > 0) {
            throw new BenchException("it has started " + children + " processes, whose CPU would"
                    + " not be counted: run one worker in the foreground (exec in a script)");
        }
        String allowed = allowed(Proc.read("/proc/" + pid + "/status"));
        if (!allowed.equals(String.valueOf(core))) {
            throw new BenchException("it runs on cores " + allowed + " and not on core " + core
                    + " alone: it must leave its affinity as it is");
        }
    }

    static String allowed(String status) {
        return status.lines().filter(line -> line.startsWith("Cpus_allowed_list:"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip()).findFirst()
                .orElse("unknown");
    }
}
