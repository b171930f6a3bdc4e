package io.mooring.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Where a process runs, and whether before all ordinary ones (SCHED_RR, for root only). */
public record Core(int number, boolean realtime) {

    /**
     * Starts the program of {@code builder} there. Each tool before it becomes the next one by
     * exec, so the process is the program's own.
     *
     * <p>Real time and not a nice value: where the kernel groups tasks by session, nice values
     * count only within a session, and a waking task still waits for up to a tick.
     */
    public Process start(ProcessBuilder builder) throws IOException {
        List<String> command = new ArrayList<>();
        if (realtime) {
            command.addAll(List.of("chrt", "--rr", "1"));
        }
        command.addAll(List.of("taskset", "-c", String.valueOf(number)));
        command.addAll(builder.command());
        return builder.command(command).start();
    }
}
