package io.mooring.reactor;

import io.mooring.ws.Handshake;

/** Why connections are refused although there is room for them: the answer, and its counter. */
public enum Refusal {
    MEMORY(Counter.REFUSED_MEMORY, "The machine is short of memory."),
    CGROUP(Counter.REFUSED_CGROUP, "The server's control group is short of memory."),
    TCP_MEMORY(Counter.REFUSED_TCP_MEMORY,
        "TCP has queued as much as it may (sysctl net.ipv4.tcp_mem).");

    final Counter counter;
    final byte[] answer;

    Refusal(Counter counter, String words) {
        this.counter = counter;
        this.answer = Handshake.httpResponse(503, "text/plain; charset=utf-8",
            Texts.utf8(words + " Connections that are there go on.\n"), "Retry-After: 10");
    }
}
