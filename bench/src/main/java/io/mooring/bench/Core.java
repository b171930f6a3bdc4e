package io.mooring.bench;

import java.util.ArrayList;
import java.util.List;

/** Where a process runs, and whether before all ordinary ones (SCHED_RR, for root only). */
public record Core(int number, boolean realtime) implements Place {

    /**
     * Real time and not a nice value: where the kernel groups tasks by session, nice values count
     * only within a session, and a waking task still waits for up to a tick.
     */
    @Override
    public List<String> before() {
        List<String> tools = new ArrayList<>();
        if (realtime) {
            tools.addAll(List.of("chrt", "--rr", "1"));
        }
        tools.addAll(List.of("taskset", "-c", String.valueOf(number)));
        return tools;
    }
}
